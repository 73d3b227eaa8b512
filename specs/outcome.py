"""Outcomes of requests: replies, and the reasons why there was none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from specs.case import Case

Reason = Literal["closed", "reset", "refused", "timeout", "garbled", "truncated", "too-long", "left"]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its status is a code whose meaning the subject's transport knows, its headers are pairs of texts."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    elapsed_ms: float = 0.0
    # When the request was sent, in milliseconds since the case began, if that was noted.
    begun_ms: float = 0.0

    came_later: ClassVar[tuple[str, ...]] = ("begun_ms",)

    def after(self, elapsed_ms: float) -> Reply:
        """Return the same answer, which took that long; without `replace`, which takes several times as long."""
        return Reply(self.status, self.headers, self.body, elapsed_ms, self.begun_ms)

    def header(self, name: str) -> str | None:
        """Return the first header of that lower-case name."""
        return next((value for key, value in self.headers if key == name), None)


@dataclass(frozen=True, slots=True)
class NoReply:
    """The lack of an answer, and its reason; "left" means that the client itself went away, as it was meant to."""

    reason: Reason
    detail: str = ""
    elapsed_ms: float = 0.0
    begun_ms: float = 0.0

    came_later: ClassVar[tuple[str, ...]] = ("begun_ms",)

    def after(self, elapsed_ms: float) -> NoReply:
        """Return the same lack of an answer, which was waited for that long."""
        return NoReply(self.reason, self.detail, elapsed_ms, self.begun_ms)


Outcome = Reply | NoReply | None


@dataclass(frozen=True, slots=True)
class Transcript:
    """One outcome per step; None where the step asks the server nothing."""

    case: Case
    outcomes: tuple[Outcome, ...]

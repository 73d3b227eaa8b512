"""A finding: a violation made durable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fuzz.config import DEFAULT_SUBJECT
from fuzz.findings.origin import Origin
from specs.case import Case
from specs.outcome import Outcome
from specs.violation import Violation

# What fails after a while fails every time, but not on a server that nobody has asked anything.
Reproducibility = Literal["every time", "flaky", "seen once", "after a while", "cut short"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause of failure, with the smallest case that shows it.

    `needs` are the features without which the case passes; `unproved` are those that the case has and that nobody
    tried without, as the budget ended first. `fingerprint` is made of the violation's requirement and ids and of
    the needs; `id` names the folder. `outcomes` are the replies to the smallest case, step by step. `origin` is where
    it was made, and `last_words` what the server wrote before it died of it. `subject` is empty for the usual one.
    `reads_as` says in words which other request the wrong answer would be right for, `reads_also` which others.
    """

    id: str
    fingerprint: str
    violation: Violation
    case: Case
    outcomes: tuple[Outcome, ...]
    needs: tuple[str, ...] = ()
    reproducibility: Reproducibility = "every time"
    seen: int = 1
    api: str = "v2"
    server: str = ""
    suite: str = ""
    unproved: tuple[str, ...] = ()
    not_seen_with: tuple[str, ...] = ()
    reads_as: str = ""
    reads_also: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()
    origin: Origin | None = None
    last_words: str = ""
    subject: str = ""

    def is_about(self, subject: str) -> bool:
        """Say whether the finding is about the subject of that name."""
        return (self.subject or DEFAULT_SUBJECT) == subject

"""A target that dies: the case that ended it, and bringing it back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Protocol

from fuzz.errors import CannotRun
from fuzz.executor import Judgement, Session
from fuzz.hunt.failures import Kind
from fuzz.hunt.histories import SETTLING
from specs.case import Case, Send, SendRaw
from specs.outcome import NoReply
from specs.violation import Aspect, Violation, Way

GONE = Kind("survives", Aspect.GONE)
DROPPED = ("refused", "closed", "reset", "truncated")


class Life(Protocol):
    """Whether the target lives, and how to bring it back."""

    @property
    def cheap(self) -> bool:
        """Whether it can be brought back at will."""

    @property
    def twin(self) -> Callable[[], AbstractContextManager[Session]] | None:
        """Starts another like it that nobody has asked anything; None where that cannot be done."""

    def alive(self) -> bool:
        """Whether it takes connections."""

    def revive(self) -> bool:
        """Bring it back or wait for it; whether it is back."""


class Deaths:
    """Judges cases on a target that may die of them, and is brought back each time.

    One that keeps state from request to request is brought to the same state first, where `settles` says so.
    """

    def __init__(self, session: Session, life: Life) -> None:
        self._session = session
        self._life = life
        self.settles = False

    @property
    def cheap(self) -> bool:
        return self._life.cheap

    def noticed(self, judgement: Judgement) -> Judgement | None:
        """The judgement with the death in it, if the target is gone; it is not brought back yet."""
        step = next((i for i, one in enumerate(judgement.transcript.outcomes) if _dropped(one)), None)
        if step is None or self._life.alive():
            return None
        died = Violation(
            GONE.requirement, "the server ends", "an answer", "the server is gone",
            way=Way.DROPPED, aspect=Aspect.GONE, step=step,
        )  # fmt: skip
        return replace(judgement, violations=(died,))

    def judge(self, case: Case) -> Judgement:
        """Judge a case by itself; a target that it ends is brought back. Raises CannotRun where it stays away.

        Its objects are stored afresh, so that nothing but its own steps can matter.
        """
        if self.settles:
            self._session.run(SETTLING, afresh=True)
        judgement = self._session.judge(case, afresh=True)
        died = self.noticed(judgement)
        if died is None:
            return judgement
        self.revive()
        return died

    def passes_afresh(self, case: Case) -> bool:
        """Whether a case passes on a server like the target that nobody has asked anything, if there can be one."""
        if self._life.twin is None:
            return False
        try:
            with self._life.twin() as session:
                return not session.judge(case, afresh=True).failures
        except CannotRun:
            # A failure stays a failure where no other server can be started beside the target.
            return False

    def revive(self) -> None:
        """Bring the target back; raises CannotRun where it stays away."""
        if not self._life.revive():
            raise CannotRun(
                f"the target at {self._session.client.url} is gone and does not come back; findings are kept"
            )


def _dropped(outcome: object) -> bool:
    return isinstance(outcome, NoReply) and outcome.reason in DROPPED


def died_of(case: Case, step: int) -> tuple[str, ...]:
    """What a request that ended the target asked, in a few words."""
    asked = case.steps[min(step, len(case.steps) - 1)]
    if isinstance(asked, Send):
        return (asked.operation, *sorted(asked.fields))
    return (asked.method,) if isinstance(asked, SendRaw) else ()

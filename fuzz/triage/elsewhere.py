"""Servers like the target, where it is asked what earlier requests may have spoilt on the target."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from functools import cached_property
from typing import TYPE_CHECKING

from fuzz.errors import CannotRun
from fuzz.running.session import Judgement, Session
from specs.case import Case, requests

if TYPE_CHECKING:
    from fuzz.triage.lab import Life

# A server is asked no more than this, as what it remembers by then may spoil answers there as well.
MOST_ASKED = 64


class Elsewhere:
    """Starts servers like the target, and keeps one that has been asked little; it ends with the session at the latest.

    To start one takes a hundred times as long as to ask it.
    """

    def __init__(self, session: Session, life: Life) -> None:
        self._session = session
        self._life = life
        self._kept: Session | None = None
        self._asked = 0
        # What came last of a server that nobody had asked anything, if it was a failure.
        self._failed: Judgement | None = None

    def judged(self, case: Case) -> Judgement:
        """Return the judgement of a case on a server of its own; raises CannotRun if none can be started."""
        with self._started() as session:
            return self._asked_of(session, case)

    def judged_by_the_kept(self, case: Case) -> Judgement:
        """Return the judgement of a case on the server that is kept; raises CannotRun if none can be started.

        A failure there is asked about once more on a server that nobody has asked anything, which is kept from then on.
        """
        if self._failed is not None and self._failed.transcript.case == case:
            return self._failed
        judgement = None if self._kept is None else self._asked_of(self._kept, case)
        if judgement is None or judgement.failures:
            self._leave()
            judgement = self._asked_of(self._start(), case)
            self._failed = judgement if judgement.failures else None
        self._asked += requests(case)
        if self._asked > MOST_ASKED:
            self._leave()
        return judgement

    @cached_property
    def _until_left(self) -> ExitStack:
        """Return what ends the server that is kept."""
        return self._session.until_closed.enter_context(ExitStack())

    def _start(self) -> Session:
        self._kept = self._until_left.enter_context(self._started())
        return self._kept

    def _started(self) -> AbstractContextManager[Session]:
        if self._life.twin is None:
            raise CannotRun("no other server like the target can be started")
        return self._life.twin()

    def _leave(self) -> None:
        self._until_left.close()
        self._kept, self._asked = None, 0

    def _asked_of(self, session: Session, case: Case) -> Judgement:
        # The other server gets the same timeouts.
        session.client.settings = self._session.client.settings
        self._session.sent += requests(case)
        return session.judge(case, afresh=True)

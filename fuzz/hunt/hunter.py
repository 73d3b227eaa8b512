"""One hunter: judges cases, and has triage make findings of those that fail."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from fuzz.events import Doing, Event, Warned
from fuzz.hunt.avoiding import Losses
from fuzz.hunt.effort import Effort, Tally
from fuzz.running.session import Judgement, Session
from fuzz.triage.lab import Life, is_silent
from fuzz.triage.ledger import Ledger
from fuzz.triage.triage import Triage
from specs.case import Case, requests

# A failure that is being looked into when the time ends gets so much more.
OVERTIME_SECONDS = 1.5


class Hunter:
    """Judges cases one by one; keeps a finding for each new cause."""

    def __init__(self, session: Session, ledger: Ledger, life: Life, emit: Callable[[Event | Doing], None]) -> None:
        self.session = session
        self.ledger = ledger
        self.effort = Effort()
        self.until: float | None = None
        self.enough: Callable[[], bool] = lambda: False
        self._losses = Losses()
        self._emit = emit
        self._warnings: set[tuple[str, ...]] = set()
        self._triage = Triage(
            session, ledger, life, self._over, self._now, lambda: self.enough(), lambda text: emit(Doing(text))
        )

    @property
    def untold(self) -> int:
        """How many failures belong to no finding."""
        return self._triage.untold

    def _now(self) -> float:
        """The time, where time is limited; a run of so many examples is to be the same each time."""
        return 0.0 if self.until is None else time.monotonic()

    def _over(self) -> bool:
        return self.until is not None and time.monotonic() > self.until + OVERTIME_SECONDS

    def _keep_to_the_time(self) -> None:
        """Wait for no answer beyond the end of the run."""
        client = self.session.client
        end = None if self.until is None else self.until + OVERTIME_SECONDS
        if client.settings.until != end:
            client.settings = replace(client.settings, until=end)

    def try_case(self, case: Case, tally: Tally) -> None:
        """Judge a case; a failure becomes a finding, or is counted for one."""
        if self._losses.too_many() and self._losses.likely(case, self.ledger.shown(), self.session.reading):
            return
        begun, made = time.monotonic(), self.ledger.made
        self.ledger.named.clear()
        self._keep_to_the_time()
        judgement = self.session.judge(case)
        if self._over() and is_silent(judgement):
            # Nobody waited as long as an answer may take.
            return
        tally.examples += 1
        tally.requests += requests(case)
        if tally.stakes is not None:
            tally.stakes.look(case, judgement)
        self._warn(judgement)
        if judgement.failures:
            self._look_into(case, judgement, tally)
        # A run of so many examples is to be the same each time, whatever it costs.
        if self.until is not None and self.ledger.made == made:
            self._losses.note(self.ledger.named, time.monotonic() - begun)
        self._triage.earlier.note(case)

    def _look_into(self, case: Case, judgement: Judgement, tally: Tally) -> None:
        """Have a case's failures told apart, and note what that cost, under known or new."""
        begun, sent, made = time.monotonic(), self.session.sent, self.ledger.made
        tally.findings.update(self._triage.look_into(case, judgement))
        seconds, asked = time.monotonic() - begun, self.session.sent - sent
        if self.ledger.made > made:
            tally.new += 1
            self.effort.new_seconds += seconds
            self.effort.new_requests += asked
        else:
            self.effort.known_seconds += seconds
            self.effort.known_requests += asked

    def _warn(self, judgement: Judgement) -> None:
        for one in judgement.violations:
            if one.severity == "warning" and (one.requirement, *one.ids) not in self._warnings:
                self._warnings.add((one.requirement, *one.ids))
                self._emit(Warned(f"{one.requirement}: {one.title} (expected {one.expected}, got {one.actual})"))

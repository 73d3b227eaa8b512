"""The hunter judges cases, and has triage make findings of those that fail."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from fuzz.events import Doing, Event, Warned
from fuzz.hunt.avoiding import Losses
from fuzz.hunt.effort import Effort, Tally
from fuzz.running.session import Judgement, Session
from fuzz.triage.lab import Life, is_silent, silent_seconds
from fuzz.triage.ledger import Ledger
from fuzz.triage.triage import Triage
from specs.case import Case, requests

# If the time ends while a failure is being triaged, triage may go on for this long.
OVERTIME_SECONDS = 1.5


class Hunter:
    """The hunter judges cases one by one, and keeps a finding for each new cause."""

    def __init__(self, session: Session, ledger: Ledger, life: Life, emit: Callable[[Event | Doing], None]) -> None:
        self.session = session
        self.ledger = ledger
        self.effort = Effort()
        self.until: float | None = None
        self.enough: Callable[[], bool] = lambda: False
        # The longest wait for an answer that the end of the run cut short.
        self.unheard_seconds = 0.0
        self._losses = Losses()
        self._emit = emit
        self._warnings: set[tuple[str, ...]] = set()
        self._triage = Triage(
            session, ledger, life, self._over, self._now, lambda: self.enough(), lambda text: emit(Doing(text))
        )

    @property
    def untold(self) -> int:
        """Count the failures that belong to no finding."""
        return self._triage.untold

    def _now(self) -> float:
        """Return the time if the time is limited, else 0: runs of a number of examples must not depend on it."""
        return 0.0 if self.until is None else time.monotonic()

    def _over(self) -> bool:
        return self.until is not None and time.monotonic() > self.until + OVERTIME_SECONDS

    def _keep_to_the_time(self) -> None:
        """Limit the client's waits to the end of the run."""
        client = self.session.client
        end = None if self.until is None else self.until + OVERTIME_SECONDS
        if client.settings.until != end:
            client.settings = replace(client.settings, until=end)

    def try_case(self, case: Case, tally: Tally) -> None:
        """Judge a case, and make a finding of a failure or count it for a known one."""
        if self._losses.too_many() and self._losses.likely(case, self.ledger.shown(), self.session.reading):
            return
        begun, made = time.monotonic(), self.ledger.made
        self.ledger.named.clear()
        self._keep_to_the_time()
        judgement = self.session.judge(case)
        if self._over() and is_silent(judgement):
            # The end of the run cut the wait short, so the silence is no failure; where it was long, it is no success.
            self.unheard_seconds = max(self.unheard_seconds, silent_seconds(judgement))
            return
        tally.examples += 1
        tally.requests += requests(case)
        if tally.stakes is not None:
            tally.stakes.look(case, judgement)
        self._warn(judgement)
        if judgement.failures:
            self._look_into(case, judgement, tally)
        # Cases are not left out of a run of a number of examples, which must be the same each time.
        if self.until is not None and self.ledger.made == made:
            self._losses.note(self.ledger.named, time.monotonic() - begun)
        self._triage.earlier.note(case)

    def _look_into(self, case: Case, judgement: Judgement, tally: Tally) -> None:
        """Triage a case's failures, and count the cost as spent on new causes or on known ones."""
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

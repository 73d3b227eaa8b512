"""The hunter takes cases on their way in lanes, and has triage make findings of those that fail.

Failures are explained alone: when one needs further requests, nothing new is begun until all quick answers have come.
What is slow is left under way meanwhile, as the hunt would stand still for each such answer otherwise.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass

from fuzz.errors import CannotRun
from fuzz.events import Doing, Event, Warned
from fuzz.hunt.avoiding import Losses, Pace, Patience
from fuzz.hunt.deadline import Deadline
from fuzz.hunt.effort import Effort, PropertyEffort
from fuzz.hunt.turns import Turns
from fuzz.hunt.widening import Widening
from fuzz.running.lanes import SLOW_LANES, Flight, Lanes
from fuzz.running.session import Judgement, Session
from fuzz.running.store import StoreError
from fuzz.triage.company import Company
from fuzz.triage.lab import Life, died_of, dropped_at, haste_seconds, is_silent, silent_seconds
from fuzz.triage.ledger import Ledger
from fuzz.triage.triage import Triage
from specs.case import Case, requests
from specs.violation import Way

# How long a hunt that is told to stop waits for the answers that are due.
PARTING_SECONDS = 1.0
# How long to wait for answers before looking at the clock again.
GLANCE_SECONDS = 0.05


# How long the answers of a server that has died are waited for, before what is still under way is put back.
EMPTYING_SECONDS = 0.3
# How many cases that will be slow may wait for a lane; of more, those drawn last are left out.
MOST_SLOW_ONES = 16
# How many of the latest cases that passed stand for what other workers have under way.
MOST_PASSED = 4


@dataclass(slots=True, eq=False)
class Drawn:
    """A case as it was drawn: for which property, and what is known of how long it will take.

    `put_back` says whether it was begun once already, and given up as the server died or was started again.
    """

    case: Case
    tally: PropertyEffort
    sort: Hashable
    hangs: bool = False
    put_back: bool = False


def _raised(_case: Case, error: Exception) -> None:
    """Raise an error of the suite that was met while it judged a case."""
    raise error


class Hunter:
    """The hunter has cases judged, several at the same time, and keeps a finding for each new cause."""

    def __init__(
        self,
        session: Session,
        ledger: Ledger,
        life: Life,
        emit: Callable[[Event | Doing], None],
        lanes: int | None = 1,
        broke: Callable[[Case, Exception], None] = _raised,
        turns: Turns | None = None,
    ) -> None:
        self.session = session
        self.ledger = ledger
        self.effort = Effort()
        self.deadline = Deadline()
        self.enough: Callable[[], bool] = lambda: False
        # The longest wait for an answer that the end of the run cut short.
        self.unheard_seconds = 0.0
        # Requests whose answers nobody waited for, and failures that nobody looked into, as the run was over.
        self.given_up = self.unexplained = 0
        # Cases that would have been slow, and were left out as many others waited for a lane.
        self.left_out = 0
        self.lanes = Lanes(session, lanes or 1, 0 if lanes == 1 else SLOW_LANES)
        # The number of lanes is found out where none is given.
        self._widening = Widening(self.lanes) if lanes is None else None
        self._losses = Losses()
        self._emit = emit
        self._broke = broke
        self._failed: list[Flight] = []
        self._passed: deque[Case] = deque(maxlen=MOST_PASSED)
        self._pace, self._patience = Pace(), Patience()
        self._slow_ones: deque[Drawn] = deque()
        self._warnings: set[tuple[str, ...]] = set()
        self._turns = turns or Turns()
        self._triage = Triage(
            session,
            ledger,
            life,
            self.deadline.over,
            self.deadline.now,
            lambda: self.enough(),
            lambda text: emit(Doing(text)),
            lambda: self._turns.alone(self.deadline.over),
        )

    @property
    def untold(self) -> int:
        """Count the failures that belong to no finding."""
        return self._triage.untold

    def try_case(self, case: Case, tally: PropertyEffort) -> None:
        """Judge a case, and make a finding of a failure or count it for a known one."""
        self.take(case, tally)
        self.finish()

    def take(self, case: Case, tally: PropertyEffort) -> None:
        """Take a case on its way as soon as a lane is free; judge and look into those that have ended meanwhile."""
        sort = self.session.reading.sort_of(case)
        costly = self._losses.likely(case, self.ledger.shown, self.session.reading, sort)
        if costly is not None and self._losses.too_many():
            return
        self.deadline.limit(self.session.client)
        if self._turns.wanted():
            self._make_way()
        self._turns.explore(self.deadline.over)
        hangs = costly is not None and costly.signature.way is Way.SILENT
        drawn = Drawn(case, tally, sort, hangs=hangs)
        if self.lanes.slow_width and (costly is not None or self._pace.is_slow(drawn.sort)):
            self._take_slowly(drawn)
        else:
            self._wait_while(self.lanes.full)
            if self.enough():
                return
            self._look_at(self._begin(drawn))
        self._look_at(self.lanes.go_on(0.0))
        if self._widening is not None:
            self._widening.look()

    def _make_way(self) -> None:
        """Let all quick answers come, so that another worker has the server alone."""
        self._await_quick_answers()
        self._turns.leave()

    def _take_slowly(self, drawn: Drawn) -> None:
        """Keep a case that will be slow until a lane for slow ones is free; leave it out if too many wait already."""
        if not self.deadline.limited:
            # All cases of a run of a number of examples are taken, in their order.
            self._wait_while(self.lanes.full_of_slow_ones)
        if len(self._slow_ones) < MOST_SLOW_ONES:
            self._slow_ones.append(drawn)
        else:
            self.left_out += 1
        self._look_at(())

    def _begin(self, drawn: Drawn, *, slow: bool = False) -> list[Flight]:
        client, late_answers = self.session.client, self._triage.lab.late_answers
        # A known hang is waited for as little as triage would.
        seconds = haste_seconds(client) if drawn.hangs else self._patience.seconds(client, late_answers)
        return self.lanes.begin(drawn.case, drawn, slow=slow, timeout_seconds=seconds)

    def _begin_slow_ones(self) -> Iterator[Flight]:
        while self._slow_ones and not self.lanes.full_of_slow_ones() and not self.deadline.late() and not self.enough():
            yield from self._begin(self._slow_ones.popleft(), slow=True)

    def _wait_while(self, full: Callable[[], bool]) -> None:
        while full() and not self.enough():
            self._look_at(self.lanes.go_on(GLANCE_SECONDS))

    def finish(self) -> None:
        """Wait for all answers that are due, and look into them; a hunt that is told to stop waits for a moment."""
        end: float | None = None
        while len(self.lanes) or self._failed or (self._slow_ones and not self.deadline.late() and not self.enough()):
            if end is None and self.enough():
                end = time.monotonic() + PARTING_SECONDS
            if end is not None and time.monotonic() > end:
                break
            self._look_at(self.lanes.go_on(GLANCE_SECONDS))

    def finish_quick_ones(self) -> None:
        """Wait for the quick answers that are due, and look into them; a run of a number of examples waits for all."""
        if not self.deadline.limited:
            self.finish()
        while (self.lanes.quick or self._failed) and not self.enough():
            self._look_at(self.lanes.go_on(GLANCE_SECONDS))

    def holds(self, case: Case) -> bool:
        """Say whether a case that was taken has not been looked at yet."""
        under_way = (one.case for one in (*self.lanes.under_way(), *self._failed))
        return case in under_way or any(one.case == case for one in self._slow_ones)

    def close(self) -> None:
        """Wait for no answer any more; count the requests that are still to be answered."""
        self.given_up += self.lanes.sent_unanswered
        self._leave_unexplained()
        self.lanes.abandon()
        self._turns.leave()

    def _look_at(self, ended: Iterable[Flight]) -> None:
        """Count cases that have ended, look into those that failed, and begin those that wait for a slow lane."""
        for flight in ended:
            self._take_in(flight)
        if self._failed:
            self._explain()
        for flight in self._begin_slow_ones():
            self._take_in(flight)

    def _explain(self) -> None:
        """Let all quick answers come, and look into what failed."""
        lab = self._triage.lab
        revivals = lab.revivals
        if self._widening is not None:
            self._widening.pause()
        self._await_quick_answers()
        begun = time.monotonic()
        # Cases are looked into in the order in which they were drawn, whatever order their answers came in.
        self._failed.sort(key=lambda one: one.number)
        self._find_the_deadly()
        self._guarded(self._failed.pop(0), self._settle)
        while self._failed and not self.deadline.over() and not self.enough():
            self._guarded(self._failed.pop(0), self._settle)
        self._leave_unexplained()
        self.lanes.note_away(time.monotonic() - begun)
        if lab.revivals > revivals:
            # Connections to the server that was there before are of no use.
            for flight in self.lanes.under_way():
                self._put_back(flight)
        if self._widening is not None:
            self._widening.begin()

    def _leave_unexplained(self) -> None:
        self.unexplained += len(self._failed)
        self.given_up += sum(one.sent for one in self._failed)
        self._failed.clear()

    def _await_quick_answers(self) -> None:
        """Wait for all that is under way but slow; a run of a number of examples, the same each time, waits for all."""
        while self.lanes.quick if self.deadline.limited else len(self.lanes):
            for flight in self.lanes.go_on(GLANCE_SECONDS):
                self._take_in(flight)

    def _empty_the_lanes(self) -> None:
        """Wait for all that was under way when the server died; what takes long is begun again later."""
        patience = time.monotonic() + EMPTYING_SECONDS
        while len(self.lanes):
            for flight in self.lanes.go_on(GLANCE_SECONDS):
                self._take_in(flight)
            if self.deadline.limited and time.monotonic() > patience:
                for flight in self.lanes.under_way():
                    self._put_back(flight)

    def _put_back(self, flight: Flight) -> None:
        """Give a case up, and begin it again later, but for one that this has been done to before."""
        drawn: Drawn = flight.owner
        self.given_up += flight.sent
        self.lanes.give_up(flight)
        if not drawn.put_back:
            drawn.put_back = True
            self._slow_ones.appendleft(drawn)

    def _take_in(self, flight: Flight) -> None:
        """Count a case that has ended and passed, or failed as known ones do; keep one that must be looked into."""
        if isinstance(flight.error, CannotRun | StoreError):
            raise flight.error
        if flight.error is not None:
            self._broke(flight.case, flight.error)
            return
        judgement = _judgement_of(flight)
        self._pace.note(flight.owner.sort, slow=flight.longest_seconds > self.lanes.slow_seconds)
        self._patience.note(judgement, self.session.client)
        if self.deadline.over() and is_silent(judgement):
            # The end of the run cut the wait short, so the silence is no failure; where it was long, it is no success.
            self.unheard_seconds = max(self.unheard_seconds, silent_seconds(judgement))
            self.given_up += flight.sent
        elif judgement.failures and not self._is_believed(flight):
            self._failed.append(flight)
        elif not judgement.failures:
            self._guarded(flight, self._settle)

    def _is_believed(self, flight: Flight) -> bool:
        """Count a failure for known findings at once if it looks like them and a proof would stop the other lanes."""
        judgement = _judgement_of(flight)
        if not self.deadline.limited or not flight.company:
            return False
        if dropped_at(judgement) is not None and not self._triage.lab.lives_on():
            return False
        self.ledger.named.clear()
        names = self._triage.looks.believed(flight.case, judgement)
        if names is None:
            return False
        tally: PropertyEffort = flight.owner.tally
        tally.findings.update(names)
        self._guarded(flight, self._count)
        self._triage.earlier.note(flight.case)
        took = flight.ended - flight.begun
        self._losses.note(names, judgement, took, self.lanes.slow_seconds, flight.owner.sort)
        return True

    def _guarded(self, flight: Flight, step: Callable[[Flight], None]) -> None:
        """Do a step for a case; an error of the suite is about this case alone."""
        try:
            step(flight)
        except (CannotRun, StoreError):
            raise
        except Exception as error:  # noqa: BLE001  (counted and told by the worker)
            self._broke(flight.case, error)

    def _find_the_deadly(self) -> None:
        """Ask the cases that were under way when the server died one by one, to learn which of them kills it."""
        lab = self._triage.lab
        if self.deadline.over() or not self._dropped() or (len(self.lanes) + len(self._failed) < 2) or lab.lives_on():
            return
        self._empty_the_lanes()
        self._failed.sort(key=lambda one: one.number)
        lost = self._dropped()
        if len(lost) < 2:
            return
        first = lost[0]
        before = _judgement_of(first)
        lab.revive()
        for flight in lost:
            flight.judgement = lab.noticed(self.session.judge(flight.case))
            if dropped_at(flight.judgement) is not None:
                lab.revive()
        if not any(dropped_at(_judgement_of(one)) is not None for one in lost):
            first.judgement = died_of(before, dropped_at(before) or 0)

    def _dropped(self) -> list[Flight]:
        """List the failures whose connection ended without an answer."""
        return [one for one in self._failed if dropped_at(_judgement_of(one)) is not None]

    def _count(self, flight: Flight) -> None:
        """Add a judged case to the accounts."""
        tally: PropertyEffort = flight.owner.tally
        judgement = _judgement_of(flight)
        tally.examples += 1
        if judgement.unstorable:
            # Nothing was asked of the server, and nothing was at stake.
            return
        tally.requests += requests(flight.case)
        if tally.stakes is not None:
            tally.stakes.look(flight.case, judgement)
        self._warn(judgement)

    def _settle(self, flight: Flight) -> None:
        """Count a case, and have triage look into its failures."""
        begun, made = time.monotonic(), self.ledger.made
        self.ledger.named.clear()
        judgement, tally = _judgement_of(flight), flight.owner.tally
        self._count(flight)
        if judgement.failures:
            self._look_into(flight, judgement, tally)
        else:
            self._passed.append(flight.case)
        self._triage.earlier.note(flight.case)
        # Cases are not left out of a run of a number of examples, which must be the same each time.
        if self.deadline.limited and self.ledger.made == made:
            took = flight.ended - flight.begun + time.monotonic() - begun
            self._losses.note(self.ledger.named, judgement, took, self.lanes.slow_seconds, flight.owner.sort)

    def _look_into(self, flight: Flight, judgement: Judgement, tally: PropertyEffort) -> None:
        """Triage a case's failures, and count the cost as spent on new causes or on known ones."""
        begun, sent, made = time.monotonic(), self.session.sent, self.ledger.made
        beside = [case for _, case in flight.company]
        if self._turns.shared:
            # What other workers had under way is not known; it was of the same sort.
            beside += self._passed
        company = Company(beside, list(self.lanes.steps_beside(flight)))
        tally.findings.update(self._triage.look_into(flight.case, judgement, company))
        seconds, asked = time.monotonic() - begun, self.session.sent - sent
        tally.seconds += seconds
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


def _judgement_of(flight: Flight) -> Judgement:
    assert flight.judgement is not None
    return flight.judgement

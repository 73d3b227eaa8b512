"""The hunter takes cases on their way in lanes, and has triage make findings of those that fail.

Failures of known findings are recognised while other cases go on. All others are explained alone: nothing new is begun
until all quick answers have come. What is slow is left under way meanwhile, as the hunt would stand still for each such
answer otherwise.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from fuzz.errors import CannotRun
from fuzz.events import Doing, Event
from fuzz.hunt.deadline import Deadline
from fuzz.hunt.deadly import ask_one_by_one
from fuzz.hunt.effort import Effort, PropertyEffort
from fuzz.hunt.foresight import Foresight
from fuzz.hunt.postponing import Postponing
from fuzz.hunt.recognition import Inquiry, Recognition
from fuzz.hunt.slow_ones import Drawn, SlowOnes
from fuzz.hunt.turns import Turns
from fuzz.hunt.warning import Warnings
from fuzz.hunt.widening import Widening
from fuzz.running.lanes import SLOW_LANES, Flight, Lanes, judgement_of
from fuzz.running.session import Judgement, Session
from fuzz.triage.company import Company
from fuzz.triage.lab import Life, answered, dropped_at, is_silent, silent_seconds, was_cut_off
from fuzz.triage.ledger import Ledger
from fuzz.triage.triage import Triage
from specs.case import Case, requests

# How long a hunt that is told to stop waits for the answers that are due.
PARTING_SECONDS = 1.0
# How long to wait for answers before looking at the clock again.
GLANCE_SECONDS = 0.05
# How long the answers of a server that has died are waited for, before what is still under way is put back.
EMPTYING_SECONDS = 0.3
# How many failures without an answer may wait for another answer, before the server is asked whether it lives.
MOST_DOUBTED = 16
# How many of the latest cases that passed stand for what other workers have under way.
MOST_PASSED = 4


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
        self._foresight = Foresight(session.reading, ledger, self.lanes)
        self._warnings = Warnings(emit)
        self._broke = broke
        self._failed: list[Flight] = []
        self._passed: deque[Case] = deque(maxlen=MOST_PASSED)
        self._turns = turns or Turns()
        self._slow_ones = SlowOnes(self.lanes, self._turns)
        # Failures without an answer that look like known ones, until it is known whether the server lives.
        self._doubted: list[Flight] = []
        self._triage = Triage(
            session,
            ledger,
            life,
            self.deadline.over,
            self.deadline.elapsed,
            lambda: self.enough(),
            lambda text: emit(Doing(text)),
            lambda: self._turns.alone(self.deadline.over),
        )
        self._recognition = Recognition(
            session, self.lanes, self._triage, self._foresight, self.effort, self._counted, broke
        )
        self._postponing = Postponing(self._turns, self.lanes, self.deadline, ledger, self._recognition)

    @property
    def untold(self) -> int:
        """Count the failures that belong to no finding."""
        return self._triage.spent.untold

    def try_case(self, case: Case, tally: PropertyEffort) -> None:
        """Judge a case, and make a finding of a failure or count it for a known one."""
        self.take(case, tally)
        self.finish()

    def take(self, case: Case, tally: PropertyEffort) -> None:
        """Take a case on its way as soon as a lane is free; judge and look into those that have ended meanwhile."""
        drawn = self._foresight.of(case, tally)
        if drawn is None:
            return
        self.deadline.limit(self.session.client)
        if self._turns.wanted():
            self._make_way()
        self._turns.explore(self.deadline.over)
        self.lanes.release()
        if self.lanes.slow_width and drawn.slow:
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
        """Ask nothing more and let all quick answers come, so that another worker has the server alone."""
        self._await_quick_answers()
        self._turns.leave()

    def _take_slowly(self, drawn: Drawn) -> None:
        """Keep a case that will be slow until a lane for slow ones is free; leave it out if too many wait already."""
        if not self.deadline.limited:
            # All cases of a run of a number of examples are taken, in their order.
            self._wait_while(lambda: not self._slow_ones.has_room_for(drawn))
        self.left_out += not self._slow_ones.takes(drawn)
        self._look_at(())

    def _begin(self, drawn: Drawn, *, slow: bool = False) -> list[Flight]:
        seconds = self._foresight.patience(drawn, self.session.client, self._triage.lab.late_answers)
        return self.lanes.begin(drawn.case, drawn, slow=slow, timeout_seconds=seconds)

    def _begin_slow_ones(self) -> Iterator[Flight]:
        while not self.deadline.late() and not self.enough() and (drawn := self._slow_ones.next()) is not None:
            yield from self._begin(drawn, slow=True)

    def _wait_while(self, full: Callable[[], bool]) -> None:
        while full() and not self.enough():
            self._look_at(self.lanes.go_on(GLANCE_SECONDS))

    def finish(self) -> None:
        """Wait for all answers that are due, and look into them; a hunt that is told to stop waits for a moment."""
        end: float | None = None
        while (
            len(self.lanes)
            or len(self._recognition)
            or self._unsettled
            or (len(self._slow_ones) and not self.deadline.late() and not self.enough())
        ):
            if end is None and self.enough():
                end = time.monotonic() + PARTING_SECONDS
            if end is not None and time.monotonic() > end:
                break
            self._look_at(self.lanes.go_on(GLANCE_SECONDS))

    def finish_quick_ones(self) -> None:
        """Wait for the quick answers that are due, and look into them; a run of a number of examples waits for all."""
        if not self.deadline.limited:
            self.finish()
        while (self.lanes.quick or len(self._recognition) or self._unsettled) and not self.enough():
            self._look_at(self.lanes.go_on(GLANCE_SECONDS))
            if self._doubted and not self.lanes.quick:
                self._ask_for_life()

    def holds(self, case: Case) -> bool:
        """Say whether a case that was taken has not been looked at yet."""
        begun = (one.case for one in (*self.lanes.under_way(), *self._unsettled, *self._recognition.flights()))
        return case in begun or self._slow_ones.holds(case)

    @property
    def _unsettled(self) -> list[Flight]:
        """List the failures that are in no account yet."""
        return [*self._failed, *self._doubted]

    def close(self) -> None:
        """Wait for no answer any more; count the requests that are still to be answered."""
        self.given_up += self.lanes.sent_unanswered
        self._recognition.close()
        self._failed += self._recognition.unknown()
        self._leave_unexplained()
        self.lanes.abandon()
        self._turns.end()

    def _look_at(self, ended: Iterable[Flight]) -> None:
        """Count cases that have ended, look into those that failed, and begin those that wait for a slow lane."""
        for flight in ended:
            self._take_in(flight)
        if self._doubted and (len(self._doubted) >= MOST_DOUBTED or not len(self.lanes)):
            self._ask_for_life()
        self._failed += self._recognition.unknown()
        if self._failed and not self._postponing.postpones(self._failed, enough=self.enough()):
            self._failed = self._postponing.unknown(self._failed)
            if self._failed:
                self._explain()
            self._turns.leave_explaining()
        for flight in chain(self._recognition.go_on(), self._begin_slow_ones()):
            self._take_in(flight)

    def _explain(self) -> None:
        """Ask nothing new, let all quick answers come, and look into what failed."""
        lab = self._triage.lab
        revivals = lab.revivals
        if self._widening is not None:
            self._widening.pause()
        self._await_quick_answers()
        begun = time.monotonic()
        self._ask_for_life()
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
            for flight in self.lanes.awaited():
                self._put_back(flight)
        self.lanes.release()
        if self._widening is not None:
            self._widening.begin()

    def _leave_unexplained(self) -> None:
        self.unexplained += len(self._unsettled)
        self.given_up += sum(one.sent for one in self._unsettled)
        self._failed.clear()
        self._doubted.clear()

    def _await_quick_answers(self) -> None:
        """Wait for the answers that are due but slow ones, and hold what is still to be asked.

        A run of a number of examples, which must be the same each time, waits for whole cases and for all of them.
        """
        if self.deadline.limited:
            self.lanes.hold()
        while self.lanes.quick if self.deadline.limited else len(self.lanes):
            for flight in self.lanes.go_on(GLANCE_SECONDS):
                self._take_in(flight)

    def _empty_the_lanes(self) -> None:
        """Wait for all that was under way when the server died; what takes long is begun again later."""
        patience = time.monotonic() + EMPTYING_SECONDS
        while self.lanes.awaited():
            for flight in self.lanes.go_on(GLANCE_SECONDS):
                self._take_in(flight)
            if self.deadline.limited and time.monotonic() > patience:
                for flight in self.lanes.awaited():
                    self._put_back(flight)

    def _put_back(self, flight: Flight) -> None:
        """Give a case up, and begin it again later, but for one that this has been done to before."""
        self.lanes.give_up(flight)
        self._begin_again(flight)

    def _begin_again(self, flight: Flight) -> None:
        drawn: Drawn = flight.owner
        self.given_up += flight.sent
        if isinstance(drawn, Inquiry):
            self._recognition.give_up(drawn)
        elif not drawn.put_back:
            drawn.put_back = True
            self._slow_ones.take_back(drawn)

    def _take_in(self, flight: Flight) -> None:
        """Count a case that has ended and passed, or failed as known ones do; keep one that must be looked into."""
        if isinstance(flight.error, CannotRun):
            raise flight.error
        if flight.error is not None:
            self._broke(flight.case, flight.error)
            if isinstance(flight.owner, Inquiry):
                self._recognition.give_up(flight.owner)
            return
        judgement = judgement_of(flight)
        if self._doubted and answered(judgement):
            # Whoever answers a request lives, and did when the request was begun.
            self._settle_doubted(flight.begun)
        if isinstance(flight.owner, Inquiry):
            self._recognition.hear(flight.owner, flight)
            if self._recognition.told_enough(judgement):
                return
        self._foresight.note(flight, judgement, self.session.client, limited=self.deadline.limited)
        if self.deadline.over() and is_silent(judgement):
            # The end of the run cut the wait short, so the silence is no failure; where it was long, it is no success.
            self.unheard_seconds = max(self.unheard_seconds, silent_seconds(judgement))
            self.given_up += flight.sent
        elif not judgement.failures:
            self._guarded(flight, self._settle)
        elif self.deadline.limited and is_silent(judgement) and self._foresight.was_held_up(flight):
            self._begin_again(flight)
        elif not self.deadline.limited or not self.lanes.slow_width:
            # The same failures are explained in the same order each time.
            self._failed.append(flight)
        elif was_cut_off(judgement) and flight.company:
            self._doubted.append(flight)
        elif not self._recognition.may_know(flight):
            self._failed.append(flight)

    def _settle_doubted(self, since: float) -> None:
        """Take failures without an answer that came before a moment for such as the server has lived through."""
        sure = [one for one in self._doubted if one.ended <= since]
        self._doubted = [one for one in self._doubted if one.ended > since]
        self._failed += [one for one in sure if not (self._recognition.believes(one) or self._recognition.takes(one))]

    def _ask_for_life(self) -> None:
        """Ask whether the server lives after all failures without an answer, as no other answer has told it."""
        if not self._doubted or self._triage.lab.lives_on():
            self._settle_doubted(time.monotonic())
        else:
            self._failed, self._doubted = self._unsettled, []

    def _guarded(self, flight: Flight, step: Callable[[Flight], None]) -> None:
        """Do a step for a case; an error of the suite is about this case alone."""
        try:
            step(flight)
        except CannotRun:
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
        if len(lost := self._dropped()) > 1:
            ask_one_by_one(lost, self.session, lab)

    def _dropped(self) -> list[Flight]:
        """List the failures whose connection ended without an answer."""
        return [one for one in self._failed if dropped_at(judgement_of(one)) is not None]

    def _counted(self, flight: Flight) -> None:
        self._guarded(flight, self._count)

    def _count(self, flight: Flight) -> None:
        """Add a judged case to the accounts."""
        tally: PropertyEffort = flight.owner.tally
        judgement = judgement_of(flight)
        tally.examples += 1
        if judgement.unstorable:
            # Nothing was asked of the server, and nothing was at stake.
            return
        tally.requests += requests(flight.case)
        if tally.stakes is not None:
            tally.stakes.look(flight.case, judgement)
        self._warnings.tell(judgement)

    def _settle(self, flight: Flight) -> None:
        """Count a case, and have triage look into its failures."""
        begun, made = time.monotonic(), self.ledger.made
        self.ledger.named.clear()
        judgement, tally = judgement_of(flight), flight.owner.tally
        self._count(flight)
        if judgement.failures:
            self._look_into(flight, judgement, tally)
        else:
            self._passed.append(flight.case)
        self._triage.earlier.note(flight.case)
        # Cases are not left out of a run of a number of examples, which must be the same each time.
        if self.deadline.limited:
            took, new = flight.seconds + time.monotonic() - begun, self.ledger.made > made
            self._foresight.note_explained(self.ledger.named, flight, judgement, took, new=new)

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
        new = self.ledger.made > made
        tally.new += new
        self.effort.note(asked, seconds, new=new)
        self._recognition.note_alone(flight, new=new)

"""Run one worker's loop, which chooses the next property and its number of examples until the budget ends."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from fuzz.embedded.large_blocks import give_gaps_back, give_memory_back
from fuzz.events import Doing, Event, Explored, FindingFixed, Warned
from fuzz.findings.finding import Finding
from fuzz.findings.replay import TRIES
from fuzz.hunt.claims import unclaimed
from fuzz.hunt.effort import PropertyEffort
from fuzz.hunt.exploration import Exploration
from fuzz.hunt.hunter import Hunter
from fuzz.hunt.plan import Plan
from fuzz.hunt.rounds import EXAMPLES_A_TURN, furthest_behind, seed_of, turn
from fuzz.hunt.turns import Turns
from fuzz.hunt.vacuity import Clock, Stakes
from fuzz.running.session import Session
from fuzz.subject import Property, Subject
from fuzz.triage.lab import Life
from fuzz.triage.ledger import Ledger
from specs.case import Case

# The first turns are short, so that every property has been tried within seconds.
EXAMPLES_OF_FIRST_TURN = 5
REPLAY_SECONDS = 5.0
TELL_SECONDS = 0.2
# How often the memory between blocks that stay is given back, which takes some milliseconds.
GAPS_SECONDS = 10.0
# How long a property has no turn after a case of it was left out, as too many slow ones waited already.
RESTING_SECONDS = 1.0
# The most extra time a property gets for recent new findings, and the weight that these keep from turn to turn.
MOST_BOOST = 3.0
FORGETTING = 0.7
MOST_BROKEN = 20
UNTOLD = (
    "{} failures may be of what other requests spoil, or of chance, and were not told apart. "
    "Mend what the findings about several requests, or about requests that fail at times, show, and run again"
)
UNEXPLAINED = "{} failures came at the very end and were not looked into: run longer"
MOST_TOLD = 300
# A server that waits for a store that fails may take as long as that for an answer.
LONG_SILENCE_SECONDS = 4.0
UNHEARD = (
    "no answer had come for {:.0f} s when the time was up: whether the server hangs is not known. "
    "Give the run more time by --seconds, or each request less by --timeout"
)


@dataclass(frozen=True, slots=True)
class Tallies:
    """A worker's progress: examples, checked requests and findings by property."""

    worker: int
    by_property: Mapping[str, tuple[int, int, tuple[str, ...]]]
    doing: str = ""
    known_causes_seconds: float = 0.0
    shrinking_seconds: float = 0.0
    sent_requests: int = 0
    known_causes_requests: int = 0
    shrinking_requests: int = 0
    given_up_requests: int = 0
    lanes: int = 1


@dataclass(frozen=True, slots=True)
class Broke:
    """An error of the suite while it judged a case; whether the server is right is not known."""

    text: str


Message = Event | Tallies | Broke


class _Enough(Exception):
    """The budget has ended in the middle of a turn."""


class _NoRoom(Exception):
    """Cases of this sort cannot be taken for now, so that drawing more of them would be of no use."""


class Worker:
    """Hunts alone; other workers learn of its findings through the findings folder."""

    def __init__(
        self,
        plan: Plan,
        session: Session,
        life: Life,
        tell: Callable[[Message], None],
        number: int = 0,
        turns: Turns | None = None,
    ) -> None:
        self._plan = plan
        self._session = session
        self._number = number
        self._tell = tell
        self._told = self._tidied = 0.0
        self.ledger = Ledger(plan.findings, f"{plan.seed:x}-{number}", session.reading, tell, session.subject.name)
        self._doing = ""
        session.tick = lambda: self._report(self._doing)
        self._hunter = Hunter(session, self.ledger, life, self._hear, plan.lanes, self._broke, turns)
        clock = Clock()
        accounting = session.subject.accounting
        self._exploration = Exploration(accounting, plan.profile)
        self._properties = chosen(plan, session.subject)
        self._tallies = {
            one.name: PropertyEffort(
                stakes=Stakes(
                    one.name,
                    accounting,
                    plan.profile,
                    session.facts,
                    clock,
                    self._exploration,
                    one.essentials if one.checks else (),
                )
            )
            for one in self._properties
        }
        self._spent = dict.fromkeys(self._tallies, 0.0)
        self._fresh = dict.fromkeys(self._tallies, 0.0)
        self._new = dict.fromkeys(self._tallies, 0)
        self._rests_until = dict.fromkeys(self._tallies, 0.0)
        self._broken = 0
        # The saved findings that were taken again and are not known to fail or pass yet.
        self._replayed: list[Finding] = []

    def _hear(self, event: Event | Doing) -> None:
        """Pass the hunter's events on; report what the hunter is doing as part of the worker's progress."""
        if isinstance(event, Doing):
            self._doing = event.text
            self._report(event.text, force=True)
        else:
            self._tell(event)

    def work(self, stop: Callable[[], bool]) -> None:
        """Hunt until told to stop, or until every property has had its examples."""
        give_memory_back()
        begun = time.monotonic()
        left = self._plan.left_seconds
        end = None if left is None else begun + left
        self._hunter.deadline.begin(end)
        self._hunter.enough = stop

        def over() -> bool:
            return stop() or (end is not None and time.monotonic() > end)

        try:
            self._replay(over)
            rounds = dict.fromkeys(self._tallies, 0)
            while not over():
                one = self._next()
                if one is None:
                    break
                self._turn(one, rounds[one.name], over)
                rounds[one.name] += 1
                self.ledger.reload()
                self._tell_what_is_fixed()
                self._tidy()
            self._hunter.finish()
        except _Enough:
            self._hunter.finish()
        finally:
            self._hunter.close()
            self.ledger.flush()
            self._report("", force=True)
            self._tell(self._explored())
            for tally in self._tallies.values():
                if tally.stakes is not None:
                    self._tell(tally.stakes.told())
            if self._hunter.unheard_seconds:
                self._tell(_unheard(self._hunter.unheard_seconds))
            if self._hunter.unexplained:
                self._tell(Warned(UNEXPLAINED.format(self._hunter.unexplained)))
            if self._hunter.untold:
                self._tell(Warned(UNTOLD.format(self._hunter.untold)))
            for note in self.ledger.unreadable:
                self._tell(Warned(note))
            self._tell_unwritten()

    def _tidy(self) -> None:
        """Give memory back that is held for nothing, from time to time."""
        now = time.monotonic()
        if now - self._tidied > GAPS_SECONDS:
            self._tidied = now
            give_gaps_back()

    def _tell_unwritten(self) -> None:
        """Warn of files that could not be written since the last time."""
        while self.ledger.unwritten:
            self._tell(Warned(self.ledger.unwritten.pop()))

    def _replay(self, over: Callable[[], bool]) -> None:
        """Replay saved findings before anything else, for a few seconds."""
        end = time.monotonic() + REPLAY_SECONDS
        first = next(iter(self._tallies))
        for finding in self.ledger.findings():
            if over() or time.monotonic() > end:
                return
            name = finding.case.property if finding.case.property in self._tallies else first
            if self._plan.only and finding.case.property not in self._tallies:
                continue
            self._doing = "replaying findings"
            self._report(self._doing)
            self._replayed.append(finding)
            self._hunter.take(finding.case, self._tallies[name])
            self._hunter.finish_quick_ones()
            self._tell_unwritten()
            self._tell_what_is_fixed()

    def _tell_what_is_fixed(self) -> None:
        """Look at the replayed findings whose cases have ended; those that are slow may end later than others."""
        ended = [one for one in self._replayed if not self._hunter.holds(one.case)]
        self._replayed = [one for one in self._replayed if one not in ended]
        for finding in ended:
            self._tell_fixed(finding)

    def _tell_fixed(self, finding: Finding) -> None:
        """Report a saved finding that passes each time, if it was found on this server and failed every time."""
        session = self._session
        same = finding.origin is None or session.origin is None or finding.origin.server == session.origin.server
        if not same or finding.reproducibility != "every time" or finding.case.together or self.ledger.seen(finding.id):
            return
        if all(not one.failures and not one.unstorable for one in map(session.judge, [finding.case] * TRIES)):
            self._tell(FindingFixed(finding, str(self._plan.findings / finding.id)))

    def _next(self) -> Property | None:
        """Return the property that is furthest behind its share of time; properties with new findings get more.

        In a run of a number of examples the share is of examples, so that the same seed gives the same run.
        """
        now = time.monotonic()
        open_ones = [one for one in self._properties if self._examples_left(one) > 0]
        ready = [one for one in open_ones if self._rests_until[one.name] <= now] or open_ones
        return furthest_behind(ready, self._had, lambda each: each.share) if ready else None

    def _had(self, one: Property) -> float:
        if self._plan.seconds is None:
            return self._tallies[one.name].drawn
        return (self._spent[one.name] + self._tallies[one.name].seconds) / (1 + min(self._fresh[one.name], MOST_BOOST))

    def _examples_left(self, one: Property) -> int:
        if self._plan.examples is None:
            return EXAMPLES_A_TURN
        share = -(-self._plan.examples // self._plan.workers)
        return share - self._tallies[one.name].drawn

    def _turn(self, one: Property, number: int, over: Callable[[], bool]) -> None:
        tally = self._tallies[one.name]
        begun, explaining = time.monotonic(), self._explaining_seconds()
        least = 1 if number == 0 else 0

        def attempt(case: Case) -> None:
            if tally.drawn >= least and over():
                raise _Enough
            self._doing = one.name
            tally.drawn += 1
            left_out = self._hunter.left_out
            self._hunter.take(one.named(case), tally)
            self._tell_unwritten()
            self._report(one.name)
            if self._hunter.left_out > left_out:
                raise _NoRoom

        examples = min(EXAMPLES_A_TURN, EXAMPLES_OF_FIRST_TURN * 2**number, self._examples_left(one))
        try:
            turn(
                one.cases(self._plan.profile),
                seed_of(self._plan.seed, self._number, one.name, number),
                examples,
                attempt,
            )
        except _NoRoom:
            self._rests_until[one.name] = time.monotonic() + RESTING_SECONDS
        finally:
            # What ends during a turn may have been drawn in another, so triage is charged to each property apart.
            self._spent[one.name] += time.monotonic() - begun - (self._explaining_seconds() - explaining)
            self._fresh[one.name] = FORGETTING * self._fresh[one.name] + tally.new - self._new[one.name]
            self._new[one.name] = tally.new

    def _explaining_seconds(self) -> float:
        return sum(one.seconds for one in self._tallies.values())

    def _broke(self, case: Case, error: Exception) -> None:
        """Report an error of the suite, and end the run if such errors have become many."""
        self._broken += 1
        self._replayed = [one for one in self._replayed if one.case != case]
        place = traceback.extract_tb(error.__traceback__)[-1]
        told = f"{type(error).__name__}: {str(error)[:MOST_TOLD]} ({Path(place.filename).name}:{place.lineno})"
        self._tell(Broke(f"the suite could not judge a case of {case.property}: {told}"))
        if self._broken >= MOST_BROKEN:
            raise error

    def _report(self, doing: str, *, force: bool = False) -> None:
        now = time.monotonic()
        if self._exploration.due():
            self._tell(self._explored())
        if force or now - self._told > TELL_SECONDS:
            self._told = now
            table = {
                name: (tally.examples, tally.requests, tuple(sorted(tally.findings)))
                for name, tally in self._tallies.items()
            }
            effort = self._hunter.effort
            seconds = effort.known_seconds, effort.new_seconds
            asked = self._session.sent, effort.known_requests, effort.new_requests, self._hunter.given_up
            lanes = self._hunter.lanes.width
            self._tell(Tallies(self._number, table, doing, *seconds, *asked, lanes))

    def _explored(self) -> Explored:
        return self._exploration.told({one.id: self.ledger.seen(one.id) for one in self.ledger.findings()})


def _unheard(seconds: float) -> Broke | Warned:
    """Tell of an answer that was still waited for at the end: a wait that was long leaves the run without a verdict."""
    text = UNHEARD.format(seconds)
    return Broke(text) if seconds >= LONG_SILENCE_SECONDS else Warned(text)


def chosen(plan: Plan, subject: Subject) -> list[Property]:
    """List the properties of a run."""
    wanted = [one for one in subject.properties if not plan.only or one.name in plan.only]
    return [one for one in wanted if not unclaimed(one, plan.profile, plan.store)]

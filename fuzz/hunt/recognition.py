"""Count failures for known findings while other cases go on: by their looks, or by requests beside other cases.

Each request that is asked about a failure is a case in a lane like any other. While a failure is explained alone,
nothing is asked about the others.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from fuzz.hunt.dialogue import Dialogue
from fuzz.hunt.effort import Effort, PropertyEffort
from fuzz.hunt.foresight import Foresight
from fuzz.hunt.slow_ones import Drawn
from fuzz.running.lanes import Flight, Lanes, judgement_of
from fuzz.running.session import Judgement, Session
from fuzz.triage.lab import MOST_HANG_SECONDS, dropped_at, was_cut_off
from fuzz.triage.recognising import Recogniser
from fuzz.triage.triage import Triage
from specs.case import Case

# How many failures are being recognised at the same time; others wait.
MOST_AT_A_TIME = 4
# After so many failures that showed nothing new when they were looked into alone, others are reduced beside other cases
# before that. Until then most are new, and would be reduced twice, unless findings of earlier runs are there.
MOST_IN_VAIN = 6
# One that was reduced beside other cases in vain is reduced again alone, which so many must be before the next is not.
ALONE_AFTER_THAT = 2


@dataclass(slots=True, eq=False)
class Recognising:
    """A failure that is being recognised: the case that failed, and what is asked about it."""

    flight: Flight
    dialogue: Dialogue[Case, Judgement, list[str] | None]
    reduces: bool
    asked: int = 0


@dataclass(slots=True, eq=False)
class Inquiry(Drawn):
    """A case that was not drawn, but is asked to recognise a failure."""

    about: Recognising | None = None


class Recognition:
    """Knows failures of known findings; what it does not know is handed back, to be looked into alone."""

    def __init__(
        self,
        session: Session,
        lanes: Lanes,
        triage: Triage,
        foresight: Foresight,
        effort: Effort,
        count: Callable[[Flight], None],
        broke: Callable[[Case, Exception], None],
    ) -> None:
        self._session = session
        self._lanes = lanes
        self._triage = triage
        self._recogniser = Recogniser(session.reading, triage.ledger, triage.looks, triage.lab)
        self._foresight = foresight
        self._effort = effort
        self._count = count
        self._broke = broke
        self._waiting: deque[Flight] = deque()
        self._under_way: list[Recognising] = []
        self._questions: deque[Recognising] = deque()
        self._unknown: list[Flight] = []
        # The requests and seconds that went into failures which were handed back, until it is known what they are of.
        self._in_doubt: dict[Flight, tuple[int, float]] = {}
        # How many failures in a row were looked into alone and were of known findings.
        self._in_vain = MOST_IN_VAIN if triage.ledger.shown() else 0

    def __len__(self) -> int:
        return len(self._waiting) + len(self._under_way)

    def flights(self) -> list[Flight]:
        """List the cases whose failures are being recognised, or wait for that."""
        return [*(one.flight for one in self._under_way), *self._waiting]

    def believes(self, flight: Flight) -> bool:
        """Count a failure for known findings at once if it looks like them and a proof would stop the other lanes."""
        begun = time.monotonic()
        self._triage.ledger.named.clear()
        names = self._triage.looks.believed(flight.case, judgement_of(flight), met=bool(flight.company))
        seconds = time.monotonic() - begun
        self._effort.known_seconds += seconds
        self._triage.spent.comparing_seconds += seconds
        if names is not None:
            self._count_for(flight, names)
        return names is not None

    def takes(self, flight: Flight) -> bool:
        """Let a failure be recognised, and say so; some can only be looked into alone."""
        tried = self._recogniser.may_try(flight.case, judgement_of(flight))
        if tried:
            self._waiting.append(flight)
        return tried

    def told_enough(self, judgement: Judgement) -> bool:
        """Say whether what was asked about a failure tells nothing but that: the server has not died of it."""
        lives = self._triage.lab.outlives_drops and was_cut_off(judgement)
        return lives or dropped_at(judgement) is None

    def may_know(self, flight: Flight) -> bool:
        """Count a failure for known findings or let it be recognised, and say so; not where a connection ended."""
        return dropped_at(judgement_of(flight)) is None and (self.believes(flight) or self.takes(flight))

    def note_alone(self, flight: Flight, *, new: bool) -> None:
        """Remember whether a failure that was looked into alone was of a new finding."""
        self._in_vain = 0 if new else self._in_vain + 1
        spent = self._in_doubt.pop(flight, None)
        if spent is not None and not new:
            self._triage.spent.note(*spent)

    def go_on(self) -> Iterator[Flight]:
        """Ask all that is to be asked now, and yield the cases that have ended already."""
        seconds = min(MOST_HANG_SECONDS, self._session.client.settings.timeout_seconds)
        while self._waiting and len(self._under_way) < MOST_AT_A_TIME:
            self._begin(self._waiting.popleft())
        while self._questions:
            one = self._questions.popleft()
            case = one.dialogue.question
            assert case is not None
            asked = Inquiry(case, one.flight.owner.tally, None, about=one)
            yield from self._lanes.begin(case, asked, afresh=True, timeout_seconds=seconds)

    def hear(self, asked: Inquiry, flight: Flight) -> None:
        """Take in how a case ended that was asked about a failure."""
        one = asked.about
        assert one is not None
        self._note_cost(one, flight.sent)
        one.dialogue.answer(judgement_of(flight))
        self._settle(one)

    def give_up(self, asked: Inquiry) -> None:
        """Ask no more about a failure, as a case that was asked about it came to nothing."""
        one = asked.about
        assert one is not None
        one.dialogue.abandon()
        self._under_way.remove(one)
        self._unknown.append(one.flight)

    def unknown(self) -> list[Flight]:
        """Hand back the failures that are of no known finding."""
        several, self._unknown = self._unknown, []
        return several

    def close(self) -> None:
        """Ask no more at all, and hand everything back."""
        for one in self._under_way:
            one.dialogue.abandon()
        self._unknown += self.flights()
        self._in_doubt.clear()
        for several in (self._waiting, self._under_way, self._questions):
            several.clear()

    def _begin(self, flight: Flight) -> None:
        judgement, reduces = judgement_of(flight), self._in_vain >= MOST_IN_VAIN

        def recognised(ask: Callable[[Case], Judgement]) -> list[str] | None:
            return self._recogniser.recognised(flight.case, judgement, self._session.beside(ask), reduces=reduces)

        one = Recognising(flight, Dialogue(recognised), reduces)
        self._under_way.append(one)
        self._settle(one)

    def _settle(self, one: Recognising) -> None:
        """Have the next question asked; at the end count the failure, or hand it back."""
        if not one.dialogue.ended:
            self._questions.append(one)
            return
        self._under_way.remove(one)
        tally: PropertyEffort = one.flight.owner.tally
        tally.seconds += one.dialogue.seconds
        self._effort.known_seconds += one.dialogue.seconds
        if one.dialogue.error is not None:
            self._broke(one.flight.case, one.dialogue.error)
        if one.dialogue.result is None:
            self._in_doubt[one.flight] = one.asked, one.dialogue.seconds
            self._unknown.append(one.flight)
            if one.reduces:
                self._in_vain = min(self._in_vain, MOST_IN_VAIN - ALONE_AFTER_THAT)
        else:
            self._triage.spent.note(one.asked, one.dialogue.seconds)
            self._count_for(one.flight, one.dialogue.result)

    def _note_cost(self, one: Recognising, sent: int) -> None:
        one.asked += sent
        self._effort.known_requests += sent

    def _count_for(self, flight: Flight, names: list[str]) -> None:
        """Count a failure for known findings."""
        self._in_doubt.pop(flight, None)
        tally: PropertyEffort = flight.owner.tally
        tally.findings.update(names)
        self._count(flight)
        self._triage.earlier.note(flight.case)
        self._foresight.note_known(names, flight, judgement_of(flight), flight.seconds)

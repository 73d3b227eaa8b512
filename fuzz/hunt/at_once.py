"""Failures of requests at the same time: whether it takes that to see them, and the fewest requests that show them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from fuzz.executor import Judgement
from fuzz.findings.finding import Finding, Reproducibility
from fuzz.hunt.deaths import DROPPED, GONE
from fuzz.hunt.failures import NO_ANSWER_IN_TIME, VALUES, WRONG, Judge, Kind
from fuzz.hunt.histories import AT_ONCE
from fuzz.hunt.reducer import Smallest
from fuzz.hunt.simpler import simpler_requests
from fuzz.hunt.triage import CHANCE, Cause
from specs.case import MOST_TOGETHER, Case, Put, Send, SendRaw, requests
from specs.fields import Fields
from specs.violation import Violation, Way

# How long looking into one failure may take; in the end it is told as far as it is known.
LOOKING_SECONDS = 20.0
TRIES_TO_CONFIRM = 24
TRIES_OF_THE_REST = 3
# One after the other they are tried so many times as often as it took to see the failure again.
TRIES_APART = 4
LEAST_TRIES_APART = 6
TRIES_OF_A_REMOVAL = 8
TRIES_AT_LAST = 12
LEAST_TRIES_AT_LAST = 2
# Of the time that is left when it has been seen again; the rest is for making sure.
REDUCING_SHARE = 0.6
PLAIN_ELEMENTS = 2


@dataclass(frozen=True, slots=True)
class Race:
    """A failure that takes requests at the same time; or, seen once, one of which nobody knows what it takes."""

    smallest: Smallest
    cause: Cause
    reproducibility: Reproducibility

    @property
    def unsure(self) -> Cause:
        """The cause that it has until it is seen again."""
        return Cause(self.cause.kind, (AT_ONCE, CHANCE))

    @property
    def is_clear(self) -> bool:
        """Whether it is known that it takes requests at the same time."""
        return self.cause != self.unsure


@dataclass(frozen=True, slots=True)
class Sorted:
    """What came of a failing case: failures that show one after the other too, and one that does not.

    `known` is the finding that there is of it already.
    """

    apart: tuple[Judgement, ...] = ()
    race: Race | None = None
    known: Finding | None = None


@dataclass(slots=True)
class AtOnce:
    """Asks the server until it is clear what a failing case of requests at the same time takes."""

    judge: Judge
    find: Callable[[Cause], Finding | None]
    seconds: float = LOOKING_SECONDS
    _end: float = 0.0

    def sort_out(self, case: Case, judgement: Judgement) -> Sorted:
        """Tell apart what fails one after the other too, which is not about requests at the same time."""
        self._end = time.monotonic() + self.seconds
        apart = self.judge(in_turn(case, 0))
        failing = {one.step for one in apart.failures}
        if failing:
            case = without(case, failing)
            again = self._failing(case, None, 1, TRIES_OF_THE_REST)[0] if requests(case) > 1 else []
            if not again:
                return Sorted((apart,))
            judgement = again[0]
        sequential = (apart,) if failing else ()
        known = self.find(cause_of(judgement.failures[0]))
        if known is not None:
            return Sorted(sequential, known=known)
        found = self.look_into(case, judgement)
        return Sorted((*sequential, found)) if isinstance(found, Judgement) else Sorted(sequential, found)

    def look_into(self, case: Case, judgement: Judgement) -> Race | Judgement:
        """The race that a failure is, or the failing judgement of the same requests one after the other."""
        self._end = self._end or time.monotonic() + self.seconds
        violation = judgement.failures[0]
        family = family_of(violation)
        unsure = Race(
            Smallest(case, judgement, violation, None), Cause(kind_at_once(family), (AT_ONCE, CHANCE)), "seen once"
        )
        again, tries = self._failing(case, family, 2, TRIES_TO_CONFIRM)
        if not again:
            case = crowded(case)
            again, tries = self._failing(case, family, 2, TRIES_TO_CONFIRM)
        if not again:
            return unsure
        apart = self._fails_apart(case, TRIES_APART * tries)
        if apart is not None:
            return apart
        end = self._end
        self._end -= (1 - REDUCING_SHARE) * max(0.0, end - time.monotonic())
        case, judgement = self._smallest(case, again[0], family)
        self._end = end
        race, tries = self._told(case, judgement, family)
        apart = self._fails_apart(case, TRIES_APART * tries)
        return replace(unsure, reproducibility="flaky") if self._late() else apart or race

    def _told(self, case: Case, judgement: Judgement, family: str) -> tuple[Race, int]:
        """How the smallest case fails, whether every time, and how many tries it takes for each failure."""
        violation = _of_family(judgement, family) or judgement.failures[0]
        tries = hits = 0
        while tries < TRIES_AT_LAST and (tries < LEAST_TRIES_AT_LAST or not self._late()):
            tries += 1
            hits += _of_family(self.judge(case), family) is not None
        smallest = Smallest(case, judgement, violation, None)
        race = Race(smallest, cause_of(violation), "every time" if hits == tries else "flaky")
        return race, -(-tries // max(hits, 1))

    def _fails_apart(self, case: Case, tries: int) -> Judgement | None:
        """A failure of the requests one after the other, whatever it is: then it does not take them together."""
        for turn in range(max(LEAST_TRIES_APART, tries)):
            if self._late():
                return None
            apart = self.judge(in_turn(case, turn))
            if apart.failures:
                return apart
        return None

    def _smallest(self, case: Case, judgement: Judgement, family: str) -> tuple[Case, Judgement]:
        """Plain requests if they show it; else the fewest that do, and those as plain as they can be."""
        best = case, judgement
        for plain in plain_cases(case.property):
            shown = self._shown(plain, family)
            if shown is not None and self._fails_apart(plain, LEAST_TRIES_APART) is None:
                return self._fewer(plain, shown, family)
        fewer = self._fewer(*best, family)
        for one in (self._plainer(*fewer, family), fewer):
            if self._fails_apart(one[0], LEAST_TRIES_APART) is None:
                return one
        return best

    def _fewer(self, case: Case, judgement: Judgement, family: str) -> tuple[Case, Judgement]:
        """Leave out half of the requests, a quarter of them, and in the end one by one."""
        share = requests(case) // 2
        while share:
            for left_out in _spans(case, share):
                fewer = without(case, set(left_out))
                shown = self._shown(fewer, family) if requests(fewer) > 1 else None
                if shown is not None:
                    case, judgement = fewer, shown
                    break
            else:
                share //= 2
                continue
            share = min(share, requests(case) // 2)
        return case, judgement

    def _plainer(self, case: Case, judgement: Judgement, family: str) -> tuple[Case, Judgement]:
        progress = True
        while progress and not self._late():
            progress = False
            for simpler in simpler_requests(case):
                plainer = without(simpler, set())
                shown = self._shown(plainer, family)
                if shown is not None:
                    case, judgement, progress = plainer, shown, True
                    break
        return case, judgement

    def _shown(self, case: Case, family: str) -> Judgement | None:
        """A failing judgement, if the failure comes often enough to be shown to somebody."""
        again, _ = self._failing(case, family, 2, TRIES_OF_A_REMOVAL)
        return again[0] if len(again) > 1 else None

    def _failing(self, case: Case, family: str | None, wanted: int, most: int) -> tuple[list[Judgement], int]:
        """Failing judgements, as many as are wanted if there are so many; and the tries that it took."""
        found: list[Judgement] = []
        tries = 0
        while tries < most and len(found) < wanted and not self._late():
            tries += 1
            judgement = self.judge(case)
            if judgement.failures and (family is None or _of_family(judgement, family) is not None):
                found.append(judgement)
        return found, tries

    def _late(self) -> bool:
        return time.monotonic() > self._end


def family_of(violation: Violation) -> str:
    """Whatever is wrong with answers may be one mistake's doing; that there is none is another's."""
    if violation.requirement == GONE.requirement:
        return GONE.symptom
    if violation.way is Way.SILENT:
        return NO_ANSWER_IN_TIME
    return "dropped" if violation.requirement == "answers" and violation.aspect in DROPPED else WRONG


def _of_family(judgement: Judgement, family: str) -> Violation | None:
    return next((one for one in judgement.failures if family_of(one) == family), None)


def kind_at_once(family: str) -> Kind:
    """What a finding of such a family is known by."""
    if family == GONE.symptom:
        return GONE
    return Kind(VALUES, "") if family == WRONG else Kind("answers", family)


def cause_of(violation: Violation) -> Cause:
    """The cause of a failure that takes requests at the same time."""
    family = family_of(violation)
    return Cause(kind_at_once(family), (AT_ONCE,), of_scene=family == WRONG)


def in_turn(case: Case, turn: int) -> Case:
    """The same requests one after the other: as they stand, backwards, all of them twice, then in any order."""
    puts, asked = _parted(case)
    if turn == 1:
        asked.reverse()
    elif turn == 2:
        asked *= 2
    elif turn > 2:
        random.Random(turn).shuffle(asked)
    return replace(case, steps=(*puts, *asked), together=False)


def crowded(case: Case) -> Case:
    """The same requests again and again, as many as there may be at the same time."""
    puts, asked = _parted(case)
    several = asked * (MOST_TOGETHER // max(1, len(asked)))
    return replace(case, steps=(*puts, *several, *asked[: MOST_TOGETHER - len(several)]))


def without(case: Case, numbers: set[int]) -> Case:
    """The case less some of its requests, and the objects that nobody asks about then."""
    kept = [step for number, step in enumerate(case.steps) if number not in numbers]
    asked = {(step.bucket, step.key) for step in kept if isinstance(step, Send | SendRaw)}
    return replace(case, steps=tuple(one for one in kept if not isinstance(one, Put) or (one.bucket, one.key) in asked))


def plain_cases(name: str) -> Iterator[Case]:
    """The plainest requests there are, about several objects, equal or not in their lengths, and about one."""
    fields = Fields({"dtype": "int32"})
    numbers = range(1, MOST_TOGETHER + 1)
    puts = [Put(f"a{number}", np.full(PLAIN_ELEMENTS, number, "<i4").tobytes()) for number in numbers]
    yield Case(name, (*puts, *(Send("sum", fields, put.key) for put in puts)), together=True)
    longer = [Put(f"a{number}", np.full(number, number, "<i4").tobytes()) for number in numbers]
    yield Case(name, (*longer, *(Send("select", fields, put.key) for put in longer)), together=True)
    operations = ("sum", "min", "count", "max") * (MOST_TOGETHER // 4)
    yield Case(name, (puts[0], *(Send(one, fields, puts[0].key) for one in operations)), together=True)


def _parted(case: Case) -> tuple[list[Put], list[Send | SendRaw]]:
    puts = [step for step in case.steps if isinstance(step, Put)]
    return puts, [step for step in case.steps if isinstance(step, Send | SendRaw)]


def _spans(case: Case, share: int) -> Iterator[list[int]]:
    """The numbers of so many requests next to each other, from the last on."""
    asked = [number for number, step in enumerate(case.steps) if isinstance(step, Send | SendRaw)]
    for end in range(len(asked), 0, -share):
        yield asked[max(0, end - share) : end]

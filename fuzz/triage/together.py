"""Reduce failures of requests at the same time, after a test that the requests pass one after the other."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice, takewhile
from typing import Any

from fuzz.running.session import Judgement
from fuzz.triage.lab import Lab, OutOfBudget, Seen
from fuzz.triage.plainer import plainer
from fuzz.triage.trial import Trial, signature, trial_of
from fuzz.triage.trial import in_turn as alone
from specs.case import Case, lane_of, requests

TRIES_TO_CONFIRM = 3
TRIES_AT_LAST = 6
# The number of orders in which the requests are tried one after the other.
TURNS_APART = 4
MOST_PAIRS = 8
# How often a race's requests must pass one after the other before they are believed to fail only at the same time.
TURNS_OF_A_RACE = 24


@dataclass(frozen=True, slots=True)
class Race:
    """A failure that needs requests at the same time; `every_time` says whether they always show it."""

    trial: Trial
    seen: Seen
    every_time: bool


def apart(trial: Trial, lab: Lab, turns: int = TURNS_APART) -> list[tuple[Trial, Seen]]:
    """List the failures of the same requests one after the other, in the first of a few orders that fails."""
    for turn in range(turns):
        case = in_turn(trial.case, turn)
        judgement = lab.judge(case, again=turn > 0)
        if judgement.failures:
            found = []
            for violation in judgement.failures:
                until = trial_of(replace(case, steps=case.steps[: violation.step + 1]), trial.reading)
                found += [(until, seen) for seen in lab.ask(until)][:1]
            # The failure may not come again, but it has come without requests at the same time.
            return found or [_as_seen(case, judgement, trial)]
    return []


def beside_passing(case: Case, lab: Lab) -> Case | None:
    """Leave out the requests beside the first one that fail one after the other too; None if there are no others."""
    first = next(number for number, step in enumerate(case.steps) if step.asks)
    failing = {one.step for one in lab.judge(in_turn(case, 0)).failures} - {first}
    fewer = less(case, failing) if failing else case
    return fewer if requests(fewer) > 1 else None


def read_after_write(trial: Trial, lab: Lab) -> list[tuple[Trial, Seen]]:
    """List the first read that fails after a write of what it reads, which may be gone in every order of requests."""
    pairs = (trial_of(one, trial.reading) for one in islice(trial.reading.reads_after_writes(trial.case), MOST_PAIRS))
    return next(([(one, seen[0])] for one in pairs if (seen := lab.ask(one))), [])


def _as_seen(case: Case, judgement: Judgement, trial: Trial) -> tuple[Trial, Seen]:
    violation = judgement.failures[0]
    until = trial_of(replace(case, steps=case.steps[: violation.step + 1]), trial.reading)
    return until, Seen(judgement, violation, signature(violation, until, judgement))


def confirmed(trial: Trial, lab: Lab) -> Seen | None:
    """Return the failure, seen again, if it comes again in a few tries."""
    for _ in range(TRIES_TO_CONFIRM):
        seen = lab.ask(trial, again=True)
        if seen:
            return seen[0]
    return None


def race_of(trial: Trial, seen: Seen, lab: Lab) -> Race | None:
    """Return the smallest race that shows a failure; None if its requests fail one after the other too.

    The search leaves as many requests as that last question takes.
    """
    with lab.budget(max(0, lab.left - (TURNS_OF_A_RACE + 1) * requests(trial.case))):
        race = smallest_race(trial, seen, lab)
    return None if apart(race.trial, lab, TURNS_OF_A_RACE) else race


def smallest_race(trial: Trial, seen: Seen, lab: Lab) -> Race:
    """Return the fewest and plainest requests that fail at the same time, and pass one after the other."""
    every_time = False
    try:
        for plain in (trial_of(case, trial.reading) for case in trial.reading.plain_races(trial.case.property)):
            shown = _shown(plain, seen, lab)
            if shown is not None and not apart(plain, lab):
                trial, seen = plain, shown
                break
        trial, seen = _fewer(trial, seen, lab)
        trial, seen = _plainer(trial, seen, lab)
        hits = sum(bool(lab.session.judge(trial.case, afresh=True).failures) for _ in range(TRIES_AT_LAST))
        every_time = hits == TRIES_AT_LAST
    except OutOfBudget:
        pass
    return Race(trial, seen, every_time)


def _shown(trial: Trial, wanted: Seen, lab: Lab) -> Seen | None:
    """Return the failure if it comes twice, and so is likely to come again for a user."""
    found = None
    for _ in range(2):
        found = next(
            (one for one in lab.ask(trial, again=True) if one.signature.family == wanted.signature.family), None
        )
        if found is None:
            return None
    return found


def _fewer(trial: Trial, seen: Seen, lab: Lab) -> tuple[Trial, Seen]:
    """Leave out half of the requests, a quarter of them, and in the end one by one."""
    share = requests(trial.case) // 2
    while share:
        for left_out in _spans(trial.case, share):
            fewer = trial_of(less(trial.case, set(left_out)), trial.reading)
            shown = _shown(fewer, seen, lab) if requests(fewer.case) > 1 else None
            if shown is not None:
                trial, seen = fewer, shown
                break
        else:
            share //= 2
            continue
        share = min(share, requests(trial.case) // 2)
    return trial, seen


def _plainer(trial: Trial, seen: Seen, lab: Lab) -> tuple[Trial, Seen]:
    again = True
    while again:
        again = False
        for plain in plainer(trial):
            fewer = trial_of(less(plain.case, set()), trial.reading)
            shown = _shown(fewer, seen, lab)
            if shown is not None and not apart(fewer, lab):
                trial, seen, again = fewer, shown, True
                break
    return trial, seen


def in_turn(case: Case, turn: int) -> Case:
    """Put the requests one after the other: as they stand, backwards, all of them twice, then in any order.

    What comes before and after those that are sent beside each other keeps its place.
    """
    prepared, asked, after = _parted(case)
    if turn == 1:
        asked.reverse()
    elif turn == 2:
        asked *= 2
    elif turn > 2:
        random.Random(turn).shuffle(asked)
    return replace(case, steps=tuple(map(alone, (*prepared, *asked, *after))), together=False)


def less(case: Case, numbers: set[int]) -> Case:
    """Leave out some requests of a case, and the objects that no other request is about."""
    kept = [step for number, step in enumerate(case.steps) if number not in numbers]
    asked = {step.about for step in kept if step.asks}
    return replace(case, steps=tuple(one for one in kept if one.asks or one.about in asked))


def _parted(case: Case) -> tuple[list[Any], list[Any], list[Any]]:
    """Return what comes before the requests at the same time, these, and what comes after them."""
    if any(map(lane_of, case.steps)):
        before = list(takewhile(lambda step: not lane_of(step), case.steps))
        asked = [step for step in case.steps if lane_of(step)]
        return before, asked, list(case.steps[len(before) + len(asked) :])
    return [step for step in case.steps if not step.asks], [step for step in case.steps if step.asks], []


def _spans(case: Case, share: int) -> Iterator[list[int]]:
    """List runs of that many neighbouring requests by their numbers, from the last run on."""
    asked = [number for number, step in enumerate(case.steps) if step.asks]
    for end in range(len(asked), 0, -share):
        yield asked[max(0, end - share) : end]

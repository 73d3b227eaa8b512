"""Define the traits of circumstances: earlier requests, an object that changes, requests at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from fuzz.triage.reading import Reading
from fuzz.triage.trait import Trait
from fuzz.triage.trial import Trial, in_turn, isolated, trial_of
from specs.case import Case

SEVERAL = "several requests"
BESIDE = "requests beside each other"
AT_ONCE = "requests at the same time"
OVERWRITTEN = "an overwritten object"
EARLIER_REFUSAL = "an earlier refusal"
EARLIER_REQUEST = "an earlier request"
ANOTHER = "another "
WHILE = "a server that has run for a while"
# The need of a request that fails with its own data, and with no other data that has the same traits.
VERY_DATA = "this very data"
# Needs that cannot be dropped as a trait is: triage finds them by other requests, servers or data.
MADE = (AT_ONCE, EARLIER_REFUSAL, EARLIER_REQUEST, VERY_DATA, WHILE)
OBJECT = "object"
ABSENT = object()


def _alone(trial: Trial) -> Trial | None:
    if not trial.several or trial.case.together:
        return None
    return trial_of(isolated(trial.case, len(trial.case.steps) - 1), trial.reading)


def _written_once(trial: Trial) -> Trial | None:
    """Write each object once, at the beginning and with its last content."""
    prepared = [step for step in trial.case.steps if not step.asks]
    if len({step.about for step in prepared}) == len(prepared):
        return None
    last = {step.about: step for step in prepared}
    asked = [step for step in trial.case.steps if step.asks]
    return trial.of_steps(*(step for step in last.values() if not step.removes), *asked)


def _in_turn(trial: Trial) -> Trial | None:
    """Take the steps of all lanes one after the other."""
    steps = tuple(map(in_turn, trial.case.steps))
    return None if steps == trial.case.steps else trial.of_steps(*steps)


CIRCUMSTANCES: tuple[Trait, ...] = (
    Trait(SEVERAL, _alone),
    Trait(BESIDE, _in_turn),
    Trait(OVERWRITTEN, _written_once, within=SEVERAL),
)


def after_refusal(trial: Trial) -> Trial | None:
    """Put a plain refused request about the same object before the last request."""
    return _after(trial, trial.reading.refused)


def asked_twice(trial: Trial) -> Trial | None:
    """Put the same request before the last request."""
    return _after(trial, lambda last: last)


def differing_in(trial: Trial, name: str) -> Trial | None:
    """Put the last request twice, the first time with one field taken from an earlier request."""
    reading = trial.reading
    earlier = next((step for step in reversed(trial.case.steps[:-1]) if step.asks and reading.usual(step)), None)
    if earlier is None or name == OBJECT:
        return None
    return _after(trial, lambda last: reading.like(last, earlier, (name,)))


def _after(trial: Trial, first: Callable[[Any], Any]) -> Trial | None:
    last = trial.last
    if last is None or not trial.reading.usual(last):
        return None
    before = first(last)
    if before is None:
        return None
    steps = trial.case.steps
    prepared = [one for one in steps if not one.asks and not one.removes and one.about == last.about]
    return trial.of_steps(*prepared[-1:], before, last)


def another(trial: Trial) -> Iterator[Trait]:
    """Make a trait for each field in which earlier requests differ from the last."""
    if trial.several and not trial.case.together and trial.last is not None and trial.reading.usual(trial.last):
        for name in differing(trial.case, trial.reading):
            yield Trait(f"{ANOTHER}{name}", _equalled(name), within=SEVERAL)


def fields_apart(trial: Trial) -> set[str]:
    """Name the traits of a trial whose earlier requests differ from the last in a field."""
    return {f"{ANOTHER}{name}" for name in differing(trial.case, trial.reading) if name != OBJECT}


def _equalled(name: str) -> Callable[[Trial], Trial | None]:
    def drop(trial: Trial) -> Trial | None:
        plain = equalled(trial.case, (name,), trial.reading)
        return trial_of(plain, trial.reading) if plain != trial.case else None

    return drop


def differing(case: Case, reading: Reading) -> tuple[str, ...]:
    """Name the fields in which a case's requests differ."""
    asked = [reading.said(step) for step in case.steps if step.asks]
    names = dict.fromkeys(name for one in asked for name in one)
    return tuple(name for name in names if any(one.get(name, ABSENT) != asked[0].get(name, ABSENT) for one in asked))


def equalled(case: Case, names: tuple[str, ...], reading: Reading) -> Case:
    """Return the case with the named fields of its earlier requests made like those of the last."""
    last = case.steps[-1]
    if not last.asks or not reading.usual(last):
        return case
    alike = (reading.like(one, last, names) if one.asks and reading.usual(one) else one for one in case.steps[:-1])
    return replace(case, steps=(*alike, last))

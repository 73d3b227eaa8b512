"""Search for the earlier request that has spoilt a server for good, on servers that nobody has asked anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice

from fuzz.triage.histories import smallest_history, wrong_after
from fuzz.triage.lab import Lab, OutOfBudget, Seen
from fuzz.triage.minimal import Smallest
from fuzz.triage.traits import narrow, present, without
from fuzz.triage.traits.circumstances import OBJECT, differing, equalled
from fuzz.triage.trial import Trial
from specs.case import Case
from specs.store_facts import StoreFacts

# Each trial starts a server, so a search may not take many.
REQUESTS_TO_FIND = 120
REQUESTS_TO_REDUCE = 240
MOST_LIKE_IT = 32


def what_spoilt(smallest: Smallest, histories: Iterable[Case], lab: Lab) -> Smallest | None:
    """Return the fewest requests after which a case fails on a fresh server, which passes there alone.

    The case is asked after requests much like its own, and after those that the server had been sent before.
    """
    trial, wanted = smallest.trial, smallest.seen.signature
    after_others = chain(islice(_after_like_ones(trial, lab), MOST_LIKE_IT), histories)
    found: tuple[Trial, Seen] | None = None
    with lab.on_fresh_servers():
        try:
            with lab.budget(REQUESTS_TO_FIND):
                several = (wrong_after(one, trial.reading, wanted, lab) for one in after_others)
                found = next((one for one in several if one is not None and one[0].several), None)
            with lab.budget(REQUESTS_TO_REDUCE):
                return None if found is None else smallest_history(*found, lab)
        except OutOfBudget:
            return None if found is None else Smallest(*found, (), narrow(present(found[0]), trial.reading))


def _like(trial: Trial, lab: Lab) -> Iterator[Trial]:
    """Yield the trial itself, and trials that differ from it by a trait, in their data's length or in their numbers."""
    facts: StoreFacts = lab.session.facts
    yield trial
    for name in present(trial):
        plain = without(trial, name)
        if plain is not None:
            yield plain
    yield from trial.reading.of_its_lengths(trial, trial)
    yield from trial.reading.of_other_data(trial, facts)


def _after_like_ones(trial: Trial, lab: Lab) -> Iterator[Case]:
    """Yield the trial's case after trials like it, and after these with one of their fields as the trial has it."""
    for other in _like(trial, lab):
        case = _after(other, trial)
        for name in (one for one in differing(case, trial.reading) if one != OBJECT):
            yield equalled(case, (name,), trial.reading)
        yield case


def _after(other: Trial, trial: Trial) -> Case:
    """Return the trial's case after another's, which has an object of its own."""
    before = [trial.reading.set_apart(step, 0) for step in other.case.steps]
    return trial.of_steps(*before, *trial.case.steps).case

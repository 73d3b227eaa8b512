"""Requests with all the traits of a trial about other data: a cause that passes with all of them hangs on its data."""

from __future__ import annotations

from fuzz.triage.lab import Lab, Seen
from fuzz.triage.trial import Trial
from specs.violation import Way

# Wrong values may well hang on particular ones; an error that comes for some data and not for others has one cause.
ERRORS = frozenset({Way.SERVER_ERROR, Way.DROPPED, Way.REFUSED})
LEAST_VARIANTS = 2
# So many of them may fail too, where the error comes for many contents.
MOST_THAT_FAIL = 1 / 3


def hangs_on_its_data(trial: Trial, seen: Seen, lab: Lab) -> bool:
    """Whether an error comes for this data, or for these words, and for hardly any other that mean as much."""
    if seen.signature.way not in ERRORS or seen.signature.faults:
        return False
    if trial.scene is None and not trial.as_it_stands:
        return False
    several = list(trial.reading.of_other_data(trial, lab.session.facts))
    if len(several) < LEAST_VARIANTS:
        return False
    failed = sum(lab.fails(one, seen.signature) is not None for one in several)
    return failed <= MOST_THAT_FAIL * len(several)

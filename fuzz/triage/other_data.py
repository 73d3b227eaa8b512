"""Find out whether an error depends on its very data: requests with the same traits and other data then pass."""

from __future__ import annotations

from fuzz.triage.lab import Lab, Seen
from fuzz.triage.trial import Trial
from specs.violation import Way

# Ways of failing that are tested with other data. Wrong values are not: they often depend on particular values.
ERRORS = frozenset({Way.SERVER_ERROR, Way.DROPPED, Way.REFUSED})
# Fewer requests with other data than this prove nothing; a subject then adds the same request in other words.
LEAST_VARIANTS = 2
# The share of other data that may fail too, as such an error may come for many contents.
MOST_THAT_FAIL = 1 / 3
# Of a failure like a known one that hangs on its data, so much of the other data may fail.
MOST_THAT_FAIL_ALIKE = 5 / 6


def hangs_on_its_data(trial: Trial, seen: Seen, lab: Lab, most: float = MOST_THAT_FAIL) -> bool:
    """Say whether an error comes for this data or these words, and for no larger share of others of the same traits."""
    if seen.signature.way not in ERRORS or seen.signature.faults:
        return False
    several = list(trial.reading.of_other_data(trial, lab.session.facts))
    if len(several) < LEAST_VARIANTS:
        return False
    # Other data may be answered wrongly for another reason.
    kind = seen.signature.kind
    failed = sum(any(came.signature.kind == kind for came in lab.ask(one)) for one in several)
    return failed <= most * len(several)

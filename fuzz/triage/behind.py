"""What a request would be with nothing but its fault, and without it: where that fails too, it is the plainer case."""

from __future__ import annotations

from fuzz.triage.lab import Lab, Seen
from fuzz.triage.traits import closure, project
from fuzz.triage.trial import Signature, Trial
from specs.violation import Way

# Whether an invalid request's error is well told says nothing about valid ones.
TELLING = frozenset({Way.ACCEPTED, Way.SERVER_ERROR, Way.DROPPED, Way.STATUS, Way.UNNAMED})
# A fault that is overlooked shows so where something else is wrong too.
OTHERWISE = frozenset({Way.STATUS, Way.UNNAMED})
ANY_WRONG = Signature(Way.VALUES)


def behind(trial: Trial, wanted: Signature, lab: Lab) -> tuple[Trial, Seen] | None:
    """A plainer request than an invalid one that fails too: with nothing but its fault, or without it."""
    if not wanted.faults or wanted.way not in TELLING or trial.several:
        return None
    bare = project(trial, closure(trial.reading.at_fault(wanted), trial.reading))
    for one in lab.ask(bare) if bare.case != trial.case else ():
        # A fault that is overlooked shows as another refusal where something else is wrong too.
        if one.signature.faults and one.signature.faults <= wanted.faults:
            return bare, one
    if wanted.way in OTHERWISE:
        for witness in trial.reading.witnesses("malformed"):
            asked = lab.ask(witness.trial) if {witness.fault} == wanted.faults else ()
            seen = next((one for one in asked if one.signature.way is Way.ACCEPTED), None)
            if seen is not None:
                return witness.trial, seen
    for plain in trial.reading.mended(trial):
        seen = lab.fails(plain, ANY_WRONG)
        if seen is not None:
            return plain, seen
    return None

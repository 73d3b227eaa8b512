"""Which known finding a smallest case belongs to, if any."""

from __future__ import annotations

from dataclasses import replace

from fuzz.findings.finding import Finding
from fuzz.hunt.explaining import Explaining, Known, measured
from fuzz.hunt.failures import Judge, family_of, kind_of
from fuzz.hunt.memory import Memory
from fuzz.hunt.reducer import Smallest
from fuzz.hunt.triage import Cause


def recognised(smallest: Smallest, cause: Cause, memory: Memory, judge: Judge) -> Finding | None:
    """The finding of the same cause; how this case shows it is remembered, so that the next like it is explained."""
    found = memory.of_fingerprint(cause.fingerprint)
    kind = kind_of(smallest.violation)
    if found is None and smallest.scene is not None:
        asking = Explaining(judge, smallest.case.property, kind)
        several = (known for known in memory.scenes() if known.family == family_of(kind))
        found = next((known.finding for known in several if asking.leaves(smallest.scene, known) is True), None)
    if found is not None and smallest.scene is not None and cause.needs != found.needs:
        other = Known(replace(found, violation=smallest.violation, needs=cause.needs), smallest.scene)
        memory.shown_by(replace(other, reach=measured(other, judge)))
    return found


def shown_more_plainly(smallest: Smallest, cause: Cause, memory: Memory, judge: Judge) -> Finding | None:
    """The finding whose cause a case shows with less than the finding's own."""
    if smallest.scene is None:
        return None
    kind = kind_of(smallest.violation)
    asking = Explaining(judge, smallest.case.property, kind)
    for known in memory.scenes(in_other_ways=False):
        named = replace(known.finding, violation=smallest.violation, needs=cause.needs)
        if known.family == family_of(kind) and asking.plainer(smallest.scene, named, known):
            return known.finding
    return None

"""Generalise a cause beyond its smallest case: find the faults that fail alike, and the siblings that pass."""

from __future__ import annotations

from itertools import islice

from fuzz.triage.lab import Lab
from fuzz.triage.minimal import Smallest
from fuzz.triage.reading import Witness
from fuzz.triage.shown import ANY
from fuzz.triage.traits import named
from fuzz.triage.trial import BY_ASPECT, Signature, place_of, rule_of
from specs.violation import Way

# How many unrelated faults must fail alike before every fault is taken to fail alike.
SAMPLE = 5
# So many are asked at most, as some may be answered wrongly in another way.
MOST_OF_SAMPLE = 3 * SAMPLE
MOST_SIBLINGS = 20
# A refusal is looked at for these in this order, and what is found first is told alone.
LOOKED_FOR = (
    Way.SILENT, Way.DROPPED, Way.SERVER_ERROR, Way.ACCEPTED, Way.STATUS, Way.DISCLOSES, Way.FORM, Way.UNNAMED,
)  # fmt: skip


def faults_alike(smallest: Smallest, lab: Lab) -> frozenset[str]:
    """Return the faults that make a request fail in this way: its own, those that fail alike, or any fault."""
    wanted, reading = smallest.seen.signature, smallest.trial.reading
    if not wanted.blamed:
        return frozenset()
    several = list(reading.witnesses("malformed"))
    if wanted.faults and wanted.way is not Way.ACCEPTED and _any_fails_alike(several, wanted, lab):
        return frozenset({ANY})
    siblings = [one for one in several if one.fault not in wanted.blamed and _is_sibling(one, wanted, several)]
    alike = wanted.blamed | {one.fault for one in siblings[:MOST_SIBLINGS] if _fails_alike(one, wanted, lab)}
    if not wanted.faults:
        # The rules of a doubt are those of the plain requests that fail like it.
        rules = {rule_of(fault) for fault in alike - wanted.blamed}
        more = [one for one in several if rule_of(one.fault) in rules and one not in siblings]
        alike |= {one.fault for one in more[:MOST_SIBLINGS] if _fails_alike(one, wanted, lab)}
    return reading.widened(alike)


def _any_fails_alike(several: list[Witness], wanted: Signature, lab: Lab) -> bool:
    """Say whether plain requests with unrelated faults fail alike.

    One that does not is enough to tell that not every fault does, unless another bug hides how it would fail.
    """
    others = (one for one in several if one.sort == "field" and one.fault not in wanted.faults)
    alike = 0
    for one in islice(others, MOST_OF_SAMPLE):
        if _fails_alike(one, wanted, lab):
            alike += 1
        elif not _hides(one, wanted, lab):
            return False
        if alike == SAMPLE:
            break
    return alike == SAMPLE


def _hides(one: Witness, wanted: Signature, lab: Lab) -> bool:
    """Say whether a plain request fails in a way that is looked for before the wanted one."""
    before = LOOKED_FOR[: LOOKED_FOR.index(wanted.way)] if wanted.way in LOOKED_FOR else ()
    return any(each.way in before for each in lab.judge(one.trial.case).failures)


def _is_sibling(one: Witness, wanted: Signature, several: list[Witness]) -> bool:
    """Say whether a fault may fail for the same reason: by the same rule, or, if all are refused, of the same field."""
    rules = {rule_of(fault) for fault in wanted.blamed}
    if rule_of(one.fault) in rules:
        return True
    if wanted.way is Way.ACCEPTED:
        lenient = one.trial.reading.lenient
        return bool(rules & lenient) and rule_of(one.fault) in lenient
    if wanted.way in BY_ASPECT and one.sort != "field":
        return True
    if place_of(one.fault):
        return place_of(one.fault) in {place_of(fault) for fault in wanted.blamed}
    return one.sort in {other.sort for other in several if other.fault in wanted.blamed}


def _fails_alike(one: Witness, wanted: Signature, lab: Lab) -> bool:
    """Say whether a plain request fails in the same way, for a rule that it breaks or may be refused for."""
    return any(each.signature.blamed and each.signature.kind == wanted.kind for each in lab.ask(one.trial))


def not_seen_with(smallest: Smallest, lab: Lab) -> tuple[str, ...]:
    """Return the siblings of needed traits with which the smallest case passes."""
    passes: list[str] = []
    siblings = smallest.trial.reading.siblings
    for name in smallest.needs:
        trait = named(smallest.trial, name)
        if trait is None or trait.swap is None or trait.value is None or name not in siblings:
            continue
        for sibling in siblings[name]:
            other = trait.swap(smallest.trial, sibling) if sibling != trait.value(smallest.trial) else None
            if other is not None and lab.fails(other, smallest.seen.signature) is None:
                passes.append(sibling)
    return tuple(passes)

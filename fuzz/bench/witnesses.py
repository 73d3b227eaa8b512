"""Cases that show an animal, and whether two animals in one server can both be seen.

A *witness* of an animal is a case that was drawn as a hunt draws them, that fails on a server with the animal alone,
does so again when it is asked again, and passes on the healthy server. Nothing shrinks it and nothing tells it apart
from others: what is measured has no part in it.

A pair of animals is left out of the law of two

- `no witness`: where no witness of the one or of the other was met among the cases drawn for it;
- `hidden`: where no witness of one of them fails in the same way (the same requirement and ids) on a server with
  both: the other hides it;
- `alike`: where those witnesses of one of them that do fail so with both fail with the other alone as well: what they
  show may be the other.

All other pairs are kept. Of several animals, one is hidden where none of its witnesses fails in its way among them all,
or those that do fail so without it as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from fuzz.bench.animals.ablations import claimed
from fuzz.bench.animals.trials import PROFILES, size_bytes
from fuzz.bench.planted import Bug, Judge, judges
from fuzz.bench.zoos import zoo_for, zoo_of
from fuzz.config import Settings
from fuzz.findings.replay import TRIES_AT_ONCE
from fuzz.hunt.rounds import EXAMPLES_A_SHORT_TURN, furthest_behind, seed_of, turn
from fuzz.running.targets import open_store_for
from specs.case import Case
from specs.profile import Profile

MOST_WITNESSES = 6
EXAMPLES = 600
# A case that fails may cost a wait or a restart: no more of them are looked at, whether they fail again or not.
MOST_FAILED = 60
TRIES = 3
NO_WITNESS, HIDDEN, ALIKE = "no witness", "hidden", "alike"

FailedWay = tuple[str, str]


@dataclass(frozen=True, slots=True)
class AnimalWitness:
    """A case that an animal fails, and one way in which it does: the requirement and the ids."""

    case: Case
    way: FailedWay


class _Enough(Exception):
    """The witnesses are as many as are wanted, or too many cases failed that are none."""


def witnesses(bug: Bug, seed: int, examples: int, most: int = MOST_WITNESSES) -> tuple[AnimalWitness, ...]:
    """Return some witnesses of an animal among that many cases, the smallest first; none if none was met."""
    profile = zoo_of(bug.subject).subject.serving.load(PROFILES[bug.api])
    with (
        closing(open_store_for(Settings(subject=bug.subject))) as store,
        judges([[bug], []], store, profile) as (ill, healthy),
    ):
        return met(profile, ill, healthy, seed, examples, most)


def met(
    profile: Profile, ill: Judge, healthy: Judge, seed: int, examples: int, most: int = MOST_WITNESSES
) -> tuple[AnimalWitness, ...]:
    """Return the witnesses among that many cases, which one server fails and the healthy one does not.

    The cases are counted, not timed, so that the same seed meets the same witnesses.
    """
    found: list[AnimalWitness] = []
    failed = 0

    def attempt(case: Case) -> None:
        nonlocal failed
        ways = ways_of(ill, case)
        failed += bool(ways)
        if ways and not fails(healthy, case):
            again = next((way for way in ways if fails(ill, case, way)), None)
            if again is not None:
                found.append(AnimalWitness(case, again))
        if len(found) >= most or failed >= MOST_FAILED:
            raise _Enough

    properties = claimed(zoo_for(profile).subject.properties, profile)
    turns: Counter[str] = Counter()
    try:
        while turns.total() * EXAMPLES_A_SHORT_TURN < examples:
            one = furthest_behind(properties, lambda each: turns[each.name], lambda each: each.share)
            turn(one.cases(profile), seed_of(seed, one.name, turns[one.name]), EXAMPLES_A_SHORT_TURN, attempt)
            turns[one.name] += 1
    except _Enough:
        pass
    return tuple(sorted(found, key=lambda one: (size_bytes(one.case), len(one.case.steps))))


def left_out(
    one: Sequence[AnimalWitness], other: Sequence[AnimalWitness], together: Judge, alone: Sequence[Judge]
) -> str:
    """Say why a pair with these witnesses is left out, or return nothing.

    `alone` are the servers with each of the two.
    """
    if not one or not other:
        return NO_WITNESS
    for some, elses in ((one, alone[1]), (other, alone[0])):
        why = HIDDEN
        for each in some:
            if fails(together, each.case, each.way):
                why = ALIKE
                if not fails(elses, each.case):
                    break
        else:
            return why
    return ""


def why_left_out(pair: Sequence[Bug], one: Sequence[AnimalWitness], other: Sequence[AnimalWitness]) -> str:
    """Say why a pair is left out, by asking servers with both and with each of them; return nothing if it is not."""
    subject = pair[0].subject
    profile = zoo_of(subject).subject.serving.load(PROFILES[pair[0].api])
    sets = [list(pair), pair[:1], pair[1:]]
    with (
        closing(open_store_for(Settings(subject=subject))) as store,
        judges(sets, store, profile) as (together, *alone),
    ):
        return left_out(one, other, together, alone)


def is_hidden(bug: Bug, several: Sequence[Bug], seed: int, examples: int = EXAMPLES) -> bool:
    """Say whether an animal has witnesses, and none shows among several animals in one server.

    One shows if it fails there in the same way, and not without the animal.
    """
    profile = zoo_of(bug.subject).subject.serving.load(PROFILES[bug.api])
    mine = witnesses(bug, seed, examples)
    sets = [list(several), [one for one in several if one is not bug]]
    with (
        closing(open_store_for(Settings(subject=bug.subject))) as store,
        judges(sets, store, profile) as (together, others),
    ):
        return bool(mine) and not any(
            fails(together, one.case, one.way) and not fails(others, one.case, one.way) for one in mine
        )


def fails(judge: Judge, case: Case, way: FailedWay | None = None) -> bool:
    """Say whether a case fails at one of several tries, in the given way if one is given."""
    tries = TRIES_AT_ONCE if case.together else TRIES
    return any(ways and (way is None or way in ways) for ways in (ways_of(judge, case) for _ in range(tries)))


def ways_of(judge: Judge, case: Case) -> list[FailedWay]:
    """List the ways in which a case fails."""
    return [(one.requirement, " ".join(one.ids)) for one in judge(case).failures]

"""Animals and pairs of them, drawn by a seed from all that a subject has."""

from __future__ import annotations

import random
from collections.abc import Sequence

from fuzz.bench.planted import PACKAGE, Bug, bugs, replaced
from fuzz.bench.zoos import zoo_of
from fuzz.config import DEFAULT_SUBJECT
from fuzz.errors import UsageError

APIS = ("v1", "v2")
# Stores of these kinds go wrong only where they are killed, which a hunt does to none that it did not launch.
SHOWN_BY_KILLING = ("durability",)
Pair = tuple[Bug, Bug]


def all_bugs(package: str = PACKAGE) -> list[Bug]:
    """Return the whole zoo, of both versions of the API."""
    return bugs(package, apis=APIS)


def bugs_of(subject: str) -> list[Bug]:
    """Return the animals of a subject that a hunt can meet; raises UsageError where it has none."""
    if zoo_of(subject).subject.name == DEFAULT_SUBJECT:
        return all_bugs()
    from fuzz.subjects.objects import zoo

    return sorted(
        (Bug(one.path) for one in zoo.animals().values() if one.kind not in SHOWN_BY_KILLING), key=lambda bug: bug.path
    )


def draw_animals(available: Sequence[Bug], count: int, seed: int) -> list[Bug]:
    """Draw that many different animals; raises UsageError where there are not as many."""
    if count > len(available):
        raise UsageError(f"--animals {count}: there are {len(available)} to draw from")
    return random.Random(seed).sample(list(available), count)


def draw_pairs(available: Sequence[Bug], count: int, seed: int) -> list[Pair]:
    """Draw that many different pairs; the two are of one version of the API and replace different methods.

    Every animal that has a partner is as likely as any other to be the first of a pair.
    """
    chance = random.Random(seed)
    methods = {bug: replaced(bug) for bug in available}
    partners = {bug: [other for other in available if _go_together(bug, other, methods)] for bug in available}
    there_are = sum(map(len, partners.values())) // 2
    if count > there_are:
        raise UsageError(f"--pairs {count}: there are {there_are} to draw from")
    firsts = [bug for bug in available if partners[bug]]
    drawn: dict[frozenset[Bug], Pair] = {}
    while len(drawn) < count:
        first = chance.choice(firsts)
        second = chance.choice(partners[first])
        drawn.setdefault(frozenset((first, second)), (first, second))
    return list(drawn.values())


def _go_together(one: Bug, other: Bug, methods: dict[Bug, set[str]]) -> bool:
    return one.api == other.api and not methods[one] & methods[other]

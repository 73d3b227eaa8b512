"""Animals and pairs of them, drawn by a seed from all that there are."""

from __future__ import annotations

import random
from collections.abc import Sequence

from fuzz.bench.planted import PACKAGE, Bug, bugs, replaced
from fuzz.errors import UsageError

APIS = ("v1", "v2")
Pair = tuple[Bug, Bug]


def all_bugs(package: str = PACKAGE) -> list[Bug]:
    """Return the whole zoo, of both versions of the API."""
    return bugs(package, apis=APIS)


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

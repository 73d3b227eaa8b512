"""Draw axes to reduce over: none given, one, a list, an empty list, all."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations

from specs.fields import Json
from strategies.drawing import Choice, sampled_from

ABSENT = None
WIDTH = 12
FORMS = ("integer", "list", "empty")


@lru_cache(1024)
def axes(rank: int, *, forms: tuple[str, ...] = FORMS, absent: bool = True, many: bool = True) -> Choice[Json]:
    """Draw valid axes of an array; None where none is given, every form about as often as the others."""
    table: list[tuple[Json, ...]] = []
    if absent:
        table.append((ABSENT,))
    if "integer" in forms:
        table.append(tuple(range(rank)))
    if "list" in forms:
        sizes = (range(1, 2), range(2, rank), range(rank, rank + 1)) if many else (range(1, 2),)
        lists = [[list(one) for size in some for one in combinations(range(rank), size)] for some in sizes]
        table += [tuple(some) for some in lists if some]
    if "empty" in forms:
        table.append(([],))
    even = [one for some in table for one in (some * WIDTH)[: max(WIDTH, len(some))]]
    return sampled_from(even)

"""Draw valid requests with long lists, as long as all servers must take: dimensions, axes, slices, filters, values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from specs.case import Case
from specs.fields import Fields, Json
from specs.reductions import dtypes
from specs.reductions.profile import Profile
from specs.reductions.request import Filter
from specs.reductions.steps import Put, Send, Step
from strategies.drawing import Draw, booleans, composite, lists, sampled_from, sets
from strategies.reductions.arrays import Recipe, expanded
from strategies.reductions.contents import Content, placed
from strategies.reductions.encodings import Encoding
from strategies.reductions.requests import below, sampled

MOST_LONG = 4
RANKS = (7, 8, 9, 10, 12, 16, 17, 24, 31, 32)
# At most this many dimensions of a shape have length two; the others have length one, so that the data stays small.
MOST_DOUBLED = 5
FILTER_COUNTS = (3, 4, 5, 6, 8, 9, 12, 16)
VALUE_COUNTS = (6, 8, 9, 16, 17, 32, 33, 64, 65, 100, 256, 257, 1000)
ELEMENTS = 48
FACTORS = (1, 2, 3, 4, 6, 8, 12, 16)

Long = Callable[[Draw, Profile, str], tuple[Content, dict[str, Json]]]


def _stored(profile: Profile, dtype: str, count: int, filters: tuple[Filter, ...] = ()) -> Content:
    values = expanded(Recipe(dtype, "small", "ramp", count, 0))
    return placed("a", "private", [(0, values, Encoding(profile.native_byte_order, filters))], 0)


def _dimensions(draw: Draw, profile: Profile, dtype: str) -> tuple[Content, dict[str, Json]]:
    """Draw a shape of many dimensions, most of them of length one, with axes and slices."""
    rank = draw(sampled(RANKS))
    doubled = draw(sets(below(rank), min_size=1, max_size=MOST_DOUBLED))
    shape = [2 if at in doubled else 1 for at in range(rank)]
    fields: dict[str, Json] = {"dtype": dtype, "shape": shape}
    if draw(booleans()) and profile.orders:
        fields["order"] = draw(sampled(profile.orders))
    if "list" in profile.axis_forms and draw(booleans()):
        fields["axis"] = draw(sampled_from([[*range(rank)], sorted(doubled), [rank - 2, rank - 1], [*range(1, rank)]]))
    if profile.selections and draw(booleans()):
        last = max(doubled)
        fields["selection"] = [[0, length, 1] if at != last else [1, 2, 1] for at, length in enumerate(shape)]
    return _stored(profile, dtype, 2 ** len(doubled)), fields


def _filters(draw: Draw, profile: Profile, dtype: str) -> tuple[Content, dict[str, Json]]:
    """Draw many filters, whose element sizes divide the data."""
    count = draw(sampled(FILTER_COUNTS))
    filters = tuple(Filter(draw(sampled(profile.filters)), draw(sampled(FACTORS))) for _ in range(count))
    content = _stored(profile, dtype, ELEMENTS, filters)
    told = [{"id": each.id, "element_size": each.element_size} for each in filters]
    return content, {"dtype": dtype, "shape": [ELEMENTS], "filters": told}


def _missing_values(draw: Draw, profile: Profile, dtype: str) -> tuple[Content, dict[str, Json]]:
    """Draw many missing values, with those that occur in the data last."""
    count = draw(sampled(VALUE_COUNTS))
    content = _stored(profile, dtype, ELEMENTS)
    occurring = content.segments[0].values[: 1 + draw(below(4))].tolist()
    others: list[Any] = [1000 + number for number in range(count - len(occurring))]
    values = [*others, *occurring]
    return content, {
        "dtype": dtype,
        "missing": {"missing_values": [float(one) for one in values] if dtype in dtypes.FLOATS else values},
    }


LONG: Mapping[str, Long] = MappingProxyType(
    {"many dimensions": _dimensions, "many filters": _filters, "many missing values": _missing_values}
)


def claimed(profile: Profile) -> tuple[str, ...]:
    """Name the kinds of long lists that a profile claims to take."""
    lacking = {
        "many filters": not profile.filters,
        "many missing values": "missing_values" not in profile.missing_kinds,
    }
    return tuple(name for name in LONG if not lacking.get(name, False))


@composite
def long_lists(draw: Draw, profile: Profile, *, kinds: tuple[str, ...] = ()) -> Case:
    """Draw a few objects and a request with a long list about each; the notes name the lists."""
    steps: list[Step] = []
    names = draw(lists(sampled(kinds or claimed(profile)), min_size=1, max_size=MOST_LONG))
    for number, name in enumerate(names):
        content, fields = LONG[name](draw, profile, draw(sampled(profile.dtypes)))
        key = f"a{number}"
        steps += [Put(key, content.data), Send(draw(sampled(profile.operations)), Fields(fields), key)]
    return Case("long-list", tuple(steps), tuple(names))

"""Build valid requests that give every field a profile claims, to be broken at any place without a draw."""

from __future__ import annotations

from functools import lru_cache

from specs.fields import Fields, Json
from specs.reductions.dtypes import INTEGERS, ITEM_SIZES
from specs.reductions.profile import Profile
from specs.reductions.request import Filter
from specs.reductions.steps import Send
from strategies.reductions.arrays import Recipe, expanded
from strategies.reductions.contents import Content, placed
from strategies.reductions.encodings import Encoding, byte_orders

SHAPE = (2, 3, 4)
SELECTION = [[0, 2, 1], [0, 3, 2], [1, 4, 1]]
MISSING: dict[str, Json] = {
    "missing_value": 3, "missing_values": [3, 5], "valid_min": 1, "valid_max": 20, "valid_range": [1, 20],
}  # fmt: skip
AXES: dict[str, Json] = {"integer": 1, "list": [0, 2], "empty": []}
# Twice over all combinations of dtype, order, kind of missing data and axis form, with and without axis and selection,
# since a server that overlooks a broken shape would refuse a selection without a shape.
VARIANTS = 120


@lru_cache(256)
def complete(profile: Profile, number: int) -> tuple[Content, Send]:
    """Return one of the requests, each with its own dtype, compression, kind of missing data and form of axis."""
    dtype = profile.dtypes[number % len(profile.dtypes)]
    values = expanded(Recipe(dtype, "small", "ramp", 24, 0))
    encoding = _encoding(profile, number, ITEM_SIZES[dtype])
    content = placed("a", "private", [(0, values, encoding)], 0)
    fields: dict[str, Json] = {"dtype": dtype, "offset": 0, "size": len(content.data), "shape": list(SHAPE)}
    if encoding.byte_order in profile.byte_orders:
        fields["byte_order"] = encoding.byte_order
    if profile.orders:
        fields["order"] = profile.orders[number % len(profile.orders)]
    if profile.axis_forms and number // 30 % 2 == 0:
        fields["axis"] = AXES[profile.axis_forms[number % len(profile.axis_forms)]]
    if profile.selections and number // 60 == 0:
        fields["selection"] = SELECTION
    if encoding.compression is not None:
        fields["compression"] = {"id": encoding.compression}
    if encoding.filters:
        fields["filters"] = [{"id": one.id, "element_size": one.element_size} for one in encoding.filters]
    if profile.missing_kinds:
        kind = profile.missing_kinds[number % len(profile.missing_kinds)]
        fields["missing"] = {kind: _of_dtype(MISSING[kind], dtype)}
    fields.update((option, number % 2 == 0) for option in profile.options)
    operation = profile.operations[number % len(profile.operations)]
    return content, Send(operation, Fields(fields), "a")


def _encoding(profile: Profile, number: int, item_size: int) -> Encoding:
    """Return an encoding, which is plain every other time."""
    orders = byte_orders(profile)
    byte_order = orders[number % len(orders)]
    if number % 2:
        return Encoding(byte_order)
    names = profile.compressions
    filters = tuple(Filter(name, item_size) for name in profile.filters[:1])
    return Encoding(byte_order, filters, names[number // 2 % len(names)] if names else None)


def _of_dtype(numbers: Json, dtype: str) -> Json:
    """Return the numbers as floats for a float dtype."""
    if dtype in INTEGERS:
        return numbers
    return [float(one) for one in numbers] if isinstance(numbers, list) else float(numbers)

"""Draw requests that contradict themselves or their data, each in one named way."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from specs.case import Case
from specs.fields import Fields, Json
from specs.reductions import dtypes
from specs.reductions.dtypes import Array
from specs.reductions.profile import Profile
from specs.reductions.steps import Put, Send
from strategies.drawing import Choice, Draw, booleans, composite, integers, lists, sampled_from
from strategies.reductions.arrays import Recipe, expanded
from strategies.reductions.broken_data import BROKEN_DATA
from strategies.reductions.contents import placed
from strategies.reductions.encodings import Encoding
from strategies.reductions.requests import below, sampled

MOST_CONTRADICTIONS = 12
SHAPES = ((2,), (2, 3), (4,), (1, 5), (2, 2, 2), (3, 1, 2), (12,))
NO_BUCKETS = ("no-such-bucket", "another-bucket")
# Names that no bucket of a general S3 store has; to some of them libraries give meanings of their own.
NO_BUCKET_NAMES = (
    "", "B", "a_b", "x", "a..b", "-a", "127.0.0.1", "arn:aws:s3:::a", "arn:x", "a--x-s3", "a-s3alias", "a--ol-s3",
    "a.mrap", "a:b", "a" * 64,
)  # fmt: skip
# Ports of services that hardly any machine offers any more.
CLOSED_PORTS = (1, 9, 19)
FLOAT32_LIMIT = 3.402823567797337e38


@dataclass(frozen=True, slots=True)
class Base:
    """A stored array and a valid request about it, to be contradicted."""

    profile: Profile
    values: Array
    send: Send

    @property
    def shape(self) -> list[int]:
        return list(self.send.fields["shape"])

    @property
    def dtype(self) -> str:
        return str(self.values.dtype.name)

    def but(self, **changes: Json) -> Send:
        return replace(self.send, fields=self.send.fields.but(**changes))

    def without_shape(self, **changes: Json) -> Send:
        return replace(self.send, fields=self.send.fields.without("shape").but(**changes))

    def of_dtype(self, dtype: str, **changes: Json) -> Send:
        """Return the request about another dtype, without the shape, which may not fit its bytes any more."""
        return replace(self.send, fields=self.send.fields.without("shape").but(dtype=dtype, **changes))


Contradiction = Callable[[Draw, Base], Send | None]


def _whole(base: Base) -> list[list[int]]:
    return [[0, length, 1] for length in base.shape]


def _selection_without_shape(draw: Draw, base: Base) -> Send:
    count = len(base.values)
    return base.without_shape(selection=draw(sampled_json([[[0, count, 1]], [[0, 1, 1]], [[0, 1, 1], [0, 1, 1]]])))


def _selection_shorter(draw: Draw, base: Base) -> Send | None:
    whole = _whole(base)
    return base.but(selection=whole[: draw(integers(1, len(whole) - 1))]) if len(whole) > 1 else None


def _selection_longer(draw: Draw, base: Base) -> Send:
    return base.but(selection=_whole(base) + [[0, 1, 1]] * (1 + draw(below(3))))


def _stride_zero(draw: Draw, base: Base) -> Send:
    whole = _whole(base)
    where = draw(below(len(whole)))
    bounds = draw(sampled_json([[0, whole[where][1]], [0, 0], [-1, -100]]))
    return base.but(selection=[*whole[:where], [*bounds, 0], *whole[where + 1 :]])


def _dimension_of_length_zero(draw: Draw, base: Base) -> Send:
    """Add a dimension of length 0 to a shape that fits the data."""
    shape = base.shape
    where = draw(below(len(shape) + 1))
    return base.but(shape=[*shape[:where], 0, *shape[where:]])


def _size_against_shape(draw: Draw, base: Base) -> Send | None:
    size, item_size = base.values.nbytes, base.values.dtype.itemsize
    found = [size + change for change in (-1, 1, -item_size, item_size, 2 * size - size) if size + change > 0]
    return base.but(size=draw(sampled(tuple(dict.fromkeys(found)))))


def _size_against_dtype(draw: Draw, base: Base) -> Send:
    item_size = base.values.dtype.itemsize
    whole = (len(base.values) - 1) * item_size
    return base.without_shape(size=whole + 1 + draw(below(item_size - 1)))


def _axis_without_shape(draw: Draw, base: Base) -> Send | None:
    return _axis(draw, base, [0, [0]], shape=False)


def _axis(draw: Draw, base: Base, forms: list[Json], *, shape: bool = True) -> Send | None:
    """Draw a bad axis of a form that the profile claims; never for `select`, which may ignore it."""
    names = ["integer" if isinstance(form, int) else "list" for form in forms]
    claimed = [form for form, name in zip(forms, names, strict=True) if name in base.profile.axis_forms]
    operations = tuple(one for one in base.profile.operations if one != "select")
    if not claimed or not operations:
        return None
    send = base.but(axis=draw(sampled_json(claimed)))
    send = send if shape else replace(send, fields=send.fields.without("shape"))
    return replace(send, operation=draw(sampled(operations)))


def _axis_out_of_range(draw: Draw, base: Base) -> Send | None:
    rank = len(base.shape)
    return _axis(draw, base, [rank, [rank], [0, rank], rank + 1, 2**31, [0, 2**32]])


def _axis_repeated(draw: Draw, base: Base) -> Send | None:
    last = len(base.shape) - 1
    return _axis(draw, base, [[0, 0], [last, last]] + ([[0, *[last] * 2]] if last else []))


def _axes_unsorted(draw: Draw, base: Base) -> Send | None:
    rank = len(base.shape)
    return _axis(draw, base, [[*range(rank)][::-1], [rank - 1, 0]]) if rank > 1 else None


def _more_axes_than_dimensions(draw: Draw, base: Base) -> Send | None:
    rank = len(base.shape)
    return _axis(draw, base, [[*range(rank + 1)], [*range(rank + 3)]])


def _negative_axis(draw: Draw, base: Base) -> Send | None:
    return _axis(draw, base, [-1, [-1], -len(base.shape), [-1, 0]])


def _missing(draw: Draw, send: Send, base: Base, value: Json) -> Send | None:
    """Draw a kind of missing data with a value that does not fit the dtype."""
    if not base.profile.missing_kinds:
        return None
    kind = draw(sampled(base.profile.missing_kinds))
    held: Json = {"missing_values": [0, value], "valid_range": [0, value]}.get(kind, value)
    if kind == "valid_range" and value < 0:
        held = [value, 0]
    return replace(send, fields=send.fields.but(missing={kind: held}))


def _dtype(draw: Draw, base: Base, allowed: tuple[str, ...]) -> str | None:
    fitting = tuple(
        one for one in base.profile.dtypes if one in allowed and base.values.nbytes % dtypes.ITEM_SIZES[one] == 0
    )
    return draw(sampled(fitting)) if fitting else None


def _missing_integer_beyond(draw: Draw, base: Base) -> Send | None:
    dtype = _dtype(draw, base, dtypes.INTEGERS)
    if dtype is None:
        return None
    low, high = dtypes.integer_bounds(dtype)
    value = draw(sampled((high + 1, low - 1, 2 * high, 2**64, -(2**63) - 1 if low < 0 else -(2**31))))
    return _missing(draw, base.of_dtype(dtype), base, value)


def _missing_negative_for_unsigned(draw: Draw, base: Base) -> Send | None:
    dtype = _dtype(draw, base, ("uint32", "uint64"))
    return None if dtype is None else _missing(draw, base.of_dtype(dtype), base, draw(sampled((-1, -999, -(2**31)))))


def _missing_float_for_integer(draw: Draw, base: Base) -> Send | None:
    dtype = _dtype(draw, base, dtypes.INTEGERS)
    return None if dtype is None else _missing(draw, base.of_dtype(dtype), base, draw(sampled((1.5, 0.5, 1e10, 2.0))))


def _missing_beyond_float32(draw: Draw, base: Base) -> Send | None:
    dtype = _dtype(draw, base, ("float32",))
    value = draw(sampled((1e39, -1e39, 1e308, FLOAT32_LIMIT)))
    return None if dtype is None else _missing(draw, base.of_dtype(dtype), base, value)


def _range_equal(draw: Draw, base: Base) -> Send | None:
    value = draw(sampled((0, 1, 5)))
    return base.but(missing={"valid_range": [value, value]}) if "valid_range" in base.profile.missing_kinds else None


def _range_reversed(draw: Draw, base: Base) -> Send | None:
    ends = draw(sampled_json([[1, 0], [100, 1], [5, 4]]))
    return base.but(missing={"valid_range": ends}) if "valid_range" in base.profile.missing_kinds else None


def _two_kinds_of_missing(draw: Draw, base: Base) -> Send | None:
    kinds = base.profile.missing_kinds
    if len(kinds) < 2:
        return None
    at = draw(below(len(kinds)))
    several = {"missing_values": [0], "valid_range": [0, 5]}
    both = (kinds[at], kinds[(at + 1 + draw(below(len(kinds) - 1))) % len(kinds)])
    return base.but(missing={kind: several.get(kind, 1) for kind in both})


def _empty_missing(_: Draw, base: Base) -> Send | None:
    return base.but(missing={}) if base.profile.missing_kinds else None


def _element_size(draw: Draw, base: Base, sizes: list[int]) -> Send | None:
    if not base.profile.filters:
        return None
    one = {"id": draw(sampled(base.profile.filters)), "element_size": draw(sampled(tuple(sizes)))}
    return base.but(filters=[one])


def _element_size_zero(draw: Draw, base: Base) -> Send | None:
    return _element_size(draw, base, [0, -1, -4])


def _element_size_that_does_not_divide(draw: Draw, base: Base) -> Send | None:
    size = base.values.nbytes
    return _element_size(draw, base, [one for one in (3, 5, 7, size - 1, size + 1, 1000) if size % one])


def _shape_beyond_data(draw: Draw, base: Base) -> Send:
    shape = base.shape
    where = draw(below(len(shape)))
    more = draw(sampled((1, 2, 100)))
    return base.but(shape=[*shape[:where], shape[where] + more, *shape[where + 1 :]])


def _shape_short_of_data(_: Draw, base: Base) -> Send | None:
    shape = base.shape
    where = max(range(len(shape)), key=lambda at: shape[at])
    return base.but(shape=[*shape[:where], shape[where] - 1, *shape[where + 1 :]]) if shape[where] > 1 else None


def _offset_within_an_element(draw: Draw, base: Base) -> Send:
    return base.without_shape(offset=1 + draw(below(base.values.dtype.itemsize - 1)))


def _offset_at_the_end(draw: Draw, base: Base) -> Send:
    fields = base.but(offset=base.values.nbytes)
    return fields if draw(booleans()) else base.without_shape(offset=base.values.nbytes)


def _offset_beyond_the_end(draw: Draw, base: Base) -> Send:
    # The largest offsets would be within the object if a server kept 32 bits of them only.
    size = base.values.nbytes
    offset = draw(sampled((size + 1, size + 8, size + 10**6, 2**32, 2**32, 2**33)))
    return base.but(offset=offset) if draw(booleans()) else base.without_shape(offset=offset)


def _size_beyond_the_end(draw: Draw, base: Base) -> Send:
    item_size = base.values.dtype.itemsize
    more = draw(sampled((1, 2, 1000)))
    if draw(booleans()):
        return base.without_shape(size=base.values.nbytes + more * item_size)
    return base.but(offset=more, size=base.values.nbytes)


def _no_such_object(draw: Draw, base: Base) -> Send:
    return replace(base.send, key=draw(sampled(("nothing", "a/", "a ", "A", "a/b", "%61x"))))


def _no_such_bucket(draw: Draw, base: Base) -> Send:
    return replace(base.send, bucket=draw(sampled(NO_BUCKETS)))


def _no_buckets_name(draw: Draw, base: Base) -> Send:
    return replace(base.send, bucket=draw(sampled(NO_BUCKET_NAMES)))


def _nobody_listening(draw: Draw, base: Base) -> Send:
    """Draw a place without a store: ports on the server's own machine where nothing listens."""
    place = f"http://127.0.0.1:{draw(sampled(CLOSED_PORTS))}"
    located: dict[str, Json] = {"url": f"{place}/asfuzz/a"} if base.profile.api == "v2" else {"source": place}
    return base.but(**located) if draw(booleans()) else base.without_shape(**located)


CONTRADICTIONS: Mapping[str, Contradiction] = MappingProxyType(
    {
        "selection without shape": _selection_without_shape,
        "selection shorter than shape": _selection_shorter,
        "selection longer than shape": _selection_longer,
        "stride 0": _stride_zero,
        "dimension of length 0": _dimension_of_length_zero,
        "size against shape": _size_against_shape,
        "size against dtype": _size_against_dtype,
        "axis without shape": _axis_without_shape,
        "axis out of range": _axis_out_of_range,
        "axis repeated": _axis_repeated,
        "axes unsorted": _axes_unsorted,
        "more axes than dimensions": _more_axes_than_dimensions,
        "negative axis": _negative_axis,
        "missing integer beyond dtype": _missing_integer_beyond,
        "missing negative for unsigned": _missing_negative_for_unsigned,
        "missing float for integer": _missing_float_for_integer,
        "missing beyond float32": _missing_beyond_float32,
        "valid_range of equal ends": _range_equal,
        "valid_range reversed": _range_reversed,
        "two kinds of missing": _two_kinds_of_missing,
        "empty missing": _empty_missing,
        "element_size 0": _element_size_zero,
        "element_size does not divide": _element_size_that_does_not_divide,
        "shape beyond data": _shape_beyond_data,
        "shape short of data": _shape_short_of_data,
        "offset within an element": _offset_within_an_element,
        "offset at the end": _offset_at_the_end,
        "offset beyond the end": _offset_beyond_the_end,
        "size beyond the end": _size_beyond_the_end,
        "no such object": _no_such_object,
        "no such bucket": _no_such_bucket,
        "no bucket's name": _no_buckets_name,
        "nobody listening": _nobody_listening,
    }
)


# Servers try to reach a missing store several times before they give up.
COSTLY = ("nobody listening",)
OFTEN = 2


def sampled_json(values: list[Json]) -> Choice[Json]:
    return sampled_from(values)


def _base(draw: Draw, profile: Profile) -> tuple[Put, Base]:
    dtype = draw(sampled(profile.dtypes))
    shape = draw(sampled(SHAPES))
    values = expanded(Recipe(dtype, "small", "ramp", math.prod(shape), 0))
    content = placed("a", "private", [(0, values, Encoding(profile.native_byte_order))], 0)
    send = Send(draw(sampled(profile.operations)), Fields({"dtype": dtype, "shape": list(shape)}), "a")
    return content.put(), Base(profile, values, send)


@composite
def contradictions(
    draw: Draw, profile: Profile, *, kinds: tuple[str, ...] | None = None, most: int = MOST_CONTRADICTIONS
) -> Case:
    """Draw a small object and requests that contradict themselves or its data; the notes name how, in turn."""
    put, base = _base(draw, profile)
    chosen = kinds or tuple(
        name for name in (*CONTRADICTIONS, *BROKEN_DATA) for _ in range(1 if name in COSTLY else OFTEN)
    )
    puts, sends, notes = [put], [], []
    for name in draw(lists(sampled(chosen), min_size=1, max_size=most)):
        if name in CONTRADICTIONS:
            send = CONTRADICTIONS[name](draw, base)
        else:
            extra, send = BROKEN_DATA[name](draw, profile, base.values, base.send, f"b{len(puts)}")
            puts += extra if send is not None else []
        if send is not None:
            sends.append(send)
            notes.append(name)
    return Case("contradiction", (*puts, *sends), tuple(notes))

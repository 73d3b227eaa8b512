"""Requests about an object: consistent by construction, everything of a profile within reach."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from specs import dtypes
from specs.case import Credential, Interface, Send
from specs.dtypes import Array, ByteOrder
from specs.fields import Fields, Json
from specs.profile import Profile
from strategies import missing
from strategies.axes import axes
from strategies.contents import Content, Segment
from strategies.selections import selections

MOST_DIMENSIONS = 6
MOST_SHAPES = 24


@lru_cache(1024)
def sampled(values: tuple[Any, ...]) -> SearchStrategy[Any]:
    return st.sampled_from(values)


@lru_cache(1024)
def below(count: int) -> SearchStrategy[int]:
    return st.integers(0, count - 1)


@lru_cache(2048)
def shapes(length: int, rank: int) -> tuple[tuple[int, ...], ...]:
    """Shapes of a rank that hold so many elements: distinct lengths first, then with ones and equal lengths."""
    found: list[tuple[int, ...]] = []
    _split(length, rank, (), found)
    found.sort(key=lambda shape: (shape.count(1), len(shape) - len(set(shape)), max(shape)))
    proper = found[:MOST_SHAPES]
    thin = [shape for shape in found if 1 in shape and shape not in proper]
    return tuple(proper + thin[:4])


def _split(length: int, rank: int, head: tuple[int, ...], found: list[tuple[int, ...]]) -> None:
    if len(found) >= 400:
        return
    if rank == 1:
        found.append((*head, length))
        return
    divisors = [d for d in range(1, min(length, 64) + 1) if length % d == 0]
    if length > 64:
        divisors.append(length)
    turn = (7 * len(head) + length) % len(divisors)
    for divisor in divisors[turn:] + divisors[:turn]:
        _split(length // divisor, rank - 1, (*head, divisor), found)


@dataclass(frozen=True, slots=True)
class Window:
    """A run of a segment's elements as a request reads them."""

    data: Array
    start: int
    shape: tuple[int, ...] | None
    is_whole: bool


_READINGS = st.sampled_from(("true",) * 7 + ("order", "dtype", "both"))
_RANKS = st.sampled_from((None, 1, 2, 3, 4, 5, 6, 1, 2, 3))
_WHOLE = st.sampled_from((True, True, True, False))
_COUNTS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 36, 48, 60, 63, 64, 65, 72, 120, 127, 128, 129, 144, 210, 255, 256, 257, 360)


def windows(draw: st.DrawFn, segment: Segment, data: Array, rank: int | None) -> Window:
    """All of a segment, or of a plain one some of it."""
    count, start = len(data), 0
    if segment.encoding.compression is None and not segment.encoding.filters and count > 1 and not draw(_WHOLE):
        some = [one for one in _COUNTS if one < count]
        count = some[-1 - draw(below(len(some)))]
        start = draw(below(len(data) - count + 1))
    part = data[start : start + count]
    if rank is None or not count:
        return Window(part, start, None, len(part) == len(data))
    table = shapes(count, rank)
    return Window(part, start, table[draw(below(len(table)))], len(part) == len(data))


@lru_cache(64)
def option_tables(options: tuple[str, ...]) -> SearchStrategy[tuple[tuple[str, bool], ...]]:
    """Every option absent, false or true; mostly few of them given."""
    table: list[tuple[tuple[str, bool], ...]] = [()]
    for name in options:
        given = [(*one, (name, value)) for value in (True, False) for one in table]
        table += given
    return st.sampled_from([()] * len(table) + table)


@lru_cache(64)
def accesses(
    bucket: str, interfaces: tuple[Interface, ...], anonymous: bool
) -> SearchStrategy[tuple[Interface, Credential | None]]:
    """Interface and credentials that may read a bucket's objects; plain http carries no credentials."""
    s3: Interface = "s3"
    table: list[tuple[Interface, Credential | None]] = [(s3, "owner")] if "s3" in interfaces else []
    if bucket == "public":
        if anonymous and "s3" in interfaces:
            table.append((s3, None))
        table += [(one, None) for one in interfaces if one != "s3"]
    return st.sampled_from(table or [(s3, "owner")])


_NULLED: tuple[tuple[str, ...], ...] = (
    ("missing",), ("selection",), ("axis",), ("compression",), ("filters",), ("size",), ("shape", "axis", "selection"),
    ("order", "byte_order"), ("offset",),
)  # fmt: skip
_NULLS = st.sampled_from(((),) * 12 + _NULLED)
_GIVEN = st.booleans()
_RARELY = st.sampled_from((False,) * 7 + (True,))
_HALF = st.booleans()


@st.composite
def requests(draw: st.DrawFn, profile: Profile, content: Content, *, operations: tuple[str, ...] | None = None) -> Send:
    """Valid requests about one object."""
    segment = content.segments[draw(below(len(content.segments)))]
    dtype, byte_order = _reading(draw, profile, segment)
    data = segment.read_as(dtype, byte_order)
    window = windows(draw, segment, data, draw(_RANKS))
    fields: dict[str, Json] = {"dtype": dtype}
    if byte_order != profile.native_byte_order or (byte_order in profile.byte_orders and draw(_RARELY)):
        fields["byte_order"] = byte_order
    _place(draw, fields, segment, window, dtypes.ITEM_SIZES[dtype])
    if window.shape is not None:
        _form(draw, fields, window.shape, profile)
    if segment.encoding.compression is not None:
        fields["compression"] = {"id": segment.encoding.compression}
    if segment.encoding.filters:
        fields["filters"] = [{"id": f.id, "element_size": f.element_size} for f in segment.encoding.filters]
    if draw(_HALF) and profile.missing_kinds:
        fields["missing"] = draw(missing.missings(dtype, window.data, kinds=profile.missing_kinds))
    if profile.options:
        fields.update(draw(option_tables(profile.options)))
    fields.update((name, None) for name in draw(_NULLS) if name not in fields)
    interface, credentials = draw(accesses(content.bucket, profile.interfaces, profile.anonymous))
    operation = draw(sampled(operations or profile.operations))
    return Send(operation, Fields(fields), content.key, content.bucket, interface, credentials)


def _reading(draw: st.DrawFn, profile: Profile, segment: Segment) -> tuple[str, ByteOrder]:
    """The dtype and byte order of a segment, or others that its bytes can be taken for."""
    reading = draw(_READINGS)
    dtype, byte_order = segment.dtype, segment.encoding.byte_order
    if reading in ("dtype", "both"):
        fitting = tuple(one for one in profile.dtypes if segment.values.nbytes % dtypes.ITEM_SIZES[one] == 0)
        dtype = draw(sampled(fitting))
    if reading in ("order", "both") and len(profile.byte_orders) > 1:
        byte_order = "big" if byte_order == "little" else "little"
    return dtype, byte_order


def _place(draw: st.DrawFn, fields: dict[str, Json], segment: Segment, window: Window, item_size: int) -> None:
    """Offset and size; left out where the request means the same without, and sometimes where it nearly does."""
    is_plain = segment.encoding.compression is None and not segment.encoding.filters
    start = segment.start + (window.start * item_size if is_plain else 0)
    size = segment.size if segment.encoding.compression else len(window.data) * item_size
    after = segment.after + segment.size - (start - segment.start) - size
    if start or draw(_RARELY):
        fields["offset"] = start
    if not size:
        return
    if draw(_GIVEN) if not after else not draw(_RARELY) or _leaves_doubt(segment, window, after, item_size):
        fields["size"] = size


def _leaves_doubt(segment: Segment, window: Window, after: int, item_size: int) -> bool:
    """Whether bytes that follow cannot be part of the data: filters undone over them would change it all."""
    if segment.encoding.compression is not None:
        return False
    return bool(segment.encoding.filters) or (window.shape is None and after % item_size != 0)


def _form(draw: st.DrawFn, fields: dict[str, Json], shape: tuple[int, ...], profile: Profile) -> None:
    """Shape, order, axis and selection."""
    fields["shape"] = list(shape)
    if "F" in profile.orders and draw(_HALF):
        fields["order"] = "F"
    elif "C" in profile.orders and draw(_RARELY):
        fields["order"] = "C"
    axis = draw(axes(len(shape), forms=profile.axis_forms))
    if axis is not None:
        fields["axis"] = axis
    if profile.selections and draw(_HALF):
        fields["selection"] = draw(selections(shape, negative_strides=profile.negative_strides))

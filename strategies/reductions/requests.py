"""Draw valid requests about an object, which may use every feature that a profile claims."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

from specs.fields import Fields, Json
from specs.reductions import dtypes
from specs.reductions.dtypes import Array, ByteOrder
from specs.reductions.profile import Profile
from specs.reductions.steps import Credential, Interface, Send
from strategies.drawing import Choice, Draw, composite, integers, sampled_from
from strategies.reductions import missing, selections
from strategies.reductions.axes import axes
from strategies.reductions.contents import Content, Segment

MOST_DIMENSIONS = 6
MOST_SHAPES = 16
MOST_ALIKE = 6


@lru_cache(1024)
def sampled(values: tuple[Any, ...]) -> Choice[Any]:
    return sampled_from(values)


@lru_cache(1024)
def below(count: int) -> Choice[int]:
    return integers(0, count - 1)


@lru_cache(2048)
def shapes(length: int, rank: int) -> tuple[tuple[int, ...], ...]:
    """List shapes of a rank for that many elements: distinct lengths first, then equal ones, then with ones."""
    found: list[tuple[int, ...]] = []
    _split(length, rank, (), found)
    found.sort(key=lambda shape: (shape.count(1), len(shape) - len(set(shape)), max(shape)))
    proper = found[:MOST_SHAPES]
    taken = set(proper)
    others = [shape for shape in found if shape not in taken]
    alike = (shape for shape in others if 1 not in shape and len(set(shape)) < rank)
    thin = (shape for shape in others if 1 in shape)
    return (*proper, *islice(alike, MOST_ALIKE), *islice(thin, 4))


@lru_cache(2048)
def mirrored(length: int, rank: int) -> tuple[tuple[int, ...], ...]:
    """List shapes that are the same backwards, for which swapped dimensions do not show in the shape."""
    found: list[tuple[int, ...]] = []
    _split(length, rank, (), found)
    return tuple(shape for shape in found if 1 not in shape and shape == shape[::-1])


@lru_cache(4096)
def _divisors(length: int) -> tuple[int, ...]:
    """List the divisors of a length up to 64, and the length itself."""
    small = tuple(one for one in range(1, min(length, 64) + 1) if length % one == 0)
    return small if length <= 64 else (*small, length)


def _split(length: int, rank: int, head: tuple[int, ...], found: list[tuple[int, ...]]) -> None:
    if len(found) >= 400:
        return
    if rank == 1:
        found.append((*head, length))
        return
    divisors = _divisors(length)
    turn = (7 * len(head) + length) % len(divisors)
    for divisor in divisors[turn:] + divisors[:turn]:
        _split(length // divisor, rank - 1, (*head, divisor), found)


@dataclass(frozen=True, slots=True)
class Window:
    """A run of a segment's elements as a request reads them."""

    data: Array
    start: int
    shape: tuple[int, ...] | None


_READINGS = sampled_from(("true",) * 14 + ("order", "dtype", "both"))
_EXTENTS = sampled_from(
    [(rank, part, False) for part in (False, False, False, True) for rank in (None, 1, 2, 3, 4, 5, 6, 1, 2, 3)]
    + [(rank, False, True) for rank in (2, 3, 3, 4)]
)
_COUNTS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 36, 48, 60, 63, 64, 65, 72, 120, 127, 128, 129, 144, 210, 255, 256, 257, 360)


def window(draw: Draw, segment: Segment, data: Array) -> Window:
    """Draw all of a segment, or a part of it if it is not encoded."""
    rank, part, backwards = draw(_EXTENTS)
    count, start = len(data), 0
    if part and segment.encoding.compression is None and not segment.encoding.filters and count > 1:
        some = [one for one in _COUNTS if one < count]
        count = some[-1 - draw(below(len(some)))]
        start = draw(below(len(data) - count + 1))
    shape = None
    if rank is not None and count:
        table = (mirrored(count, rank) if backwards else ()) or shapes(count, rank)
        shape = table[draw(below(len(table)))]
    return Window(data[start : start + count], start, shape)


@lru_cache(64)
def option_tables(options: tuple[str, ...]) -> Choice[tuple[tuple[str, bool], ...]]:
    """Draw options, each absent, false or true; mostly few of them are given."""
    table: list[tuple[tuple[str, bool], ...]] = [()]
    for name in options:
        given = [(*one, (name, value)) for value in (True, False) for one in table]
        table += given
    return sampled_from([()] * len(table) + table)


@lru_cache(64)
def accesses(
    bucket: str, interfaces: tuple[Interface, ...], anonymous: bool
) -> tuple[tuple[Interface, Credential | None], ...]:
    """List interfaces and credentials that may read a bucket's objects; over S3 as their owner most often."""
    s3: Interface = "s3"
    others = [one for one in interfaces if one != s3]
    table: list[tuple[Interface, Credential | None]] = [(s3, "owner")] * 3 if s3 in interfaces else []
    table += [(one, "owner") for one in others]
    if bucket == "public":
        table += [(s3, None)] * 2 if anonymous and s3 in interfaces else []
        table += [(one, None) for one in others for _ in range(2)]
    return tuple(table) or ((s3, "owner"),)


_NULLED: tuple[tuple[str, ...], ...] = (
    (), ("missing", "axis"), (), ("selection",), (), ("compression", "filters"), (), ("size", "offset"), (),
    ("order", "byte_order", "shape"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Manner:
    """The optional fields that a request gives all the same, and those that it gives as null."""

    tells_byte_order: bool
    tells_offset: bool
    tells_size: bool
    hides_size: bool
    nulls: tuple[str, ...]


def _manners() -> list[_Manner]:
    found = []
    for nulls in _NULLED:
        for size in (False, True):
            found += [_Manner(False, False, size, False, nulls)] * 3
            found += [_Manner(True, False, size, False, nulls), _Manner(size, True, size, True, nulls)]
    return found


_MANNERS = sampled_from(_manners())


@lru_cache(64)
def _orders(orders: tuple[str, ...]) -> Choice[str | None]:
    """Draw the order, left out in about half of the requests."""
    return sampled_from([None] * (len(orders) + 1) + [*orders, *(one for one in orders if one == "F")])


@lru_cache(64)
def _kinds(kinds: tuple[str, ...]) -> Choice[str | None]:
    """Draw the kind of missing data, none in half of the requests."""
    return sampled_from([None] * (len(kinds) or 1) + list(kinds))


@lru_cache(4)
def _selecting(selects: bool, negative_strides: bool) -> Choice[selections.SliceKind | None]:
    """Draw the manner of the selection, none in about half of the requests."""
    chosen = selections.slice_kinds(negative_strides) if selects else ()
    return sampled_from([None] * (len(chosen) * 3 // 4 or 1) + list(chosen))


@lru_cache(64)
def _ways(
    bucket: str, interfaces: tuple[Interface, ...], anonymous: bool
) -> Choice[tuple[Interface, Credential | None]]:
    return sampled_from(accesses(bucket, interfaces, anonymous))


@composite
def requests(
    draw: Draw, profile: Profile, contents: tuple[Content, ...], *, operations: tuple[str, ...] | None = None
) -> Send:
    """Draw valid requests about some objects."""
    parts = [(content, segment) for content in contents for segment in content.segments[:1] + content.segments]
    content, segment = parts[draw(below(len(parts)))] if len(parts) > 1 else parts[0]
    # Each choice stands right before those that depend on it, and the operation first, so that requests shrink well.
    operation = draw(sampled(operations or profile.operations))
    interface, credentials = draw(_ways(content.bucket, profile.interfaces, profile.anonymous))
    dtype, byte_order = _reading(draw, profile, segment)
    read = window(draw, segment, segment.read_as(dtype, byte_order))
    manner = draw(_MANNERS)
    fields: dict[str, Json] = {"dtype": dtype}
    if byte_order != profile.native_byte_order or (manner.tells_byte_order and byte_order in profile.byte_orders):
        fields["byte_order"] = byte_order
    _place(fields, segment, read, dtypes.ITEM_SIZES[dtype], manner)
    if segment.encoding.compression is not None:
        fields["compression"] = {"id": segment.encoding.compression}
    if segment.encoding.filters:
        fields["filters"] = [{"id": f.id, "element_size": f.element_size} for f in segment.encoding.filters]
    if (order := draw(_orders(profile.orders))) is not None:
        fields["order"] = order
    if read.shape is not None:
        _form(draw, fields, read.shape, profile)
    if (kind := draw(_kinds(profile.missing_kinds))) is not None:
        fields["missing"] = missing.described(draw, dtype, read.data, kind)
    if profile.options:
        fields.update(draw(option_tables(profile.options)))
    fields.update((name, None) for name in manner.nulls if name not in fields)
    return Send(operation, Fields(fields), content.key, content.bucket, interface, credentials)


def _reading(draw: Draw, profile: Profile, segment: Segment) -> tuple[str, ByteOrder]:
    """Draw the dtype and byte order of a segment, or others that its bytes can be read as."""
    reading = draw(_READINGS)
    dtype, byte_order = segment.dtype, segment.encoding.byte_order
    if reading in ("dtype", "both"):
        fitting = tuple(one for one in profile.dtypes if segment.values.nbytes % dtypes.ITEM_SIZES[one] == 0)
        dtype = draw(sampled(fitting))
    if reading in ("order", "both") and len(profile.byte_orders) > 1:
        byte_order = "big" if byte_order == "little" else "little"
    return dtype, byte_order


def _place(fields: dict[str, Json], segment: Segment, read: Window, item_size: int, manner: _Manner) -> None:
    """Give offset and size, or leave them out where the request means the same without (sometimes nearly so)."""
    start = segment.start + read.start * item_size
    size = segment.size if segment.encoding.compression else len(read.data) * item_size
    after = segment.after + segment.size - (start - segment.start) - size
    if start or manner.tells_offset:
        fields["offset"] = start
    if size and (
        manner.tells_size or (after and (not manner.hides_size or _leaves_doubt(segment, read, after, item_size)))
    ):
        fields["size"] = size


def _leaves_doubt(segment: Segment, read: Window, after: int, item_size: int) -> bool:
    """Say whether the bytes that follow would spoil the data if they were read as part of it."""
    if segment.encoding.compression is not None:
        return False
    return bool(segment.encoding.filters) or (read.shape is None and after % item_size != 0)


def _form(draw: Draw, fields: dict[str, Json], shape: tuple[int, ...], profile: Profile) -> None:
    """Draw shape, axis and selection."""
    fields["shape"] = list(shape)
    axis = draw(axes(len(shape), forms=profile.axis_forms))
    if axis is not None:
        fields["axis"] = axis
    manner = draw(_selecting(profile.selections, profile.negative_strides))
    if manner is not None:
        fields["selection"] = selections.of_kind(draw, shape, manner, profile.negative_strides)

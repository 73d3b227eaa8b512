"""Draw families of requests whose answers must agree; each relation fixes the order of requests in its case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from specs.case import Case
from specs.fields import Fields, Json
from specs.reductions.dtypes import Array, ByteOrder
from specs.reductions.profile import Profile
from specs.reductions.steps import Bucket, Put, Send, Step
from strategies.drawing import Draw, booleans, composite, integers
from strategies.reductions import missing, selections
from strategies.reductions.arrays import arrays
from strategies.reductions.axes import axes
from strategies.reductions.contents import FILLING, GAPS, Content, Segment, placed
from strategies.reductions.encodings import Encoding, encodings
from strategies.reductions.requests import below, sampled, shapes

LONGEST = 400
RANKS = (1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class CommonPart:
    """An array and the fields of a valid request about it, without its place and encoding."""

    values: Array
    fields: Fields
    operation: str

    @property
    def shape(self) -> list[int]:
        return list(self.fields["shape"])

    @property
    def dtype(self) -> str:
        return str(self.values.dtype.name)

    def native(
        self, profile: Profile, key: str = "a", bucket: Bucket = "private", gap: int = 0, tail: int = 0
    ) -> Content:
        return placed(key, bucket, [(gap, self.values, Encoding(profile.native_byte_order))], tail)


def _subject(
    draw: Draw,
    profile: Profile,
    *,
    operations: tuple[str, ...] = (),
    least: int = 1,
    axis: bool = True,
    selection: bool = True,
    masked: bool = True,
    order: bool = True,
) -> CommonPart:
    dtype = draw(sampled(profile.dtypes))
    values = draw(arrays(dtype, longest=LONGEST))
    if len(values) < least:
        values = np.resize(values, least)
    table = shapes(len(values), draw(sampled(RANKS)))
    shape = table[draw(below(len(table)))]
    fields: dict[str, Json] = {"dtype": dtype, "shape": list(shape)}
    if order and "F" in profile.orders and draw(booleans()):
        fields["order"] = "F"
    if axis and (chosen := draw(axes(len(shape), forms=profile.axis_forms))) is not None:
        fields["axis"] = chosen
    if selection and profile.selections and draw(booleans()):
        fields["selection"] = draw(selections.selections(shape, negative_strides=profile.negative_strides))
    if masked and profile.missing_kinds and draw(booleans()):
        fields["missing"] = draw(missing.missings(dtype, values, kinds=profile.missing_kinds))
    allowed = tuple(one for one in profile.operations if not operations or one in operations)
    return CommonPart(values, Fields(fields), draw(sampled(allowed)))


def _case(relation: str, puts: list[Put], *sends: Send) -> Case:
    steps: list[Step] = [*puts, *sends]
    return Case(relation, tuple(steps))


def _located(fields: Fields, segment: Segment, **more: Json) -> Fields:
    """Add the segment's place and encoding to the fields."""
    told: dict[str, Json] = {"byte_order": segment.encoding.byte_order, "offset": segment.start, "size": segment.size}
    if segment.encoding.compression is not None:
        told["compression"] = {"id": segment.encoding.compression}
    if segment.encoding.filters:
        told["filters"] = [{"id": one.id, "element_size": one.element_size} for one in segment.encoding.filters]
    return fields.but(**told, **more)


def _selection_split(draw: Draw, profile: Profile) -> Case:
    """Draw whole, first part, second part: selections of stride 1 that differ along one axis only."""
    subject = _subject(draw, profile, least=2, selection=False)
    shape = subject.shape
    where = draw(sampled(tuple(at for at, length in enumerate(shape) if length > 1)))
    cut = draw(integers(1, shape[where] - 1))
    box = [[draw(sampled((0, 0, length // 3))), length, 1] for length in shape]
    whole = [*box[:where], [0, shape[where], 1], *box[where + 1 :]]
    spans = (whole[where], [0, cut, 1], [cut, shape[where], 1])
    content = subject.native(profile)
    sends = [
        Send(subject.operation, subject.fields.but(selection=[*whole[:where], span, *whole[where + 1 :]]), "a")
        for span in spans
    ]
    return _case("selection-split", [content.put()], *sends)


def _window_split(draw: Draw, profile: Profile) -> Case:
    """Draw whole, first window, second window: one dimension by offset and size, without shape."""
    subject = _subject(draw, profile, least=2, axis=False, selection=False, order=False)
    gap = draw(sampled(GAPS))
    content = subject.native(profile, gap=gap, tail=draw(sampled((0, 3))))
    item_size, count = subject.values.dtype.itemsize, len(subject.values)
    cut = draw(integers(1, count - 1))
    fields = subject.fields.without("shape")
    sends = [
        Send(subject.operation, fields.but(offset=gap + first * item_size, size=(last - first) * item_size), "a")
        for first, last in ((0, count), (0, cut), (cut, count))
    ]
    return _case("window-split", [content.put()], *sends)


def _count_over_axis(draw: Draw, profile: Profile) -> Case:
    """Draw count with an axis, then count without: the counts of the first add up to the second."""
    subject = _subject(draw, profile, operations=("count",), axis=False)
    forms = tuple(form for form in profile.axis_forms if form != "empty") or profile.axis_forms
    axis = draw(axes(len(subject.shape), forms=forms, absent=False))
    sends = Send("count", subject.fields.but(axis=axis), "a"), Send("count", subject.fields, "a")
    return _case("count-over-axis", [subject.native(profile).put()], *sends)


def _all_axes(draw: Draw, profile: Profile) -> Case:
    """Draw a request with every axis listed, then one without an axis."""
    subject = _subject(draw, profile, axis=False)
    rank = len(subject.shape)
    every = list(range(rank)) if "list" in profile.axis_forms else 0
    if every == 0:
        subject = replace(subject, fields=subject.fields.but(shape=[len(subject.values)]).without("selection"))
    sends = Send(subject.operation, subject.fields.but(axis=every), "a"), Send(subject.operation, subject.fields, "a")
    return _case("all-axes", [subject.native(profile).put()], *sends)


def _fortran_transposed(draw: Draw, profile: Profile) -> Case:
    """Draw order F; then order C with shape, selection and axis reversed: the transposed result."""
    subject = _subject(draw, profile, order=False)
    rank = len(subject.shape)
    turned: dict[str, Json] = {"shape": subject.shape[::-1], "order": "C"}
    if "selection" in subject.fields:
        turned["selection"] = subject.fields["selection"][::-1]
    axis = subject.fields.get("axis")
    if axis is not None:
        turned["axis"] = sorted(rank - 1 - one for one in axis) if isinstance(axis, list) else rank - 1 - axis
    fortran = Send(subject.operation, subject.fields.but(order="F"), "a")
    return _case(
        "fortran-transposed",
        [subject.native(profile).put()],
        fortran,
        Send(subject.operation, subject.fields.but(**turned), "a"),
    )


def _byte_order_swapped(draw: Draw, profile: Profile) -> Case:
    """Draw a little-endian object `a`, then the same array big-endian in `b`."""
    subject = _subject(draw, profile)
    orders: tuple[ByteOrder, ...] = ("little", "big")
    puts = [
        placed(key, "private", [(0, subject.values, Encoding(order))], 0)
        for key, order in zip("ab", orders, strict=True)
    ]
    sends = [
        Send(subject.operation, subject.fields.but(byte_order=order), content.key)
        for content, order in zip(puts, orders, strict=True)
    ]
    return _case("byte-order-swapped", [content.put() for content in puts], *sends)


def _encoded_plain(draw: Draw, profile: Profile) -> Case:
    """Draw an encoded array in object `a`, then the same array plain in `b`."""
    subject = _subject(draw, profile)
    how = draw(encodings(profile, subject.values.dtype.itemsize, subject.values.nbytes))
    if how.compression is None and not how.filters and profile.compressions:
        how = replace(how, compression=draw(sampled(profile.compressions)))
    encoded = placed("a", "private", [(0, subject.values, how)], 0)
    plain = subject.native(profile, "b")
    sends = [Send(subject.operation, _told(subject, content, profile), content.key) for content in (encoded, plain)]
    return _case("encoded-plain", [encoded.put(), plain.put()], *sends)


def _told(subject: CommonPart, content: Content, profile: Profile) -> Fields:
    fields = _located(subject.fields, content.segments[0])
    return fields if profile.byte_orders else fields.without("byte_order")


def _padding(draw: Draw, profile: Profile) -> Case:
    """Draw an array among other bytes in object `a`, placed by offset and size; then the array alone in `b`."""
    subject = _subject(draw, profile)
    gap = draw(sampled(GAPS[3:]))
    padded = subject.native(profile, "a", gap=gap, tail=draw(sampled((0, 1, 8, len(FILLING) // 2))))
    bare = subject.native(profile, "b")
    sends = (
        Send(subject.operation, subject.fields.but(offset=gap, size=subject.values.nbytes), "a"),
        Send(subject.operation, subject.fields, "b"),
    )
    return _case("padding", [padded.put(), bare.put()], *sends)


def _as_bytes(draw: Draw, profile: Profile) -> Case:
    """Draw a request for shape and count as lists, then as bytes."""
    subject = _subject(draw, profile)
    twins = {name: True for name in profile.options if name.endswith("_as_bytes")}
    sends = Send(subject.operation, subject.fields, "a"), Send(subject.operation, subject.fields.but(**twins), "a")
    return _case("as-bytes", [subject.native(profile).put()], *sends)


def _s3_http(draw: Draw, profile: Profile) -> Case:
    """Draw a request for a public object over S3, then over plain HTTP, both without credentials."""
    subject = _subject(draw, profile)
    content = subject.native(profile, bucket="public")
    send = Send(subject.operation, subject.fields, "a", "public", "s3", None)
    return _case("s3-http", [content.put()], send, replace(send, interface="http"))


def _asked_twice(draw: Draw, profile: Profile) -> Case:
    """Draw the same request twice, with others about the same object between the two."""
    subject = _subject(draw, profile)
    send = Send(subject.operation, subject.fields, "a")
    between = [replace(send, operation=draw(sampled(profile.operations))) for _ in range(draw(below(3)))]
    return _case("asked-twice", [subject.native(profile).put()], send, *between, send)


def _select_then_reduce(draw: Draw, profile: Profile) -> Case:
    """Draw select, then an operation on the same selection, with an axis or without; no data is missing."""
    subject = _subject(draw, profile, operations=("count", "min", "max", "sum"), masked=False)
    sends = Send("select", subject.fields.without("axis"), "a"), Send(subject.operation, subject.fields, "a")
    return _case("select-then-reduce", [subject.native(profile).put()], *sends)


Family = Callable[[Draw, Profile], Case]
FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        "selection-split": _selection_split,
        "window-split": _window_split,
        "count-over-axis": _count_over_axis,
        "all-axes": _all_axes,
        "fortran-transposed": _fortran_transposed,
        "byte-order-swapped": _byte_order_swapped,
        "encoded-plain": _encoded_plain,
        "padding": _padding,
        "as-bytes": _as_bytes,
        "s3-http": _s3_http,
        "asked-twice": _asked_twice,
        "select-then-reduce": _select_then_reduce,
    }
)


def lacking(relation: str, profile: Profile) -> str:
    """Name a feature that a family needs and a profile does not claim; empty if there is none."""
    needs: dict[str, tuple[tuple[Any, str], ...]] = {
        "selection-split": ((profile.selections, "selections"),),
        "count-over-axis": ((profile.axis_forms, "axis_forms"), ("count" in profile.operations, "count")),
        "all-axes": (({"list", "integer"} & set(profile.axis_forms), "axis_forms"),),
        "fortran-transposed": ((len(profile.orders) > 1, "orders"),),
        "byte-order-swapped": ((len(profile.byte_orders) > 1, "byte_orders"),),
        "encoded-plain": ((profile.compressions or profile.filters, "compressions"),),
        "as-bytes": ((any(name.endswith("_as_bytes") for name in profile.options), "options"),),
        "s3-http": (({"s3", "http"} <= set(profile.interfaces) and profile.anonymous, "interfaces"),),
        "select-then-reduce": (("select" in profile.operations and len(profile.operations) > 1, "operations"),),
    }
    return next((name for there, name in needs.get(relation, ()) if not there), "")


@composite
def families(draw: Draw, profile: Profile, relation: str) -> Case:
    """Draw cases of one relation: its requests in turn, and the same again with other operations."""
    case = FAMILIES[relation](draw, profile)
    if relation in ("count-over-axis", "asked-twice"):
        return case
    sends = [step for step in case.steps if isinstance(step, Send)]
    steps = list(case.steps)
    for _ in range(draw(below(3))):
        operation = draw(sampled(profile.operations))
        if relation == "select-then-reduce" and operation == "select":
            continue
        kept = 1 if relation == "select-then-reduce" else 0
        steps += [*sends[:kept], *(replace(send, operation=operation) for send in sends[kept:])]
    return Case(relation, tuple(steps))

"""Take one object and one valid request about it apart, so that each part can be made plain."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from fuzz.subjects.reductions.streams import Stream, stream_of, surplus_of
from specs.case import Case
from specs.fields import Fields
from specs.manners import WELL, Manner
from specs.reductions.bodies import read_send
from specs.reductions.decoding import Undecodable, decode
from specs.reductions.dtypes import FLOATS, Array, ByteOrder
from specs.reductions.encoding import compressed, filtered, plain
from specs.reductions.locators import LOCATORS
from specs.reductions.profile import Profile
from specs.reductions.request import OPTIONS, Filter, Request
from specs.reductions.steps import Bucket, Credential, Interface, Put, Send, Spelling
from specs.spellings import OF_FRACTIONS

SimplerScene = Callable[["Scene"], "Scene | None"]
# Bounds so large take more than 32 bits.
FAR_BOUNDS = 2**31
NAMES_OF_PLACES = {name for names in LOCATORS.values() for name in names}


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One object and one valid request about it, taken apart.

    `elements` are flat, as stored; `prefix` and `suffix` are the object's bytes around them. `surplus` are decoded
    bytes beyond those that the shape calls for, `tail` bytes after the compressed stream. `nulls` are the fields that
    are sent as null, which means the same as leaving them out.
    """

    operation: str
    dtype: str
    elements: Array
    shape: tuple[int, ...] | None = None
    order: Literal["C", "F"] = "C"
    axis: Any = None
    selection: tuple[tuple[int, int, int], ...] | None = None
    missing: tuple[str, Any] | None = None
    byte_order: ByteOrder | None = None
    prefix: bytes = b""
    suffix: bytes = b""
    surplus: bytes = b""
    tail: bytes = b""
    sized: bool = False
    compression: str | None = None
    members: int = 1
    filters: tuple[Filter, ...] = ()
    options: tuple[tuple[str, bool], ...] = ()
    nulls: tuple[str, ...] = ()
    key: str = "a"
    bucket: Bucket = "private"
    interface: Interface = "s3"
    credentials: Credential | None = "owner"
    served: Manner = WELL
    spelled: Spelling = "plainly"

    @property
    def axes(self) -> list[Any]:
        """List what the scene has as its axis or axes; None stands for no axis."""
        return self.axis if isinstance(self.axis, list) else [self.axis]


def scene_of(case: Case, profile: Profile) -> Scene | None:
    """Return the scene of a case that is one Put and one valid Send about it; None for any other case."""
    if case.together:
        return None
    match case.steps:
        case (Put() as put, Send() as send) if (put.key, put.bucket) == (send.key, send.bucket):
            pass
        case _:
            return None
    if send.without or NAMES_OF_PLACES & set(send.fields):
        return None
    reading = read_send(send, profile)
    if reading.request is None:
        return None
    try:
        return _scene(put, send, reading.request)
    except (Undecodable, zlib.error, struct.error):
        return None


def _scene(put: Put, send: Send, request: Request) -> Scene:
    array = decode(request, put.data).array
    end = len(put.data) if request.size is None else request.offset + request.size
    window = put.data[request.offset : end]
    stream = Stream(1, b"", window)
    if request.compression is not None:
        stream = stream_of(request.compression, window)
    surplus = b""
    if request.shape is not None and stream.inflated is not None:
        surplus = surplus_of(request, stream.inflated, array.nbytes)
    return replace(
        asked_of(send, request, array.ravel(order=request.order)),
        prefix=put.data[: request.offset],
        suffix=put.data[end:],
        surplus=surplus,
        tail=stream.tail,
        members=stream.members,
        key=put.key,
        bucket=put.bucket,
        served=put.served,
    )


def asked_of(send: Send, request: Request, elements: Array) -> Scene:
    """Return the scene of a request about an object that holds nothing but the elements."""
    fields = send.fields
    missing = fields.get("missing")
    return Scene(
        operation=send.operation,
        dtype=request.dtype,
        elements=elements,
        shape=request.shape,
        order=request.order,
        axis=fields.get("axis"),
        selection=request.selection,
        missing=next(iter(missing.items())) if missing else None,
        byte_order=fields.get("byte_order"),
        sized=request.size is not None,
        compression=request.compression,
        filters=request.filters,
        options=tuple((name, fields[name]) for name in OPTIONS if fields.get(name) is not None),
        nulls=tuple(name for name, value in fields.items() if value is None),
        interface=send.interface,
        credentials=send.credentials,
        spelled=send.spelled,
    )


def case_of(scene: Scene, name: str) -> Case:
    """Return the case that a scene describes, with its object encoded anew."""
    order = scene.byte_order or "little"
    data = filtered(plain(scene.elements, order) + scene.surplus, scene.filters)
    stored = compressed(data, scene.compression, item_size=scene.elements.dtype.itemsize, members=scene.members)
    stored += scene.tail
    put = Put(scene.key, scene.prefix + stored + scene.suffix, scene.bucket, scene.served)
    fields = fields_of(scene, len(stored))
    asked = Send(scene.operation, fields, scene.key, scene.bucket, scene.interface, scene.credentials)
    send = replace(asked, spelled=scene.spelled)
    return Case(name, (put, send))


def fields_of(scene: Scene, size: int = 0) -> Fields:
    """Return the fields of a scene's request; `size` is the number of stored bytes."""
    fields: dict[str, Any] = {"dtype": scene.dtype}
    if scene.byte_order is not None:
        fields["byte_order"] = scene.byte_order
    if scene.prefix:
        fields["offset"] = len(scene.prefix)
    if scene.sized:
        fields["size"] = size
    if scene.shape is not None:
        fields["shape"] = list(scene.shape)
    if scene.order == "F":
        fields["order"] = "F"
    if scene.axis is not None:
        fields["axis"] = scene.axis
    if scene.selection is not None:
        fields["selection"] = [list(one) for one in scene.selection]
    if scene.compression is not None:
        fields["compression"] = {"id": scene.compression}
    if scene.filters:
        fields["filters"] = [{"id": one.id, "element_size": one.element_size} for one in scene.filters]
    if scene.missing is not None:
        fields["missing"] = {scene.missing[0]: _as_spelled(scene, scene.missing[1])}
    fields.update(scene.options)
    fields.update((name, None) for name in scene.nulls if name not in fields)
    return Fields(fields)


def _as_spelled(scene: Scene, told: Any) -> Any:
    """Return what a `missing` field says, as fractions where the request spells fractions in a way of its own."""
    if scene.spelled not in OF_FRACTIONS or scene.dtype not in FLOATS:
        return told
    return [float(one) for one in told] if isinstance(told, list) else float(told)


def with_elements(scene: Scene, elements: Array) -> Scene:
    return replace(scene, elements=np.ascontiguousarray(elements, dtype=scene.dtype))


def without_dimension(scene: Scene, dimension: int) -> Scene | None:
    """Return the scene with one dimension cut down to its first index and dropped."""
    if scene.shape is None or len(scene.shape) < 2:
        return None
    cut = with_lengths(scene, tuple(1 if i == dimension else n for i, n in enumerate(scene.shape)))
    if cut is None or cut.shape is None:
        return None
    rest = tuple(n for i, n in enumerate(cut.shape) if i != dimension)
    selection = None
    if cut.selection is not None:
        selection = tuple(one for i, one in enumerate(cut.selection) if i != dimension)
    return replace(cut, shape=rest, selection=selection, axis=_axis_without(scene.axis, dimension))


def without_axes(scene: Scene) -> Scene | None:
    """Return the scene without its reduced dimensions, so that the reduction is over no axes."""
    axes = scene.axes
    if axes == [] or not are_axes(axes) or scene.shape is None:
        return None
    flat: Scene | None = replace(scene, axis=[])
    for dimension in sorted(axes, reverse=True):
        flat = None if flat is None else without_dimension(flat, dimension)
    return flat


def of_picked(scene: Scene) -> Scene | None:
    """Return the scene of only the elements that its selection picks; None where it picks none."""
    if scene.shape is None or scene.selection is None:
        return None
    array = scene.elements.reshape(scene.shape, order=scene.order)[tuple(slice(*one) for one in scene.selection)]
    if not array.size:
        return None
    return replace(scene, elements=array.ravel(order=scene.order), shape=array.shape, selection=None)


def are_axes(axes: list[Any]) -> bool:
    """Say whether all axes are integers: `select` accepts anything in their place, and 1.0 may pass for 1."""
    return all(type(one) is int for one in axes)


def _axis_without(axis: Any, dimension: int) -> Any:
    if not are_axes(axis if isinstance(axis, list) else [axis]):
        return axis
    if isinstance(axis, list):
        return [one - (one > dimension) for one in axis if one != dimension]
    return max(axis - (axis >= dimension), 0)


def with_lengths(scene: Scene, lengths: tuple[int, ...], *, last: bool = False) -> Scene | None:
    """Return the scene with each dimension cut to its first (or last) few indices."""
    if scene.shape is None:
        return None
    array = scene.elements.reshape(scene.shape, order=scene.order)
    cut = array[tuple(slice(-n, None) if last else slice(n) for n in lengths)]
    return replace(scene, elements=cut.ravel(order=scene.order), shape=lengths)


def repeated(scene: Scene, times: Sequence[int]) -> Scene:
    """Return the scene with each index of a dimension repeated as often as `times` says."""
    assert scene.shape is not None
    array = scene.elements.reshape(scene.shape, order=scene.order)
    for dimension, count in enumerate(times):
        array = np.repeat(array, count, dimension)
    return replace(scene, elements=array.ravel(order=scene.order), shape=array.shape)


def in_more_elements(scene: Scene, times: int) -> Scene:
    """Return the scene with each element repeated along the last dimension."""
    if scene.shape is None:
        return with_elements(scene, np.repeat(scene.elements, times))
    return repeated(scene, [*(1 for _ in scene.shape[1:]), times])

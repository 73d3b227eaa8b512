"""Compute the features of a request: a named value for each aspect, such as its rank or its kind of stride."""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from specs.case import Case
from specs.fields import Json
from specs.reductions import dtypes
from specs.reductions.dtypes import Array, ByteOrder
from specs.reductions.request import OPTIONS
from specs.reductions.steps import Delete, Put, Send

FAR = 2**30
MOST_INFLATED = 2**26
FIRST_ONES = 4096
UNREADABLE = "unreadable"
# The fields on which it depends, besides the number of elements, how an object's bytes are read.
READING = ("dtype", "byte_order", "offset", "size", "compression", "filters")


# The elements that were read of contents and what is told of them, by the object's bytes and how they were read.
Contents = dict[tuple[object, ...], tuple[Array, dict[str, str]]]


def case_features(case: Case, native: ByteOrder = "little") -> Iterator[tuple[Send, dict[str, str]]]:
    """Yield each request of a case with its features, computed from the object's content at that time."""
    held: dict[tuple[str, str], bytes] = {}
    known: Contents = {}
    for step in case.steps:
        if isinstance(step, Put):
            held[step.bucket, step.key] = step.data
        elif isinstance(step, Delete):
            held.pop((step.bucket, step.key), None)
        elif isinstance(step, Send):
            yield step, features(step, held.get((step.bucket, step.key)), native, known)


def features(
    send: Send, content: bytes | None, native: ByteOrder = "little", known: Contents | None = None
) -> dict[str, str]:
    """Return the value of each feature of a request, which may be invalid.

    `known` holds what was read before, as many requests of a case read the same bytes in the same way.
    """
    fields = {name: value for name, value in send.fields.items() if value is not None}
    found = {
        "operation": send.operation,
        "dtype": str(fields.get("dtype", "absent")),
        "byte_order": str(fields.get("byte_order", "absent")),
        "order": str(fields.get("order", "absent")),
        "rank": _rank(fields.get("shape")),
        "axis": _axis(fields.get("axis"), fields.get("shape")),
        **_selection(fields.get("selection"), fields.get("shape")),
        "filters": _filters(fields.get("filters")),
        "element_size": _element_size(fields.get("filters"), fields.get("dtype")),
        "offset": _offset(fields.get("offset"), fields.get("dtype")),
        "size": "given" if "size" in fields else "absent",
        "nulls": "some" if len(fields) < len(send.fields) else "none",
        "interface": send.interface,
        "bucket": send.bucket if send.bucket in ("private", "public") else "other",
        "credentials": send.credentials or "none",
        "spelling": send.spelled,
    }
    for name in OPTIONS:
        found[name.removeprefix("option_")] = str(fields.get(name, "absent")).lower()
    missing = fields.get("missing")
    found["missing"] = str(next(iter(missing), "empty")) if isinstance(missing, dict) else "absent"
    found.update(_about_content(fields, content or b"", native, {} if known is None else known))
    return found


def _rank(shape: Json) -> str:
    if not isinstance(shape, list):
        return "none"
    return str(len(shape)) if len(shape) <= 6 else "more"


def _axis(axis: Json, shape: Json) -> str:
    if not isinstance(axis, list):
        return "absent" if axis is None else "integer"
    if not axis:
        return "empty"
    if isinstance(shape, list) and len(axis) >= len(shape):
        return "all"
    return "one" if len(axis) == 1 else "several"


def _selection(selection: Json, shape: Json) -> dict[str, str]:
    names = ("bounds", "stride", "selects")
    if selection is None:
        return dict.fromkeys((f"selection {name}" for name in names), "absent")
    try:
        slices = [(slice(*one), length) for one, length in zip(selection, shape, strict=True)]
        told = (_bounds(slices), _stride(slices), _selects(slices))
    except (TypeError, ValueError):
        told = ("odd", "odd", "odd")
    return {f"selection {name}": value for name, value in zip(names, told, strict=True)}


def _bounds(slices: list[tuple[slice, int]]) -> str:
    """Return the kind of the most unusual bound of all dimensions."""
    bounds = [(bound, length) for one, length in slices for bound in (one.start, one.stop)]
    if any(abs(bound) >= FAR for bound, _ in bounds):
        return "far"
    if any(bound > length or bound < -length for bound, length in bounds):
        return "clamped"
    return "negative" if any(bound < 0 for bound, _ in bounds) else "inside"


def _stride(slices: list[tuple[slice, int]]) -> str:
    """Return the kind of the most unusual stride of all dimensions."""
    strides = [(one.step, length) for one, length in slices]
    if any(stride < -length for stride, length in strides):
        return "reversed beyond"
    if any(stride > length for stride, length in strides):
        return "beyond"
    if any(stride < -1 for stride, _ in strides):
        return "reversed wide"
    if any(stride == -1 for stride, _ in strides):
        return "reversed"
    return "wide" if any(stride > 1 for stride, _ in strides) else "one"


def _selects(slices: list[tuple[slice, int]]) -> str:
    picked = [len(range(*one.indices(length))) for one, length in slices]
    if 0 in picked:
        return "nothing"
    return "everything" if picked == [length for _, length in slices] else "some"


def _filters(filters: Json) -> str:
    if not isinstance(filters, list) or not filters:
        return "none" if filters is None else "odd"
    ids = [str(one.get("id")) if isinstance(one, dict) else "odd" for one in filters]
    return ids[0] if len(ids) == 1 else "two" if len(ids) == 2 else "more"


def _element_size(filters: Json, dtype: Json) -> str:
    if not isinstance(filters, list) or not filters:
        return "none"
    item_size = dtypes.ITEM_SIZES.get(str(dtype))
    sizes = [one.get("element_size") if isinstance(one, dict) else None for one in filters]
    return "item size" if all(size == item_size for size in sizes) else "1" if 1 in sizes else "other"


def _offset(offset: Json, dtype: Json) -> str:
    if not isinstance(offset, int):
        return "absent" if offset is None else "odd"
    if offset == 0:
        return "zero"
    return "aligned" if offset % dtypes.ITEM_SIZES.get(str(dtype), 1) == 0 else "unaligned"


def _about_content(fields: dict[str, Json], content: bytes, native: ByteOrder, known: Contents) -> dict[str, str]:
    """Return the features that depend on the object's bytes."""
    try:
        values, told = _read(fields, content, native, known)
        return {**told, "occurs": _occurs(fields.get("missing"), values)}
    except Exception:  # noqa: BLE001 - content of a broken request can be anything at all
        found = dict.fromkeys(("after", "elements", "values", "signs", "occurs"), UNREADABLE)
        return {**found, "compression": _codec(fields)}


def _read(fields: dict[str, Json], content: bytes, native: ByteOrder, known: Contents) -> tuple[Array, dict[str, str]]:
    """Return the elements that a request reads, and what is told of them."""
    shape = fields.get("shape")
    count = None if shape is None else math.prod(shape)
    key = (content, count, *(str(fields.get(name)) for name in READING))
    if key not in known:
        codec = _codec(fields)
        after, data, members = _decoded(fields, codec, content)
        values = _elements(fields, data, native)
        known[key] = (
            values,
            {
                "compression": f"{codec} members" if members > 1 else codec,
                "after": after,
                "elements": _elements_kind(len(values)),
                "values": _values_kind(values),
                "signs": _signs(values),
            },
        )
    return known[key]


def _codec(fields: dict[str, Json]) -> str:
    compression = fields.get("compression")
    return str(compression.get("id")) if isinstance(compression, dict) else "none"


def _decoded(fields: dict[str, Json], codec: str, content: bytes) -> tuple[str, bytes, int]:
    """Return what follows the bytes that a request reads, the decoded bytes, and the number of gzip members."""
    start = fields.get("offset", 0)
    end = start + fields.get("size", len(content))
    stored, members, rest = content[start:end], 1, content[end:]
    data = stored
    if codec == "gzip":
        data, members, surplus = _gunzipped(stored)
        rest = surplus or rest
    elif codec == "zlib":
        stream = zlib.decompressobj()
        data = stream.decompress(stored, MOST_INFLATED)
        rest = stream.unused_data or rest
    elif codec == "blosc2":
        import blosc2  # half a second to import, and not needed by every run

        length = int.from_bytes(stored[12:16], "little")
        data, rest = blosc2.decompress2(stored[:length], nthreads=1), stored[length:] or rest
    elif fields.get("shape") is not None:
        rest = stored[math.prod(fields["shape"]) * dtypes.ITEM_SIZES[fields["dtype"]] :] or rest
    padded = codec == "gzip" and not rest.strip(b"\0")
    after = "nothing" if not rest else "zeros" if padded else "bytes"
    for one in reversed(fields.get("filters", [])):
        size = one["element_size"]
        whole = len(data) // size * size
        data = np.frombuffer(data[:whole], np.uint8).reshape(size, -1).T.tobytes() + data[whole:]
    return after, data, members


def _gunzipped(stored: bytes) -> tuple[bytes, int, bytes]:
    data, members = b"", 0
    while stored.startswith(b"\x1f\x8b") and len(data) < MOST_INFLATED:
        member = zlib.decompressobj(wbits=31)
        data += member.decompress(stored, MOST_INFLATED)
        stored, members = member.unused_data, members + 1
    if not members:
        raise gzip.BadGzipFile("no gzip stream")
    return data, members, stored


def _elements(fields: dict[str, Json], data: bytes, native: ByteOrder) -> Array:
    dtype = str(fields["dtype"])
    shape = fields.get("shape")
    count = math.prod(shape) if shape is not None else len(data) // dtypes.ITEM_SIZES[dtype]
    stored = dtypes.in_byte_order(dtype, fields.get("byte_order", native))
    return np.frombuffer(data, stored, count).astype(dtype)


def _elements_kind(count: int) -> str:
    for most, name in ((0, "none"), (1, "1"), (16, "2 to 16"), (256, "17 to 256"), (8192, "257 to 8192")):
        if count <= most:
            return name
    return "over 8192"


def _values_kind(values: Array) -> str:
    """Return the most unusual kind of value among the elements."""
    if not len(values):
        return "none"
    if values.dtype.kind == "f":
        info = np.finfo(values.dtype)
        sizes = np.abs(values)
        for name, there in (
            ("nan", np.isnan(values)),
            ("infinite", np.isinf(values)),
            ("extremes", sizes == info.max),
            ("subnormal", (sizes > 0) & (sizes < info.tiny)),
            ("negative zero", (values == 0) & np.signbit(values)),
        ):
            if there.any():
                return name
        return _ordinary(values, sizes > 1 / info.eps)
    low, high = dtypes.integer_bounds(dtypes.name_of(values.dtype))
    if ((values == high) | ((values == low) & (low < 0))).any():
        return "extremes"
    exact = 2 ** (53 if values.dtype.itemsize == 8 else 24)
    return _ordinary(values, (values > exact) | ((values < -exact) if low < 0 else False))


def _ordinary(values: Array, beyond: Any) -> str:
    if beyond.any():
        return "beyond narrower"
    if (values == values[0]).all():
        return "constant"
    # To sort millions of numbers takes seconds; what repeats itself does so soon.
    several = (values,) if len(values) <= FIRST_ONES else (values[:FIRST_ONES], values)
    distinct = all(len(np.unique(some)) == len(some) for some in several)
    return "distinct" if distinct else "ordinary"


def _signs(values: Array) -> str:
    if not len(values):
        return "none"
    if (values > 0).all():
        return "positive"
    return "negative" if (values < 0).all() else "mixed"


def _occurs(missing: Json, values: Array) -> str:
    """Say how many of the elements are missing: none, some, all but one or all."""
    if missing is None:
        return "absent"
    kind, given = next(iter(missing.items()))
    name = dtypes.name_of(values.dtype)
    ends: Any = [dtypes.nearest(one, name) for one in (given if isinstance(given, list) else [given])]
    if kind == "missing_value":
        gone = values == np.array(ends, name)[0]
    elif kind == "missing_values":
        gone = np.isin(values, np.array(ends, name))
    elif kind == "valid_min":
        gone = values < ends[0]
    elif kind == "valid_max":
        gone = values > ends[0]
    else:
        gone = (values < ends[0]) | (values > ends[1])
    lost = int(gone.sum())
    return (
        "none" if not lost else "all" if lost == len(values) else "all but one" if lost == len(values) - 1 else "some"
    )

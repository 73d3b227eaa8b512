"""Features of a scene, and what it is like without each: the counterfactuals of shrinking and of triage.

A feature's function gives the scene with the feature put back to its plain value, or None where it is plain already.
What is left in a smallest case cannot be put back without losing the failure: those are the features it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from fuzz.hunt.scene import Scene, with_elements
from specs.dtypes import FLOATS, INTEGERS, ITEM_SIZES, NAMES, integer_bounds
from specs.request import Filter

Simpler = Callable[[Scene], Scene | None]
OPERATIONS = ("select", "sum", "count", "min", "max")
SMALL = 100


def _interface(scene: Scene) -> Scene | None:
    return replace(scene, interface="s3") if scene.interface != "s3" else None


def _anonymous(scene: Scene) -> Scene | None:
    return replace(scene, credentials="owner") if scene.credentials != "owner" else None


def _bucket(scene: Scene) -> Scene | None:
    return replace(scene, bucket="private") if scene.bucket != "private" and scene.credentials == "owner" else None


def _key(scene: Scene) -> Scene | None:
    return replace(scene, key="a") if scene.key != "a" else None


def _option(name: str) -> Simpler:
    def simpler(scene: Scene) -> Scene | None:
        rest = tuple(pair for pair in scene.options if pair[0] != name)
        return replace(scene, options=rest) if len(rest) < len(scene.options) else None

    return simpler


def _byte_order(scene: Scene) -> Scene | None:
    return replace(scene, byte_order=None) if scene.byte_order is not None else None


def _compression(scene: Scene) -> Scene | None:
    return replace(scene, compression=None, members=1) if scene.compression else None


def _members(scene: Scene) -> Scene | None:
    return replace(scene, members=1) if scene.members > 1 else None


def _filters(scene: Scene) -> Scene | None:
    return replace(scene, filters=()) if scene.filters else None


def _second_filter(scene: Scene) -> Scene | None:
    return replace(scene, filters=scene.filters[:1]) if len(scene.filters) > 1 else None


def _element_size(scene: Scene) -> Scene | None:
    usual = tuple(Filter(one.id, ITEM_SIZES[scene.dtype]) for one in scene.filters)
    return replace(scene, filters=usual) if usual != scene.filters else None


def _simd(scene: Scene) -> Scene | None:
    usual = tuple(Filter("shuffle", one.element_size) for one in scene.filters)
    return replace(scene, filters=usual) if usual != scene.filters else None


def _offset(scene: Scene) -> Scene | None:
    return replace(scene, prefix=b"") if scene.prefix else None


def _unaligned(scene: Scene) -> Scene | None:
    size = ITEM_SIZES[scene.dtype]
    return replace(scene, prefix=bytes(size)) if len(scene.prefix) % size else None


def _trailing(scene: Scene) -> Scene | None:
    return replace(scene, suffix=b"") if scene.suffix else None


def _surplus(scene: Scene) -> Scene | None:
    return replace(scene, surplus=b"") if scene.surplus else None


def _size(scene: Scene) -> Scene | None:
    return replace(scene, sized=False) if scene.sized and not scene.suffix else None


def _selection(scene: Scene) -> Scene | None:
    return replace(scene, selection=None) if scene.selection is not None else None


Triple = tuple[int, int, int]


def _of_each_slice(change: Callable[[Triple, int], Triple]) -> Simpler:
    """A feature of the slices: plain in every dimension or not."""

    def simpler(scene: Scene) -> Scene | None:
        if scene.selection is None or scene.shape is None:
            return None
        changed = tuple(change(one, length) for one, length in zip(scene.selection, scene.shape))
        return replace(scene, selection=changed) if changed != scene.selection else None

    return simpler


def _empty_slice(one: Triple, length: int) -> Triple:
    return one if range(*slice(*one).indices(length)) else (0, length, 1)


def _reversed_slice(one: Triple, length: int) -> Triple:
    """The same elements forwards."""
    picked = range(*slice(*one).indices(length))
    if one[2] > 0:
        return one
    return (picked[-1], picked[0] + 1, -one[2]) if picked else (0, 0, 1)


def _wide_stride(one: Triple, length: int) -> Triple:
    del length
    return (one[0], one[1], 1 if one[2] > 0 else -1)


def _negative_bound(one: Triple, length: int) -> Triple:
    start, end = (bound + length if -length <= bound < 0 else bound for bound in one[:2])
    return (start, end, one[2])


def _clamped_bound(one: Triple, length: int) -> Triple:
    start, end = (min(max(bound, -length), length) for bound in one[:2])
    return (start, end, one[2])


def _part(one: Triple, length: int) -> Triple:
    """A slice of everything, the way round it was."""
    return (0, length, one[2]) if one[2] > 0 else one


def _axis(scene: Scene) -> Scene | None:
    return replace(scene, axis=None) if scene.axis is not None else None


def _axis_list(scene: Scene) -> Scene | None:
    return replace(scene, axis=scene.axis[0]) if isinstance(scene.axis, list) and len(scene.axis) == 1 else None


def _several_axes(scene: Scene) -> Scene | None:
    return replace(scene, axis=scene.axis[:1]) if isinstance(scene.axis, list) and len(scene.axis) > 1 else None


def _no_axes(scene: Scene) -> Scene | None:
    return replace(scene, axis=[0]) if scene.axis == [] else None


def _shape(scene: Scene) -> Scene | None:
    if scene.shape is None or scene.selection is not None or scene.axis is not None:
        return None
    return replace(scene, shape=None, order="C", surplus=b"")


def _order(scene: Scene) -> Scene | None:
    return replace(scene, order="C") if scene.order != "C" else None


def _missing(scene: Scene) -> Scene | None:
    return replace(scene, missing=None) if scene.missing is not None else None


def _several_missing(scene: Scene) -> Scene | None:
    if scene.missing is None or scene.missing[0] != "missing_values" or not scene.missing[1]:
        return None
    return replace(scene, missing=("missing_value", scene.missing[1][0]))


def _valid_range(scene: Scene) -> Scene | None:
    if scene.missing is None or scene.missing[0] != "valid_range":
        return None
    return replace(scene, missing=("valid_min", scene.missing[1][0]))


def _valid_min(scene: Scene) -> Scene | None:
    if scene.missing is None or scene.missing[0] not in ("valid_min", "valid_max"):
        return None
    return replace(scene, missing=("missing_value", scene.missing[1]))


def _to_dtype(dtype: str) -> Simpler:
    def simpler(scene: Scene) -> Scene | None:
        if scene.dtype == dtype or NAMES.index(dtype) > NAMES.index(scene.dtype):
            return None
        with np.errstate(all="ignore"):
            elements = np.nan_to_num(scene.elements.astype(np.float64), nan=1, posinf=2, neginf=0)
            low, high = integer_bounds(dtype) if dtype in INTEGERS else (-1e30, 1e30)
            elements = np.clip(elements, max(low, -(2**52)), min(high, 2**52)).astype(dtype)
        missing = _cast_missing(scene.missing, dtype)
        size, was = ITEM_SIZES[dtype], ITEM_SIZES[scene.dtype]
        filters = tuple(replace(one, element_size=size) if one.element_size == was else one for one in scene.filters)
        return replace(scene, dtype=dtype, elements=elements, missing=missing, filters=filters, surplus=b"")

    return simpler


def _cast_missing(missing: tuple[str, Any] | None, dtype: str) -> tuple[str, Any] | None:
    """Missing values that the dtype has; 1 in place of others."""
    if missing is None or dtype not in INTEGERS:
        return missing
    low, high = integer_bounds(dtype)

    def cast(value: int | float) -> int:
        return int(value) if low <= value <= high else 1

    kind, value = missing
    if kind == "valid_range":
        first, last = cast(value[0]), cast(value[1])
        return kind, [first, last if last > first else first + 1 if first < high else first]
    return kind, [cast(one) for one in value] if isinstance(value, list) else cast(value)


def _values(applies: Callable[[np.ndarray[Any, Any]], Any], to: Callable[[np.ndarray[Any, Any]], Any]) -> Simpler:
    """A feature of the elements: those it applies to are replaced."""

    def simpler(scene: Scene) -> Scene | None:
        with np.errstate(all="ignore"):
            mask = applies(scene.elements)
            if not np.any(mask):
                return None
            return with_elements(scene, np.where(mask, to(scene.elements), scene.elements))

    return simpler


def _is_float(elements: np.ndarray[Any, Any]) -> bool:
    return elements.dtype.name in FLOATS


def _extreme(elements: np.ndarray[Any, Any]) -> Any:
    return np.isfinite(elements) & ((elements > SMALL) | (elements < -SMALL if elements.dtype.kind != "u" else False))


def _huge(elements: np.ndarray[Any, Any]) -> Any:
    """Beyond what a double holds exactly, or any float near the ends of its dtype."""
    limit = 2**53 if elements.dtype.itemsize == 8 else 2**24
    return np.isfinite(elements) & ((elements > limit) | ((elements < -limit) if elements.dtype.kind != "u" else False))


def _fraction(elements: np.ndarray[Any, Any]) -> Any:
    return _is_float(elements) & np.isfinite(elements) & (elements != np.trunc(elements))


def _negative(elements: np.ndarray[Any, Any]) -> Any:
    return elements < 0 if elements.dtype.kind != "u" else np.zeros(elements.shape, np.bool_)


def _negative_zero(elements: np.ndarray[Any, Any]) -> Any:
    return _is_float(elements) & (elements == 0) & np.signbit(elements)


def _small_of(elements: np.ndarray[Any, Any]) -> Any:
    return np.arange(elements.size) % 7 + 1


FEATURES: Mapping[str, Simpler] = MappingProxyType(
    {
        "interface http": _interface,
        "anonymous": _anonymous,
        "public bucket": _bucket,
        "an unusual key": _key,
        "option_disable_chunk_cache": _option("option_disable_chunk_cache"),
        "option_shape_as_bytes": _option("option_shape_as_bytes"),
        "option_count_as_bytes": _option("option_count_as_bytes"),
        "trailing bytes": _trailing,
        "surplus data": _surplus,
        "offset": _offset,
        "unaligned offset": _unaligned,
        "size": _size,
        "compression": _compression,
        "several gzip members": _members,
        "filters": _filters,
        "two filters": _second_filter,
        "element_size not the item size": _element_size,
        "shuffle_simd": _simd,
        "byte_order": _byte_order,
        "missing": _missing,
        "missing_values": _several_missing,
        "valid_range": _valid_range,
        "valid_min or valid_max": _valid_min,
        "axis": _axis,
        "several axes": _several_axes,
        "axis list": _axis_list,
        "axis []": _no_axes,
        "selection": _selection,
        "empty selection": _of_each_slice(_empty_slice),
        "bounds beyond the length": _of_each_slice(_clamped_bound),
        "negative bounds": _of_each_slice(_negative_bound),
        "reversed selection": _of_each_slice(_reversed_slice),
        "stride beyond one": _of_each_slice(_wide_stride),
        "part of a dimension": _of_each_slice(_part),
        "order F": _order,
        "shape": _shape,
        "NaN": _values(np.isnan, np.ones_like),
        "infinity": _values(np.isinf, np.ones_like),
        "negative zero": _values(_negative_zero, np.zeros_like),
        "fractions": _values(_fraction, np.ceil),
        "huge values": _values(_huge, _small_of),
        "large values": _values(_extreme, _small_of),
        "negative values": _values(_negative, np.abs),
    }
)


def plain_operations(scene: Scene) -> Iterator[Scene]:
    """The same scene asked for a plainer operation, plainest first."""
    for operation in OPERATIONS[: OPERATIONS.index(scene.operation)]:
        yield replace(scene, operation=operation)


def plain_dtypes(scene: Scene) -> Iterator[Scene]:
    """The same scene with a plainer dtype, plainest first."""
    for dtype in NAMES:
        simpler = _to_dtype(dtype)(scene)
        if simpler is not None:
            yield simpler

"""Alter a request in ways in which servers misread it: a field ignored, numbers rounded, slices in another order."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import permutations
from types import MappingProxyType
from typing import Any

import numpy as np

from fuzz.subjects.reductions.lenient import read_leniently
from fuzz.subjects.reductions.misread_slices import other_selections
from fuzz.subjects.reductions.scene import Scene, are_axes, of_picked, with_elements, with_lengths, without_dimension
from fuzz.subjects.reductions.traits.missing import (
    OF_VALUES,
    is_near,
    missing_elements,
    missing_numbers,
    with_looser_bounds,
    with_missing_numbers,
    with_more_missing,
    with_numbers,
    with_signed_bounds,
)
from fuzz.subjects.reductions.traits.slices import picked
from specs.case import Case
from specs.manners import ANOTHER_RANGE, WELL
from specs.reductions.dtypes import FLOATS, ITEM_SIZES, Array, Bools
from specs.reductions.request import OPTIONS
from specs.reductions.steps import Put, Send, Step
from specs.spellings import written

# Fields that a server may ignore: the answer is compared with the one to the request without them.
IGNORED = (
    "byte_order", "offset", "size", "axis", "order", "selection", "compression", "filters", "missing", *OPTIONS,
)  # fmt: skip
# For each dtype, the narrower dtypes that a server may convert its numbers to on the way.
NARROWER: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "float64": ("float32",),
        "int64": ("float64", "float32"),
        "uint64": ("float64", "float32"),
        "int32": ("float32",),
        "uint32": ("float32",),
    }
)
ROUNDED = {narrow: f"the answer for numbers rounded to {narrow}" for narrow in ("float32", "float64")}
COMPARED = {narrow: f"the answer for missing numbers compared as {narrow}" for narrow in ROUNDED}
TOLD = {narrow: f"the answer for missing numbers rounded to {narrow}" for narrow in ROUNDED}
ORDERED = {narrow: f"the answer of a comparison as {narrow}" for narrow in ROUNDED}
SUMMED = {narrow: f"the answer for a sum kept in {narrow}" for narrow in ROUNDED}
NO_EXPONENT = "the answer for missing numbers read up to their exponent"
FIRST_KIND = "the answer for the first kind of missing data alone"
BESIDE = "the answer for the number beside the one that is missing"
BETWEEN = "the answer for all numbers between the missing ones taken for missing"
ALMOST = "the answer for numbers that are all but missing taken for missing"
FINITE = "the answer for infinities taken for the largest finite numbers"
UNSIGNED_ZERO = "the answer for negative zeros taken for zero"
FLUSHED = "the answer for subnormal numbers taken for zero"
BEGUN_AT_ZERO = "the answer of a comparison that begins at zero"
BEGUN_AT_FIRST = "the answer of a comparison that begins at the first element, missing or not"
BEGUN_AT_NORMAL = "the answer of a comparison that begins at the smallest normal number"
BEGUN_AT_SIGNED = "the answer of a comparison that begins at the greatest signed number"
SIGNED_BOUNDS = "the answer for valid bounds compared as signed numbers"
ALIGNED = "the answer for an offset rounded down to a multiple of the item size"
LAST_BYTE = "the answer for data whose last byte is zero"
OTHER_PART = "the answer for another part of the object"
MOST_PARTS = 64
LONG_AXES = "the answer for those axes alone that are longer than one"
# What a server may exchange in F order, in place of turning the whole order of the axes round.
EXCHANGED: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "the answer for data of which the first and the last axis alone are exchanged": (0, -1),
        "the answer for data of which the last two axes alone are exchanged": (-2, -1),
    }
)
TAKEN_OVER = "the answer with the {} of an earlier request"
ALL_BUT_THE_LAST = "the answer without the last element of each row"
SQUEEZED = "the answer without its dimensions of one element"
OTHER_LAYOUT = "the answer for data that lie in C order"
# Shares of a missing number within which servers may take other numbers for it.
TOLERANCES = (1e-3, 1e-5, 1e-6, 1e-9)
OTHER_ORDER = {"big": "little", "little": "big"}


def alterations(step: Send) -> Iterator[tuple[str, Send]]:
    """Yield the request with one field left out or changed, each with a description."""
    for name in IGNORED:
        if step.fields.get(name) is not None:
            yield f"the answer to the same request without {name}", replace(step, fields=step.fields.without(name))
    for name, other in permutations(OPTIONS, 2):
        if step.fields.get(name) != step.fields.get(other):
            yield f"the answer with {name} taken from {other}", _but(step, **{name: step.fields.get(other)})
    order = step.fields.get("byte_order")
    swapped = OTHER_ORDER.get(str(order)) or "big"
    if order is None:
        yield f"the answer for {swapped}-endian data", _but(step, byte_order=swapped)
    yield from read_leniently(step)
    axis = step.fields.get("axis")
    if isinstance(axis, list) and len(axis) > 1:
        yield "the answer for the first axis alone", _but(step, axis=axis[:1])
        yield "the answer without the last axis", _but(step, axis=axis[:-1])
    if step.fields.get("order") == "F":
        yield "the answer for data in C order", _but(step, order="C")
    missing = step.fields.get("missing")
    if isinstance(missing, dict) and len(missing) > 1:
        yield FIRST_KIND, _but(step, missing=dict(list(missing.items())[:1]))
    filters = step.fields.get("filters")
    listed = filters if isinstance(filters, list) else []
    for number, one in enumerate(listed):
        if isinstance(one, dict):
            others = [*listed[:number], *listed[number + 1 :]]
            yield f"the answer without the filter {one.get('id')}", _but(step, filters=others or None)
    yield from ((words, _but(step, selection=other)) for words, other in other_selections(step))


def remembered(steps: Sequence[Step]) -> Iterator[tuple[str, Send]]:
    """Yield the last request with each field that an earlier one had, and it has not, with a description."""
    *before, last = [step for step in steps if isinstance(step, Send)]
    for step in reversed(before):
        for name, value in step.fields.items():
            if value is not None and last.fields.get(name) is None:
                yield TAKEN_OVER.format(name), _but(last, **{name: value})


def field_taken_over(words: str) -> str | None:
    """Return the field that a server takes from an earlier request, if that is what the words say."""
    begin, end = TAKEN_OVER.split("{}")
    is_told = words.startswith(begin) and words.endswith(end)
    return words.removeprefix(begin).removesuffix(end) if is_told else None


def _but(step: Send, **fields: Any) -> Send:
    return replace(step, fields=step.fields.but(**fields))


def misread(scene: Scene) -> Iterator[tuple[str, Scene]]:
    """Yield the scene as a server may misread it by another dtype or an inexact comparison, with a description."""
    for narrow in NARROWER.get(scene.dtype, ()):
        rounded = with_numbers(scene, partial(_through, dtype=narrow))
        if rounded is not None:
            yield ROUNDED[narrow], rounded
        told = with_missing_numbers(scene, partial(_through, dtype=narrow))
        if told is not None:
            yield TOLD[narrow], told
        compared = with_more_missing(scene, partial(_same_as, dtype=narrow))
        if compared is not None:
            yield COMPARED[narrow], compared
        looser = with_looser_bounds(scene, partial(_same_as, dtype=narrow))
        if looser is not None:
            yield ORDERED[narrow], looser
        if scene.operation in ("min", "max"):
            yield ORDERED[narrow], with_elements(scene, _first_alike(scene.elements, narrow))
    changes = [*_begun(scene.operation, scene.dtype)]
    if scene.dtype in FLOATS:
        changes += [(FINITE, _finite), (FLUSHED, _flushed), (UNSIGNED_ZERO, _unsigned_zero)]
    for words, change in changes:
        changed = with_numbers(scene, change)
        if changed is not None:
            yield words, changed
    if scene.dtype in FLOATS:
        cut = with_missing_numbers(scene, partial(_without_exponents, manner=scene.spelled))
        if cut is not None:
            yield NO_EXPONENT, cut
        for end in (-math.inf, math.inf):
            beside = with_missing_numbers(scene, partial(_beside, end=end))
            if beside is not None:
                yield BESIDE, beside
    yield from ((SIGNED_BOUNDS, other) for other in with_signed_bounds(scene))
    yield from _without_short_axes(scene)
    squeezed = _squeezed(scene)
    if squeezed is not None:
        yield SQUEEZED, squeezed
    if scene.shape is not None and scene.order == "F":
        yield OTHER_LAYOUT, with_elements(scene, scene.elements.reshape(scene.shape).ravel(order="F"))
        for words, (one, other) in EXCHANGED.items() if len(scene.shape) > 2 else ():
            yield words, with_elements(scene, _with_axes_exchanged(scene.elements, scene.shape, one, other))
    between = with_more_missing(scene, _between)
    if between is not None:
        yield BETWEEN, between
    for share in TOLERANCES:
        almost = with_more_missing(scene, partial(is_near, share=share))
        if almost is not None:
            yield ALMOST, almost


def infinite_missed(scene: Scene) -> Iterator[tuple[str, Scene, float, float]]:
    """Yield a selection's scene with a missing number for an infinity that a narrower dtype does not tell from it.

    The words, that number and the infinity come with it: the answer has the infinity, counted as missing.
    """
    if scene.dtype not in FLOATS or scene.operation != "select" or scene.missing is None:
        return
    for narrow in NARROWER.get(scene.dtype, ()) if scene.missing[0] in OF_VALUES else ():
        numbers = np.array(missing_numbers(scene), scene.dtype)
        for infinity in (-math.inf, math.inf):
            infinite = scene.elements == infinity
            alike = numbers[_same_as(numbers, np.array([infinity], scene.dtype), narrow)]
            if infinite.any() and alike.size and alike[0] not in scene.elements:
                yield (
                    COMPARED[narrow],
                    with_elements(scene, np.where(infinite, alike[0], scene.elements)),
                    alike[0],
                    infinity,
                )


def summed(scene: Scene) -> Iterator[tuple[str, Scene]]:
    """Yield a sum's scene with its numbers in each dtype in which a server may keep the sum, with a description.

    A number that all these dtypes have stands for what is missing.
    """
    for narrow in NARROWER.get(scene.dtype, ()) if scene.operation == "sum" else ():
        with np.errstate(all="ignore"):
            elements = scene.elements.astype(narrow)
        missing = scene.missing
        if missing is not None:
            gone = missing_elements(scene)
            mark = next(one for one in range(elements.size + 1) if one not in elements[~gone])
            elements, missing = np.where(gone, np.array(mark, narrow), elements), ("missing_value", mark)
        yield SUMMED[narrow], with_elements(replace(scene, dtype=narrow, missing=missing), elements)


def first_compared(scene: Scene) -> Array | None:
    """Return the first element that the comparison of each result meets, where some elements are missing."""
    if scene.missing is None or scene.operation not in ("min", "max") or not scene.elements.size:
        return None
    some = of_picked(scene) or scene
    axes = some.axes
    if some.shape is None or some.axis is None:
        return some.elements[:1]
    if not are_axes(axes):
        return None
    array = some.elements.reshape(some.shape, order=some.order)
    return array[tuple(0 if one in axes else slice(None) for one in range(array.ndim))].ravel(order=some.order)


def _without_short_axes(scene: Scene) -> Iterator[tuple[str, Scene]]:
    axes = scene.axes
    if scene.shape is None or not are_axes(axes):
        return
    lengths = scene.shape
    if scene.selection is not None:
        lengths = tuple(picked(one, length) for one, length in zip(scene.selection, scene.shape))
    # The axes of a select may be none of its dimensions.
    longer = [axis for axis in axes if not 0 <= axis < len(lengths) or lengths[axis] != 1]
    if longer != axes:
        yield LONG_AXES, replace(scene, axis=longer)


def _with_axes_exchanged(elements: Array, shape: tuple[int, ...], one: int, other: int) -> Array:
    """Return elements in F order as they are read if two axes alone are exchanged."""
    lengths = list(shape)
    lengths[one], lengths[other] = lengths[other], lengths[one]
    return elements.reshape(lengths).swapaxes(one, other).ravel(order="F")


def all_but_the_last(scene: Scene) -> Scene | None:
    """Return the scene of an extreme or sum without the last element of each row that it reduces."""
    some = of_picked(scene) or scene
    shape = some.shape or (some.elements.size,)
    axes = some.axes
    reduces = some.axis is None or (are_axes(axes) and len(shape) - 1 in axes)
    if some.operation in ("select", "count") or shape[-1] < 2 or not reduces:
        return None
    return with_lengths(replace(some, shape=shape), (*shape[:-1], shape[-1] - 1))


def _squeezed(scene: Scene) -> Scene | None:
    """Return the scene of what its selection picks, without the dimensions of one element that are not reduced."""
    picked_ones = of_picked(scene) or scene
    if picked_ones.shape is None:
        picked_ones = replace(picked_ones, shape=(picked_ones.elements.size,))
    axes = scene.axes
    if scene.axis is None:
        # Without axes a reduction is over all dimensions, and its result has none.
        axes = [] if scene.operation == "select" else list(range(len(picked_ones.shape or ())))
    if not are_axes(axes):
        return None
    plain = picked_ones
    for dimension, length in reversed(list(enumerate(picked_ones.shape or ()))):
        if length == 1 and dimension not in axes:
            plain = without_dimension(plain, dimension) or _of_no_dimension(plain)
    return None if plain is picked_ones else plain


def _of_no_dimension(scene: Scene) -> Scene:
    """Return the scene with a result without dimensions, of its one element."""
    return replace(scene, operation="max" if scene.operation == "select" else scene.operation, axis=None)


def misfetched(case: Case) -> Iterator[tuple[str, Case]]:
    """Yield the case with its object as a server may misread it from the store, with a description."""
    match case.steps:
        case (Put() as put, Send() as send):
            pass
        case _:
            return
    offset, size = send.fields.get("offset") or 0, send.fields.get("size")
    if type(offset) is not int or not (size is None or type(size) is int):
        return
    item_size = ITEM_SIZES.get(str(send.fields.get("dtype")), 1)
    aligned = offset - offset % item_size
    if aligned != offset:
        yield ALIGNED, replace(case, steps=(put, _but(send, offset=aligned)))
    last = (len(put.data) if size is None else offset + size) - 1
    if 0 <= last < len(put.data) and put.data[last]:
        data = put.data[:last] + b"\0" + put.data[last + 1 :]
        yield LAST_BYTE, replace(case, steps=(replace(put, data=data), send))
    if size and put.served == ANOTHER_RANGE:
        for start in range(offset % item_size, len(put.data) - size + 1, item_size)[:MOST_PARTS]:
            if start != offset:
                yield OTHER_PART, replace(case, steps=(replace(put, served=WELL), _but(send, offset=start)))


def _begun(operation: str, dtype: str) -> Iterator[tuple[str, Callable[[Array], Array]]]:
    """Yield what extremes are if the comparison begins at some number, with a description."""
    if operation == "max":
        yield BEGUN_AT_ZERO, partial(_not_below, end=0)
        if dtype in FLOATS:
            yield BEGUN_AT_NORMAL, partial(_not_below, end=np.finfo(dtype).tiny)
    if operation == "min":
        yield BEGUN_AT_ZERO, partial(_not_above, end=0)
        if dtype.startswith("u"):
            yield BEGUN_AT_SIGNED, partial(_not_above, end=np.iinfo(dtype).max // 2)


def _not_below(numbers: Array, end: Any) -> Array:
    return np.where((numbers < end) | ((numbers == 0) & np.signbit(numbers)), numbers.dtype.type(end), numbers)


def _not_above(numbers: Array, end: Any) -> Array:
    return np.where(numbers > end, numbers.dtype.type(end), numbers)


def _finite(numbers: Array) -> Array:
    most = np.finfo(numbers.dtype).max
    return np.where(np.isinf(numbers), np.copysign(most, numbers), numbers)


def _unsigned_zero(numbers: Array) -> Array:
    return np.where(numbers == 0, numbers.dtype.type(0), numbers)


def _flushed(numbers: Array) -> Array:
    subnormal = np.abs(numbers) < np.finfo(numbers.dtype).tiny
    return np.where(subnormal, np.copysign(numbers.dtype.type(0), numbers), numbers)


def _same_as(elements: Array, numbers: Array, dtype: str) -> Bools:
    """Return a mask of the elements that equal some number once both are converted to another dtype."""
    with np.errstate(all="ignore"):
        same: Bools = np.isin(elements.astype(dtype), numbers.astype(dtype))
    return same


def _between(elements: Array, numbers: Array) -> Bools:
    """Return a mask of the elements that are no less than the least number, and no more than the greatest."""
    between: Bools = (elements >= numbers.min()) & (elements <= numbers.max())
    return between


def _beside(numbers: Array, end: float) -> Array:
    # Beside the largest number is infinity.
    with np.errstate(over="ignore"):
        beside: Array = np.nextafter(numbers, numbers.dtype.type(end))
    return beside


def _first_alike(numbers: Array, dtype: str) -> Array:
    """Return for each number the first of those that are equal once they are converted to another dtype."""
    with np.errstate(all="ignore"):
        _, first, alike = np.unique(numbers.astype(dtype), return_index=True, return_inverse=True)
    return numbers[first][alike.reshape(numbers.shape)]


def _without_exponents(numbers: Array, manner: str) -> Array:
    """Return the numbers as they are read without the exponents with which they are written."""
    return np.array([float(re.split("[eE]", written(one, manner))[0]) for one in numbers.tolist()], numbers.dtype)


def _through(numbers: Array, dtype: str) -> Array:
    """Return the numbers converted to another dtype and back; those outside of its range stay."""
    with np.errstate(all="ignore"):
        there = numbers.astype(dtype)
        back = there.astype(numbers.dtype)
    if numbers.dtype.kind != "f":
        # The greatest integers would round to a number beyond their dtype.
        back = np.where(there.astype(np.float64) >= float(np.iinfo(numbers.dtype).max), numbers, back)
    return back

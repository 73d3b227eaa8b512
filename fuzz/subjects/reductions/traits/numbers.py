"""Define the traits of a scene's numbers, each as a function that returns the scene without the trait."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from fuzz.subjects.reductions.scene import Scene, SimplerScene, in_more_elements, with_elements
from fuzz.subjects.reductions.traits.missing import (
    Number,
    is_near,
    missing_numbers,
    near_missing,
)
from specs.reductions.dtypes import FLOATS, INTEGERS, ITEM_SIZES, NAMES, Array, integer_bounds, nearest

SMALL = 100
LARGE = 1000
PLAIN_DTYPE = NAMES[0]


def _values(applies: Callable[[Array], Any], to: Callable[[Array], Any]) -> SimplerScene:
    """Return the function that drops a trait of elements: it replaces the elements that have the trait."""

    def simpler(scene: Scene) -> Scene | None:
        with np.errstate(all="ignore"):
            mask = applies(scene.elements)
            if not np.any(mask):
                return None
            return with_elements(scene, np.where(mask, to(scene.elements), scene.elements))

    return simpler


def _is_float(elements: Array) -> bool:
    return elements.dtype.name in FLOATS


def _large(elements: Array) -> Any:
    return np.isfinite(elements) & ((elements > SMALL) | (elements < -SMALL if elements.dtype.kind != "u" else False))


def _huge(elements: Array) -> Any:
    """Return a mask of the elements of which two have a sum that a float of the same size may not hold exactly."""
    limit = 2**52 if elements.dtype.itemsize == 8 else 2**23
    below = elements <= -limit if elements.dtype.kind != "u" else False
    return np.isfinite(elements) & ((elements >= limit) | below)


def is_fraction(elements: Array) -> Any:
    return _is_float(elements) & np.isfinite(elements) & (elements != np.trunc(elements))


def is_negative(elements: Array) -> Any:
    return elements < 0 if elements.dtype.kind != "u" else np.zeros(elements.shape, np.bool_)


def _negative_zero(elements: Array) -> Any:
    return _is_float(elements) & (elements == 0) & np.signbit(elements)


def is_subnormal(elements: Array) -> Any:
    if not _is_float(elements):
        return np.zeros(elements.shape, np.bool_)
    return (elements != 0) & (np.abs(elements) < np.finfo(elements.dtype).tiny)


def _without_negatives(scene: Scene) -> Scene | None:
    """Return the scene without negative numbers.

    Huge integers stay huge, different from each other and in their order, as far as the dtype has room.
    """
    elements = scene.elements
    if not np.any(is_negative(elements)):
        return None
    if _is_float(elements) or not np.any(_huge(elements)):
        return with_elements(scene, np.where(elements < 0, np.abs(elements), elements))
    end = int(np.iinfo(elements.dtype).max)
    middle = end // 2 + 1
    if scene.operation == "max":
        up = end - int(elements.max())
        return with_elements(scene, np.array([max(one + up, middle) for one in elements.tolist()], elements.dtype))
    up = middle - int(elements.min())
    return with_elements(scene, np.array([min(one + up, end) for one in elements.tolist()], elements.dtype))


def _made_normal(elements: Array) -> Any:
    """Return normal numbers of the same signs and in the same order as the given subnormal ones."""
    return elements / np.finfo(elements.dtype).tiny + np.copysign(0.5, elements)


def _away_from_zero(elements: Array) -> Any:
    return np.copysign(np.ceil(np.abs(elements)), elements)


def _signed_ones(elements: Array) -> Any:
    return np.copysign(np.ones_like(elements), elements)


_subnormals_to_normal = _values(is_subnormal, _made_normal)


def _without_subnormals(scene: Scene) -> Scene | None:
    """Return the scene with normal numbers in place of subnormal ones, among its missing numbers too."""
    plain = _subnormals_to_normal(scene)
    if scene.missing is None or scene.dtype not in FLOATS:
        return plain
    kind, value = scene.missing
    numbers = np.array(missing_numbers(scene), scene.dtype)
    if not np.any(is_subnormal(numbers)):
        return plain
    with np.errstate(all="ignore"):
        normal = np.where(is_subnormal(numbers), _made_normal(numbers), numbers).tolist()
    return replace(plain or scene, missing=(kind, normal if isinstance(value, list) else normal[0]))


def _huge_to_large(scene: Scene) -> Scene | None:
    return _of_thousands(scene) if has_huge(scene) else None


def _of_thousands(scene: Scene) -> Scene:
    """Return the scene with its large numbers replaced by 1001, 1002, … in their order; fractions stay fractions."""
    elements, places = np.unique(scene.elements, return_inverse=True)
    numbers = missing_numbers(scene)
    large = sorted({one for one in (*elements.tolist(), *numbers) if math.isfinite(one) and abs(one) > SMALL})
    negative = sum(one < 0 for one in large)
    to: dict[Number, Number] = {}
    for place, one in enumerate(large, -negative):
        half = _half(one)
        to[one] = place - LARGE - half if place < 0 else place + LARGE + 1 + half
    changed = np.array([to.get(one, one) for one in elements.tolist()], scene.dtype)[places.reshape(-1)]
    # What stays as it is keeps the sign of its zeros.
    plain = with_elements(scene, np.where(_large(scene.elements), changed, scene.elements))
    if scene.missing is None:
        return plain
    kind, told = scene.missing
    several = [to.get(one, one) for one in numbers]
    return replace(plain, missing=(kind, several if isinstance(told, list) else several[0]))


def _large_to_ranks(scene: Scene) -> Scene | None:
    return ranked(scene) if has_large(scene) else None


def _without_near(scene: Scene) -> Scene | None:
    """Return the scene without elements that are close to a missing value; None where it has no such element."""
    near = near_missing(scene)
    if not near.any():
        return None
    numbers = np.array(missing_numbers(scene), scene.dtype)
    # Numbers a quarter less are as large, unless they are very small.
    others = np.append(numbers - numbers // 4, np.arange(1, numbers.size + 2).astype(scene.dtype))
    return with_elements(scene, np.where(near, others[~is_near(others, numbers)][0], scene.elements))


def _rounded_missing(scene: Scene) -> Scene | None:
    """Return the scene with its missing values rounded to the dtype; None where the dtype holds them exactly."""
    if scene.missing is None or scene.dtype not in FLOATS:
        return None
    kind, told = scene.missing
    several = told if isinstance(told, list) else [told]
    numbers = missing_numbers(scene)
    if numbers == several:
        return None
    return replace(scene, missing=(kind, numbers if isinstance(told, list) else numbers[0]))


VALUE_FEATURES: Mapping[str, SimplerScene] = MappingProxyType(
    {
        "a rounded missing value": _rounded_missing,
        "values near a missing one": _without_near,
        "NaN": _values(np.isnan, np.ones_like),
        "infinity": _values(np.isinf, _signed_ones),
        "negative zero": _values(_negative_zero, np.zeros_like),
        "subnormal numbers": _without_subnormals,
        "fractions": _values(is_fraction, _away_from_zero),
        "huge values": _huge_to_large,
        "large values": _large_to_ranks,
        "negative values": _without_negatives,
    }
)


def has_huge(scene: Scene) -> bool:
    """Say whether the scene has huge elements, or is of integers and has huge missing numbers."""
    told = scene.missing is not None and scene.dtype in INTEGERS
    missing = np.array(missing_numbers(scene), scene.dtype) if told else scene.elements[:0]
    return bool(np.any(_huge(scene.elements)) or np.any(_huge(missing)))


def has_large(scene: Scene) -> bool:
    return bool(np.any(_large(scene.elements)))


def ranked(scene: Scene, dtype: str | None = None, *, dense: bool = False) -> Scene | None:
    """Return the scene with small numbers that compare like its own; None if nothing changes.

    With `dense`, the numbers are counted from the least possible on, even where they are small already.
    """
    dtype = dtype or scene.dtype
    elements, places = np.unique(scene.elements, return_inverse=True)
    numbers = missing_numbers(scene)
    ranks = _ranks([*elements.tolist(), *numbers], dense, dtype)
    missing = scene.missing
    if missing is not None:
        several = [ranks.get(one, 1) for one in numbers]
        missing = (missing[0], several if isinstance(missing[1], list) else several[0])
    fallback = 1 if dtype in INTEGERS else math.nan
    several = [_rank(one, ranks, dtype, fallback) for one in elements.tolist()]
    small = np.array(several, dtype=dtype)[places.reshape(-1)]
    if (
        dtype == scene.dtype
        and missing == scene.missing
        and np.array_equal(small, scene.elements, equal_nan=_is_float(small))
    ):
        return None
    return replace(scene, elements=small, missing=missing, dtype=dtype)


def _ranks(numbers: list[Number], dense: bool, dtype: str) -> dict[Number, Number]:
    """Map each finite number to a small number in the same order.

    Where all numbers are small and whole already, they keep their values unless `dense` is set. Negative numbers stay
    below 0 and fractions stay fractions, where the dtype has them; the others are numbered from 1 on.
    """
    finite = sorted({one for one in numbers if math.isfinite(one)})
    if not dense and all(0 <= one <= SMALL and one == int(one) for one in finite):
        return {one: int(one) for one in finite}
    negative = 0 if dtype.startswith("u") else sum(one < 0 for one in finite)
    # Where there are too many numbers, several share one small number.
    shared = max(1, -(-len(finite) // (SMALL - 1)))
    ranks: dict[Number, Number] = {}
    for place, one in enumerate(finite, -negative):
        half = _half(one) if dtype in FLOATS else 0
        ranks[one] = place // shared - half if place < 0 else 1 + place // shared + half
    return ranks


def _half(number: Number) -> float:
    """Return 0.5 for a fraction and 0 for a whole number, to be added to the number that replaces it."""
    return 0.5 if number != math.trunc(number) else 0


def _rank(number: Number, ranks: Mapping[Number, Number], dtype: str, fallback: Number) -> Number:
    if math.isnan(number):
        return fallback
    if math.isinf(number):
        return number if dtype in FLOATS else (len(ranks) + 1 if number > 0 else 0)
    return ranks[number]


def to_dtype(scene: Scene, dtype: str) -> Scene | None:
    """Return the scene in another dtype, with smaller numbers where that dtype cannot hold its own."""
    if scene.dtype == dtype:
        return None
    between = f"{dtype[:-2]}{scene.dtype[-2:]}"
    if between not in (dtype, scene.dtype) and {dtype, scene.dtype} <= set(INTEGERS) and has_huge(scene):
        # Change the sign first and the width afterwards: so the numbers stay huge in both steps.
        signed = to_dtype(scene, between)
        return None if signed is None else to_dtype(signed, dtype)
    size, was = ITEM_SIZES[dtype], ITEM_SIZES[scene.dtype]
    if size < was and scene.selection is None and any(one.element_size != was for one in scene.filters):
        # Data shuffled by more than an item keeps its number of bytes.
        scene = in_more_elements(scene, was // size)
    # An element_size that was the item's size stays the item's size, and another one stays another one.
    swapped = {was: size, size: was}
    filters = tuple(replace(one, element_size=swapped.get(one.element_size, one.element_size)) for one in scene.filters)
    fitted = len(scene.prefix) % was == 0 and len(scene.prefix) % size
    prefix = bytes(len(scene.prefix) // was * size) if fitted else scene.prefix
    whole = len(scene.surplus) % was == 0
    surplus = bytes(len(scene.surplus) // was * size) if whole else scene.surplus[:1]
    base = replace(scene, filters=filters, surplus=surplus, prefix=prefix)
    wider = dtype == f"{scene.dtype[:-2]}64" and has_huge(scene)
    if _fits(scene, dtype) and not wider:
        return replace(base, dtype=dtype, elements=scene.elements.astype(dtype))
    moved = _moved(base, dtype) or _of_other_width(base, dtype)
    if moved is not None:
        return moved
    has_missing = all(nearest(one, dtype) is not None for one in missing_numbers(scene))
    same = _like_numbers(scene.elements, dtype) if has_missing else None
    if same is not None:
        return replace(base, dtype=dtype, elements=same)
    lower = _of_thousands(base)
    return (
        replace(lower, dtype=dtype, elements=lower.elements.astype(dtype))
        if _fits(lower, dtype)
        else ranked(base, dtype)
    )


def _moved(scene: Scene, dtype: str) -> Scene | None:
    """Return the scene with its huge integers, signed or unsigned, moved to the other dtype of the same width.

    The numbers stay huge and in the same order. None where the scene has no huge integers.
    """
    if not {scene.dtype, dtype} <= set(INTEGERS) or scene.dtype[-2:] != dtype[-2:] or not has_huge(scene):
        return None
    numbers = [int(one) for one in [*scene.elements.tolist(), *missing_numbers(scene)]]
    end = int(np.iinfo(dtype).max)
    up = end // 2 + 1 - min(numbers)

    def halved(number: Number) -> int:
        return ((int(number) - int(np.iinfo(scene.dtype).min)) >> 1) | 1

    def moved(number: Number) -> int:
        return min(int(number) + up, end)

    # A sum depends on how large the numbers are; other operations depend on how close they are to each other.
    move = halved if scene.operation == "sum" and scene.missing is None else moved
    return _renumbered(scene, dtype, move)


def _renumbered(scene: Scene, dtype: str, change: Callable[[Number], int]) -> Scene | None:
    """Return the scene of integers with each number changed, and what is missing; None if no range is left."""
    missing = scene.missing
    if missing is not None:
        numbers = [change(one) for one in missing_numbers(scene)]
        if missing[0] == "valid_range" and numbers[0] >= numbers[1]:
            return None
        missing = (missing[0], numbers if isinstance(missing[1], list) else numbers[0])
    elements = np.array([change(one) for one in scene.elements.tolist()], dtype)
    return replace(scene, dtype=dtype, elements=elements, missing=missing)


def _of_other_width(scene: Scene, dtype: str) -> Scene | None:
    """Return the scene with its huge integers, and what is missing of them, as huge for the dtype of the other width.

    Numbers that are small for every dtype stay what they are. None where the scene has no huge integers.
    """
    both = {scene.dtype, dtype} <= set(INTEGERS) and scene.dtype[:-2] == dtype[:-2]
    if not both or not has_huge(scene) or not all(isinstance(one, int) for one in missing_numbers(scene)):
        return None

    def scaled(number: Number) -> int:
        if abs(number) <= SMALL:
            return int(number)
        return int(number) << 32 if dtype.endswith("64") else int(number) >> 32

    return _renumbered(scene, dtype, scaled)


def _like_numbers(elements: Array, dtype: str) -> Array | None:
    """Return numbers as near to the limits of another dtype as these are to theirs; None where there are none."""
    name = elements.dtype.name
    if name in FLOATS and dtype in FLOATS:
        with np.errstate(all="ignore"):
            tiny = is_subnormal(elements)
            scaled = elements / np.finfo(name).tiny * np.finfo(dtype).tiny
            least = np.copysign(np.finfo(dtype).smallest_subnormal, elements)
            scaled = np.where(np.abs(scaled) < np.abs(least), least, scaled)
            like = np.where(tiny, scaled, elements).astype(dtype)
        return like if np.array_equal(np.isfinite(elements), np.isfinite(like)) else None
    return None


def _fits(scene: Scene, dtype: str) -> bool:
    """Say whether every number of the scene is whole and fits the dtype."""
    low, high = integer_bounds(dtype) if dtype in INTEGERS else (-(2**24), 2**24)
    with np.errstate(invalid="ignore"):
        elements = scene.elements
        if _is_float(elements) and not np.all(np.isfinite(elements) & (elements == np.trunc(elements))):
            return False
    numbers = missing_numbers(scene)
    ends = [elements.min().item(), elements.max().item()] if elements.size else []
    return all(isinstance(one, int) for one in numbers) and all(low <= one <= high for one in [*ends, *numbers])

"""Make plain data that shows mistakes: small numbers that differ, some missing if the request has `missing`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from fuzz.subjects.reductions.scene import Scene, with_elements
from fuzz.subjects.reductions.traits.missing import missing_elements
from specs.reductions.dtypes import Array, Bools

# This many different numbers are small in every dtype.
DIFFERENT = 97
# Valid numbers begin here where smaller ones are to be missing.
LEAST_VALID = 11
FEWEST_WITH_A_MIDDLE = 3


def revealing(scene: Scene) -> Scene | None:
    """Return the scene with plain numbers and the same elements missing; None where its numbers are these already.

    The least and the greatest number stand neither first nor last, where there is room, unless the one that is asked
    for stood there. Among so many elements that small numbers come again, it stands where it stood. Both ends of a
    valid range are among the numbers.
    """
    several = scene.elements.size
    plain = with_missing(scene, _gone(scene)) if scene.missing else with_elements(scene, numbers(several))
    place = _place_to_keep(scene)
    if place is not None:
        plain.elements[place] = 0 if scene.operation == "min" else plain.elements.max() + 1
    same = plain.missing == scene.missing and np.array_equal(plain.elements, scene.elements)
    return None if same and not _has_negative_zero(scene) else plain


def extreme_at(scene: Scene) -> int | None:
    """Return the place of the extreme that is asked for, where it is compared first or last and equals no other."""
    places = _compared(scene) if _asks_for_one_extreme(scene) else np.arange(0)
    if places.size < FEWEST_WITH_A_MIDDLE:
        return None
    beats = np.less if scene.operation == "min" else np.greater
    ends = ((places[-1], places[:-1]), (places[0], places[1:]))
    return next((int(end) for end, others in ends if beats(scene.elements[end], scene.elements[others]).all()), None)


def _asks_for_one_extreme(scene: Scene) -> bool:
    return scene.operation in ("min", "max") and scene.missing is None and scene.axis is None


def _place_to_keep(scene: Scene) -> int | None:
    """Return the place of the extreme that is asked for, at an end or among many elements; None elsewhere."""
    end = extreme_at(scene)
    if end is not None or not _asks_for_one_extreme(scene) or scene.elements.size <= DIFFERENT:
        return end
    places = _compared(scene)
    if not places.size or np.isnan(scene.elements[places]).any():
        return None
    find = np.argmin if scene.operation == "min" else np.argmax
    return int(places[find(scene.elements[places])])


def extreme_inside(scene: Scene) -> Scene | None:
    """Return the scene with the extreme that is asked for in the middle; None where it stands at neither end."""
    end = extreme_at(scene)
    if end is None:
        return None
    elements, places = scene.elements.copy(), _compared(scene)
    middle = places[places.size // 2]
    elements[[end, middle]] = elements[[middle, end]]
    return with_elements(scene, elements)


def _compared(scene: Scene) -> Array:
    """Return the places of the elements that are compared with each other, one after the other."""
    places = np.arange(scene.elements.size)
    if scene.shape is None:
        return places
    array = places.reshape(scene.shape, order=scene.order)
    return array[tuple(slice(*one) for one in scene.selection or ())].ravel(order=scene.order)


def ascending(scene: Scene) -> Scene | None:
    """Return the scene with the numbers 1, 2, 3 and so on; None where it has a `missing` field or too many elements."""
    if scene.missing is not None or not scene.elements.size or scene.elements.size > DIFFERENT:
        return None
    return with_elements(scene, np.arange(1, scene.elements.size + 1))


def numbers(count: int, least: int = 1) -> Array:
    """Return `count` small numbers that differ, in an order that no likely mistake would produce."""
    ordered = np.arange(count) % DIFFERENT + least
    if count < 3:
        return ordered
    # 2, 4, 1, 3 of four: every second one first, and then the others.
    order = np.array([1, 0, 2]) if count == 3 else np.concatenate([np.arange(1, count, 2), np.arange(0, count, 2)])
    if count % 2 and count > 3:
        # 2, 4, 1, 5, 3 of five: the greatest is not the last.
        order[[-2, -1]] = order[[-1, -2]]
    mixed: Array = ordered[order]
    return mixed


def _has_negative_zero(scene: Scene) -> bool:
    elements = scene.elements
    return elements.dtype.kind == "f" and bool(np.any((elements == 0) & np.signbit(elements)))


def with_missing(scene: Scene, gone: Bools) -> Scene:
    """Return the scene with plain numbers, those in the mask missing by the same kind of `missing` field."""
    assert scene.missing is not None
    kind, told = scene.missing
    valid = numbers(int((~gone).sum()), LEAST_VALID)
    if kind == "missing_values":
        # Valid numbers stand between those that are missing.
        valid = 2 * (valid - LEAST_VALID + 1)
    low, high = (int(valid.min()), int(valid.max())) if valid.size else (LEAST_VALID, LEAST_VALID)
    marks, missing = _marks(kind, told, low, high)
    elements = np.empty(scene.elements.size, np.int64)
    elements[~gone] = valid
    # The last missing value is always among the elements, as servers that forget one of many forget the last.
    elements[gone] = np.resize(marks[::-1], int(gone.sum()))
    return replace(with_elements(scene, elements), missing=(kind, missing))


def _gone(scene: Scene) -> Bools:
    """Return a mask of the elements that are missing in the scene; of the first one where none is missing."""
    gone = missing_elements(scene)
    if not gone.any() and gone.size > 1:
        gone = np.arange(gone.size) == 0
    return gone


def _marks(kind: str, told: Any, low: int, high: int) -> tuple[list[int], Any]:
    """Return the numbers for missing elements, and the value of the `missing` field that makes them missing."""
    match kind:
        case "missing_value":
            return [1], 1
        case "missing_values":
            several = [2 * number + 1 for number in range(max(1, len(told)))]
            return several, several
        case "valid_min":
            return [low - 1], low
        case "valid_max":
            return [high + 1], high
        case _:
            top = max(high, low + 1)
            return [low - 1, top + 1], [low, top]

"""Find and change the numbers by which a scene's request says which elements are missing, and find those elements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from fuzz.subjects.reductions.scene import Scene, with_elements
from specs.reductions.dtypes import Array, Bools, nearest

NEAR_SHARE = 1e-3
OF_VALUES = ("missing_value", "missing_values")
Number = int | float


def missing_numbers(scene: Scene) -> list[Number]:
    """Return the numbers of the `missing` field, missing values or valid bounds, rounded to the scene's dtype."""
    if scene.missing is None:
        return []
    value = scene.missing[1]
    found = []
    for one in value if isinstance(value, list) else [value]:
        near = nearest(one, scene.dtype)
        found.append(one if near is None else near.item())
    return found


def missing_elements(scene: Scene, least_as: str = "", most_as: str = "") -> Array:
    """Return a mask of the elements that are missing.

    The least or the greatest valid number may be compared with them as if all were of another dtype of the same width.
    """
    assert scene.missing is not None
    kind, numbers = scene.missing[0], np.array(missing_numbers(scene), scene.dtype)
    elements = scene.elements.astype(scene.dtype, copy=False)
    if kind in ("missing_value", "missing_values"):
        return np.isin(elements, numbers)
    low = high = np.zeros(elements.shape, np.bool_)
    if kind in ("valid_min", "valid_range"):
        low = elements.view(least_as or scene.dtype) < numbers.view(least_as or scene.dtype)[0]
    if kind in ("valid_max", "valid_range"):
        high = elements.view(most_as or scene.dtype) > numbers.view(most_as or scene.dtype)[-1]
    return low | high


def with_signed_bounds(scene: Scene) -> Iterator[Scene]:
    """Yield the scene with what is missing of unsigned elements where they are compared with bounds as signed ones."""
    if scene.missing is None or scene.missing[0] in OF_VALUES or not scene.dtype.startswith("u"):
        return
    signed = scene.dtype.removeprefix("u")
    for least_as, most_as in ((signed, ""), ("", signed), (signed, signed)):
        numbers = np.unique(scene.elements[missing_elements(scene, least_as, most_as)]).tolist()
        yield replace(scene, missing=("missing_values", numbers) if numbers else None)


def near_missing(scene: Scene) -> Bools:
    """Return a mask of the elements that are close to a missing value without being equal to one."""
    if scene.missing is None or scene.missing[0] not in OF_VALUES:
        return np.zeros(scene.elements.shape, np.bool_)
    numbers = np.array(missing_numbers(scene), scene.dtype)
    near: Bools = is_near(scene.elements, numbers) & ~np.isin(scene.elements, numbers)
    return near


def is_near(elements: Array, numbers: Array, share: float = NEAR_SHARE) -> Bools:
    """Return a mask of the elements that are equal to any of the numbers, or less than a share of it away."""
    near = np.zeros(elements.shape, np.bool_)
    with np.errstate(all="ignore"):
        for number in numbers.astype(np.float64):
            near |= np.isclose(elements.astype(np.float64), number, rtol=share, atol=0)
    return near


def with_more_missing(scene: Scene, is_missing: Callable[[Array, Array], Bools]) -> Scene | None:
    """Return the scene with more missing values: the elements that the function picks; None where none are.

    No request can say that infinity is missing, so a missing number takes its place.
    """
    if scene.missing is None or scene.missing[0] not in OF_VALUES:
        return None
    numbers = np.array(missing_numbers(scene), scene.dtype)
    also = is_missing(scene.elements, numbers) & ~np.isin(scene.elements, numbers)
    infinite = also & np.isinf(scene.elements) & (scene.operation != "select")
    if infinite.any():
        scene = with_elements(scene, np.where(infinite, numbers[0], scene.elements))
    also &= np.isfinite(scene.elements) & ~np.isin(scene.elements, numbers)
    if not (also.any() or infinite.any()):
        return None
    return replace(scene, missing=("missing_values", [*numbers.tolist(), *np.unique(scene.elements[also]).tolist()]))


def with_looser_bounds(scene: Scene, is_same: Callable[[Array, Array], Bools]) -> Scene | None:
    """Return the scene with valid bounds beyond all elements that pass for them; None where that changes nothing."""
    if scene.missing is None or scene.missing[0] in OF_VALUES:
        return None
    kind, bounds = scene.missing[0], np.array(missing_numbers(scene), scene.dtype)
    looser = bounds.copy()
    for place, bound in enumerate(bounds):
        alike = scene.elements[is_same(scene.elements, bounds[place : place + 1])]
        lowest = kind == "valid_min" or (kind == "valid_range" and place == 0)
        looser[place] = np.append(alike, bound).min() if lowest else np.append(alike, bound).max()
    return with_missing_numbers(scene, lambda _numbers: looser)


def with_missing_numbers(scene: Scene, change: Callable[[Array], Array]) -> Scene | None:
    """Return the scene with the numbers of its `missing` field changed; None where that cannot be done."""
    numbers = np.array(missing_numbers(scene), scene.dtype)
    changed = change(numbers)
    if scene.missing is None or np.array_equal(changed, numbers) or not np.isfinite(changed).all():
        return None
    kind, told = scene.missing
    if kind == "valid_range" and not changed[0] < changed[1]:
        return None
    several = changed.tolist()
    return replace(scene, missing=(kind, several if isinstance(told, list) else several[0]))


def with_numbers(scene: Scene, change: Callable[[Array], Array]) -> Scene | None:
    """Return the scene with its elements and its missing numbers changed alike; None where nothing changes."""
    plain = with_missing_numbers(scene, change) or scene
    elements = change(scene.elements)
    if elements.tobytes() != scene.elements.tobytes():
        plain = with_elements(plain, elements)
    return None if plain is scene else plain

"""Put numbers in place of plain ones that are as unusual as those of another scene: huge, negative or fractions."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from fuzz.subjects.reductions.scene import Scene
from fuzz.subjects.reductions.traits.missing import missing_numbers, with_numbers
from fuzz.subjects.reductions.traits.numbers import (
    LARGE,
    has_huge,
    has_large,
    is_fraction,
    is_negative,
    is_subnormal,
)
from specs.reductions.dtypes import FLOATS


def with_unusual_numbers_of(scene: Scene, plain: Scene) -> Scene:
    """Return a plain scene of small numbers with other ones in their order, unusual where those of a scene are."""
    change = _float_like if scene.dtype in FLOATS else _integer_like
    finite = (one for one in (*plain.elements.tolist(), *missing_numbers(plain)) if math.isfinite(one))
    with np.errstate(all="ignore"):
        like = change(scene, max(finite, default=0))
    if like is None:
        return plain
    return with_numbers(plain, lambda some: np.array([like(one) for one in some.tolist()], scene.dtype)) or plain


def _integer_like(scene: Scene, greatest: int) -> Callable[[int], int] | None:
    """Return what moves numbers from 0 to the greatest to where the scene's numbers are: far from 0, or below it."""
    negative, bounds = bool(np.any(is_negative(scene.elements))), np.iinfo(scene.dtype)
    if has_huge(scene):
        base = int(bounds.min) + 1 if negative else int(bounds.max) - greatest
    elif negative or has_large(scene):
        far = LARGE * has_large(scene)
        base = -far - greatest - 1 if negative else far
    else:
        return None
    return lambda number: number + base


def _float_like(scene: Scene, greatest: float) -> Callable[[float], float] | None:
    """Return what changes numbers from 0 to the greatest to such as the scene has: fractions, tiny or huge ones."""
    elements = scene.elements
    size = np.finfo(elements.dtype)
    base = -greatest - 1.0 if np.any(is_negative(elements)) else 0.0
    if np.any(is_subnormal(elements)):
        factor = float(size.smallest_subnormal)
    elif has_huge(scene):
        factor = float(2 / size.eps)
    else:
        factor = 1.0
        base += (LARGE if base == 0 else -LARGE) * has_large(scene) + 0.5 * bool(np.any(is_fraction(elements)))
    return None if (factor, base) == (1.0, 0.0) else lambda number: (number + base) * factor

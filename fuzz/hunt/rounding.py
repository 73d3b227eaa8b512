"""Whether float sums are off in either dtype: then neither it nor the numbers that show it tell causes apart."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fuzz.hunt.failures import Judge
from fuzz.hunt.plain_values import VALUE_FEATURES, to_dtype
from fuzz.hunt.reducer import Smallest
from fuzz.hunt.scene import Scene, case_of, with_elements
from specs.dtypes import FLOATS

ACCURACY = "sum-accuracy"
ENOUGH = 16


def told_by_rounding(smallest: Smallest, needs: tuple[str, ...], judge: Judge) -> tuple[str, ...]:
    """What tells the cause of a sum that is off: less than it needs, where sums of both dtypes are off."""
    scene = smallest.scene
    if scene is None or smallest.violation.requirement != ACCURACY:
        return needs

    def is_off(one: Scene) -> bool:
        failures = judge(case_of(one, smallest.case.property)).failures
        return any(violation.requirement == ACCURACY for violation in failures)

    if not all(any(map(is_off, _telling(scene, dtype))) for dtype in FLOATS):
        return needs
    return (*(need for need in needs if need not in FLOATS and need not in VALUE_FEATURES), ACCURACY)


def _telling(scene: Scene, dtype: str) -> Iterator[Scene]:
    """The scene in another dtype with numbers that are hard to add: fractions, tiny ones, small beside large."""
    cast = scene if scene.dtype == dtype else to_dtype(scene, dtype)
    if cast is None:
        return
    count = max(cast.elements.size, ENOUGH) if cast.shape is None else cast.elements.size
    numbers = np.arange(1, count + 1)
    least = np.finfo(dtype).smallest_subnormal
    alone = numbers == 1
    for hard in (numbers / 10, (2 * numbers - 1) * least, np.where(alone, least, 0), np.where(alone, 1e7, 1)):
        yield with_elements(cast, hard)

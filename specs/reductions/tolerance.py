"""Bound how far a float sum may be from the exact one.

An addition errs by at most u times its result, and n - 1 of them by at most g = (n - 1)u / (1 - (n - 1)u) times the sum
of the absolute values (Higham, Accuracy and Stability of Numerical Algorithms, 4.2). Pairwise summation has log2 n in
place of n - 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from specs.reductions.dtypes import Array, Bools

UNIT_ROUNDOFF = {"float32": 2.0**-24, "float64": 2.0**-53}
LARGEST = {"float32": float(np.finfo(np.float32).max), "float64": float(np.finfo(np.float64).max)}
SMALLEST = 5e-324
# The bound itself is computed in floats; this factor covers their rounding errors.
_WIDER = 1 + 2.0**-36
_MOST_ROWS_ONE_BY_ONE = 256
# So many terms of short rows are added together: few enough to stay in the processor's cache.
_AT_ONCE = 2**15
# Longer rows are added by NumPy as far as that makes them much shorter.
_LONG = 1024
_WORTHWHILE = 0.8
# Sums of larger numbers may overflow on the way, so they are scaled down by a power of two.
_LARGE = 2.0**900
_SCALE = 64


@dataclass(frozen=True, slots=True, eq=False)
class SumBounds:
    """The bounds of each row: the sum, the interval for any order and for pairwise, and whether it may overflow."""

    nearest: Array
    low: Array
    high: Array
    pairwise_low: Array
    pairwise_high: Array
    loose: Bools


def sum_bounds(rows: Array, present: Bools | None, dtype: str) -> SumBounds:
    """Bound the sums of rows of `dtype` over the elements present, added in any order.

    They are float64s: a value of the dtype lies within them exactly when it lies within the bound.
    """
    with np.errstate(invalid="ignore"):
        terms = rows.astype(np.float64)
    if present is not None:
        terms[~present] = 0.0
    finite = np.isfinite(terms)
    if finite.all():
        return _finite(terms, dtype)
    odd: Bools = np.logical_not(finite.all(axis=1))
    return _with_infinities(terms, odd, _finite(np.where(odd[:, None], 0.0, terms), dtype), dtype)


def _finite(terms: Array, dtype: str) -> SumBounds:
    if terms.shape[1] == 1:
        # Nothing is added; adding zero makes negative zeros positive, as sums of them are here.
        only = terms[:, 0] + 0.0
        return SumBounds(only, only, only, only, only, np.zeros(len(only), np.bool_))
    if terms.size and max(terms.max(), -terms.min()) > _LARGE:
        scale = np.where((np.abs(terms) > _LARGE).any(axis=1), _SCALE, 0)
        with np.errstate(over="ignore", under="ignore"):
            parts = np.ldexp(_parts(_scaled_down(terms, scale[:, None]), dtype), scale)
    else:
        parts = _parts(terms, dtype)
    nearest, low, high, pairwise_low, pairwise_high, most = parts
    return SumBounds(nearest, low, high, pairwise_low, pairwise_high, most > LARGEST[dtype])


def _scaled_down(terms: Array, scale: Array) -> Array:
    """Divide each term by a power of two; the smallest do not vanish, as each of them is an addition."""
    scaled: Array = np.ldexp(terms, -scale)
    return np.where((scaled == 0) & (terms != 0), np.copysign(SMALLEST, terms), scaled)


def _parts(terms: Array, dtype: str) -> Array:
    """Return for each row the sum, the four bounds, and the farthest that a partial sum can get."""
    count, length = terms.shape
    if count > max(length, _MOST_ROWS_ONE_BY_ONE):
        step = max(1, _AT_ONCE // max(1, length))
        return np.concatenate([_many_rows(terms[at : at + step], dtype) for at in range(0, count, step)], axis=1)
    if length > _LONG:
        return np.array([_long_row(row, dtype) for row in terms], np.float64).reshape(count, 6).T.copy()
    return np.array([_one_row(row, dtype) for row in terms.tolist()], np.float64).reshape(count, 6).T.copy()


def _relative(additions: int, dtype: str) -> float:
    nu = additions * UNIT_ROUNDOFF[dtype]
    return nu / (1 - nu) * _WIDER


def _one_row(row: Iterable[float], dtype: str) -> tuple[float, float, float, float, float, float]:
    terms = [x for x in row if x]
    up, down = math.fsum(x for x in terms if x > 0), -math.fsum(x for x in terms if x < 0)
    return _bounds(terms, len(terms), up, down, dtype)


def _long_row(row: Array, dtype: str) -> tuple[float, float, float, float, float, float]:
    """Return the same of a long row, of which there are few floats left that have the same sums."""
    up, down = math.fsum(_distilled(row[row > 0])), -math.fsum(_distilled(row[row < 0]))
    return _bounds(_distilled(row), int(np.count_nonzero(row)), up, down, dtype)


def _distilled(terms: Array) -> list[float]:
    """Return floats with exactly the sum of the terms: rounded sums of pairs, and the errors where there are any."""
    while len(terms) > _LONG:
        half = len(terms) // 2
        total, lost = _two_sum(terms[:half], terms[half : 2 * half])
        fewer = np.concatenate([total, lost[lost != 0], terms[2 * half :]])
        if len(fewer) > _WORTHWHILE * len(terms):
            break
        terms = fewer
    found: list[float] = terms.tolist()
    return found


def _bounds(
    terms: Sequence[float], count: int, up: float, down: float, dtype: str
) -> tuple[float, float, float, float, float, float]:
    """Return the sum of a row, its four bounds, and the farthest that a partial sum can get.

    The terms have the row's sum; `count` are its own terms other than zeros, `up` and `down` sum those of either sign.
    """
    if count < 2:
        only = math.fsum(terms)
        return only, only, only, only, only, abs(only)
    bound = (up + down) * _relative(count - 1, dtype)
    pairwise = min(bound, (up + down) * _relative(math.ceil(math.log2(count)) + 1, dtype))
    total = math.fsum(terms)
    rest = math.fsum((*terms, -total))
    return (
        total, math.fsum((total, rest, -bound)), math.fsum((total, rest, bound)),
        math.fsum((total, rest, -pairwise)), math.fsum((total, rest, pairwise)), max(up, down) * _WIDER + bound,
    )  # fmt: skip


def _many_rows(terms: Array, dtype: str) -> Array:
    """Return the results of `_one_row` for many short rows together, with each addition's error in a second float."""
    total = np.zeros(len(terms))
    error, up, down = np.zeros_like(total), np.zeros_like(total), np.zeros_like(total)
    for column in terms.T:
        total, lost = _two_sum(total, column)
        error += lost
        up += np.maximum(column, 0.0)
        down -= np.minimum(column, 0.0)
    counts = np.count_nonzero(terms, axis=1)
    factors = np.array([_relative(max(0, n - 1), dtype) for n in range(terms.shape[1] + 1)])
    bound = (up + down) * factors[counts]
    pairwise = np.array([_relative(math.ceil(math.log2(n)) + 1 if n > 1 else 0, dtype) for n in range(len(factors))])
    narrow = np.minimum(bound, (up + down) * pairwise[counts])

    def shifted(by: Array) -> Array:
        near, lost = _two_sum(total, by)
        moved: Array = near + (lost + error)
        return moved

    bounds = shifted(0 * bound), shifted(-bound), shifted(bound), shifted(-narrow), shifted(narrow)
    return np.array([*bounds, np.maximum(up, down) * _WIDER + bound])


def _two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    """Return a rounded sum, and the exact rounding error (Knuth)."""
    total = a + b
    back = total - a
    return total, (a - (total - back)) + (b - back)


def _with_infinities(terms: Array, odd: Bools, bounds: SumBounds, dtype: str) -> SumBounds:
    """Bound rows that hold infinities or NaN: their sum is certain, unless the finite terms may overflow."""
    some = terms[odd]
    up: Bools = np.logical_or.reduce(np.isposinf(some), axis=1)
    down: Bools = np.logical_or.reduce(np.isneginf(some), axis=1)
    neither = np.isnan(some).any(axis=1) | (up & down)
    end = np.where(neither, np.nan, np.where(up, np.inf, -np.inf))
    for part in (bounds.nearest, bounds.low, bounds.high, bounds.pairwise_low, bounds.pairwise_high):
        part[odd] = end
    against = np.where(np.isfinite(some) & ((some < 0) == up[:, None]), np.abs(some), 0.0)
    with np.errstate(over="ignore"):
        bounds.loose[odd] = ~neither & (against.sum(axis=1) * _WIDER > LARGEST[dtype])
    return bounds

"""How far a float sum may stray from the exact one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

UNIT_ROUNDOFF = {"float32": Fraction(1, 2**24), "float64": Fraction(1, 2**53)}
LARGEST = {"float32": float(np.finfo(np.float32).max), "float64": float(np.finfo(np.float64).max)}


@dataclass(frozen=True, slots=True)
class SumBounds:
    """The exact sum rounded, the intervals for any order of summation and for pairwise, and whether it may overflow."""

    nearest: float
    low: float
    high: float
    pairwise_low: float
    pairwise_high: float
    loose: bool


def sum_bounds(terms: np.ndarray[tuple[int], np.dtype[np.floating]], dtype: str) -> SumBounds:
    """Bounds for the sum of the terms, each rounded to `dtype`, added in any order.

    An addition errs by at most u times its result, and n - 1 of them by at most g = (n - 1)u / (1 - (n - 1)u) times the
    sum of the absolute values (Higham, Accuracy and Stability of Numerical Algorithms, 4.2). Pairwise summation has
    log2 n in place of n - 1.
    """
    wide = terms.astype(np.float64)
    if not np.isfinite(wide).all():
        return _with_infinities(wide, dtype)
    up, down = _exact_sum(wide[wide > 0]), _exact_sum(wide[wide < 0])
    count = int(np.count_nonzero(wide))
    bound = _bound(up - down, count - 1, dtype)
    pairwise = _bound(up - down, math.ceil(math.log2(count)) + 1 if count > 1 else 0, dtype)
    pairwise = min(pairwise, bound)
    total = up + down
    most = Fraction(LARGEST[dtype])
    loose = max(up, -down) + bound > most
    return SumBounds(
        _rounded(total, dtype),
        _outward(total - bound, -math.inf, dtype),
        _outward(total + bound, math.inf, dtype),
        _outward(total - pairwise, -math.inf, dtype),
        _outward(total + pairwise, math.inf, dtype),
        loose,
    )


def _with_infinities(wide: np.ndarray[tuple[int], np.dtype[np.float64]], dtype: str) -> SumBounds:
    if np.isnan(wide).any() or (np.isposinf(wide).any() and np.isneginf(wide).any()):
        return SumBounds(*(math.nan,) * 5, False)
    end = math.inf if np.isposinf(wide).any() else -math.inf
    finite = wide[np.isfinite(wide)]
    against = _exact_sum(finite[finite < 0]) if end > 0 else -_exact_sum(finite[finite > 0])
    return SumBounds(end, end, end, end, end, loose=-against > Fraction(LARGEST[dtype]))


def _exact_sum(terms: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Fraction:
    """The sum without any rounding for few terms, correctly rounded to 53 bits for many."""
    if terms.size == 0:
        return Fraction(0)
    if terms.size <= 64:
        return sum((Fraction(x) for x in terms.tolist()), Fraction(0))
    scaled = terms * 2.0**-64 if np.abs(terms).max() > 2.0**900 else terms
    factor = 2**64 if scaled is not terms else 1
    return Fraction(math.fsum(scaled.tolist())) * factor


def _bound(total: Fraction, additions: int, dtype: str) -> Fraction:
    """The bound, widened by what rounding the exact sums to 53 bits can take away."""
    if additions <= 0:
        return Fraction(0)
    nu = additions * UNIT_ROUNDOFF[dtype]
    return total * (nu / (1 - nu) + Fraction(1, 2**50) * (additions > 62))


def _rounded(value: Fraction, dtype: str) -> float:
    try:
        wide = float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
    with np.errstate(over="ignore"):
        return float(np.dtype(dtype).type(wide))


def _outward(value: Fraction, direction: float, dtype: str) -> float:
    """The dtype's value next to the bound that takes nothing allowed away."""
    near = _rounded(value, dtype)
    if not math.isfinite(near):
        return near
    if (Fraction(near) > value) == (direction > 0) or Fraction(near) == value:
        return near
    return float(np.nextafter(np.dtype(dtype).type(near), np.dtype(dtype).type(direction)))

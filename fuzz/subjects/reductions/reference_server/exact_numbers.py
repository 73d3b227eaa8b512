"""JSON numbers to NumPy scalars, rounded once."""

from decimal import Decimal

import numpy as np

FLOAT32_OVERFLOW = 2.0**128


def nearest(number: int | Decimal, dtype: str) -> np.generic | None:
    """Return the nearest value of the dtype, or None if it has none."""
    if dtype in ("float32", "float64"):
        exact = Decimal(number)
        rounded = np.float64(float(exact)) if dtype == "float64" else nearest_float32(exact)
        return rounded if np.isfinite(rounded) else None
    limits = np.iinfo(dtype)
    if isinstance(number, Decimal) or not limits.min <= number <= limits.max:
        return None
    exact_integer: np.generic = np.dtype(dtype).type(number)
    return exact_integer


def nearest_float32(exact: Decimal) -> np.float32:
    """Return the float32 nearest to a decimal number, infinite where it is too large."""
    double = float(exact)
    with np.errstate(over="ignore", under="ignore"):
        single = np.float32(double)
        if float(single) == double or double in (np.inf, -np.inf):
            return single
        other = neighbour(single, double)
    middle = (finite(single) + finite(other)) / 2
    # Rounding to float64 may have put the number on the middle, from where it goes the wrong way.
    if double != middle or exact == Decimal(middle):
        return single
    above = exact > Decimal(middle)
    return max(single, other) if above else min(single, other)


def neighbour(single: np.float32, double: float) -> np.float32:
    """Return the float32 next to `single` on the side of `double`."""
    towards = np.float32(np.inf) if double > float(single) else np.float32(-np.inf)
    return np.float32(np.nextafter(single, towards))


def finite(single: np.float32) -> float:
    """Return the number as a float64; infinity becomes the power of two that it is rounded from."""
    value = float(single)
    return float(np.copysign(FLOAT32_OVERFLOW, value)) if np.isinf(value) else value

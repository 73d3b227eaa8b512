"""Define the six element types of the API, and convert JSON numbers to them exactly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

ByteOrder = Literal["little", "big"]
Array = npt.NDArray[Any]
Bools = npt.NDArray[Any]

NAMES: Final = ("int32", "int64", "uint32", "uint64", "float32", "float64")
INTEGERS: Final = ("int32", "int64", "uint32", "uint64")
FLOATS: Final = ("float32", "float64")
BEYOND_FLOAT32: Final = Fraction(2) ** 128 - Fraction(2) ** 103
_TYPES: Final = {"int32": np.int32, "int64": np.int64, "uint32": np.uint32, "uint64": np.uint64}
ITEM_SIZES: Final = {"int32": 4, "int64": 8, "uint32": 4, "uint64": 8, "float32": 4, "float64": 8}


@cache
def in_byte_order(dtype: str, byte_order: ByteOrder) -> np.dtype[np.generic]:
    return np.dtype(dtype).newbyteorder("<" if byte_order == "little" else ">")


@cache
def name_of(dtype: np.dtype[Any]) -> str:
    """Return the name of a dtype in either byte order, which NumPy takes longer to make up."""
    return str(dtype.name)


@cache
def integer_bounds(dtype: str) -> tuple[int, int]:
    info = np.iinfo(dtype)
    return int(info.min), int(info.max)


def exact(number: int | float) -> Fraction:
    """Return the number in the JSON text: the shortest decimal of a float, not its binary expansion."""
    return Fraction(repr(number)) if isinstance(number, float) else Fraction(number)


def nearest(number: int | float, dtype: str) -> Any:
    """Return the dtype's value nearest to a finite JSON number, ties to even; None where it has none."""
    if dtype in INTEGERS:
        low, high = integer_bounds(dtype)
        if not isinstance(number, int) or not low <= number <= high:
            return None
        return _TYPES[dtype](number)
    try:
        guess = float(number)
    except OverflowError:
        return None
    if dtype == "float64":
        return np.float64(guess)
    return np.float32(guess) if _is_float32(guess, number) else _nearest_float32(exact(number), guess)


def all_nearest(numbers: Sequence[int | float], dtype: str) -> Sequence[Any] | Array:
    """Return what `nearest` gives for each number; a list of integers of the dtype is seen as a whole to be one."""
    if is_of_integers(numbers, dtype):
        return np.array(numbers, dtype)
    return [nearest(number, dtype) for number in numbers]


def is_of_integers(numbers: Sequence[int | float], dtype: str) -> bool:
    """Say whether all numbers are integers that a dtype of integers has; false for no numbers."""
    if dtype not in INTEGERS or set(map(type, numbers)) != {int}:
        return False
    low, high = integer_bounds(dtype)
    return low <= min(numbers) and max(numbers) <= high


def through_float64(number: int | float) -> Any:
    """Return the float32 nearest to the float64 nearest to a number; infinite if that is beyond float32.

    For numbers close to the middle of two float32 the result may differ from that of `nearest`.
    """
    with np.errstate(over="ignore", under="ignore"):
        return np.float32(float(number))


def _is_float32(guess: float, number: int | float) -> bool:
    with np.errstate(over="ignore", under="ignore"):
        return guess == number and float(np.float32(guess)) == guess


def _nearest_float32(value: Fraction, guess: float) -> Any:
    with np.errstate(over="ignore", under="ignore"):
        first = np.float32(guess)
        around = {float(first)} | {float(np.nextafter(first, np.float32(end))) for end in (-np.inf, np.inf)}
    if abs(value) >= BEYOND_FLOAT32:
        return None
    finite = [x for x in around if np.isfinite(x)]
    best = min(finite, key=lambda x: (abs(Fraction(x) - value), int(np.float32(x).view(np.uint32)) & 1))
    if best == 0:
        return np.float32(math.copysign(0.0, guess))
    return np.float32(best)

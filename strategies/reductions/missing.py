"""Draw missing data: the five kinds, with values that do and do not occur in the data."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from specs.fields import Json
from specs.reductions import dtypes
from specs.reductions.dtypes import Array
from specs.reductions.request import MISSING_KINDS
from strategies.drawing import Choice, Draw, booleans, composite, integers, just, one_of, sampled_from
from strategies.reductions import arrays

MOST_VALUES = 5
INEXACT = (0.1, -0.1, 1e-7, 16777217, 9.96921e36, -999.9)
_WAYS = sampled_from(
    ("element",) * 6
    + ("beside", "beside", "end", "end", "end", "end", "end", "common", "common", "zero", "inexact", "middle")
)
_STEPS = integers(-1, 1)
_ENDS = booleans()


@lru_cache(256)
def _below(count: int) -> Choice[int]:
    return integers(0, count - 1)


@lru_cache(256)
def _common(dtype: str) -> tuple[int | float, ...]:
    """List values that often mark missing data, and the ends of the dtype."""
    if dtype in dtypes.INTEGERS:
        low, high = dtypes.integer_bounds(dtype)
        fills = arrays.pool(dtype, "fills").tolist()
        return tuple(dict.fromkeys((0, 1, low, high, low + 1, high - 1, *fills)))
    top = float(np.finfo(dtype).max)
    fills = [x for x in arrays.pool(dtype, "fills").tolist() if np.isfinite(x)]
    return (0.0, 1, 0, -1, top, -top, np.finfo(dtype).smallest_subnormal.item(), *fills)


def numbers(draw: Draw, dtype: str, data: Array) -> int | float:
    """Draw a number that JSON and the dtype can hold: an element, a number next to an element, or a usual marker."""
    way = draw(_WAYS)
    if way == "inexact":
        return draw(_inexact(dtype))
    if way == "zero":
        return draw(_zeros(dtype))
    if way == "common" or not len(data):
        common = _common(dtype)
        return common[draw(_below(len(common)))]
    element = _end(data, draw(_ENDS)) if way == "end" else data[draw(_below(len(data)))]
    step = draw(_STEPS) if way != "element" else 0
    if way == "middle" and dtype in dtypes.FLOATS:
        return _middle(dtype, element, step, upwards=draw(_ENDS))
    if dtype in dtypes.INTEGERS:
        low, high = dtypes.integer_bounds(dtype)
        return min(max(int(element) + step, low), high)
    if step:
        with np.errstate(all="ignore"):
            element = np.nextafter(element, np.dtype(dtype).type(step * np.inf))
    return float(element) if np.isfinite(element) else 1.0


def _middle(dtype: str, element: Any, step: int, *, upwards: bool) -> int | float:
    """Return a number near the middle between an element and its neighbour, where rounding twice may differ."""
    with np.errstate(all="ignore"):
        other = np.nextafter(element, np.dtype(dtype).type(np.inf if upwards else -np.inf))
    if not (np.isfinite(element) and np.isfinite(other)):
        return 1.0
    one, two = float(element), float(other)
    if one.is_integer() and two.is_integer() and abs(int(one) - int(two)) > 1:
        return (int(one) + int(two)) // 2 + step
    return (one + two) / 2 if dtype == "float32" else one


def _end(data: Array, largest: bool) -> Any:
    """Return the largest or smallest element; NaN is ignored."""
    with np.errstate(all="ignore"):
        return np.fmax.reduce(data) if largest else np.fmin.reduce(data)


@lru_cache(8)
def _inexact(dtype: str) -> Choice[int | float]:
    return sampled_from(INEXACT if dtype in dtypes.FLOATS else (0, 1, 2, 3))


@lru_cache(8)
def _zeros(dtype: str) -> Choice[int | float]:
    return one_of(just(0), just(-0.0)) if dtype in dtypes.FLOATS else just(0)


@composite
def missings(draw: Draw, dtype: str, data: Array, *, kinds: tuple[str, ...] = MISSING_KINDS) -> dict[str, Json]:
    """Draw a valid `missing` object about the data."""
    return described(draw, dtype, data, draw(_kinds(kinds)))


@lru_cache(64)
def _kinds(kinds: tuple[str, ...]) -> Choice[str]:
    return sampled_from(kinds)


def described(draw: Draw, dtype: str, data: Array, kind: str) -> dict[str, Json]:
    if kind == "missing_values":
        return {kind: _several(draw, dtype, data)}
    if kind == "valid_range":
        return {kind: _range(draw, dtype, data)}
    return {kind: numbers(draw, dtype, data)}


def _several(draw: Draw, dtype: str, data: Array) -> list[int | float]:
    """Draw a few values; now and then all values in the data."""
    count = draw(_below(MOST_VALUES + 4)) + 1
    if count > MOST_VALUES and len(data) > 0:
        finite = data[np.isfinite(data)] if dtype in dtypes.FLOATS else data
        every = list(dict.fromkeys(finite[:64].tolist()))
        if every:
            turn = draw(_below(len(every)))
            return every[turn:] + every[: turn - 1 if count % 2 and turn else turn]
    return [numbers(draw, dtype, data) for _ in range(min(count, MOST_VALUES))]


def _range(draw: Draw, dtype: str, data: Array) -> list[int | float]:
    """Draw two ends, the lower first; a pair that the dtype cannot tell apart is widened."""
    ends = sorted((numbers(draw, dtype, data), numbers(draw, dtype, data)), key=dtypes.exact)
    rounded = [dtypes.nearest(end, dtype) for end in ends]
    if rounded[0] != rounded[1]:
        return ends
    if dtype in dtypes.INTEGERS:
        low, high = dtypes.integer_bounds(dtype)
        return [low, ends[0]] if ends[0] > low else [low, high]
    top = float(np.finfo(dtype).max)
    return [ends[0], top] if ends[0] < top else [-top, top]

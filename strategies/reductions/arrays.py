"""Draw arrays of the six dtypes: element by element while small, by recipe when large."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from specs.reductions import dtypes
from specs.reductions.dtypes import Array
from strategies.drawing import Choice, Draw, composite, integers, lists, sampled_from

INTEGER_THEMES = ("small", "extremes", "narrowed", "negative", "positive", "fills")
FLOAT_THEMES = (
    "small", "extremes", "narrowed", "negative", "positive", "fills", "nan", "infinite", "zeros", "subnormal",
    "cancelling", "graded", *("decimal",) * 5, "infinite", "infinite", "zeros", "zeros", "subnormal", "nan",
)  # fmt: skip
# Layouts of special values. A spike at the end is listed twice, as servers often forget the last element.
OF_VALUES = (
    "cycle", "constant", "scattered", "spike first", "spike last", "spike last", "spike middle", "spike anywhere",
    "halves",
)  # fmt: skip
OF_STEPS = ("ramp", "permutation", "descending", "descending", "noise")
STEPPED = ("small", "extremes", "narrowed", "negative", "positive")
MOST_DRAWN = 12
SHORT_LENGTHS = (1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17, 18)
COMPOSITE_LENGTHS = (24, 27, 30, 36, 45, 60, 72, 75, 96, 105, 120, 135, 144, 180, 210, 315, 360, 720)
LANE_LENGTHS = (31, 32, 33, 63, 63, 64, 65, 100, 126, 127, 128, 129, 130, 189, 191, 195, 255, 256, 257)
LONG_LENGTHS = (511, 512, 513, 1023, 1024, 1025, 1440, 2047, 4095, 4096, 4097, 8191, 8192, 8193)
HUGE_LENGTHS = (16384, 16385, 20160, 100_000, 131072, 131073, 262_145, 300_001)
GIANT_LENGTHS = (1_000_003, 2_097_152, 4_194_305)
HUGE = -1
NETCDF_FILLS = (
    -127, -32767, 65535, -2147483647, 4294967295, -9223372036854775806, 18446744073709551614,
    -999, -9999, -99999, 999, 9999, -32768, -1,
)  # fmt: skip
NETCDF_FLOAT_FILLS = (9.969209968386869e36, 1e20, -1e20, 1e30, -1e30, -999.0, -9999.0, -99.9, -9.99, 1e36, 1e34)


def themes(dtype: str) -> tuple[str, ...]:
    return FLOAT_THEMES if dtype in dtypes.FLOATS else INTEGER_THEMES


@cache
def kinds(allowed: tuple[str, ...]) -> Choice[str]:
    """Draw dtypes; floats come more often, as more can go wrong with them."""
    floats = tuple(one for one in allowed if one in dtypes.FLOATS)
    return sampled_from(allowed + allowed + floats)


@cache
def pool(dtype: str, theme: str) -> Array:
    """Return the values of a dtype for a theme, the simplest first; read-only."""
    values = _floats(dtype, theme) if dtype in dtypes.FLOATS else _integers(dtype, theme)
    values.flags.writeable = False
    return values


def _integers(dtype: str, theme: str) -> Array:
    low, high = dtypes.integer_bounds(dtype)
    bits = 8 * dtypes.ITEM_SIZES[dtype]
    exact = 53 if bits == 64 else 24
    table = {
        "small": (0, 1, 2, 3, -1, -2, 5, 7, 10, -10, 100, 255, 256),
        "extremes": (0, 1, high, low, high - 1, low + 1, high // 2 + 1, -1, high // 2, low // 2 - 1),
        "narrowed": (
            2**exact, 2**exact + 1, 2**exact - 1, -(2**exact) - 1, 2**exact + 3, 2 ** (bits - 2) + 1,
            2 ** (bits - 1), 2 ** (bits - 1) + 1, 2 ** (bits - 1) - 1, 65535, 65536, 2**31, 2**32, 2**32 + 1,
            -(2**31) - 1,
        ),
        "negative": (-1, -2, -3, -7, -100, low + 1, -65536, low),
        "positive": (1, 2, 3, 7, 100, high, high - 1, 65536),
        "fills": (0, 1, *NETCDF_FILLS, 42, 7),
    }  # fmt: skip
    if low == 0 and theme == "negative":
        return np.array([high, high - 1, high // 2 + 1, high // 2 + 2, high - 2], dtype)
    return np.array([x for x in table[theme] if low <= x <= high], dtype)


def _floats(dtype: str, theme: str) -> Array:
    info = np.finfo(dtype)
    high, tiny, least = float(info.max), float(info.tiny), float(info.smallest_subnormal)
    eps = float(info.eps)
    huge = 1.0 / eps
    table: dict[str, tuple[float, ...]] = {
        "small": (0.0, 1.0, -1.0, 0.5, 2.0, 3.25, -7.5, 10.0, 100.0, -100.0, 0.1),
        "extremes": (0.0, 1.0, high, -high, high / 2, -high / 2, tiny, -tiny, high * (1 - eps), 1 + eps, 1 - eps / 2),
        "narrowed": (
            0.1, 1 / 3, 16777217.0, 16777216.0, 16777215.0, 2.0**53, 2.0**53 + 2, 2.0**63, 2.0**64, 1 + eps,
            *((1e40, -1e300, 1e-50, 3.4028235677973366e38) if dtype == "float64" else (3e38, 1e-40)),
        ),
        "negative": (-1.0, -2.0, -0.5, -100.0, -tiny, -least, -high),
        "positive": (1.0, 2.0, 0.5, 100.0, high, tiny, least),
        "fills": (0.0, 1.0, *NETCDF_FLOAT_FILLS, 273.15, -5.5),
        "infinite": (1.0, np.inf, -np.inf, np.inf, -np.inf, np.inf),
        "zeros": (0.0, -0.0, -0.0, 1.0, -0.0, -1.0),
        "subnormal": (0.0, least, -least, tiny, -tiny, tiny - least, 2 * least, -0.0, 1.0),
        "cancelling": (1.0, huge, -huge, -1.0, huge * 2, -huge * 2, high / 4, -high / 4, 1e-3, huge + 2),
        "decimal": (0.1, 0.2, 0.3, 0.7, 1.1, 2.3, 5.9, 1 / 3, 273.15, 99.99, 1e-3, 101325.7),
        "graded": tuple(sign * 3.0 * 4.0**power for power in range(-11, 12, 2) for sign in (1, -1, 1)),
        "nan": (1.0, 0.0, np.nan, 2.0, -1.0),
    }  # fmt: skip
    values = np.array(table[theme], dtype)
    return np.concatenate([values, _payloads(dtype)]) if theme == "nan" else values


def _payloads(dtype: str) -> Array:
    """Return NaNs of both signs, quiet and signalling, with and without payload."""
    if dtype == "float32":
        return np.array([0xFFC00000, 0x7FC00001, 0x7F800001, 0xFFFFFFFF], np.uint32).view(np.float32)
    bits = [0xFFF8000000000000, 0x7FF8000000000001, 0x7FF0000000000001, 0xFFFFFFFFFFFFFFFF]
    return np.array(bits, np.uint64).view(np.float64)


@dataclass(frozen=True, slots=True)
class Recipe:
    """The few choices from which a large array is made."""

    dtype: str
    theme: str
    layout: str
    length: int
    seed: int


def expanded(recipe: Recipe) -> Array:
    """Return the array of a recipe; the same recipe gives the same array."""
    values = pool(recipe.dtype, recipe.theme)
    if recipe.layout in ("ramp", "descending", "permutation"):
        return _ramp(recipe)
    if recipe.layout.startswith("spike"):
        return _spike(recipe)
    rng = np.random.Generator(np.random.PCG64(recipe.seed))
    some = np.roll(values, -recipe.seed % len(values))
    if recipe.layout == "cycle":
        return np.resize(some, recipe.length)
    if recipe.layout == "constant":
        return np.repeat(some[:1], recipe.length)
    if recipe.layout == "halves":
        return np.repeat(some[:2], [recipe.length // 2, recipe.length - recipe.length // 2])
    if recipe.layout == "scattered":
        return values[rng.integers(0, len(values), recipe.length)]
    if recipe.dtype in dtypes.FLOATS:
        return rng.random(recipe.length).astype(recipe.dtype)
    item_size = dtypes.ITEM_SIZES[recipe.dtype]
    return np.frombuffer(rng.bytes(recipe.length * item_size), recipe.dtype)


def _ramp(recipe: Recipe) -> Array:
    """Return distinct values, so that every change of place shows."""
    steps = np.arange(recipe.length, dtype=np.int64)
    if recipe.layout == "descending":
        steps = steps[::-1]
    elif recipe.layout == "permutation":
        steps = np.random.Generator(np.random.PCG64(recipe.seed)).permutation(steps)
    if recipe.theme == "negative" and recipe.dtype not in ("uint32", "uint64"):
        steps = -1 - steps
    elif recipe.theme == "positive":
        steps = steps + 1
    values: Array = steps.astype(recipe.dtype)
    if recipe.dtype in dtypes.INTEGERS and recipe.theme in ("extremes", "narrowed"):
        high = dtypes.integer_bounds(recipe.dtype)[1]
        start = high - recipe.length if recipe.theme == "extremes" else 2 ** (53 if "64" in recipe.dtype else 24)
        values = values + np.array(start, recipe.dtype)
    return values


def _spike(recipe: Recipe) -> Array:
    """Return ordinary values with one special value at the start, the end or elsewhere."""
    ordinary = np.resize(pool(recipe.dtype, "small")[1:4], recipe.length)
    values = pool(recipe.dtype, recipe.theme)
    places = {
        "spike first": 0,
        "spike last": recipe.length - 1,
        "spike middle": recipe.length // 2,
        "spike anywhere": recipe.seed * 7919 % recipe.length,
    }
    ordinary[places[recipe.layout]] = values[recipe.seed % len(values)]
    return ordinary


@cache
def _drawn(dtype: str, theme: str, most: int) -> Choice[list[int]]:
    return lists(integers(0, len(pool(dtype, theme)) - 1), min_size=1, max_size=most)


@cache
def lengths(longest: int) -> Choice[int]:
    """Draw numbers of elements: often composite or next to lane and buffer sizes, rarely long, more rarely `HUGE`.

    Where giant lengths are allowed, huge ones come often.
    """
    giant = longest > GIANT_LENGTHS[0]
    fitting = [
        [length for length in some if length <= longest] for some in (SHORT_LENGTHS, COMPOSITE_LENGTHS, LANE_LENGTHS)
    ]
    usual = [length for some in fitting for length in some * (1 if giant else 4)] or [1]
    long = [length for length in LONG_LENGTHS if length <= longest]
    huge = [HUGE] * (60 if giant else 3) if huge_lengths(longest) else []
    return sampled_from(usual + long * 2 + huge)


@cache
def huge_lengths(longest: int) -> tuple[int, ...]:
    """List numbers of elements beyond 64 KiB and 1 MiB; giant ones only where such long arrays are allowed."""
    # Lengths little beyond 64 KiB cost the least, so they come most often.
    some = (*HUGE_LENGTHS[:3] * 4, *HUGE_LENGTHS * 2, *GIANT_LENGTHS)
    return tuple(length for length in some if length <= longest)


@composite
def recipes(draw: Draw, dtype: str, *, theme: str | None = None, longest: int = 20_000) -> Recipe:
    chosen = theme or draw(_sampled(themes(dtype)))
    layout = draw(_sampled(OF_STEPS + OF_VALUES if chosen in STEPPED else OF_VALUES))
    length = draw(lengths(longest))
    if length == HUGE:
        length = draw(_sampled(huge_lengths(longest)))
    return Recipe(dtype, chosen, layout, length, draw(_SEEDS))


@composite
def arrays(draw: Draw, dtype: str, *, large: bool = True, longest: int = 20_000, extremes: bool = True) -> Array:
    """Draw flat arrays of a dtype; without extremes, of small readable numbers alone."""
    theme = draw(_sampled(themes(dtype))) if extremes else "small"
    if large and draw(_LARGE):
        return expanded(draw(recipes(dtype, theme=theme, longest=longest)))
    chosen = draw(_drawn(dtype, theme, min(MOST_DRAWN, longest)))
    return pool(dtype, theme)[chosen]


_SEEDS = integers(0, 63)
_LARGE = sampled_from((False, True, True))


@cache
def _sampled(values: tuple[Any, ...]) -> Choice[Any]:
    return sampled_from(values)

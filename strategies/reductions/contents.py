"""Draw objects: encoded arrays at known places, among other bytes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from specs.reductions import dtypes, encoding
from specs.reductions.dtypes import Array
from specs.reductions.profile import Profile
from specs.reductions.steps import Bucket, Put
from strategies.drawing import Choice, Draw, composite, sampled_from
from strategies.reductions.arrays import arrays, kinds
from strategies.reductions.encodings import Encoding, encodings
from strategies.reductions.keys import keys

FILLING = bytes(range(1, 252)) * 24
GAPS = (0, 0, 0, 1, 2, 3, 4, 5, 7, 8, 12, 16, 64, 511, 512, 4096)
BULKY_BYTES = 8000


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """A flat array with its encoding and its place; `after` counts the object's bytes that follow."""

    values: Array
    encoding: Encoding
    start: int
    size: int
    after: int

    @property
    def dtype(self) -> str:
        return dtypes.name_of(self.values.dtype)

    def read_as(self, dtype: str, byte_order: dtypes.ByteOrder) -> Array:
        """Return the same bytes read as another dtype or byte order."""
        if (dtype, byte_order) == (self.dtype, self.encoding.byte_order):
            return self.values
        data = encoding.plain(self.values, self.encoding.byte_order)
        return np.frombuffer(data, dtypes.in_byte_order(dtype, byte_order)).astype(dtype, copy=False)


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """An object and the arrays in it."""

    key: str
    bucket: Bucket
    data: bytes
    segments: tuple[Segment, ...]

    def put(self) -> Put:
        return Put(self.key, self.data, self.bucket)


def placed(key: str, bucket: Bucket, parts: list[tuple[int, Array, Encoding]], tail: int) -> Content:
    """Build an object of gaps and arrays, in turn, and a tail."""
    data, spans = b"", []
    for gap, values, how in parts:
        data += FILLING[:gap]
        stored = how.stored(values)
        spans.append((values, how, len(data), len(stored)))
        data += stored
    data += FILLING[:tail]
    segments = (Segment(values, how, start, size, len(data) - start - size) for values, how, start, size in spans)
    return Content(key, bucket, data, tuple(segments))


@lru_cache(256)
def _sampled(values: tuple[Any, ...]) -> Choice[Any]:
    return sampled_from(values)


_GAPS = sampled_from(GAPS)
_ANEW = sampled_from((True, True, False))
_EXOTIC_KEY = sampled_from((False, False, True))


def buckets(profile: Profile) -> tuple[Bucket, ...]:
    return ("private", "public") if profile.anonymous or "http" in profile.interfaces else ("private",)


@composite
def contents(
    draw: Draw,
    profile: Profile,
    *,
    prefix: str = "",
    longest: int = 20_000,
    empty: bool = True,
    exotic_keys: bool = True,
    bucket: Bucket | None = None,
    extremes: bool = True,
) -> Content:
    """Draw objects of one or more encoded arrays, or of no bytes at all."""
    key = prefix + (draw(keys()) if exotic_keys and draw(_EXOTIC_KEY) else "a")
    where: Bucket = bucket if bucket is not None else draw(_sampled(buckets(profile)))
    before, others, after = draw(_LAYOUTS)
    values = draw(arrays(draw(kinds(profile.dtypes)), longest=longest, extremes=extremes))
    parts = [(before, values, _encoded(draw, profile, values))]
    if others is None and empty:
        # The unused array is drawn all the same: Hypothesis would prefer an empty object if it took fewer choices.
        return placed(key, where, [(0, values[:0], Encoding(profile.native_byte_order))], 0)
    for _ in range(others or 0 if values.nbytes < BULKY_BYTES else 0):
        if draw(_ANEW):
            shorter = min(longest, BULKY_BYTES // 8)
            values = draw(arrays(draw(kinds(profile.dtypes)), longest=shorter, extremes=extremes))
        parts.append((draw(_GAPS), values, _encoded(draw, profile, values)))
    return placed(key, where, parts, after)


def _encoded(draw: Draw, profile: Profile, values: Array) -> Encoding:
    return draw(encodings(profile, values.dtype.itemsize, values.nbytes))


def _layouts() -> list[tuple[int, int | None, int]]:
    """List layouts: bytes before the first array, the number of further arrays (None: no bytes), bytes at the end."""
    lone: list[tuple[int, int | None, int]] = [
        (before, 0, after) for before, after in ((0, 0), (0, 0), (0, 0), (0, 5), (0, 4096))
    ]
    padded = [(gap, 0, GAPS[(3 * place) % len(GAPS)]) for place, gap in enumerate(GAPS) if gap]
    several = [
        (GAPS[(5 * turn) % len(GAPS)] * (turn % 3 == 0), 1 + turn % 4, turn % 5 * (turn % 3 == 0)) for turn in range(36)
    ]
    return [*lone * 3, (0, None, 0), (0, None, 0), *padded, *several]


_LAYOUTS = sampled_from(_layouts())

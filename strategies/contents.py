"""Objects: encoded arrays at known places, among other bytes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from specs import dtypes, encoding
from specs.case import Bucket, Put
from specs.dtypes import Array
from specs.profile import Profile
from strategies.arrays import arrays
from strategies.encodings import Encoding, encodings
from strategies.keys import keys

FILLING = bytes(range(1, 252)) * 24
GAPS = (0, 0, 0, 1, 2, 3, 4, 5, 7, 8, 12, 16, 64, 511, 512, 4096)
MOST_SEGMENTS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """A flat array, how it is encoded, and where its bytes are; `after` counts the object's bytes that follow."""

    values: Array
    encoding: Encoding
    start: int
    size: int
    after: int

    @property
    def dtype(self) -> str:
        return str(self.values.dtype.name)

    def read_as(self, dtype: str, byte_order: dtypes.ByteOrder) -> Array:
        """The same bytes taken for another dtype or byte order."""
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
    """An object of gaps and arrays, in turn, and a tail."""
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
def _sampled(values: tuple[Any, ...]) -> SearchStrategy[Any]:
    return st.sampled_from(values)


_GAPS = st.sampled_from(GAPS)
_TAILS = st.sampled_from((0,) * 16 + GAPS)
_EXTRA = st.sampled_from((0, 0, 0, 1, 1, 2))
_EXOTIC_KEY = st.sampled_from((False, False, False, True))
_EMPTY = st.sampled_from((False,) * 40 + (True,))


def buckets(profile: Profile) -> tuple[Bucket, ...]:
    return ("private", "public") if profile.anonymous or "http" in profile.interfaces else ("private",)


@st.composite
def contents(
    draw: st.DrawFn,
    profile: Profile,
    *,
    prefix: str = "",
    longest: int = 20_000,
    empty: bool = True,
    exotic_keys: bool = True,
    bucket: Bucket | None = None,
) -> Content:
    """Objects of one array in one or more encodings, or of no bytes at all."""
    dtype = draw(_sampled(profile.dtypes))
    key = prefix + (draw(keys()) if exotic_keys and draw(_EXOTIC_KEY) else "a")
    where: Bucket = bucket if bucket is not None else draw(_sampled(buckets(profile)))
    if empty and draw(_EMPTY):
        return placed(key, where, [(0, np.array([], dtype), Encoding(profile.native_byte_order))], 0)
    values = draw(arrays(dtype, longest=longest))
    hows = encodings(profile, values.dtype.itemsize, values.nbytes)
    parts = [(draw(_GAPS), values, draw(hows))]
    more = draw(_EXTRA) if len(values) < 1000 else 0
    parts += [(draw(_GAPS), values, draw(hows)) for _ in range(more)]
    return placed(key, where, parts, draw(_TAILS))

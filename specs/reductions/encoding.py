"""Encode arrays as stored bytes: order, byte order, filters, compression."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence
from itertools import pairwise
from types import MappingProxyType

import numpy as np

from specs.reductions.dtypes import Array, ByteOrder, in_byte_order, name_of
from specs.reductions.request import Filter

BLOSC2_INSIDE = MappingProxyType(
    {1: ("LZ4", "NOFILTER"), 3: ("BLOSCLZ", "SHUFFLE"), 7: ("LZ4HC", "SHUFFLE"), 9: ("ZLIB", "BITSHUFFLE")}
)


def plain(array: Array, byte_order: ByteOrder = "little", order: str = "C") -> bytes:
    """Return the elements of an array in C or Fortran order, unfiltered and uncompressed."""
    flat = np.asarray(array).ravel(order="F" if order == "F" else "C")
    return flat.astype(in_byte_order(name_of(array.dtype), byte_order), copy=False).tobytes()


def shuffled(data: bytes, element_size: int) -> bytes:
    """Put the first bytes of all elements first, then the second bytes, and so on; a remainder stays at the end."""
    whole = len(data) // element_size * element_size
    if not whole:
        return data
    matrix = np.frombuffer(data[:whole], np.uint8).reshape(-1, element_size)
    return matrix.T.tobytes() + data[whole:]


def filtered(data: bytes, filters: Sequence[Filter]) -> bytes:
    for one in filters:
        data = shuffled(data, one.element_size)
    return data


def gzipped(data: bytes, members: int = 1, level: int = 6) -> bytes:
    """Return a gzip stream, of several members if asked."""
    edges = [len(data) * i // members for i in range(members + 1)]
    return b"".join(gzip.compress(data[a:b], level, mtime=0) for a, b in pairwise(edges))


def zlibbed(data: bytes, level: int = 6) -> bytes:
    return zlib.compress(data, level)


def blosc2_chunk(data: bytes, item_size: int = 1, level: int = 5) -> bytes:
    """Return one bare blosc2 chunk; codec and inner filter depend on the level, so that all that writers use occur."""
    import blosc2

    codec, inner = BLOSC2_INSIDE.get(level, ("ZSTD", "SHUFFLE"))
    return bytes(
        blosc2.compress2(
            data,
            typesize=item_size,
            clevel=level,
            nthreads=1,
            codec=blosc2.Codec[codec],
            filters=[blosc2.Filter[inner]],
        )
    )


def compressed(data: bytes, compression: str | None, *, item_size: int = 1, members: int = 1, level: int = 6) -> bytes:
    if compression is None:
        return data
    if compression == "gzip":
        return gzipped(data, members, level)
    if compression == "zlib":
        return zlibbed(data, level)
    return blosc2_chunk(data, item_size, level)


def stored(
    array: Array,
    *,
    byte_order: ByteOrder = "little",
    order: str = "C",
    filters: Sequence[Filter] = (),
    compression: str | None = None,
    members: int = 1,
    level: int = 6,
) -> bytes:
    """Return the bytes of an object that holds an array written with these settings."""
    data = filtered(plain(array, byte_order, order), filters)
    return compressed(data, compression, item_size=array.dtype.itemsize, members=members, level=level)

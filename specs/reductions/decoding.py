"""Decode stored bytes to the array that a request asks about, or say why there is none."""

from __future__ import annotations

import math
import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from specs.itself import Itself
from specs.reductions.dtypes import ITEM_SIZES, Array, in_byte_order
from specs.reductions.request import Filter, Request
from specs.reductions.rules import Rule

MOST_DIMENSIONS = 60
MOST_INFLATED_BYTES = 256 * 2**20
# So many of the latest encoded parts are decoded once, whoever asks about them: the model, accounts, and triage.
MOST_KEPT: Final = 16
_BLOSC2_HEADER = 32
_FORMATS = range(2, 6)
_EXTENDED = 0b101
_CODECS = (0, 1, 3, 4)
_BITSHUFFLE = 2
# The bits of a lazy chunk, and of a special chunk whose values are not stored at all.
_ODD_KINDS = 0b1001000


@dataclass(frozen=True, slots=True)
class Undecodable(Exception):
    """The stored bytes do not fit the request; `rule` is the rule broken, or None if nothing is specified."""

    rule: Rule | None
    detail: str


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """The elements in the request's layout, and the doubts that allow a refusal instead."""

    array: Array
    doubts: tuple[Rule, ...]


def decode(request: Request, content: bytes) -> Decoded:
    """Read `content` as the request says; raises Undecodable where an error is due."""
    if request.shape is not None and len(request.shape) > MOST_DIMENSIONS:
        raise Undecodable(None, "more dimensions than NumPy has")
    data, known_doubts = _undone(request, content)
    doubts = list(known_doubts)
    item_size = ITEM_SIZES[request.dtype]
    wanted = None if request.shape is None else math.prod(request.shape) * item_size
    if wanted is None:
        if len(data) % item_size:
            raise Undecodable(Rule.DATA_DOES_NOT_FIT, "no multiple of the item size")
    elif len(data) < wanted:
        rule = Rule.DATA_DOES_NOT_FIT if request.compression else Rule.SHORT_READ
        raise Undecodable(rule, "less data than the shape calls for")
    elif len(data) > wanted:
        doubts.append(Rule.SURPLUS_DATA)
        data = data[:wanted]
    array = np.frombuffer(data, in_byte_order(request.dtype, request.byte_order)).astype(request.dtype)
    shape = (array.size,) if request.shape is None else request.shape
    return Decoded(array.reshape(shape, order=request.order), tuple(doubts))


def _undone(request: Request, content: bytes) -> tuple[bytes, tuple[Rule, ...]]:
    """Return the window's bytes, decompressed and unfiltered, and the doubts about them."""
    data = _window(request, content)
    if request.compression is None and not request.filters:
        return data, ()
    return _decoded(Itself(content), request.offset, request.size, request.compression, request.filters)


@lru_cache(maxsize=MOST_KEPT)
def _decoded(
    content: Itself[bytes], offset: int, size: int | None, compression: str | None, filters: tuple[Filter, ...]
) -> tuple[bytes, tuple[Rule, ...]]:
    data, doubts = _part(content.it, offset, size), list[Rule]()
    if compression is not None:
        data = _decompressed(compression, data, doubts)
    for one in reversed(filters):
        if len(data) % one.element_size or one.element_size >= 2**31:
            doubts.append(Rule.ELEMENT_SIZE_DOES_NOT_DIVIDE)
        data = unshuffled(data, one.element_size)
    return data, tuple(doubts)


def _window(request: Request, content: bytes) -> bytes:
    if not content and request.offset == 0 and request.size is None and request.compression is None:
        return content
    if request.offset >= len(content):
        raise Undecodable(Rule.RANGE_BEYOND_THE_OBJECT, "the range starts at or beyond the object's end")
    if request.size is not None and request.offset + request.size > len(content):
        raise Undecodable(Rule.SHORT_READ, "the object ends before the range does")
    return _part(content, request.offset, request.size)


def _part(content: bytes, offset: int, size: int | None) -> bytes:
    return content[offset:] if size is None else content[offset:][:size]


def unshuffled(data: bytes, element_size: int) -> bytes:
    """Undo a shuffle; bytes that make no whole element at the end stay as they are."""
    count = len(data) // element_size
    if count == 0:
        return data
    whole = count * element_size
    matrix = np.frombuffer(data[:whole], np.uint8).reshape(element_size, count)
    return matrix.T.tobytes() + data[whole:]


def _decompressed(compression: str, data: bytes, doubts: list[Rule]) -> bytes:
    if compression == "blosc2":
        return _blosc2(data, doubts)
    try:
        return _gzip(data, doubts) if compression == "gzip" else _zlib(data, doubts)
    except zlib.error as error:
        raise Undecodable(Rule.UNDECODABLE_DATA, f"not a {compression} stream: {error}") from error


def _one_stream(data: bytes, window_bits: int, room: int) -> tuple[bytes, bytes]:
    """Split the data into the first compressed stream, inflated, and the bytes after it."""
    inflater = zlib.decompressobj(window_bits)
    inflated = inflater.decompress(data, room)
    if inflater.unconsumed_tail:
        raise Undecodable(Rule.INFLATES_TOO_FAR, "inflates beyond the suite's limit")
    if not inflater.eof:
        raise Undecodable(Rule.UNDECODABLE_DATA, "the compressed stream is truncated")
    return inflated, inflater.unused_data


def _zlib(data: bytes, doubts: list[Rule]) -> bytes:
    inflated, rest = _one_stream(data, zlib.MAX_WBITS, MOST_INFLATED_BYTES)
    if rest:
        doubts.append(Rule.BYTES_AFTER_THE_STREAM)
    return inflated


def _gzip(data: bytes, doubts: list[Rule]) -> bytes:
    """Inflate every member; zeros after the last are padding, other bytes after it are a doubt."""
    parts: list[bytes] = []
    rest = data
    while rest or not parts:
        if parts and not rest.strip(b"\0"):
            break
        try:
            inflated, rest = _one_stream(rest, 16 + zlib.MAX_WBITS, MOST_INFLATED_BYTES)
        except (zlib.error, Undecodable):
            if not parts:
                raise
            doubts.append(Rule.BYTES_AFTER_THE_STREAM)
            break
        parts.append(inflated)
    return b"".join(parts)


def _blosc2(data: bytes, doubts: list[Rule]) -> bytes:
    import blosc2

    if data[2:10] == b"b2frame\0" or data[:8] == b"b2frame\0":
        raise Undecodable(None, "a blosc2 frame, not a bare chunk")
    if len(data) < _BLOSC2_HEADER:
        raise Undecodable(Rule.UNDECODABLE_DATA, "shorter than a blosc2 header")
    inflated_bytes, _, stored_bytes = struct.unpack_from("<iii", data, 4)
    if not 0 <= inflated_bytes <= MOST_INFLATED_BYTES or not _BLOSC2_HEADER <= stored_bytes <= len(data):
        raise Undecodable(Rule.UNDECODABLE_DATA, "the blosc2 header does not fit the data")
    if stored_bytes < len(data):
        doubts.append(Rule.BYTES_AFTER_THE_STREAM)
    try:
        inflated = bytes(blosc2.decompress2(data[:stored_bytes], nthreads=1))
    except (RuntimeError, ValueError, TypeError) as error:
        raise Undecodable(Rule.UNDECODABLE_DATA, f"not a blosc2 chunk: {error}") from error
    if len(inflated) != inflated_bytes:
        raise Undecodable(Rule.UNDECODABLE_DATA, "the blosc2 chunk inflates to another length than its header says")
    if _is_unusual(data):
        raise Undecodable(None, "a blosc2 chunk of an unusual kind")
    return inflated


def _is_unusual(chunk: bytes) -> bool:
    """Say whether readers may differ on a chunk: on its format, codec, sizes or filters, or on missing data."""
    version, flags, item_size, filters, kind = chunk[0], chunk[2], chunk[3], chunk[16:22], chunk[31]
    length, block = struct.unpack_from("<ii", chunk, 4)
    return (
        version not in _FORMATS
        or flags & _EXTENDED != _EXTENDED
        or flags >> 5 not in _CODECS
        or item_size == 0
        or not min(length, 1) <= block <= max(length, 1)
        or any(one > _BITSHUFFLE for one in filters)
        or kind & _ODD_KINDS != 0
    )

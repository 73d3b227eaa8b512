"""Take a compressed stream apart: its members, its decompressed data, and the bytes after it."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from specs.reductions.decoding import MOST_INFLATED_BYTES, unshuffled
from specs.reductions.request import Request

STORED_BYTES_AT = 12


@dataclass(frozen=True, slots=True)
class Stream:
    """A compressed stream. `inflated` is None for blosc2; `tail` are the bytes after the last member."""

    members: int
    tail: bytes
    inflated: bytes | None


def stream_of(compression: str, data: bytes) -> Stream:
    """Take apart a stream that is known to be decodable."""
    if compression == "blosc2":
        (stored_bytes,) = struct.unpack_from("<i", data, STORED_BYTES_AT)
        return Stream(1, data[stored_bytes:], None)
    window_bits = 16 + zlib.MAX_WBITS if compression == "gzip" else zlib.MAX_WBITS
    parts: list[bytes] = []
    rest = data
    while rest and (not parts or compression == "gzip"):
        inflater = zlib.decompressobj(window_bits)
        try:
            inflated = inflater.decompress(rest, MOST_INFLATED_BYTES)
        except zlib.error:
            break
        if not inflater.eof:
            break
        parts.append(inflated)
        rest = inflater.unused_data
    return Stream(max(len(parts), 1), rest, b"".join(parts))


def surplus_of(request: Request, inflated: bytes, wanted: int) -> bytes:
    """Return the decoded bytes beyond those that the shape calls for."""
    if len(inflated) <= wanted:
        return b""
    for one in reversed(request.filters):
        inflated = unshuffled(inflated, one.element_size)
    return inflated[wanted:]

"""Compute the digests of the API: MD5, SHA-1, SHA-256 and three cyclic redundancy checks, as base64 of big-endian."""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from collections.abc import Iterable
from functools import cache, reduce
from itertools import chain

KINDS = ("md5", "crc32", "crc32c", "crc64nvme", "sha1", "sha256")
HEADERS = tuple(f"x-amz-checksum-{kind}" for kind in KINDS if kind != "md5")
SIZES = {"md5": 16, "crc32": 4, "crc32c": 4, "crc64nvme": 8, "sha1": 20, "sha256": 32}
CASTAGNOLI, NVME = 0x82F63B78, 0x9A6C9329AC4BC9B5


def digest(kind: str, data: bytes | Iterable[bytes]) -> str:
    """Return the digest of that kind in base64."""
    return base64.b64encode(raw_digest(kind, data)).decode()


def raw_digest(kind: str, data: bytes | Iterable[bytes]) -> bytes:
    """Return the bytes of the digest of that kind, of data in one piece or in several."""
    pieces = (data,) if isinstance(data, bytes) else data
    match kind:
        case "md5" | "sha1" | "sha256":
            return _hashed(kind, pieces)
        case "crc32":
            return reduce(lambda value, piece: zlib.crc32(piece, value), pieces, 0).to_bytes(4, "big")
        case "crc32c":
            return _crc(pieces, CASTAGNOLI, 32).to_bytes(4, "big")
        case "crc64nvme":
            return _crc(pieces, NVME, 64).to_bytes(8, "big")
    raise ValueError(f"there is no digest {kind!r}")


def _hashed(kind: str, pieces: Iterable[bytes]) -> bytes:
    made = hashlib.new(kind, usedforsecurity=False)
    for piece in pieces:
        made.update(piece)
    return made.digest()


def well_formed(kind: str, text: str) -> bool:
    """Say whether a text is base64 of as many bytes as the digest has."""
    try:
        return len(base64.b64decode(text, validate=True)) == SIZES[kind]
    except (binascii.Error, ValueError):
        return False


@cache
def _table(polynomial: int) -> tuple[int, ...]:
    """Return the remainders of all bytes, for a polynomial with its bits reflected."""
    table = []
    for number in range(256):
        for _ in range(8):
            number = (number >> 1) ^ polynomial if number & 1 else number >> 1
        table.append(number)
    return tuple(table)


def _crc(pieces: Iterable[bytes], polynomial: int, bits: int) -> int:
    table, ones = _table(polynomial), (1 << bits) - 1
    value = ones
    for byte in chain.from_iterable(pieces):
        value = table[(value ^ byte) & 0xFF] ^ (value >> 8)
    return value ^ ones

"""The checksums of S3: CRCs of 32 and 64 bits, SHA-1 and SHA-256, computed piece by piece."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CASTAGNOLI = 0x82F63B78  # bits reflected
NVME = 0x9A6C9329AC4BC9B5  # bits reflected
# Fewer bytes than this are taken one by one; more, in so many lanes at once.
ONE_BY_ONE_BYTES = 8 * 1024
LANES = 1024
# So much at a time, that no array becomes large.
BLOCK_BYTES = 1024 * 1024


class Running(Protocol):
    """A checksum that is fed piece by piece."""

    def update(self, data: bytes, /) -> None:
        """Take the next bytes."""

    def digest(self) -> bytes:
        """Return the checksum so far, big-endian."""


@cache
def _table(polynomial: int) -> tuple[int, ...]:
    entries = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (polynomial if value & 1 else 0)
        entries.append(value)
    return tuple(entries)


@cache
def _table_array(polynomial: int) -> NDArray[np.uint64]:
    import numpy as np  # a quarter of a store's start, and not needed by most

    return np.array(_table(polynomial), np.uint64)


@cache
def _zeros(polynomial: int, length: int) -> tuple[int, ...]:
    """Return what a number of zero bytes make of each bit of a register."""
    if length == 0:
        return tuple(1 << bit for bit in range(64))
    if length % 2:
        table = _table(polynomial)
        half = _zeros(polynomial, length - 1)
        return tuple(value >> 8 ^ table[value & 0xFF] for value in half)
    half = _zeros(polynomial, length // 2)
    return tuple(_through(half, value) for value in half)


def _through(operator: tuple[int, ...], value: int) -> int:
    """Return what an operator makes of a register."""
    result = 0
    bit = 0
    while value:
        if value & 1:
            result ^= operator[bit]
        value >>= 1
        bit += 1
    return result


def _register(polynomial: int, register: int, data: bytes) -> int:
    """Return the register after more bytes."""
    if len(data) < ONE_BY_ONE_BYTES:
        table = _table(polynomial)
        for byte in data:
            register = register >> 8 ^ table[(register ^ byte) & 0xFF]
        return register
    width = len(data) // LANES
    import numpy as np  # as above

    lanes = np.frombuffer(data, np.uint8, width * LANES).reshape(LANES, width).T.astype(np.uint64)
    table_array = _table_array(polynomial)
    found = np.zeros(LANES, np.uint64)
    low, byte_bits = np.uint64(0xFF), np.uint64(8)
    for column in lanes:
        found = found >> byte_bits ^ table_array[(found ^ column) & low]
    operator = _zeros(polynomial, width)
    for lane in found.tolist():
        register = _through(operator, register) ^ lane
    return _register(polynomial, register, data[width * LANES :])


class Crc:
    """A CRC with reflected bits that starts and ends with all ones."""

    def __init__(self, polynomial: int, bits: int) -> None:
        self._polynomial, self._bits = polynomial, bits
        self._ones = (1 << bits) - 1
        self._register = self._ones

    def update(self, data: bytes, /) -> None:
        """Take the next bytes."""
        for start in range(0, len(data), BLOCK_BYTES):
            self._register = _register(self._polynomial, self._register, data[start : start + BLOCK_BYTES])

    def digest(self) -> bytes:
        """Return the checksum so far, big-endian."""
        return (self._register ^ self._ones).to_bytes(self._bits // 8, "big")


class Crc32:
    """The CRC of zlib and of ZIP files."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes, /) -> None:
        """Take the next bytes."""
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        """Return the checksum so far, big-endian."""
        return self._value.to_bytes(4, "big")


def _sha1() -> Any:
    return hashlib.sha1(usedforsecurity=False)


# By the last word of their headers `x-amz-checksum-…`.
KINDS: Mapping[str, Callable[[], Running]] = MappingProxyType(
    {
        "crc32": Crc32,
        "crc32c": lambda: Crc(CASTAGNOLI, 32),
        "crc64nvme": lambda: Crc(NVME, 64),
        "sha1": _sha1,
        "sha256": hashlib.sha256,
    }
)


def checksum(kind: str, data: bytes) -> str:
    """Return the checksum of some bytes, as headers give it."""
    running = KINDS[kind]()
    running.update(data)
    return base64.b64encode(running.digest()).decode()

"""Define contents of objects as recipes: some bytes as they are, followed by bytes made from a seed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

BLOCK_BYTES = 256 * 1024
WORD_BYTES = 8
# Contents larger than this are remembered while they are in use, so many of them, unless they are larger than that.
MUCH_BYTES = 64 * 1024
MOST_REMEMBERED = 4
MOST_BYTES_REMEMBERED = 16 * 2**20


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of an object or a part: `text`, and after it `fill` bytes that follow from the seed."""

    text: bytes = b""
    fill: int = 0
    seed: int = 0

    @property
    def size(self) -> int:
        """Return the number of bytes."""
        return len(self.text) + self.fill

    @property
    def data(self) -> bytes:
        """Return all bytes of the content."""
        return _much(self) if MUCH_BYTES < self.size <= MOST_BYTES_REMEMBERED else self.read(0, self.size)

    def read(self, start: int, stop: int) -> bytes:
        """Return the bytes from `start` up to `stop`, without making any others."""
        stop = min(stop, self.size)
        head = self.text[start:stop]
        first = max(start - len(self.text), 0)
        return head + made(self.seed, first, stop - len(self.text) - first)

    def pieces(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Yield the bytes from `start` up to `stop`, or to the end, a block at a time."""
        end = self.size if stop is None else min(stop, self.size)
        for at in range(start, end, BLOCK_BYTES):
            yield self.read(at, min(at + BLOCK_BYTES, end))


NO_CONTENT = Content()


@lru_cache(MOST_REMEMBERED)
def _much(content: Content) -> bytes:
    """Return all bytes of much content, which is sent and judged in several places."""
    return content.read(0, content.size)


def made(seed: int, start: int, size: int) -> bytes:
    """Return `size` bytes from offset `start` of the endless stream of bytes that a seed stands for."""
    if size <= 0:
        return b""
    first, last = start // BLOCK_BYTES, (start + size - 1) // BLOCK_BYTES
    if first == last:
        return _of_block(seed, first, start % BLOCK_BYTES, size)
    blocks = range(first, last + 1)
    bounds = [max(start, number * BLOCK_BYTES) for number in blocks] + [start + size]
    return b"".join(
        _of_block(seed, number, low % BLOCK_BYTES, high - low)
        for number, low, high in zip(blocks, bounds, bounds[1:], strict=False)
    )


def _of_block(seed: int, number: int, start: int, size: int) -> bytes:
    """Return bytes of one block: those of a table, each word changed alike by the block's own word."""
    own = int.from_bytes(hashlib.blake2b(f"{seed}/{number}".encode(), digest_size=WORD_BYTES).digest(), "little")
    first, last = start // WORD_BYTES, -(-(start + size) // WORD_BYTES)
    words = (_table()[first:last] ^ np.uint64(own)).astype("<u8", copy=False)
    return words.tobytes()[start - first * WORD_BYTES :][:size]


@cache
def _table() -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """Return a block of words of which no two are alike."""
    return np.frombuffer(hashlib.shake_256(b"content").digest(BLOCK_BYTES), dtype="<u8")

"""Define contents of objects as recipes: some bytes as they are, followed by bytes made from a seed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

BLOCK_BYTES = 64 * 1024
MOST_REMEMBERED = 64


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
        return self.text + made(self.seed, 0, self.fill) if self.fill else self.text


NO_CONTENT = Content()


def made(seed: int, start: int, size: int) -> bytes:
    """Return `size` bytes from offset `start` of the endless stream of bytes that a seed stands for."""
    first, skip = divmod(start, BLOCK_BYTES)
    last = (start + size + BLOCK_BYTES - 1) // BLOCK_BYTES
    joined = b"".join(_block(seed, number) for number in range(first, last))
    return joined[skip : skip + size]


@lru_cache(MOST_REMEMBERED)
def _block(seed: int, number: int) -> bytes:
    return hashlib.shake_256(f"{seed}/{number}".encode()).digest(BLOCK_BYTES)

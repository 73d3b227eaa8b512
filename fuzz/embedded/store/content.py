"""The bytes of objects: pieces in memory or in files, which never change once they are there."""

from __future__ import annotations

import contextlib
import hashlib
import os
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

STREAMED_BYTES = 512 * 1024


class FilePiece:
    """A file of bytes, which is removed once nobody refers to it; a process that is killed leaves it behind."""

    __slots__ = ("__weakref__", "_end", "name", "path", "size")

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        self.name = path.name
        self.size = size
        self._end = weakref.finalize(self, _remove, os.fspath(path))
        # At the end of the process the objects are still wanted: the next process reads them.
        self._end.atexit = False

    def keep(self) -> None:
        """Leave the file where it is from now on, whoever refers to it."""
        self._end.detach()


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of an object or a part, in one or several pieces."""

    size: int = 0
    pieces: tuple[bytes | FilePiece, ...] = field(default=(), repr=False)

    def read(self, start: int = 0, stop: int | None = None) -> bytes:
        """Read the bytes from `start` up to `stop`."""
        end = self.size if stop is None else stop
        if len(self.pieces) == 1 and isinstance(self.pieces[0], bytes):
            only = self.pieces[0]
            return only if (start, end) == (0, self.size) else only[start:end]
        return b"".join(self.stream(start, end))

    def stream(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes from `start` up to `stop`, a little at a time."""
        for piece in self.pieces:
            size = len(piece) if isinstance(piece, bytes) else piece.size
            if start < size and stop > 0:
                first, last = max(start, 0), min(stop, size)
                yield from (piece[first:last],) if isinstance(piece, bytes) else _read_file(piece, first, last)
            start, stop = start - size, stop - size

    def joined(self, other: Content) -> Content:
        """Return this content followed by another."""
        return Content(self.size + other.size, self.pieces + other.pieces)

    @property
    def is_in_memory(self) -> bool:
        """Say whether reading takes no files."""
        return all(isinstance(piece, bytes) for piece in self.pieces)


def _read_file(piece: FilePiece, start: int, stop: int) -> Iterator[bytes]:
    with piece.path.open("rb", buffering=0) as file:
        file.seek(start)
        left = stop - start
        while left:
            data = file.read(min(left, STREAMED_BYTES))
            if not data:
                raise OSError(f"{piece.path} is shorter than {piece.size} bytes")
            yield data
            left -= len(data)


def in_memory(data: bytes) -> Content:
    """Return content that is kept in memory."""
    return Content(len(data), (data,) if data else ())


def md5_of(content: Content) -> bytes:
    """Return the MD5 of all bytes."""
    digest = hashlib.md5(usedforsecurity=False)
    for data in content.stream(0, content.size):
        digest.update(data)
    return digest.digest()

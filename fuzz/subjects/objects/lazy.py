"""Send and verify contents of any size: bodies are made while they are sent, answers are compared while they come."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from fuzz.transport.http.answers import Receiver
from specs.objects.content import Content

# Bodies of more bytes are made while they are sent.
MOST_BYTES_AT_ONCE = 8 * 2**20


@dataclass(frozen=True, slots=True)
class LazyBody:
    """A body of `size` bytes, whose pieces are made each time that they are sent."""

    size: int
    made: Callable[[], Iterable[bytes]]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.made())


Body = bytes | LazyBody


def body_of(content: Content) -> Body:
    """Return a content as a body, which is lazy if the content is large."""
    return content.data if content.size <= MOST_BYTES_AT_ONCE else LazyBody(content.size, content.pieces)


def pieces_of(body: Body) -> Iterable[bytes]:
    """Return the pieces of a body."""
    return (body,) if isinstance(body, bytes) else body


def size_of(body: Body) -> int:
    """Return the number of bytes of a body."""
    return len(body) if isinstance(body, bytes) else body.size


def bytes_of(body: Body) -> bytes:
    """Return all bytes of a body, which takes as much memory."""
    return b"".join(pieces_of(body))


def sha256_of(body: Body) -> str:
    """Return the SHA-256 of a body in hexadecimal."""
    digest = hashlib.sha256()
    for piece in pieces_of(body):
        digest.update(piece)
    return digest.hexdigest()


class Hashes(Receiver):
    """Hashes bytes as they pass: their MD5, their SHA-256 and their number."""

    def __init__(self) -> None:
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha256 = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        """Take the next bytes."""
        self._md5.update(data)
        self._sha256.update(data)
        self.size += len(data)

    def passing(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Yield pieces as they are, and take each."""
        for piece in pieces:
            self.write(piece)
            yield piece

    @property
    def told(self) -> tuple[str, str, int]:
        """Return both hashes in hexadecimal, and the number of bytes."""
        return self._md5.hexdigest(), self._sha256.hexdigest(), self.size


@dataclass(frozen=True, slots=True)
class Difference:
    """The first offset of a content at which other bytes came than were due; either may be the end."""

    offset: int
    due: bytes
    came: bytes

    def __str__(self) -> str:
        due, came = (one.hex(" ") or "the end" for one in (self.due, self.came))
        return f"offset {self.offset:,}: {due} was due, {came} came"


# How many bytes of a difference are told.
TOLD_BYTES = 8


class Verifier(Receiver):
    """Compares bytes, block by block as they come, with those of a content from `start` up to `stop`."""

    def __init__(self, content: Content, start: int = 0, stop: int | None = None) -> None:
        self._content = content
        self._stop = content.size if stop is None else min(stop, content.size)
        self._difference: Difference | None = None
        self.offset = start

    def write(self, data: bytes) -> None:
        """Take the next bytes; once a difference was found, nothing is compared any more."""
        if self._difference is None:
            due = self._content.read(self.offset, min(self.offset + len(data), self._stop))
            if data != due:
                at = first_difference(due, data)
                self._difference = Difference(self.offset + at, due[at : at + TOLD_BYTES], data[at : at + TOLD_BYTES])
        self.offset += len(data)

    def difference(self) -> Difference | None:
        """Return the first difference, once all bytes have come; None if there is none."""
        if self._difference is None and self.offset < self._stop:
            due = self._content.read(self.offset, min(self.offset + TOLD_BYTES, self._stop))
            return Difference(self.offset, due, b"")
        return self._difference


def first_difference(one: bytes, other: bytes) -> int:
    """Return the first place at which two byte strings, which are not equal, differ."""
    shorter = min(len(one), len(other))
    differ = np.frombuffer(one, "u1", shorter) != np.frombuffer(other, "u1", shorter)
    return int(differ.argmax()) if differ.any() else shorter

"""Read HTTP answers from a source of bytes, and return a Reply or the reason why there is none.

All readers are generators that yield the waits of the source.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Generator
from dataclasses import dataclass
from math import inf
from typing import Protocol, TypeVar

from fuzz.transport.protocol import AnswerLimits, Wait
from specs.outcome import NoReply, Reason, Reply

# Version 1 of the API lists the counts in a header, one for each element of the result.
MOST_HEAD_BYTES = 32 * 2**20
MOST_LENGTH_DIGITS = 20

_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}")

Result = TypeVar("Result")
AnswerReading = Generator[Wait, bool, Result]


class Source(Protocol):
    """A protocol for a source of bytes, such as a connection."""

    def received(self) -> AnswerReading[bytes]:
        """Wait for bytes and return them, or none at the end; raises OSError."""


class Receiver(ABC):
    """Takes an answer without error while it comes: its head, and its body piece by piece."""

    def begin(self, reply: Reply) -> None:  # noqa: B027
        """Take the head."""

    @abstractmethod
    def write(self, data: bytes) -> None:
        """Take the next bytes of the body."""


class _Kept(Receiver):
    """Keeps all pieces of a body."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Take the next bytes."""
        self.pieces.append(data)


@dataclass(frozen=True, slots=True)
class ReadAnswer:
    """An outcome, with whether the connection can be kept and whether any byte came."""

    outcome: Reply | NoReply
    keep: bool = False
    any_byte: bool = True


class _Broken(Exception):
    """The answer cannot be read on; the exception carries the outcome."""

    def __init__(self, outcome: NoReply, *, any_byte: bool = True) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome
        self.any_byte = any_byte


class _Stream:
    """A source and the bytes already read from it that are still to be parsed."""

    __slots__ = ("ahead", "got", "in_body", "source")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.ahead = b""
        self.got = False
        self.in_body = False

    def more(self) -> AnswerReading[bool]:
        """Read more bytes; return False at the end of the stream."""
        data = yield from self.source.received()
        self.got = self.got or bool(data)
        self.ahead += data
        return bool(data)

    def until(self, mark: bytes, most: int) -> AnswerReading[bytes]:
        start = 0
        while (at := self.ahead.find(mark, start)) < 0:
            start = max(0, len(self.ahead) - len(mark) + 1)
            if len(self.ahead) > most:
                raise _Broken(NoReply("garbled", f"no end of the head within {most} bytes"))
            if not (yield from self.more()):
                raise _Broken(self._ended(), any_byte=self.got)
        found, self.ahead = self.ahead[:at], self.ahead[at + len(mark) :]
        return found

    def exactly(self, count: int) -> AnswerReading[bytes]:
        parts, have = [self.ahead], len(self.ahead)
        while have < count:
            data = yield from self.source.received()
            if not data:
                raise _Broken(NoReply("truncated", f"{have} of {count} bytes of the body came"))
            parts.append(data)
            have += len(data)
        whole = b"".join(parts)
        self.ahead = whole[count:]
        return whole[:count]

    def passed(self, count: int, receiver: Receiver) -> AnswerReading[None]:
        """Give exactly so many bytes to the receiver."""
        left = count
        while left:
            if not self.ahead and not (yield from self.more()):
                raise _Broken(NoReply("truncated", f"{count - left} of {count} bytes of the body came"))
            piece, self.ahead = self.ahead[:left], self.ahead[left:]
            receiver.write(piece)
            left -= len(piece)

    def all_passed(self, receiver: Receiver, most: float) -> AnswerReading[None]:
        """Give all bytes up to the end to the receiver."""
        total = 0
        while self.ahead or (yield from self.more()):
            piece, self.ahead = self.ahead, b""
            total += len(piece)
            if total > most:
                raise _Broken(NoReply("too-long", f"more than {most:.0f} bytes without an end"))
            receiver.write(piece)

    def _ended(self) -> NoReply:
        if not self.got:
            return NoReply("closed", "the connection was closed before any byte of an answer")
        reason: Reason = "truncated" if self.in_body else "garbled"
        return NoReply(reason, f"the connection was closed after {self.ahead[:80]!r}")


def read_answer(
    source: Source, method: str, limits: AnswerLimits, receiver: Receiver | None = None
) -> AnswerReading[ReadAnswer]:
    """Read one answer to a request of that method; the receiver takes the body of an answer without error."""
    return _read_from(_Stream(source), method, limits, receiver)


def read_second_answer(source: Source, method: str, limits: AnswerLimits) -> AnswerReading[ReadAnswer | None]:
    """Read the answer to the second of two requests that were sent at once; the first is by GET.

    None if there cannot be a second answer: the first one says that the connection ends, or there is no first one.
    """
    stream = _Stream(source)
    first = yield from _read_from(stream, "GET", limits)
    if not isinstance(first.outcome, Reply) or not (first.keep or stream.ahead):
        return None
    stream.got, stream.in_body = bool(stream.ahead), False
    second = yield from _read_from(stream, method, limits)
    closed = isinstance(second.outcome, NoReply) and second.outcome.reason in ("closed", "reset")
    return None if closed else second


def _read_from(
    stream: _Stream, method: str, limits: AnswerLimits, receiver: Receiver | None = None
) -> AnswerReading[ReadAnswer]:
    try:
        return (yield from _read(stream, method, limits, receiver))
    except _Broken as broken:
        return ReadAnswer(broken.outcome, any_byte=broken.any_byte)
    except TimeoutError:
        reason = "the answer stopped midway" if stream.got else "no byte of an answer"
        return ReadAnswer(NoReply("timeout", reason), any_byte=stream.got)
    except OSError as error:
        return ReadAnswer(NoReply("reset", error.strerror or str(error)), any_byte=stream.got)


def _read(stream: _Stream, method: str, limits: AnswerLimits, receiver: Receiver | None) -> AnswerReading[ReadAnswer]:
    while True:
        status, version, headers = yield from _head(stream)
        if status >= 200:
            break
    stream.in_body = True
    lengths = {value for name, value in headers if name == "content-length"}
    named = dict(headers)
    keep = version != "HTTP/1.0" and "close" not in named.get("connection", "").lower()
    if method == "HEAD" or status in (204, 304):
        return ReadAnswer(Reply(status, headers, b""), keep)
    kept = _Kept()
    # What a receiver takes needs no limit, since nothing of it is kept.
    taker: Receiver
    taker, most = (kept, float(limits.bytes)) if receiver is None or status >= 300 else (receiver, inf)
    taker.begin(Reply(status, headers, b""))
    if "chunked" in named.get("transfer-encoding", "").lower():
        yield from _chunks(stream, taker, most)
    elif not lengths:
        yield from stream.all_passed(taker, most)
        keep = False
    else:
        yield from stream.passed(_length(lengths, most), taker)
        keep = keep and not stream.ahead
    return ReadAnswer(Reply(status, headers, b"".join(kept.pieces)), keep)


def _length(lengths: set[str], most: float) -> int:
    """Return the announced length of a body; raises _Broken."""
    length = lengths.pop()
    if lengths or not (length.isascii() and length.isdigit()):
        raise _Broken(NoReply("garbled", f"Content-Length {length!r}"))
    if len(length) > MOST_LENGTH_DIGITS or int(length) > most:
        raise _Broken(NoReply("too-long", f"an answer of {length[:80]} bytes"))
    return int(length)


def _head(stream: _Stream) -> AnswerReading[tuple[int, str, tuple[tuple[str, str], ...]]]:
    text = (yield from stream.until(b"\r\n\r\n", MOST_HEAD_BYTES)).decode("latin-1")
    first, *lines = text.split("\r\n")
    version, _, rest = first.partition(" ")
    code = rest[:3]
    if not version.startswith("HTTP/1.") or not (len(code) == 3 and code.isascii() and code.isdigit()):
        raise _Broken(NoReply("garbled", f"not a status line: {first[:80]!r}"))
    headers = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise _Broken(NoReply("garbled", f"not a header: {line[:80]!r}"))
        headers.append((name.strip().lower(), value.strip()))
    return int(code), version, tuple(headers)


def _chunks(stream: _Stream, receiver: Receiver, most: float) -> AnswerReading[None]:
    total = 0
    while True:
        line = (yield from stream.until(b"\r\n", 1024)).split(b";")[0].strip()
        if not _CHUNK_SIZE.fullmatch(line):
            raise _Broken(NoReply("garbled", f"chunk size {line[:40]!r}"))
        size = int(line, 16)
        if size == 0:
            while (yield from stream.until(b"\r\n", MOST_HEAD_BYTES)):
                pass
            return
        total += size
        if total > most:
            raise _Broken(NoReply("too-long", f"more than {most:.0f} bytes of chunks"))
        yield from stream.passed(size, receiver)
        if (yield from stream.exactly(2)) != b"\r\n":
            raise _Broken(NoReply("garbled", "a chunk without its end"))

"""Requests sent over several connections from one loop, each timed from its first byte to the answer's last."""

from __future__ import annotations

import re
import selectors
import socket
import ssl
import sys
import time
from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from fuzz.transport.exchanges import finished
from fuzz.transport.http.answers import read_answer
from fuzz.transport.protocol import AnswerLimits, Wait
from specs.outcome import NoReply, Reply

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

CONNECT_SECONDS = 5.0
CHUNK_BYTES = 256 * 1024
LARGE_BYTES = 64 * 1024
HEAD_END = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r]*chunked", re.IGNORECASE)
CHUNK_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,16})[ \t]*[;\r]")
STATUS = re.compile(rb"HTTP/1\.\d (\d{3})")
BODILESS = (b"204", b"304")


@dataclass(frozen=True, slots=True)
class Timed:
    """The answer to one request, and how long it took."""

    elapsed_ms: float
    outcome: Reply | NoReply


class Lane:
    """One connection, which has at most one request under way."""

    def __init__(self, url: str, tls: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if tls else 80)
        self._tls = tls
        self._sock: socket.socket | None = None
        self._begin_answer()
        self.number = -1
        self.begun = self.ended = 0.0
        self.fresh = True

    def send(self, number: int, message: bytes) -> socket.socket:
        """Send a request and say which socket its answer comes by; raises OSError."""
        self.number = number
        try:
            return self._sent(message)
        except OSError:
            if self.fresh:
                raise
            # A kept connection that was reset meanwhile.
            self.close()
            return self._sent(message)

    def _sent(self, message: bytes) -> socket.socket:
        sock = self._sock or self._connected()
        self._begin_answer()
        self.begun = self.ended = time.perf_counter()
        sent = sock.send(message)
        if sent < len(message):
            sock.settimeout(CONNECT_SECONDS)
            sock.sendall(message[sent:])
            sock.setblocking(False)
        return sock

    def receive(self) -> bool:
        """Read what is there; whether that was the last of the answer."""
        assert self._sock is not None
        while True:
            try:
                data = self._sock.recv(CHUNK_BYTES)
            except (BlockingIOError, ssl.SSLWantReadError):
                return False
            except OSError:
                data = b""
            self.ended = time.perf_counter()
            self._read += data
            if not data:
                self.close()
                return True
            if self._whole():
                self.fresh = False
                return True

    def read(self) -> tuple[float, bytes]:
        """Say how many milliseconds the answer took, and what it was, as it came."""
        return (self.ended - self.begun) * 1000, bytes(self._read)

    def close(self) -> None:
        """End the connection; the next request opens another."""
        if self._sock is not None:
            self._sock.close()
            self._sock = None

    @property
    def stale(self) -> bool:
        """Say whether a kept connection was closed before any byte of an answer, so that asking again is fair."""
        return self._sock is None and not self.fresh and not self._read

    def _connected(self) -> socket.socket:
        sock = socket.create_connection((self._host, self._port), CONNECT_SECONDS)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls is not None:
            sock = self._tls.wrap_socket(sock, server_hostname=self._host)
        sock.setblocking(False)
        self._sock, self.fresh = sock, True
        return sock

    def _begin_answer(self) -> None:
        self._read = bytearray()
        # Where the head or the chunk begins that has not come whole yet, and how long the answer is with its head.
        self._at = 0
        self._length: int | None = None
        self._chunked = False

    def _whole(self) -> bool:
        while self._length is None and not self._chunked:
            end = self._read.find(HEAD_END, self._at)
            if end < 0:
                return False
            head = bytes(self._read[self._at : end + 2])
            self._at = end + len(HEAD_END)
            status = STATUS.match(head)
            if status is None or not status[1].startswith(b"1"):
                self._note_length(head, b"" if status is None else status[1])
        return self._last_chunk_came() if self._chunked else len(self._read) >= (self._length or 0)

    def _note_length(self, head: bytes, status: bytes) -> None:
        """Note how the end of the answer is told: by its status, by chunks, by a length, or by the connection."""
        length = LENGTH.search(head)
        self._chunked = status not in BODILESS and CHUNKED.search(head) is not None
        if status in BODILESS:
            self._length = self._at
        elif not self._chunked:
            self._length = sys.maxsize if length is None else self._at + int(length[1])

    def _last_chunk_came(self) -> bool:
        while (end := self._read.find(b"\r\n", self._at)) >= 0:
            size = CHUNK_SIZE.match(self._read, self._at)
            if size is None:
                # Nothing that comes after this can be read.
                self.close()
                return True
            if int(size[1], 16) == 0:
                return self._read.find(HEAD_END, end) >= 0
            begin = end + 2 + int(size[1], 16) + 2
            if begin > len(self._read):
                return False
            self._at = begin
        return False


class TimedLanes:
    """Connections to one server, opened as they are needed and kept."""

    def __init__(self, url: str, timeout_seconds: float, ca_cert: str | None = None) -> None:
        self._url = url
        self._timeout_seconds = timeout_seconds
        self._tls = ssl.create_default_context(cafile=ca_cert) if url.startswith("https:") else None
        self._lanes: list[Lane] = []

    def ask(self, messages: Sequence[bytes], clients: int = 1) -> tuple[list[Timed], float]:
        """Send all messages, `clients` of them at the same time; what came, and how many seconds that took."""
        while len(self._lanes) < clients:
            self._lanes.append(Lane(self._url, self._tls))
        with _Loop(messages, self._timeout_seconds) as loop:
            begun = time.perf_counter()
            loop.run(self._lanes[:clients])
            seconds = time.perf_counter() - begun
        # Answers are read off the clock, lest one client's wait for another's.
        return loop.came(), seconds

    def close(self) -> None:
        for lane in self._lanes:
            lane.close()


class _Loop:
    """One round of asking: which requests are left, under way and answered."""

    def __init__(self, messages: Sequence[bytes], timeout_seconds: float) -> None:
        self._messages = messages
        self._timeout_seconds = timeout_seconds
        self._left = deque(range(len(messages)))
        self._read: dict[int, tuple[float, bytes, bytes]] = {}
        self._bodies: list[bytes] = []
        self._none: dict[int, Timed] = {}
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()

    def run(self, lanes: Sequence[Lane]) -> None:
        for lane in lanes:
            self._next_on(lane)
        while under_way := self._selector.get_map():
            events = self._selector.select(self._timeout_seconds)
            for key, _ in events:
                if key.data.receive():
                    self._answered(key.data, key.fileobj)
            if not events:
                self._give_up([(key.data, key.fileobj) for key in under_way.values()])

    def came(self) -> list[Timed]:
        """Say what came of each request, in their order."""
        return [self._none.get(number) or self._came(*self._read[number]) for number in range(len(self._messages))]

    def _came(self, elapsed_ms: float, head: bytes, body: bytes) -> Timed:
        # What was read is read once more, by the code that reads every answer of the suite.
        outcome = finished(read_answer(_Recorded(head + body), "POST", AnswerLimits())).outcome
        if isinstance(outcome, Reply):
            outcome = replace(outcome, body=self._once(outcome.body))
        return Timed(elapsed_ms, outcome)

    def _next_on(self, lane: Lane) -> None:
        """Send on a free lane until a request is under way, or none is left."""
        while self._left and not self._sent(lane, self._left.popleft()):
            pass

    def _sent(self, lane: Lane, number: int) -> bool:
        try:
            self._selector.register(lane.send(number, self._messages[number]), selectors.EVENT_READ, lane)
        except OSError as error:
            lane.close()
            self._none[number] = Timed(0.0, NoReply("refused", f"cannot connect: {error.strerror or error}"))
            return False
        return True

    def _answered(self, lane: Lane, sock: FileDescriptorLike) -> None:
        self._selector.unregister(sock)
        if lane.stale and self._sent(lane, lane.number):
            return
        elapsed_ms, data = lane.read()
        end = data.find(HEAD_END) + len(HEAD_END) if len(data) >= LARGE_BYTES else len(data)
        self._read.setdefault(lane.number, (elapsed_ms, data[:end], self._once(data[end:])))
        self._next_on(lane)

    def _once(self, body: bytes) -> bytes:
        """Return the same bytes as they came before, where they did: many large answers would fill the memory."""
        if len(body) < LARGE_BYTES:
            return body
        known = next((one for one in self._bodies if one == body), None)
        if known is None:
            self._bodies.append(body)
        return known or body

    def _give_up(self, waiting: Sequence[tuple[Lane, FileDescriptorLike]]) -> None:
        """End the wait: no byte came from anybody for as long as a request may take."""
        for lane, sock in waiting:
            self._selector.unregister(sock)
            lane.close()
            reason = f"no answer within {self._timeout_seconds:g} s"
            self._none[lane.number] = Timed(self._timeout_seconds * 1000, NoReply("timeout", reason))
        for lane, _ in waiting:
            self._next_on(lane)


class _Recorded:
    """Bytes that are read like a connection."""

    def __init__(self, data: bytes) -> None:
        self._left = data

    def received(self) -> Generator[Wait, bool, bytes]:
        data, self._left = self._left, b""
        return data
        yield  # Nothing is waited for.

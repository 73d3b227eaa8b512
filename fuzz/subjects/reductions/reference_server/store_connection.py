"""Kept HTTP/1.1 connections to object stores, with a deadline on every exchange."""

import re
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from fuzz.subjects.reductions.reference_server.reduction import ObjectPlace

HEAD_BYTES = 64 * 1024
RECEIVE_BYTES = 1024 * 1024
IDLE_CONNECTIONS = 64
STATUS_LINE = re.compile(r"HTTP/1\.([01]) ([1-9][0-9]{2})(?: .*)?")
DIGITS = re.compile(r"[0-9]{1,18}")
CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?")
BODILESS = (204, 304)

Origin = tuple[str, str, int]


class StoreFailure(Exception):
    """The store could not be reached, or broke the protocol."""


class StoreTimeout(StoreFailure):
    """The store took too long."""


class StoreBodyTooLarge(Exception):
    """The store's answer is longer than was allowed."""


class ConnectionEnded(StoreFailure):
    """The store closed the connection before it answered."""


@dataclass(frozen=True, slots=True)
class StoreAnswer:
    """The answer of a store; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class CutShort(StoreFailure):
    """The store closed the connection within its answer; `begun` is the part that had come."""

    def __init__(self, begun: StoreAnswer) -> None:
        super().__init__("the store closed the connection within its answer")
        self.begun = begun


class StoreConnection:
    """One connection, used for one exchange at a time."""

    def __init__(self, place: ObjectPlace, deadline: float, tls: ssl.SSLContext | None) -> None:
        self.reusable = True
        self._deadline = deadline
        self._buffer = bytearray()
        try:
            self._socket = socket.create_connection(
                (place.host.strip("[]"), place.port), timeout=max(0.001, deadline - time.monotonic())
            )
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls is not None:
                self._socket = tls.wrap_socket(self._socket, server_hostname=place.host.strip("[]"))
        except (OSError, UnicodeError) as error:
            raise StoreFailure(f"cannot connect to {place.authority}: {error}") from error

    def exchange(self, request: bytes, deadline: float, limit: int) -> StoreAnswer:
        """Send a GET, and read an answer with a body up to a limit."""
        self._deadline = deadline
        try:
            self._socket.settimeout(max(0.001, deadline - time.monotonic()))
            self._socket.sendall(request)
            return self._read_answer(limit)
        except TimeoutError as error:
            raise StoreTimeout("the store took too long") from error
        except (ConnectionError, ssl.SSLError) as error:
            if self._buffer:
                raise StoreFailure(f"the store broke the connection: {error}") from error
            raise ConnectionEnded(f"the store closed the connection: {error}") from error
        except OSError as error:
            raise StoreFailure(f"the connection to the store failed: {error}") from error

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def _read_answer(self, limit: int) -> StoreAnswer:
        while True:
            version, status, headers = self._read_head()
            if status >= 200:
                break
        options = headers.get("connection", "").lower()
        self.reusable = version == "1" and "close" not in options
        body = self._read_body(status, headers, limit)
        if self._buffer:
            self.reusable = False
        return StoreAnswer(status, headers, body)

    def _read_head(self) -> tuple[str, int, dict[str, str]]:
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > HEAD_BYTES:
                raise StoreFailure(f"the store's headers exceed {HEAD_BYTES} bytes")
            if not self._receive():
                if not self._buffer:
                    raise ConnectionEnded("the store closed the connection without an answer")
                raise StoreFailure("the store closed the connection within its headers")
        first, *lines = self._take(end + 4).decode("latin-1").rstrip("\r\n").split("\r\n")
        match = STATUS_LINE.fullmatch(first)
        if match is None:
            raise StoreFailure("the store's answer is not HTTP/1.1")
        headers: dict[str, str] = {}
        for line in lines:
            name, colon, value = line.partition(":")
            name, value = name.lower(), value.strip()
            if not colon or (name == "content-length" and headers.get(name, value) != value):
                raise StoreFailure("the store's headers are malformed")
            headers[name] = value
        return match[1], int(match[2]), headers

    def _read_body(self, status: int, headers: Mapping[str, str], limit: int) -> bytes:
        if status in BODILESS:
            return b""
        if headers.get("transfer-encoding", "identity").lower() != "identity":
            return self._read_chunks(limit)
        length = headers.get("content-length")
        if length is None:
            self.reusable = False
            while self._receive():
                check_length(len(self._buffer), limit)
            return self._take(len(self._buffer))
        if DIGITS.fullmatch(length) is None:
            raise StoreFailure("the store's Content-Length is no number")
        check_length(int(length), limit)
        if not self._has_come(int(length)):
            raise CutShort(StoreAnswer(status, headers, bytes(self._buffer)))
        return self._take(int(length))

    def _read_chunks(self, limit: int) -> bytes:
        body = bytearray()
        while True:
            match = CHUNK_LINE.fullmatch(self._read_line())
            if match is None:
                raise StoreFailure("the store's answer has a malformed chunk")
            length = int(match[1], 16)
            if length == 0:
                while self._read_line():
                    pass
                return bytes(body)
            check_length(len(body) + length, limit)
            self._await(length + 2)
            body += self._take(length)
            if self._take(2) != b"\r\n":
                raise StoreFailure("the store's answer has a chunk of another length than it says")

    def _read_line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > HEAD_BYTES:
                raise StoreFailure("the store's answer has a malformed chunk")
            self._await(len(self._buffer) + 1)
        return self._take(end + 2)[:-2]

    def _await(self, length: int) -> None:
        if not self._has_come(length):
            raise StoreFailure("the store closed the connection within its answer")

    def _has_come(self, length: int) -> bool:
        """Wait for so many bytes; false if the connection ends before."""
        while len(self._buffer) < length:
            if not self._receive():
                return False
        return True

    def _take(self, length: int) -> bytes:
        data = bytes(self._buffer[:length])
        del self._buffer[:length]
        return data

    def _receive(self) -> bool:
        """Add what comes next to the buffer; false at the end of the connection."""
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise StoreTimeout("the store took too long")
        self._socket.settimeout(remaining)
        data = self._socket.recv(RECEIVE_BYTES)
        self._buffer += data
        return bool(data)


class StoreConnections:
    """Idle connections to stores, shared by the threads that answer requests."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._lock = threading.Lock()
        self._idle: list[tuple[Origin, StoreConnection]] = []

    def exchange(self, place: ObjectPlace, request: bytes, seconds: float, limit: int) -> StoreAnswer:
        """Send one request and return its answer; send it again once if a kept connection turns out to have ended."""
        deadline = time.monotonic() + seconds
        kept = self._take(place)
        if kept is not None:
            try:
                return self._exchange(kept, place, request, deadline, limit)
            except ConnectionEnded:
                # Not the store's fault: it may close an idle connection at any time.
                pass
        fresh = StoreConnection(place, deadline, self._context(place))
        return self._exchange(fresh, place, request, deadline, limit)

    def close(self) -> None:
        """Close every idle connection."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, connection in idle:
            connection.close()

    def _exchange(
        self, connection: StoreConnection, place: ObjectPlace, request: bytes, deadline: float, limit: int
    ) -> StoreAnswer:
        try:
            answer = connection.exchange(request, deadline, limit)
        except BaseException:
            connection.close()
            raise
        self._keep(place, connection)
        return answer

    def _take(self, place: ObjectPlace) -> StoreConnection | None:
        wanted = origin(place)
        with self._lock:
            for index in reversed(range(len(self._idle))):
                if self._idle[index][0] == wanted:
                    return self._idle.pop(index)[1]
        return None

    def _keep(self, place: ObjectPlace, connection: StoreConnection) -> None:
        if not connection.reusable:
            connection.close()
            return
        with self._lock:
            self._idle.append((origin(place), connection))
            oldest = self._idle.pop(0)[1] if len(self._idle) > IDLE_CONNECTIONS else None
        if oldest is not None:
            oldest.close()

    def _context(self, place: ObjectPlace) -> ssl.SSLContext | None:
        if place.scheme != "https":
            return None
        with self._lock:
            if self._tls is None:
                self._tls = ssl.create_default_context()
            return self._tls


def origin(place: ObjectPlace) -> Origin:
    """Return the scheme, host and port that a connection can be used for."""
    return place.scheme, place.host, place.port


def check_length(length: int, limit: int) -> None:
    """Raise StoreBodyTooLarge for a body longer than the limit, before it is read."""
    if length > limit:
        raise StoreBodyTooLarge(f"the store's answer has {length} bytes or more, {limit} are allowed")

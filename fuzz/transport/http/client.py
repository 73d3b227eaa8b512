"""Send requests over one kept connection, in plain HTTP without a library."""

from __future__ import annotations

import ssl
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple

from fuzz.transport.http.answers import ReadAnswer, read_answer, read_second_answer
from fuzz.transport.http.connecting import connected
from fuzz.transport.http.connection import Connection
from fuzz.transport.http.message import BrokenOff, HttpMessage
from fuzz.transport.http.reaching import address, split
from fuzz.transport.protocol import Answers, Came, Client, ClientSettings, Exchange, Wait
from specs.outcome import NoReply
from specs.spellings import Wire, spelled

CONNECT_SECONDS = 5.0
# A kept connection that the server closed beforehand fails within this time. If it fails later, the request caused it.
STALE_SECONDS = 1.0
# The time that a request gets when the run is over.
LEAST_SECONDS = 0.05
# The pause between the pieces of a request, long enough for the server to read each piece by itself.
PAUSE_SECONDS = 0.005


class _Parts(NamedTuple):
    """A request whose body is made while it is sent."""

    head: bytes
    parts: Iterable[bytes | Wait]


class HttpClient(Client):
    """Sends requests to one server, one at a time."""

    def __init__(self, url: str, settings: ClientSettings | None = None) -> None:
        parts = split(url)
        self.url = url
        self.settings = settings or ClientSettings()
        self.answers = Answers()
        self.away_seconds = 0.0
        self._address = address(parts)
        self._host = parts.netloc.rpartition("@")[2]
        self._base = parts.path.rstrip("/")
        self._tls = ssl.create_default_context(cafile=self.settings.ca_cert) if parts.scheme == "https" else None
        self._connection: Connection | None = None

    def exchange(self, message: HttpMessage) -> Exchange:
        """Return the exchange that sends a message once; the message is encoded at once, and sent when it is driven."""
        head = self.head(message)
        if isinstance(message.body, bytes) and message.leaves_after is None:
            return self._exchange(message, spelled(head + message.body, message.spelled))
        parts = (message.body,) if isinstance(message.body, bytes) else message.body
        return self._exchange(message, _Parts(head, _first(parts, message.leaves_after)))

    def connecting(self) -> Generator[Wait, bool, None]:
        """Have a connection ready for the next request; a failure to connect shows when the request is sent."""
        if self._kept() is None:
            with suppress(OSError):
                self._connection = yield from self._connected()

    def close(self) -> None:
        """Close the connection; the next request opens another one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def head(self, message: HttpMessage) -> bytes:
        """Return a request as the server gets it, spelled plainly, up to its body."""
        names = {name.strip().lower() for name, _ in message.headers}
        lines = [f"{message.method} {self._base}{message.path} HTTP/1.1"]
        if "host" not in names:
            lines.append(f"Host: {self._host}")
        lines += [f"{name}: {value}" for name, value in message.headers]
        if "content-length" not in names and "transfer-encoding" not in names and isinstance(message.body, bytes):
            lines.append(f"Content-Length: {len(message.body)}")
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n"

    def _exchange(self, message: HttpMessage, wire: Wire | _Parts) -> Exchange:
        kept, begun = self._kept(), time.perf_counter()
        used = kept is not None and kept.used
        try:
            read = yield from self._tried(kept, message, wire)
        except BaseException:
            # Whoever drives the exchange has ended it, so an answer may still be under way.
            self.close()
            raise
        silent = isinstance(read.outcome, NoReply) and not read.any_byte and read.outcome.reason != "timeout"
        return Came(read.outcome, used and silent and time.perf_counter() - begun < STALE_SECONDS)

    def _tried(
        self, connection: Connection | None, message: HttpMessage, wire: Wire | _Parts
    ) -> Generator[Wait, bool, ReadAnswer]:
        """Send a request and read what comes; over a new connection if none is given."""
        if connection is None:
            self.close()
            try:
                connection = self._connection = yield from self._connected()
            except OSError as error:
                return ReadAnswer(NoReply("refused", f"cannot connect: {error.strerror or error}"), any_byte=False)
        connection.used = True
        sent_all = True
        try:
            yield from _sent(connection, wire)
        except OSError:
            sent_all = False
        except BrokenOff as broken:
            return (yield from self._left(connection, str(broken)))
        if sent_all and message.leaves_after is not None:
            why = f"the client left after {message.leaves_after} bytes of the body"
            return (yield from self._left(connection, why))
        if isinstance(wire, Wire) and wire.between == "an answer":
            read = yield from read_second_answer(connection, message.method, self.settings.answers)
            if read is None:
                # The server ended the connection with its first answer, so send the second request again, alone.
                self.close()
                return (yield from self._tried(None, message, Wire(wire.pieces[1:])))
        else:
            read = yield from read_answer(connection, message.method, self.settings.answers, message.receiver)
        if not (read.keep and sent_all):
            self.close()
        return read

    def _left(self, connection: Connection, why: str) -> Generator[Wait, bool, ReadAnswer]:
        """Go away in the middle of a body."""
        yield from connection.left()
        self.close()
        return ReadAnswer(NoReply("left", why))

    def _kept(self) -> Connection | None:
        """Return the kept connection, unless the server has closed it or has sent more than it was asked for."""
        if self._connection is not None and self._connection.ended:
            self.close()
        return self._connection

    def _in_time(self, seconds: float) -> float:
        """Return that many seconds, or what is left of the run if that is less."""
        until = self.settings.until
        return seconds if until is None else max(LEAST_SECONDS, min(seconds, until - time.monotonic()))

    def _connected(self) -> Generator[Wait, bool, Connection]:
        sock = yield from connected(self._address, self._tls, self._in_time(CONNECT_SECONDS))
        return Connection(sock, lambda: self._in_time(self.settings.timeout_seconds))


def _sent(connection: Connection, wire: Wire | _Parts) -> Generator[Wait, bool, None]:
    """Send the pieces of a request, with a pause or a go-ahead between them; answers are read by the caller."""
    if not isinstance(wire, Wire):
        yield from connection.sent(wire.head)
        yield from _sent_in_parts(connection, wire.parts)
        return
    if wire.between in ("nothing", "an answer"):
        yield from connection.sent(b"".join(wire.pieces))
        return
    first, *others = wire.pieces
    yield from connection.sent(first)
    for piece in others:
        if wire.between == "a pause":
            yield Wait(time.monotonic() + PAUSE_SECONDS)
        elif not (yield from connection.goes_ahead()):
            return
        yield from connection.sent(piece)


def _sent_in_parts(connection: Connection, parts: Iterable[bytes | Wait]) -> Generator[Wait, bool, None]:
    """Send each part, and do the waits among them."""
    for part in (several := iter(parts)):
        came = part
        while isinstance(came, Wait):
            assert isinstance(several, Generator)
            try:
                came = several.send((yield came))
            except StopIteration:
                return
        yield from connection.sent(came)


def _first(parts: Iterable[bytes | Wait], count: int | None) -> Iterable[bytes | Wait]:
    """Return the first so many bytes of the parts, or all of them."""
    return parts if count is None else _beginning(parts, count)


def _beginning(parts: Iterable[bytes | Wait], count: int) -> Iterator[bytes]:
    for part in parts:
        assert isinstance(part, bytes), "a body that waits says by itself where it ends"
        yield part[:count]
        count -= len(part)
        if count <= 0:
            return

"""Send requests over one kept connection, in plain HTTP without a library."""

from __future__ import annotations

import select
import socket
import ssl
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from fuzz.errors import UsageError
from fuzz.running.answers import AnswerLimits, Read, read_answer, read_second_answer
from specs.outcome import NoReply, Reply
from specs.spellings import PLAINLY, Wire, spelled

CONNECT_SECONDS = 5.0
# A kept connection that the server closed beforehand fails within this time. If it fails later, the request caused it.
STALE_SECONDS = 1.0
# The time that a request gets when the run is over.
LEAST_SECONDS = 0.05
# The pause between the pieces of a request, long enough for the server to read each piece by itself.
PAUSE_SECONDS = 0.005
# How long a client waits for a go-ahead; HTTP lets it send the body without one.
GO_AHEAD_SECONDS = 1.0
GO_AHEAD = b"HTTP/1.1 100"


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """The limits on a request's time and an answer's size, and the certificates that are trusted.

    `until` is the end of the run by the monotonic clock; the client waits for nothing beyond it.
    """

    timeout_seconds: float = 10.0
    answers: AnswerLimits = field(default_factory=AnswerLimits)
    ca_cert: str | None = None
    until: float | None = None


class Client:
    """Sends requests to one server, one at a time; `slowest_ms` is the time that the slowest answer took."""

    def __init__(self, url: str, settings: ClientSettings | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(f"--target {url!r} is not an http or https URL, such as http://127.0.0.1:8080")
        self.url = url
        self.settings = settings or ClientSettings()
        self._address = (parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
        self._host = parts.netloc.rpartition("@")[2]
        self._base = parts.path.rstrip("/")
        self._tls = ssl.create_default_context(cafile=self.settings.ca_cert) if parts.scheme == "https" else None
        self._sock: socket.socket | None = None
        self._used = False
        self.slowest_ms = 0.0

    def send(
        self,
        method: str,
        path: str,
        headers: Sequence[tuple[str, str]],
        body: bytes,
        timeout_seconds: float | None = None,
        manner: str = PLAINLY,
    ) -> Reply | NoReply:
        """Send one request and return its outcome; if the kept connection was stale, send it again over a new one."""
        message = spelled(self.message(method, path, headers, body), manner)
        begun = time.perf_counter()
        outcome, stale = self.exchange(method, message, timeout_seconds)
        if stale:
            outcome, _ = self.exchange(method, message, timeout_seconds)
        elapsed_ms = (time.perf_counter() - begun) * 1000
        if isinstance(outcome, Reply):
            self.slowest_ms = max(self.slowest_ms, elapsed_ms)
        return replace(outcome, elapsed_ms=elapsed_ms)

    def exchange(
        self, method: str, message: Wire, timeout_seconds: float | None = None
    ) -> tuple[Reply | NoReply, bool]:
        """Send a whole message once; return its outcome, and whether a stale kept connection may have caused it."""
        kept, used, begun = self._kept(), self._used, time.perf_counter()
        self._used = True
        read = self._exchange(kept, method, message, timeout_seconds)
        silent = isinstance(read.outcome, NoReply) and not read.any_byte and read.outcome.reason != "timeout"
        soon = time.perf_counter() - begun < STALE_SECONDS
        return read.outcome, kept is not None and used and silent and soon

    def connect(self) -> None:
        """Have a connection ready for the next request; a failure to connect shows when the request is sent."""
        if self._kept() is None:
            with suppress(OSError):
                self._sock, self._used = self._connect(), False

    def close(self) -> None:
        if self._sock is not None:
            self._sock.close()
            self._sock = None

    def message(self, method: str, path: str, headers: Sequence[tuple[str, str]], body: bytes) -> bytes:
        """Return the bytes of a request as the server gets it, spelled plainly."""
        names = {name.strip().lower() for name, _ in headers}
        lines = [f"{method} {self._base}{path} HTTP/1.1"]
        if "host" not in names:
            lines.append(f"Host: {self._host}")
        lines += [f"{name}: {value}" for name, value in headers]
        if "content-length" not in names and "transfer-encoding" not in names:
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body

    def _kept(self) -> socket.socket | None:
        """Return the kept connection, unless the server has closed it or has sent more than it was asked for."""
        if self._sock is not None and select.select([self._sock], [], [], 0)[0]:
            self.close()
        return self._sock

    def _in_time(self, seconds: float) -> float:
        """Return that many seconds, or what is left of the run if that is less."""
        until = self.settings.until
        return seconds if until is None else max(LEAST_SECONDS, min(seconds, until - time.monotonic()))

    def _exchange(self, sock: socket.socket | None, method: str, message: Wire, timeout_seconds: float | None) -> Read:
        if sock is None:
            self.close()
            try:
                sock = self._sock = self._connect()
            except OSError as error:
                return Read(NoReply("refused", f"cannot connect: {error.strerror or error}"), any_byte=False)
        sock.settimeout(self._in_time(timeout_seconds or self.settings.timeout_seconds))
        sent_all = True
        try:
            send_in_pieces(sock, message)
        except OSError:
            sent_all = False
        if message.between == "an answer":
            read = read_second_answer(sock, method, self.settings.answers)
            if read is None:
                # The server ended the connection with its first answer, so send the second request again, alone.
                self.close()
                return self._exchange(None, method, Wire(message.pieces[1:]), timeout_seconds)
        else:
            read = read_answer(sock, method, self.settings.answers)
        if not (read.keep and sent_all):
            self.close()
        return read

    def _connect(self) -> socket.socket:
        sock = socket.create_connection(self._address, self._in_time(CONNECT_SECONDS))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._tls.wrap_socket(sock, server_hostname=self._address[0]) if self._tls else sock


def send_in_pieces(sock: socket.socket, message: Wire) -> None:
    """Send the pieces of a request, with a pause or a go-ahead between them; answers are read by the caller."""
    if message.between in ("nothing", "an answer"):
        sock.sendall(b"".join(message.pieces))
        return
    first, *others = message.pieces
    sock.sendall(first)
    for piece in others:
        if message.between == "a pause":
            time.sleep(PAUSE_SECONDS)
        elif not goes_ahead(sock):
            return
        sock.sendall(piece)


def goes_ahead(sock: socket.socket) -> bool:
    """Say whether to send the body: yes if the server says so or stays silent for a while, no after an answer."""
    if isinstance(sock, ssl.SSLSocket) or not select.select([sock], [], [], GO_AHEAD_SECONDS)[0]:
        return True
    return sock.recv(len(GO_AHEAD), socket.MSG_PEEK) in (GO_AHEAD, b"")

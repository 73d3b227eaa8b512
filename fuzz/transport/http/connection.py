"""Send and receive bytes over a socket that never blocks; whoever drives the exchange does the waiting."""

from __future__ import annotations

import select
import socket
import ssl
import time
from collections.abc import Callable, Generator
from contextlib import suppress

from fuzz.transport.protocol import Wait

MOST_AT_ONCE = 256 * 1024
# How long a client waits for a go-ahead; HTTP lets it send the body without one.
GO_AHEAD_SECONDS = 1.0
GO_AHEAD = b"HTTP/1.1 100"
# How long a client that leaves waits for the server to notice, so that the next request meets what came of it.
NOTICE_SECONDS = 0.5


class Connection:
    """A connected socket; `patience` returns the seconds that each wait may take."""

    def __init__(self, sock: socket.socket, patience: Callable[[], float]) -> None:
        sock.setblocking(False)
        self.sock = sock
        self._patience = patience
        # TLS may hold bytes that have been received already, so that the socket itself has none.
        self._holds_bytes = isinstance(sock, ssl.SSLSocket)
        self.used = False

    @property
    def ended(self) -> bool:
        """Say whether the server has closed the connection, or has sent more than it was asked for."""
        glance = select.poll()
        glance.register(self.sock, select.POLLIN)
        return bool(glance.poll(0))

    def sent(self, data: bytes) -> Generator[Wait, bool, None]:
        """Send all of the data; raises OSError, and TimeoutError if the server takes nothing for too long."""
        left = memoryview(data)
        while left:
            try:
                left = left[self.sock.send(left) :]
            except ssl.SSLWantReadError:
                yield from self._wait()
            except (BlockingIOError, ssl.SSLWantWriteError):
                yield from self._wait(writing=True)

    def received(self) -> Generator[Wait, bool, bytes]:
        """Wait for bytes and return them, or none at the end; raises OSError, and TimeoutError if nothing comes."""
        if not self._holds_bytes:
            yield from self._wait()
        while True:
            try:
                return self.sock.recv(MOST_AT_ONCE)
            except (BlockingIOError, ssl.SSLWantReadError):
                yield from self._wait()
            except ssl.SSLWantWriteError:
                yield from self._wait(writing=True)

    def goes_ahead(self) -> Generator[Wait, bool, bool]:
        """Say whether to send the body: yes if the server says so or stays silent for a while, no after an answer."""
        if self._holds_bytes:
            return True
        ready = yield Wait(time.monotonic() + min(GO_AHEAD_SECONDS, self._patience()), self.sock.fileno())
        return not ready or self.sock.recv(len(GO_AHEAD), socket.MSG_PEEK) in (GO_AHEAD, b"")

    def left(self) -> Generator[Wait, bool, None]:
        """Send nothing more, and close once the server has noticed, or after a while."""
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_WR)
            yield Wait(time.monotonic() + min(NOTICE_SECONDS, self._patience()), self.sock.fileno())
        self.close()

    def close(self) -> None:
        self.sock.close()

    def _wait(self, *, writing: bool = False) -> Generator[Wait, bool, None]:
        if not (yield Wait(time.monotonic() + self._patience(), self.sock.fileno(), writing)):
            raise TimeoutError

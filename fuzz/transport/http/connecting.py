"""Open connections without blocking: whoever drives the exchange waits for the server to accept, and for TLS."""

from __future__ import annotations

import errno
import os
import socket
import ssl
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack
from typing import TypeVar

from fuzz.transport.protocol import Wait

Sock = TypeVar("Sock", bound=socket.socket)
Connecting = Generator[Wait, bool, Sock]
UNDER_WAY = (0, errno.EINPROGRESS, errno.EWOULDBLOCK)


def connected(address: tuple[str, int], tls: ssl.SSLContext | None, seconds: float) -> Connecting[socket.socket]:
    """Connect to the first of a host's addresses that accepts, within so many seconds for each; raises OSError."""
    refused: OSError | None = None
    for family, kind, number, _, place in socket.getaddrinfo(*address, type=socket.SOCK_STREAM):
        until = time.monotonic() + seconds
        try:
            return (yield from _connected(socket.socket(family, kind, number), place, tls, address[0], until))
        except OSError as error:
            refused = error
    raise refused or OSError(f"{address[0]} has no address")


def _connected(
    sock: socket.socket, place: object, tls: ssl.SSLContext | None, host: str, until: float
) -> Connecting[socket.socket]:
    """Connect a socket, which is closed where that fails or is given up."""
    with ExitStack() as unless_connected:
        unless_connected.callback(sock.close)
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        begun = sock.connect_ex(place)  # type: ignore[arg-type]
        if begun not in UNDER_WAY:
            raise OSError(begun, os.strerror(begun))
        yield from _ready(Wait(until, sock.fileno(), writing=True))
        if failed := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError(failed, os.strerror(failed))
        if tls is not None:
            # The wrapped socket owns the descriptor from here on.
            sock = tls.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
            unless_connected.callback(sock.close)
            yield from _shaken(sock.do_handshake, sock.fileno(), until)
        unless_connected.pop_all()
    return sock


def _shaken(handshake: Callable[[], None], fileno: int, until: float) -> Generator[Wait, bool, None]:
    """Go on with a handshake of TLS until it is done."""
    while True:
        try:
            handshake()
        except ssl.SSLWantReadError:
            yield from _ready(Wait(until, fileno))
        except ssl.SSLWantWriteError:
            yield from _ready(Wait(until, fileno, writing=True))
        else:
            return


def _ready(wait: Wait) -> Generator[Wait, bool, None]:
    if not (yield wait):
        raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))

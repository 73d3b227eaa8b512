"""A small, fast HTTP/1.1 server on a thread per connection, which can also misbehave on demand."""

import contextlib
import errno
import os
import socket
import ssl
import struct
import threading
import time
from typing import Self

from fuzz.embedded.http_messages import (
    Answer,
    DropConnection,
    EarlyAnswer,
    ErrorAnswer,
    Handler,
    HttpLimits,
    HttpRequest,
    HttpResponse,
    ProtocolError,
    RawAnswer,
    Reception,
    Stall,
    encode_head,
    may_have_body,
)
from fuzz.embedded.http_reader import RequestReader
from fuzz.embedded.pace import SharedBandwidth

__all__ = [
    "Answer",
    "DropConnection",
    "ErrorAnswer",
    "Handler",
    "HttpLimits",
    "HttpRequest",
    "HttpResponse",
    "HttpServer",
    "RawAnswer",
    "Stall",
    "listening",
]

BACKLOG = 256
ACCEPT_SECONDS = 0.5
JOIN_SECONDS = 2.0
ONE_WRITE_BYTES = 128 * 1024


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens at an address; raises OSError with the number of the system's own error."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        # errno and text stay apart, so that callers can tell a busy port from a wrong host.
        reason = os.strerror(error.errno or errno.EIO)
        raise OSError(
            error.errno,
            f"cannot listen on {host}:{port}: {reason}; port 0 finds a free one",
        ) from error


class HttpServer:
    """Answers requests by a handler until it is closed."""

    def __init__(
        self,
        handler: Handler,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        on_error: ErrorAnswer,
        limits: HttpLimits | None = None,
        tls: ssl.SSLContext | None = None,
        pace: SharedBandwidth | None = None,
        reception: Reception | None = None,
        listener: socket.socket | None = None,
    ) -> None:
        """Take the address and limits. With `pace`, answers go out as over a network of that bandwidth.

        `reception` says who takes bodies. A `listener` listens already, and is asked for no address.
        """
        self._handler = handler
        self._pace = pace
        self._reception = reception
        self._host = host
        self._port = port
        self._on_error = on_error
        self._limits = limits or HttpLimits()
        self._tls = tls
        self._listener = listener
        self._acceptor: threading.Thread | None = None
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._connections: dict[threading.Thread, socket.socket] = {}
        self._threads: list[threading.Thread] = []

    @property
    def port(self) -> int:
        """Return the port listened on; one of the system's choice if 0 was asked for."""
        return self._port

    @property
    def url(self) -> str:
        """Return the URL by which a client on this machine finds the server."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(self._host, self._host)
        host = f"[{host}]" if ":" in host else host
        return f"{'https' if self._tls else 'http'}://{host}:{self._port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Bind the port, unless that is done, and accept connections in the background."""
        listener = self._listener or listening(self._host, self._port)
        listener.settimeout(ACCEPT_SECONDS)
        self._port = listener.getsockname()[1]
        self._listener = listener
        self._closing.clear()
        self._acceptor = threading.Thread(target=self._accept, args=(listener,), daemon=True)
        self._acceptor.start()

    def close(self) -> None:
        """Stop listening, end every connection, and wait for their threads."""
        self._closing.set()
        if self._listener is not None:
            # Wakes the accepting thread where the system allows; elsewhere its timeout does.
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
        if self._acceptor is not None and self._acceptor is not threading.current_thread():
            self._acceptor.join(JOIN_SECONDS)
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        with self._lock:
            connections, threads = list(self._connections.values()), list(self._threads)
        for connection in connections:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
        for thread in threads:
            if thread is not threading.current_thread() and thread.is_alive():
                thread.join(JOIN_SECONDS)

    def _accept(self, listener: socket.socket) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            except OSError:
                # Out of file descriptors, or a client gone before it was accepted: the next may do better.
                self._closing.wait(0.01)
                continue
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            with self._lock:
                self._connections[thread] = connection
                # Those whose connection has ended may be about to end: they are waited for as well.
                self._threads = [one for one in self._threads if one.is_alive()]
                full = len(self._connections) > self._limits.connections
            try:
                if full:
                    self._turn_away(thread, connection)
                else:
                    thread.start()
                    self._threads.append(thread)
            except RuntimeError:
                self._turn_away(thread, connection)

    def _turn_away(self, thread: threading.Thread, connection: socket.socket) -> None:
        """Close a connection there is no room for."""
        with self._lock:
            self._connections.pop(thread, None)
        answer = self._error(503, f"more than {self._limits.connections} connections")
        connection.settimeout(0.1)
        with contextlib.suppress(OSError), connection:
            if self._tls is None:
                connection.sendall(encode_head(answer, keep_alive=False) + answer.body)

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self._tls is not None:
                connection.settimeout(self._limits.stall_seconds)
                connection = self._tls.wrap_socket(connection, server_side=True)
                with self._lock:
                    self._connections[threading.current_thread()] = connection
            self._converse(connection)
        except OSError:
            # The client went away, or its handshake failed: nobody is left to tell.
            pass
        finally:
            with self._lock:
                self._connections.pop(threading.current_thread(), None)
            connection.close()

    def _converse(self, connection: socket.socket) -> None:
        """Answer request after request until one side has enough."""
        reader = RequestReader(connection, self._limits, self._reception)
        while not self._closing.is_set():
            try:
                request = reader.read()
            except EarlyAnswer as early:
                self._send(connection, early.response, reader.method, keep_alive=False)
                self._part(connection)
                return
            except ProtocolError as error:
                answer = self._error(error.status, error.message)
                self._send(connection, answer, reader.method, keep_alive=False)
                self._part(connection)
                return
            if request is None or not self._reply(connection, request, keep_alive=reader.keep_alive):
                return
            # While the next request is waited for, nothing is kept of this one.
            del request

    def _reply(self, connection: socket.socket, request: HttpRequest, *, keep_alive: bool) -> bool:
        """Answer a request; False where the connection ends with that."""
        reply = self._handle(request)
        if isinstance(reply, Stall):
            self._closing.wait(reply.seconds)
            reply = reply.then or DropConnection()
        if not isinstance(reply, HttpResponse):
            self._misbehave(connection, reply)
            return False
        self._send(connection, reply, request.method, keep_alive=keep_alive)
        if not keep_alive:
            self._part(connection)
        return keep_alive

    def _handle(self, request: HttpRequest) -> Answer:
        try:
            return self._handler(request)
        except Exception as error:  # noqa: BLE001  (whatever goes wrong, the client gets an answer)
            return self._error(500, f"{type(error).__name__}: {error}")

    def _error(self, status: int, message: str) -> HttpResponse:
        try:
            return self._on_error(status, message)
        except Exception as error:  # noqa: BLE001  (as above, even where the error answer itself fails)
            text = f"{message}; and on_error failed: {type(error).__name__}: {error}"
            return HttpResponse(500, {"Content-Type": "text/plain"}, text.encode())

    def _send(self, connection: socket.socket, answer: HttpResponse, method: str, *, keep_alive: bool) -> None:
        head = encode_head(answer, keep_alive=keep_alive)
        body = answer.body if method != "HEAD" and may_have_body(answer.status) else b""
        connection.settimeout(self._limits.request_seconds)
        if answer.stream is not None:
            connection.sendall(head)
            for piece in answer.stream if method != "HEAD" else ():
                connection.sendall(piece)
        elif self._pace is not None:
            self._send_at_a_pace(connection, head + body, self._pace)
        elif len(body) <= ONE_WRITE_BYTES:
            connection.sendall(head + body)
        else:
            connection.sendall(head)
            connection.sendall(body)

    def _send_at_a_pace(self, connection: socket.socket, data: bytes, pace: SharedBandwidth) -> None:
        for piece, seconds in pace.pieces(data):
            self._closing.wait(seconds)
            connection.sendall(piece)

    def _misbehave(self, connection: socket.socket, answer: DropConnection | RawAnswer | Stall) -> None:
        if isinstance(answer, RawAnswer):
            self._send_raw(connection, answer)
            self._part(connection)
        elif isinstance(answer, DropConnection) and answer.reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _send_raw(self, connection: socket.socket, answer: RawAnswer) -> None:
        length = -(-len(answer.data) // answer.pieces)
        for start in range(0, len(answer.data), length or 1):
            if start:
                self._closing.wait(answer.pause_seconds)
            connection.sendall(answer.data[start : start + length])

    def _part(self, connection: socket.socket) -> None:
        """Close so that the answer arrives: bytes left unread would make the system send a reset."""
        if isinstance(connection, ssl.SSLSocket):
            connection.settimeout(0)
            with contextlib.suppress(OSError, ValueError):
                connection.unwrap()
        connection.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + self._limits.request_seconds
        drained = 0
        while drained < self._limits.drain_bytes and (left := deadline - time.monotonic()) > 0:
            connection.settimeout(min(left, self._limits.drain_seconds))
            data = connection.recv(ONE_WRITE_BYTES)
            if not data:
                return
            drained += len(data)

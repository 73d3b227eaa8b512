"""Reading HTTP/1.1 requests from a socket, within limits."""

import re
import socket
import time

from fuzz.embedded.http_messages import (
    EarlyAnswer,
    HttpLimits,
    HttpRequest,
    HttpResponse,
    ProtocolError,
    Receiver,
    Reception,
    RequestHead,
    Written,
    parse_head,
    parse_headers,
    shown,
)

RECEIVE_BYTES = 256 * 1024
CHUNK_LINE_BYTES = 1024
CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(;[^\r\n\x00]*)?")
BARE_LINE_FEED = re.compile(rb"(?<!\r)\n")


class RequestReader:
    """The requests of one connection, one after the other."""

    def __init__(self, connection: socket.socket, limits: HttpLimits, reception: Reception | None = None) -> None:
        """Take the connection and limits; `reception` says who takes a body, which otherwise stays with its request."""
        self.keep_alive = True
        self.method = ""
        self._socket = connection
        self._limits = limits
        self._reception = reception
        self._buffer = bytearray()
        self._deadline = 0.0
        self._first = True

    def read(self) -> HttpRequest | None:
        """Return the next request, or None where the client has no more."""
        self.method = ""
        self._chunks: list[str] = []
        self._trailers: list[str] = []
        behind = bool(self._buffer)
        if not self._wait_for_start():
            return None
        text = self._read_head()
        head = parse_head(text)
        self.method = head.method
        receiver = self._receiver(head)
        if receiver is None and head.length > self._limits.body_bytes:
            raise self._too_large(head.length)
        if head.expects_continue and not self._buffer:
            self._socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        read_first = len(self._buffer)
        body = self._read_body(head, receiver)
        self.keep_alive = head.keep_alive
        lines = tuple(text.decode("latin-1").split("\r\n"))
        written = Written(lines, tuple(self._chunks), tuple(self._trailers), read_first, behind)
        return HttpRequest(head.method, head.target, head.headers, body, head.minor, written, receiver)

    def _receiver(self, head: RequestHead) -> Receiver | None:
        """Return the receiver of the body; raises EarlyAnswer if the body is refused unseen."""
        if self._reception is None or not (head.length or head.chunked):
            return None
        found = self._reception(head)
        if isinstance(found, HttpResponse):
            raise EarlyAnswer(found)
        return found

    def _wait_for_start(self) -> bool:
        """Wait for the first byte of a request; empty lines before it are skipped."""
        self._deadline = time.monotonic() + self._limits.request_seconds
        # A connection idle between requests is nobody's fault; one that never asks anything has stalled.
        patience = self._limits.stall_seconds if self._first else self._limits.idle_seconds
        first, self._first = self._first, False
        while True:
            while self._buffer.startswith(b"\r\n"):
                del self._buffer[:2]
            if self._buffer and self._buffer != b"\r":
                return True
            self._socket.settimeout(patience)
            try:
                data = self._socket.recv(RECEIVE_BYTES)
            except TimeoutError:
                if first:
                    raise ProtocolError(408, f"no request within {patience:g} s") from None
                return False
            if not data:
                return False
            self._deadline = time.monotonic() + self._limits.request_seconds
            self._buffer += data

    def _receive(self, what: str) -> None:
        """Add to the buffer what the client sends next."""
        self._buffer += self._received(what, RECEIVE_BYTES)

    def _received(self, what: str, most: int) -> bytes:
        """Return what the client sends next."""
        patience = min(self._limits.stall_seconds, self._deadline - time.monotonic())
        if patience <= 0:
            raise ProtocolError(408, f"the request took longer than {self._limits.request_seconds:g} s")
        self._socket.settimeout(patience)
        try:
            data = self._socket.recv(most)
        except TimeoutError:
            raise ProtocolError(408, f"the client stalled within the {what}") from None
        if not data:
            raise ProtocolError(400, f"the request ended within the {what}")
        return data

    def _take(self, length: int, what: str) -> bytes:
        """Read exactly that many bytes."""
        while len(self._buffer) < length:
            self._receive(what)
        data = bytes(self._buffer[:length])
        del self._buffer[:length]
        return data

    def _read_head(self) -> bytes:
        searched = 0
        limit = self._limits.header_bytes
        while True:
            end = self._buffer.find(b"\r\n\r\n", searched)
            head = self._buffer if end < 0 else self._buffer[:end]
            if len(head) > limit:
                raise ProtocolError(431, f"request line and headers exceed {limit} bytes")
            # Said at once: the empty line looked for would never come.
            if BARE_LINE_FEED.search(head):
                raise ProtocolError(400, "a line of the head ends in LF without CR")
            if end >= 0:
                data = bytes(head)
                del self._buffer[: end + 4]
                return data
            searched = max(0, len(self._buffer) - 3)
            self._receive("head")

    def _read_body(self, head: RequestHead, receiver: Receiver | None) -> bytes:
        if head.chunked:
            return self._read_chunks(receiver)
        if receiver is not None:
            self._pass_on(head.length, "body", receiver)
            return b""
        return self._take(head.length, "body") if head.length else b""

    def _pass_on(self, length: int, what: str, receiver: Receiver) -> None:
        """Give exactly so many bytes to the receiver; a body may take as long as it does not stall."""
        while length:
            if self._buffer:
                piece = bytes(self._buffer[:length])
                del self._buffer[: len(piece)]
            else:
                self._deadline = time.monotonic() + self._limits.request_seconds
                piece = self._received(what, min(length, RECEIVE_BYTES))
            receiver.write(piece)
            length -= len(piece)

    def _read_chunks(self, receiver: Receiver | None) -> bytes:
        body = bytearray()
        while True:
            line = self._read_line(CHUNK_LINE_BYTES, "chunk size")
            match = CHUNK_LINE.fullmatch(line)
            if match is None:
                raise ProtocolError(400, f"malformed chunk size {shown(line.decode('latin-1'))}")
            self._chunks.append(line.decode("latin-1"))
            size = int(match[1], 16)
            if size == 0:
                self._skip_trailers()
                return bytes(body)
            if receiver is not None:
                self._pass_on(size, "chunk", receiver)
            elif len(body) + size > self._limits.body_bytes:
                raise self._too_large(len(body) + size)
            else:
                body += self._take(size, "chunk")
            if self._take(2, "chunk") != b"\r\n":
                raise ProtocolError(400, "a chunk is longer than its size says")

    def _skip_trailers(self) -> None:
        remaining = self._limits.header_bytes
        while line := self._read_line(remaining, "trailers"):
            remaining -= len(line)
            self._trailers.append(line.decode("latin-1"))
            parse_headers(self._trailers[-1:])

    def _read_line(self, limit: int, what: str) -> bytes:
        """Return a line without its end."""
        while (end := self._buffer.find(b"\n")) < 0 and len(self._buffer) <= limit:
            self._receive(what)
        if not 0 <= end <= limit:
            raise ProtocolError(400, f"the line of the {what} exceeds {limit} bytes")
        line = self._take(end + 1, what)
        if not line.endswith(b"\r\n"):
            raise ProtocolError(400, f"the line of the {what} ends in LF without CR")
        return line[:-2]

    def _too_large(self, length: int) -> ProtocolError:
        return ProtocolError(413, f"a body of {length} bytes exceeds {self._limits.body_bytes} bytes")

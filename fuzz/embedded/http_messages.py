"""HTTP/1.1 messages as values: requests and answers, and the reading and writing of their heads."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Written:
    """The way in which a request was written. Nothing may hang on it; some animals let something hang on it.

    `chunks` are the lines before the chunks, `read_first` the bytes of the body that came with the head, and `behind`
    is whether the request was there before the one before it was answered.
    """

    lines: tuple[str, ...] = ()
    chunks: tuple[str, ...] = ()
    trailers: tuple[str, ...] = ()
    read_first: int = 0
    behind: bool = False


class Receiver(Protocol):
    """Takes a body piece by piece while it comes; what is wrong with it is told when the request is handled."""

    def write(self, data: bytes) -> None:
        """Take the next bytes."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as it came, in HTTP/1.`minor`; header names are in lower case, repeated headers joined with commas.

    A body that was given to a receiver is with `received`, and `body` is empty.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)
    minor: str = "1"
    written: Written = field(default=Written(), compare=False, repr=False)
    received: Receiver | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An answer; the server adds Content-Length where the headers have none.

    Where there is a `stream`, its pieces are the body, and the headers say how long it is.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)
    stream: Iterable[bytes] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class DropConnection:
    """The answer of a server that closes the connection instead, by a reset if asked for."""

    reset: bool = False


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """The bytes to send as they are in place of an answer, with a pause before each further piece; then the end."""

    data: bytes = field(repr=False)
    pieces: int = 1
    pause_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Stall:
    """Silence for a while; then the answer, or the end of the connection where there is none."""

    seconds: float
    then: HttpResponse | None = None


Answer = HttpResponse | DropConnection | RawAnswer | Stall
Handler = Callable[[HttpRequest], Answer]
ErrorAnswer = Callable[[int, str], HttpResponse]


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """The limits on what a client may ask of the server before it is turned away."""

    header_bytes: int = 32 * 1024
    body_bytes: int = 4 * 2**20
    stall_seconds: float = 10.0
    request_seconds: float = 30.0
    idle_seconds: float = 75.0
    drain_bytes: int = 256 * 2**20
    drain_seconds: float = 2.0
    connections: int = 512


class EarlyAnswer(Exception):
    """The request is answered by its head alone; its body is not waited for."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__(str(response.status))
        self.response = response


class ProtocolError(Exception):
    """The client broke the protocol or a limit; `status` says which way."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class RequestHead:
    """A request without its body, and what its headers say about the body and the connection."""

    method: str
    target: str
    headers: Mapping[str, str]
    keep_alive: bool
    chunked: bool
    length: int
    expects_continue: bool
    minor: str = "1"


# Decides by the head who takes the body: None for the request itself; an answer refuses the body.
Reception = Callable[[RequestHead], Receiver | HttpResponse | None]

TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
REQUEST_LINE = re.compile(rf"({TOKEN}) ([^\x00-\x20\x7f]+) HTTP/1\.([01])")
HEADER_LINE = re.compile(rf"({TOKEN}):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")
ABSOLUTE_TARGET = re.compile(r"https?://[^/?#]*", re.IGNORECASE)
SINGLE_HEADERS = frozenset({"host", "content-length", "transfer-encoding"})
DIGITS = re.compile(r"[0-9]{1,18}")
SHOWN_CHARACTERS = 80


def shown(text: str) -> str:
    """Return the text quoted, and cut if it is long."""
    return repr(text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…")


def parse_head(data: bytes) -> RequestHead:
    """Request line and headers, without the empty line that ends them."""
    first, *lines = data.decode("latin-1").split("\r\n")
    match = REQUEST_LINE.fullmatch(first)
    if match is None:
        raise ProtocolError(400, f"malformed request line {shown(first)}")
    method, target, minor = match.groups()
    headers = parse_headers(lines)
    if minor == "1" and "host" not in headers:
        raise ProtocolError(400, "header Host is missing")
    options = {option.strip().lower() for option in headers.get("connection", "").split(",")}
    chunked = is_chunked(headers, minor)
    return RequestHead(
        method=method,
        target=origin_form(target),
        headers=headers,
        keep_alive="keep-alive" in options if minor == "0" else "close" not in options,
        chunked=chunked,
        length=0 if chunked else content_length(headers),
        expects_continue=minor == "1" and expects_continue(headers),
        minor=minor,
    )


def parse_headers(lines: list[str]) -> dict[str, str]:
    """Return the headers by lower-case name."""
    headers: dict[str, str] = {}
    for line in lines:
        match = HEADER_LINE.fullmatch(line)
        if match is None:
            raise ProtocolError(400, f"malformed header line {shown(line)}")
        name, value = match[1].lower(), match[2].rstrip(" \t")
        if name in headers:
            if name in SINGLE_HEADERS:
                raise ProtocolError(400, f"header {name} occurs more than once")
            value = f"{headers[name]},{value}"
        headers[name] = value
    return headers


def origin_form(target: str) -> str:
    """Return the path and query of a request target, which may be a whole URL."""
    if target.startswith("/") or target == "*":
        return target
    match = ABSOLUTE_TARGET.match(target)
    if match is None:
        raise ProtocolError(400, f"request target {shown(target)} is neither a path nor a URL")
    rest = target[match.end() :]
    return rest if rest.startswith("/") else "/" + rest


def is_chunked(headers: Mapping[str, str], minor: str) -> bool:
    """Say whether the body comes in chunks; any other transfer coding is refused."""
    coding = headers.get("transfer-encoding")
    if coding is None:
        return False
    if coding.lower() != "chunked" or minor == "0":
        raise ProtocolError(400, f"transfer coding {shown(coding)} is not supported in HTTP/1.{minor}")
    if "content-length" in headers:
        raise ProtocolError(400, "Content-Length and Transfer-Encoding contradict each other")
    return True


def content_length(headers: Mapping[str, str]) -> int:
    """Return the announced length of the body, 0 where there is none."""
    value = headers.get("content-length")
    if value is None:
        return 0
    if DIGITS.fullmatch(value) is None:
        raise ProtocolError(400, f"bad Content-Length {shown(value)}")
    return int(value)


def expects_continue(headers: Mapping[str, str]) -> bool:
    """Say whether the client waits for a go-ahead before it sends the body."""
    expectation = headers.get("expect")
    if expectation is None:
        return False
    if expectation.lower() != "100-continue":
        raise ProtocolError(417, f"expectation {shown(expectation)} is not supported")
    return True


STATUS_LINES: Mapping[int, str] = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus
}


def encode_head(response: HttpResponse, *, keep_alive: bool) -> bytes:
    """Return the status line and headers of an answer, with the empty line that ends them."""
    status = response.status
    parts = [STATUS_LINES.get(status) or f"HTTP/1.1 {status} Unknown\r\n"]
    has_length = False
    for name, value in response.headers.items():
        parts.append(f"{name}: {value}\r\n")
        has_length = has_length or name.lower() == "content-length"
    if not has_length and may_have_body(status):
        parts.append(f"Content-Length: {len(response.body)}\r\n")
    if not keep_alive:
        parts.append("Connection: close\r\n")
    parts.append("\r\n")
    return "".join(parts).encode("latin-1", "replace")


def may_have_body(status: int) -> bool:
    """Say whether an answer with this status carries a body in HTTP."""
    return status >= 200 and status not in (204, 304)

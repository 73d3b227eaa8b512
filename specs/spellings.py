"""Define the manners in which HTTP, JSON and URLs let the same request be written.

A request that is spelled in any of these manners means what the plain one means, so it must be answered alike. Each
manner changes one thing. The scripts of findings hold this module's text, so it needs the standard library alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any, Literal

PLAINLY = "plainly"
HEAD_END = b"\r\n\r\n"
CHUNK_BYTES = 7
SPACES = " \t\r\n"
MORE_ZEROS = 40
# Manners that change only numbers with a fraction, only URLs, and only letters beyond ASCII, which URLs do not have.
OF_FRACTIONS = ("exponents", "zeros")
OF_URLS = ("url-escapes", "url-scheme")
OF_LETTERS = ("unescaped",)
URL = re.compile(r"(https?)(://[^?#]*/)([^/?#]*)", re.DOTALL)

Between = Literal["nothing", "a pause", "a go-ahead", "an answer"]


@dataclass(frozen=True, slots=True)
class Wire:
    """The bytes of a request in the pieces in which they are sent, and what the client waits for between them."""

    pieces: tuple[bytes, ...]
    between: Between = "nothing"


@dataclass(frozen=True, slots=True)
class Style:
    """One way to spell a request: `says` what is unusual about it; `plainer` is a manner that does less of the same."""

    says: str
    write: Callable[[bytes], Wire]
    plainer: str = PLAINLY


def spelled(message: bytes, manner: str) -> Wire:
    """Write a whole HTTP request in another spelling."""
    return Wire((message,)) if manner == PLAINLY else SPELLINGS[manner].write(message)


def written(number: float, manner: str) -> str:
    """Return a number as a request's JSON holds it in another spelling."""
    text = json.dumps(number)
    if manner not in OF_FRACTIONS:
        return text
    (whole,) = spelled(HEAD_END + text.encode(), manner).pieces
    return whole.partition(HEAD_END)[2].decode()


def a_spelling(manner: str) -> str:
    """Describe the manner in words."""
    return SPELLINGS[manner].says


def _headed(change: Callable[[list[str]], list[str]]) -> Callable[[bytes], Wire]:
    """Make a manner that changes the lines of the head; the request line is the first."""

    def write(message: bytes) -> Wire:
        head, _, body = message.partition(HEAD_END)
        lines = change(head.decode("latin-1").split("\r\n"))
        return Wire(("\r\n".join(lines).encode("latin-1") + HEAD_END + body,))

    return write


def _each_header(change: Callable[[str, str], str]) -> Callable[[bytes], Wire]:
    """Make a manner that changes every header's line, given the header's name and value."""

    def lines(head: list[str]) -> list[str]:
        first, *headers = head
        pairs = (line.partition(": ") for line in headers)
        return [first, *(change(name, value) for name, _, value in pairs)]

    return _headed(lines)


def _one_header(name: str, change: Callable[[str], str]) -> Callable[[bytes], Wire]:
    """Make a manner that changes the value of one header, if the request has it."""
    return _each_header(lambda own, value: f"{own}: {change(value) if own.lower() == name else value}")


def _with_header(line: str) -> Callable[[bytes], Wire]:
    return _headed(lambda lines: [*lines, line])


def _without_slash(lines: list[str]) -> list[str]:
    method, target, version = lines[0].split(" ")
    return [f"{method} {target.rstrip('/')} {version}", *lines[1:]]


def _with_whole_target(lines: list[str]) -> list[str]:
    method, target, version = lines[0].split(" ")
    host = next(line.partition(": ")[2] for line in lines if line.lower().startswith("host: "))
    return [f"{method} http://{host}{target} {version}", *lines[1:]]


def _chunked(most: int = 0, *, extension: str = "", trailer: str = "") -> Callable[[bytes], Wire]:
    """Make a manner that sends the body in chunks of `most` bytes at most; in a single chunk if `most` is 0."""

    def write(message: bytes) -> Wire:
        head, _, body = message.partition(HEAD_END)
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length:")]
        lines.append(b"Transfer-Encoding: chunked")
        if trailer:
            lines.append(b"Trailer: " + trailer.partition(":")[0].encode())
        size = most or len(body) or 1
        data = b"".join(
            b"%x%s\r\n%s\r\n" % (len(part), extension.encode(), part)
            for part in (body[start : start + size] for start in range(0, len(body), size))
        )
        end = f"0\r\n{trailer}{chr(13) + chr(10) if trailer else ''}\r\n".encode()
        return Wire((b"\r\n".join(lines) + HEAD_END + data + end,))

    return write


def _with_go_ahead(message: bytes) -> Wire:
    head, _, body = message.partition(HEAD_END)
    return Wire((head + b"\r\nExpect: 100-continue" + HEAD_END, body), "a go-ahead")


def _in_pieces(message: bytes) -> Wire:
    """Cut a request in three: half of the head; the other half, and half of the body; the rest."""
    body = message.index(HEAD_END) + len(HEAD_END)
    cuts = [0, body // 2, body + (len(message) - body) // 2, len(message)]
    pieces = (message[start:end] for start, end in pairwise(cuts))
    return Wire(tuple(piece for piece in pieces if piece), "a pause")


def _behind_another(message: bytes) -> Wire:
    """Send the request right behind one by GET, which clients may repeat as often as they like."""
    _, target, _ = message.split(b"\r\n", 1)[0].split(b" ")
    host = next(line for line in message.split(b"\r\n") if line.lower().startswith(b"host:"))
    return Wire((b"GET " + target + b" HTTP/1.1\r\n" + host + HEAD_END, message), "an answer")


class _Number(str):
    """A number, as it is written."""

    __slots__ = ()


class _Members(list[tuple[str, Any]]):
    """The members of an object in their order."""


@dataclass(frozen=True, slots=True)
class _Json:
    """The way in which JSON is written."""

    name: Callable[[str], str] = json.dumps
    text: Callable[[str], str] = json.dumps
    number: Callable[[str], str] = str
    gap: str = ""
    comma: str = ", "
    colon: str = ": "
    backwards: bool = False


def _json(style: _Json) -> Callable[[bytes], Wire]:
    """Make a manner that writes the body's JSON in another style; a body that is not JSON stays as it is."""
    return _of_body(lambda tree: _written(tree, style))


def _of_body(write: Callable[[Any], str]) -> Callable[[bytes], Wire]:
    def change(message: bytes) -> Wire:
        head, _, body = message.partition(HEAD_END)
        try:
            tree = json.loads(
                body, object_pairs_hook=_Members, parse_int=_Number, parse_float=_Number, parse_constant=_refuse
            )
            text = write(tree).encode()
        except (ValueError, RecursionError):
            return Wire((message,))
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length:")]
        return Wire((b"\r\n".join((*lines, b"Content-Length: %d" % len(text))) + HEAD_END + text,))

    return change


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _written(tree: Any, style: _Json) -> str:
    return "".join(_pieces(tree, style))


def _pieces(tree: Any, style: _Json) -> Iterator[str]:
    yield style.gap
    match tree:
        case _Members():
            inner = [style.name(name) + style.gap + style.colon + _written(one, style) for name, one in tree]
            yield "{" + style.comma.join(style.gap + one for one in (inner[::-1] if style.backwards else inner)) + "}"
        case list():
            yield "[" + style.comma.join(_written(one, style) for one in tree) + "]"
        case _Number():
            yield style.number(tree)
        case str():
            yield style.text(tree)
        case _:
            yield json.dumps(tree)
    yield style.gap


def _escaped(text: str) -> str:
    """Write a JSON string with escapes only; a character beyond 16 bits becomes a pair of them."""
    units = text.encode("utf-16-be", "surrogatepass")
    numbers = (int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2))
    return '"' + "".join(f"\\u{number:04x}" if number % 2 else f"\\u{number:04X}" for number in numbers) + '"'


def _scaled(number: str) -> str:
    """Write a number with a fraction or exponent as an integer and an exponent: 1.5 as 15E-1."""
    if number.lstrip("-").isdigit():
        return number
    sign, digits, exponent = Decimal(number).as_tuple()
    return f"{'-' * sign}{''.join(map(str, digits)).lstrip('0') or '0'}E{int(exponent):+d}"


def _with_zeros(number: str) -> str:
    """Write a number with a fraction and more zeros behind it."""
    mantissa, exponent = [*re.split("[eE]", number), ""][:2]
    if "." not in mantissa:
        return number
    return f"{mantissa}{'0' * MORE_ZEROS}{'e' if exponent else ''}{exponent}"


def _of_url(change: Callable[[re.Match[str]], str]) -> Callable[[bytes], Wire]:
    """Make a manner that changes how the member `url` is written, if the body has one."""

    def other(name: str, value: Any) -> Any:
        match = URL.fullmatch(value) if name == "url" and isinstance(value, str) else None
        return value if match is None else change(match)

    def write(tree: Any) -> str:
        if isinstance(tree, _Members):
            tree = _Members((name, other(name, value)) for name, value in tree)
        return _written(tree, _Json())

    return _of_body(write)


def _percent_encoded(url: re.Match[str]) -> str:
    """Write each letter and digit of the URL's last part as an escape, which is equivalent (RFC 3986, 6.2.2.2)."""
    scheme, before, last = url.groups()
    parts = re.split("(%[0-9A-Fa-f]{2})", last)
    encoded = (
        part.lower() if part[:1] == "%" else re.sub("[A-Za-z0-9]", lambda one: f"%{ord(one[0]):02x}", part)
        for part in parts
    )
    return f"{scheme}{before}{''.join(encoded)}"


SPELLINGS: dict[str, Style] = {
    "no-slash": Style("a path without a slash at its end", _headed(_without_slash)),
    "whole-target": Style("a whole URL in the request line", _headed(_with_whole_target)),
    "accept-any": Style("an Accept of anything", _with_header("Accept: */*")),
    "header-names-lower": Style(
        "header names in lower case", _each_header(lambda name, value: f"{name.lower()}: {value}")
    ),
    "header-names-upper": Style(
        "header names in upper case",
        _each_header(lambda name, value: f"{name.upper()}: {value}"),
        "header-names-lower",
    ),
    "header-order": Style("headers in another order", _headed(lambda lines: [lines[0], *lines[:0:-1]])),
    "header-spaces": Style("spaces around headers' values", _each_header(lambda name, value: f"{name}:\t  {value} \t")),
    "header-tight": Style(
        "no space before headers' values", _each_header(lambda name, value: f"{name}:{value}"), "header-spaces"
    ),
    "content-type-case": Style("a content type in upper case", _one_header("content-type", str.upper)),
    "content-type-charset": Style(
        "a content type that names its charset", _one_header("content-type", lambda value: f"{value}; charset=utf-8")
    ),
    "content-type-quoted": Style(
        "a content type that quotes its charset",
        _one_header("content-type", lambda value: f'{value};Charset="UTF-8"'),
        "content-type-charset",
    ),
    "basic-case": Style(
        "an authorization scheme in lower case", _one_header("authorization", lambda value: f"b{value[1:]}")
    ),
    "chunked": Style("a body in a chunk", _chunked()),
    "chunks": Style("a body in many chunks", _chunked(CHUNK_BYTES), "chunked"),
    "chunk-extensions": Style("chunks with extensions", _chunked(extension=';a=1;b="c d"'), "chunked"),
    "trailers": Style("trailers behind the chunks", _chunked(trailer="X-Checked: yes"), "chunked"),
    "go-ahead": Style("a body that waits for 100 Continue", _with_go_ahead),
    "in-pieces": Style("a request that comes in pieces", _in_pieces),
    "pipelined": Style("a request right behind another", _behind_another),
    "names-escaped": Style("escapes in the names of fields", _json(_Json(name=_escaped))),
    "texts-escaped": Style("escapes in strings", _json(_Json(text=_escaped))),
    "slashes-escaped": Style("escaped slashes", _json(_Json(text=lambda text: json.dumps(text).replace("/", r"\/")))),
    "unescaped": Style(
        "letters that are not escaped", _json(_Json(text=lambda text: json.dumps(text, ensure_ascii=False)))
    ),
    "spaces": Style("spaces of all kinds", _json(_Json(gap=SPACES, comma=",", colon=":"))),
    "no-spaces": Style("no spaces", _json(_Json(comma=",", colon=":"))),
    "members-reversed": Style("fields in the reverse order", _json(_Json(backwards=True))),
    "exponents": Style("numbers with exponents", _json(_Json(number=_scaled))),
    "zeros": Style("numbers with many zeros at the end", _json(_Json(number=_with_zeros))),
    "url-escapes": Style("letters of the URL that are escaped", _of_url(_percent_encoded)),
    "url-scheme": Style("a URL's scheme in upper case", _of_url(lambda url: url[1].upper() + url[2] + url[3])),
}

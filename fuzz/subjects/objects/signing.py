"""Sign requests by AWS Signature Version 4: in the header, in the query, and chunk by chunk."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from urllib.parse import quote

from fuzz.subjects.objects.lazy import Body, LazyBody, pieces_of, sha256_of, size_of

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
EMPTY_HASH = hashlib.sha256(b"").hexdigest()
Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Key:
    """An access key with its secret, and the region that it signs for."""

    access_key: str
    secret: str
    region: str = "us-east-1"
    service: str = "s3"


@dataclass(frozen=True, slots=True)
class Plain:
    """A request that is not signed yet; the path is the text after the host, before it is escaped."""

    method: str
    host: str
    path: bytes
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: Body = b""


def escaped(text: bytes | str, *, slashes: bool = False) -> str:
    """Return a text with all but letters, digits and `-._~` as escapes."""
    return quote(text, safe="/-._~" if slashes else "-._~")


def target(plain: Plain) -> str:
    """Return the path and the query as they are sent."""
    query = "&".join(f"{escaped(name)}={escaped(value)}" if value else escaped(name) for name, value in plain.query)
    return escaped(plain.path, slashes=True) + (f"?{query}" if query else "")


def stamp(seconds: float) -> str:
    """Return a time as signatures have it."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(seconds))


def canonical(plain: Plain, signed: Sequence[str], payload: str) -> str:
    """Return the canonical request, of which the signature is made."""
    pairs = sorted((escaped(name), escaped(value)) for name, value in plain.query)
    query = "&".join(f"{name}={value}" for name, value in pairs)
    lines = [plain.method, escaped(plain.path, slashes=True), query]
    lines += [f"{name}:{_value(name, plain)}" for name in signed]
    return "\n".join([*lines, "", ";".join(signed), payload])


def _value(name: str, plain: Plain) -> str:
    if name == "host":
        return plain.host
    values = [re.sub(" +", " ", value.strip()) for own, value in plain.headers if own.lower() == name]
    return ",".join(values)


def names_to_sign(plain: Plain) -> tuple[str, ...]:
    """Return the headers that must be signed: the host and all that begin with x-amz-."""
    own = {name.lower() for name, _ in plain.headers}
    return tuple(sorted({"host", *(name for name in own if name.startswith("x-amz-"))}))


def scope(day: str, key: Key) -> str:
    """Return what a signature is for: day, region and service."""
    return f"{day}/{key.region}/{key.service}/aws4_request"


@lru_cache(64)
def _signing_key(secret: str, day: str, region: str, service: str) -> bytes:
    made = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        made = hmac.digest(made, part.encode(), "sha256")
    return made


def signature(text: str, day: str, key: Key) -> str:
    """Return the signature of a text."""
    made = _signing_key(key.secret, day, key.region, key.service)
    return hmac.digest(made, text.encode("utf-8", "surrogateescape"), "sha256").hex()


def of_request(plain: Plain, signed: Sequence[str], payload: str, when: str, key: Key) -> str:
    """Return the signature of a request."""
    digest = hashlib.sha256(canonical(plain, signed, payload).encode("utf-8", "surrogateescape")).hexdigest()
    day = when[:8]
    return signature("\n".join([ALGORITHM, when, scope(day, key), digest]), day, key)


def in_header(plain: Plain, key: Key, now: float, payload: str | None = None) -> Plain:
    """Return the request with an Authorization header; by default its payload's hash is signed."""
    when = stamp(now)
    payload = sha256_of(plain.body) if payload is None else payload
    dated = replace(plain, headers=(*plain.headers, ("x-amz-date", when), ("x-amz-content-sha256", payload)))
    signed = names_to_sign(dated)
    made = of_request(dated, signed, payload, when, key)
    credential = f"{key.access_key}/{scope(when[:8], key)}"
    told = f"{ALGORITHM} Credential={credential}, SignedHeaders={';'.join(signed)}, Signature={made}"
    return replace(dated, headers=(*dated.headers, ("Authorization", told)))


def presigned(plain: Plain, key: Key, now: float, expires: str = "600") -> Plain:
    """Return the request with its signature in the query."""
    when = stamp(now)
    signed = names_to_sign(plain)
    told = (
        ("X-Amz-Algorithm", ALGORITHM),
        ("X-Amz-Credential", f"{key.access_key}/{scope(when[:8], key)}"),
        ("X-Amz-Date", when),
        ("X-Amz-Expires", expires),
        ("X-Amz-SignedHeaders", ";".join(signed)),
    )
    asked = replace(plain, query=(*plain.query, *told))
    made = of_request(asked, signed, UNSIGNED, when, key)
    return replace(asked, query=(*asked.query, ("X-Amz-Signature", made)))


@dataclass(frozen=True, slots=True)
class Streamed:
    """The way in which a body is streamed: signed chunks or not, the trailer's name and value, a fault if any."""

    signed: bool = True
    trailer: tuple[str, str] | None = None
    chunk_bytes: int = 64 * 1024
    fault: str = ""

    @property
    def word(self) -> str:
        """Return the word that takes the place of the payload's hash."""
        if not self.signed:
            return "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
        return f"STREAMING-AWS4-HMAC-SHA256-PAYLOAD{'-TRAILER' if self.trailer else ''}"


def streaming(plain: Plain, key: Key, now: float, manner: Streamed) -> Plain:
    """Return the request with a body in signed or unsigned chunks."""
    length = (
        () if manner.fault == "no-decoded-length" else (("x-amz-decoded-content-length", str(size_of(plain.body))),)
    )
    announced = (("x-amz-trailer", manner.trailer[0]),) if manner.trailer else ()
    headers = [
        (name, f"aws-chunked,{value}" if name.lower() == "content-encoding" else value) for name, value in plain.headers
    ]
    if not any(name.lower() == "content-encoding" for name, _ in headers):
        headers.append(("Content-Encoding", "aws-chunked"))
    framed = replace(plain, headers=(*headers, *length, *announced), body=b"")
    sent = in_header(framed, key, now, manner.word)
    seed = sent.headers[-1][1].rpartition("Signature=")[2]
    frames = partial(_frames, plain.body, stamp(now), key, seed, manner)
    if isinstance(plain.body, bytes):
        return replace(sent, body=b"".join(frames()))
    # Frames are made twice: the length of all of them must be known before the first is sent.
    return replace(sent, body=LazyBody(sum(map(len, frames())), frames))


def _chunks(body: Body, chunk_bytes: int, count: int) -> Iterable[bytes]:
    """Yield the first so many bytes of a body in chunks of one size, and an empty one after them."""
    left = b""
    for piece in pieces_of(body):
        data = left + piece[: count - len(left)]
        count -= len(data)
        full = len(data) - len(data) % chunk_bytes if count else len(data)
        yield from (data[at : min(at + chunk_bytes, full)] for at in range(0, full, chunk_bytes))
        left = data[full:]
        count += len(left)
    yield b""


def _frames(body: Body, when: str, key: Key, seed: str, manner: Streamed) -> Iterable[bytes]:
    day = when[:8]
    before = seed
    sent_bytes = size_of(body) - (manner.fault == "too-little-data")
    for number, piece in enumerate(_chunks(body, manner.chunk_bytes, sent_bytes)):
        if not piece and manner.fault == "no-last-chunk":
            return
        text = [f"{ALGORITHM}-PAYLOAD", when, scope(day, key), before, EMPTY_HASH, hashlib.sha256(piece).hexdigest()]
        before = signature("\n".join(text), day, key)
        told = "0" * 64 if manner.fault == "chunk-signature" and number == 0 else before
        line = f"{len(piece):x};chunk-signature={told}" if manner.signed else f"{len(piece):x}"
        yield line.encode() + b"\r\n" + (piece + b"\r\n" if piece else b"")
    if manner.trailer is not None and manner.fault != "trailer-missing":
        line = f"{manner.trailer[0]}:{manner.trailer[1]}"
        yield f"{line}\r\n".encode()
        if manner.signed:
            digest = hashlib.sha256(f"{line}\n".encode()).hexdigest()
            made = signature("\n".join([f"{ALGORITHM}-TRAILER", when, scope(day, key), before, digest]), day, key)
            told = "0" * 64 if manner.fault == "trailer-signature" else made
            yield f"x-amz-trailer-signature:{told}\r\n".encode()
    yield b"\r\n"

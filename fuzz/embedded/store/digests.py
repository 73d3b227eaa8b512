"""The digests that a request declares of its body, and whether they are those of the bytes that came."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from fuzz.embedded.aws_chunks import FRAMINGS, UNSIGNED_WITH_TRAILER
from fuzz.embedded.s3_errors import S3Error
from fuzz.embedded.sigv4 import CONTENT_HASH, UNSIGNED
from fuzz.embedded.store.checksums import KINDS

PREFIX = "x-amz-checksum-"
HASH_DIGITS = frozenset("0123456789abcdef")
NOT_KINDS = frozenset({"algorithm", "mode", "type"})


@dataclass(frozen=True, slots=True)
class Declared:
    """The statements of a request about its body: digests that it must have, and the checksum that a trailer will give.

    `payload` is the SHA-256 in hex digits, empty where none was signed. `trailer` is a kind of checksum, empty where
    none is announced.
    """

    md5: bytes | None
    kind: str
    value: bytes
    payload: str
    framing: str
    trailer: str


def declared(headers: Mapping[str, str]) -> Declared:
    """Read the digests that headers declare; raises S3Error for malformed ones."""
    kind, value = _checksum(headers)
    framing, payload = _payload(headers.get(CONTENT_HASH, UNSIGNED))
    trailer = _announced(headers) if framing else ""
    if trailer and kind:
        raise S3Error("InvalidRequest", "Expecting a single x-amz-checksum- header.")
    return Declared(_md5(headers.get("content-md5")), kind, value, payload, framing, trailer)


def _md5(given: str | None) -> bytes | None:
    if given is None:
        return None
    value = decoded(given)
    if value is None or len(value) != 16:
        raise S3Error("InvalidDigest")
    return value


def _checksum(headers: Mapping[str, str]) -> tuple[str, bytes]:
    """Return the kind and the value of the one checksum; the kind is empty where there is none."""
    found = [
        (name.removeprefix(PREFIX), value)
        for name, value in headers.items()
        if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in NOT_KINDS
    ]
    if not found:
        return "", b""
    if len(found) > 1:
        raise S3Error("InvalidRequest", "Expecting a single x-amz-checksum- header.")
    return found[0][0], checksum_value(*found[0])


def checksum_value(kind: str, text: str) -> bytes:
    """Return the bytes of a checksum of that kind; raises S3Error."""
    value = decoded(text)
    if kind not in KINDS or value is None or len(value) != len(KINDS[kind]().digest()):
        raise S3Error("InvalidRequest", f"Value for {PREFIX}{kind} header is invalid.")
    return value


def decoded(text: str) -> bytes | None:
    """Decode strict base64; None if the text is not that."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _payload(text: str) -> tuple[str, str]:
    """Return the framing and the hash that `x-amz-content-sha256` names; either is empty, or both."""
    if text == UNSIGNED:
        return "", ""
    if text in FRAMINGS:
        return text, ""
    if len(text) != 64 or not HASH_DIGITS.issuperset(text):
        raise S3Error("InvalidArgument", f"{CONTENT_HASH} must be UNSIGNED-PAYLOAD, a framing or a valid SHA-256.")
    return "", text


def _announced(headers: Mapping[str, str]) -> str:
    """Return the kind of checksum that a trailer will give."""
    names = [name.strip().lower() for name in headers.get("x-amz-trailer", "").split(",")]
    kinds = [name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX)]
    if len(kinds) > 1 or any(kind not in KINDS for kind in kinds):
        raise S3Error("InvalidRequest", "The value specified in the x-amz-trailer header is not supported.")
    return kinds[0] if kinds else ""


def framing_of(headers: Mapping[str, str]) -> str:
    """Return the framing that a body comes in; empty where there is none."""
    found = headers.get(CONTENT_HASH, "")
    return found if found in FRAMINGS else ""


def decoded_length(headers: Mapping[str, str], framing: str) -> int | None:
    """Return the announced length of content that comes in a framing; None without a framing. Raises S3Error."""
    if not framing:
        return None
    text = headers.get("x-amz-decoded-content-length", "")
    if not text:
        raise S3Error("MissingContentLength")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise S3Error("InvalidArgument", "x-amz-decoded-content-length is no number.")
    return int(text)


def trailing_checksum(wanted: Declared, trailers: Mapping[str, str]) -> bytes | None:
    """Return the checksum that the trailer gives, where one was announced.

    Raises S3Error where it is not as announced.
    """
    if wanted.framing == UNSIGNED_WITH_TRAILER or wanted.trailer:
        names = {f"{PREFIX}{wanted.trailer}"} if wanted.trailer else set()
        if set(trailers) != names:
            raise S3Error("MalformedTrailerError")
    if not wanted.trailer:
        return None
    value = decoded(trailers[f"{PREFIX}{wanted.trailer}"])
    if value is None or len(value) != len(KINDS[wanted.trailer]().digest()):
        raise S3Error("MalformedTrailerError")
    return value

"""Sign a step's request in the way that the step says, with the single fault that it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import chain

from fuzz.subjects.objects.lazy import pieces_of, sha256_of
from fuzz.subjects.objects.signing import UNSIGNED, Key, Plain, Streamed, in_header, presigned, streaming
from specs.objects.checksums import digest
from specs.objects.steps import Sent

SKEW_SECONDS = 20 * 60 + 30
EXPIRED_SECONDS = 120
# How much later than it is it seems to be by a clock that is off, but not too far; it is less than ten minutes.
OFF_SECONDS: Mapping[str, int] = {"late-clock": -570, "early-clock": 570}
TRAILER = "x-amz-checksum-crc32"


def signed(plain: Plain, sent: Sent, keys: Mapping[str, Key], now: float) -> Plain:
    """Return the request as it is sent."""
    if sent.by == "anonymous":
        return plain
    key = keys[sent.by]
    if sent.fault == "skewed":
        now -= SKEW_SECONDS
    if sent.fault == "other-service":
        key = replace(key, service="ec2")
    return _broken(_signed(plain, sent, key, now), plain, sent.fault)


def _signed(plain: Plain, sent: Sent, key: Key, now: float) -> Plain:
    if sent.signing == "presigned":
        if sent.fault == "expired":
            return presigned(plain, key, now - EXPIRED_SECONDS, "60")
        lives = {"expires-zero": "0", "expires-too-long": "604801"}
        return presigned(plain, key, now, lives.get(sent.fault, "600"))
    if sent.signing in ("chunks", "chunks-trailer", "unsigned-trailer"):
        more = (b"!",) if sent.fault == "trailer-checksum" else ()
        trailer = None if sent.signing == "chunks" else (TRAILER, digest("crc32", chain(pieces_of(plain.body), more)))
        return streaming(plain, key, now, Streamed(sent.signing != "unsigned-trailer", trailer, fault=sent.fault))
    if sent.fault == "payload-hash":
        return in_header(plain, key, now, flipped(sha256_of(plain.body)))
    if sent.fault == "payload-word":
        return in_header(plain, key, now, "not-a-hash")
    now += OFF_SECONDS.get(sent.signing, 0)
    return in_header(plain, key, now, UNSIGNED if sent.signing == "unsigned-payload" else None)


def _broken(done: Plain, plain: Plain, fault: str) -> Plain:
    """Return the signed request with the fault, if it is one that is made after signing."""
    match fault:
        case "other-signature":
            return _with_signature(done)
        case "other-method":
            return replace(
                done, method={"GET": "HEAD", "HEAD": "GET", "PUT": "POST", "POST": "PUT", "DELETE": "GET"}[plain.method]
            )
        case "other-path":
            return replace(done, path=done.path + b"x")
        case "other-query":
            return replace(done, query=(*done.query, ("max-keys", "7")))
        case "other-header":
            return _with_header(done, "x-amz-date", _later)
        case "expires-missing":
            return replace(done, query=tuple(one for one in done.query if one[0] != "X-Amz-Expires"))
        case "malformed-header":
            return _with_header(done, "authorization", lambda value: value.replace("SignedHeaders", "Signed"))
        case "other-algorithm":
            return _with_header(done, "authorization", lambda value: value.replace("AWS4-HMAC-SHA256", "AWS4-HMAC-MD5"))
        case "other-day":
            return _with_header(done, "authorization", _other_day)
        case "no-date":
            return replace(done, headers=tuple(one for one in done.headers if one[0].lower() != "x-amz-date"))
    return done


def _with_header(done: Plain, name: str, change: object) -> Plain:
    assert callable(change)
    pairs = ((own, change(value) if own.lower() == name else value) for own, value in done.headers)
    return replace(done, headers=tuple(pairs))


def _with_signature(done: Plain) -> Plain:
    def other(value: str) -> str:
        head, word, made = value.rpartition("Signature=")
        return head + word + flipped(made)

    query = tuple((name, flipped(value) if name == "X-Amz-Signature" else value) for name, value in done.query)
    return replace(_with_header(done, "authorization", other), query=query)


def flipped(made: str) -> str:
    """Return another signature of the same length."""
    return f"{made[:-1]}{'0' if made[-1] != '0' else '1'}"


def _later(value: str) -> str:
    """Return the same time a second later or earlier."""
    digit = int(value[-2])
    return f"{value[:-2]}{digit + 1 if digit < 9 else digit - 1}{value[-1]}"


def _other_day(value: str) -> str:
    head, slash, rest = value.partition("/")
    return f"{head}{slash}20010101{rest[8:]}"

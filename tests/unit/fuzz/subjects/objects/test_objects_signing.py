"""Signatures of requests to object stores are those of AWS's own examples, and faults change what they say."""

from __future__ import annotations

import calendar

import pytest

from fuzz.subjects.objects.sending import signed
from fuzz.subjects.objects.signing import EMPTY_HASH, Key, Plain, Streamed, of_request, presigned, streaming, target
from specs.objects.steps import SIGNING_FAULTS, Sent

# The account and the time of the examples in AWS's documentation of Signature Version 4.
KEY = Key("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
WHEN = "20130524T000000Z"
NOW = float(calendar.timegm((2013, 5, 24, 0, 0, 0)))
HOST = "examplebucket.s3.amazonaws.com"


def test_a_signed_header_is_as_in_the_example() -> None:
    headers = (("Range", "bytes=0-9"), ("x-amz-content-sha256", EMPTY_HASH), ("x-amz-date", WHEN))
    plain = Plain("GET", HOST, b"/test.txt", (), headers)
    names = ("host", "range", "x-amz-content-sha256", "x-amz-date")
    made = of_request(plain, names, EMPTY_HASH, WHEN, KEY)
    assert made == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"


def test_a_presigned_url_is_as_in_the_example() -> None:
    made = presigned(Plain("GET", HOST, b"/test.txt"), KEY, NOW, "86400")
    assert dict(made.query)["X-Amz-Signature"] == "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    assert target(made).startswith(
        "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F"
    )


def test_chunks_follow_from_each_other() -> None:
    body = b"a" * 100
    made = streaming(Plain("PUT", HOST, b"/k", (), (), body), KEY, NOW, Streamed(chunk_bytes=64))
    first, data, second, rest, last, *_ = made.body.split(b"\r\n")
    assert (data, rest) == (b"a" * 64, b"a" * 36)
    assert [line.split(b";")[0] for line in (first, second, last)] == [b"40", b"24", b"0"]
    signatures = {line.rpartition(b"=")[2] for line in (first, second, last)}
    assert len(signatures) == 3
    assert dict(made.headers)["x-amz-decoded-content-length"] == "100"


@pytest.mark.parametrize("fault", [one for one in SIGNING_FAULTS if one])
def test_each_fault_makes_another_request(fault: str) -> None:
    signing = "presigned" if fault.startswith(("expire",)) else "header"
    if fault in ("chunk-signature", "no-last-chunk", "too-little-data", "no-decoded-length"):
        signing = "chunks"
    if fault.startswith("trailer"):
        signing = "chunks-trailer"
    plain = Plain("PUT", "store", b"/b/k", (), (), b"body")
    right = signed(plain, Sent(signing=signing), {"owner": KEY}, NOW)  # type: ignore[arg-type]
    wrong = signed(plain, Sent(signing=signing, fault=fault), {"owner": KEY}, NOW)  # type: ignore[arg-type]
    assert right != wrong


def test_anonymous_requests_are_sent_as_they_are() -> None:
    plain = Plain("GET", "store", b"/b/k")
    assert signed(plain, Sent("anonymous"), {}, NOW) == plain


def test_every_byte_of_a_key_is_escaped() -> None:
    assert target(Plain("GET", "store", "/b/a b+c%/ä?#".encode())) == "/b/a%20b%2Bc%25/%C3%A4%3F%23"

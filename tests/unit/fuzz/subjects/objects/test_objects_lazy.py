"""Lazy bodies are the same bytes as those made at once, and verifiers tell the first byte that is not."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.embedded.store.server import serving
from fuzz.subjects.objects.lazy import LazyBody, Verifier, body_of, bytes_of, size_of
from fuzz.subjects.objects.requests import Names, plain_request
from fuzz.subjects.objects.sending import signed
from fuzz.subjects.objects.signing import Key, Plain
from fuzz.subjects.objects.stage import written
from fuzz.transport.exchanges import send
from fuzz.transport.http import HttpClient
from specs.objects.content import BLOCK_BYTES, Content
from specs.objects.steps import SIGNINGS, GetObject, PutObject, Sent, Signing, SigningFault
from specs.objects.words import NOTHING
from specs.outcome import NoReply, Reply

KEYS = {"owner": Key("AK", "SK")}
NOW = 1_700_000_000.0
TERABYTE = 10**12
LARGE = Content(b"head", 9 * 2**20, 7)
QUICK = settings(max_examples=60, deadline=None)
contents = st.builds(Content, st.binary(max_size=20), st.integers(0, 3 * BLOCK_BYTES), st.integers(0, 99))


@QUICK
@given(contents, st.data())
def test_what_is_read_is_a_slice_of_the_whole(content: Content, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, content.size + 5))
    stop = data.draw(st.integers(start, content.size + 5))
    assert content.read(start, stop) == content.data[start:stop]
    assert b"".join(content.pieces(start, stop)) == content.data[start:stop]
    assert len(content.data) == content.size


def test_ranges_of_a_terabyte_are_made_alone() -> None:
    content = Content(b"", TERABYTE, 3)
    ends = [content.read(at, at + 1000) for at in (0, TERABYTE // 2, TERABYTE - 1000)]
    assert [len(one) for one in ends] == [1000] * 3
    assert len(set(ends)) == 3
    assert content.read(TERABYTE - 10, TERABYTE + 10) == ends[-1][-10:]


def test_no_two_words_of_many_blocks_are_alike() -> None:
    data = Content(b"", 4 * BLOCK_BYTES, 1).data + Content(b"", BLOCK_BYTES, 2).data
    words = {data[at : at + 8] for at in range(0, len(data), 8)}
    assert len(words) == len(data) // 8


@QUICK
@given(contents, st.lists(st.integers(1, 2 * BLOCK_BYTES), max_size=6), st.data())
def test_a_verifier_tells_the_first_byte_that_differs(content: Content, cuts: list[int], data: st.DataObject) -> None:
    right = content.data
    bounds = sorted({0, *(one for one in cuts if one < len(right)), len(right)})

    def told(came: bytes) -> int | None:
        verifier = Verifier(content)
        for low, high in zip(bounds, [*bounds[1:-1], len(came)], strict=False):
            verifier.write(came[low:high])
        found = verifier.difference()
        return None if found is None else found.offset

    assert told(right) is None
    assert told(right + b"x") == len(right)
    if right:
        at = data.draw(st.integers(0, len(right) - 1))
        assert told(right[:at] + bytes([right[at] ^ 1]) + right[at + 1 :]) == at
        assert Verifier(content, at).difference() is not None
        assert told(right[:-1]) == len(right) - 1


def test_a_verifier_of_a_range_knows_its_ends() -> None:
    verifier = Verifier(LARGE, 100, 200)
    verifier.write(LARGE.data[100:200])
    assert verifier.difference() is None
    verifier.write(b"more")
    found = verifier.difference()
    assert found is not None
    assert (found.offset, found.due, found.came) == (200, b"", b"more")
    assert str(found) == "offset 200: the end was due, 6d 6f 72 65 came"


@pytest.mark.parametrize("signing", SIGNINGS)
@pytest.mark.parametrize("fault", ["", "too-little-data", "no-last-chunk", "trailer-checksum"])
def test_a_lazy_request_is_the_same_as_one_made_at_once(signing: Signing, fault: SigningFault) -> None:
    headers = (("Content-Type", "a/b"),)
    lazy, whole = (
        signed(Plain("PUT", "store", b"/b/k", (), headers, body), Sent(signing=signing, fault=fault), KEYS, NOW)
        for body in (LazyBody(LARGE.size, LARGE.pieces), LARGE.data)
    )
    assert isinstance(lazy.body, LazyBody)
    assert (lazy.query, lazy.headers) == (whole.query, whole.headers)
    assert bytes_of(lazy.body) == whole.body
    assert bytes_of(lazy.body) == whole.body, "the body can be sent again"
    assert size_of(lazy.body) == size_of(whole.body)
    assert ("Content-Length", str(size_of(whole.body))) in written(lazy).headers


def test_digests_of_lazy_bodies_are_those_of_their_bytes() -> None:
    names = Names("store", {}, NOTHING, NOW)
    plain = plain_request(PutObject(key="k", content=LARGE, headers=(("x-amz-checksum-sha256", "{sha256}"),)), names)
    assert isinstance(plain.body, LazyBody)
    assert isinstance(body_of(Content(b"small")), bytes)
    small = PutObject(key="k", content=Content(LARGE.data), headers=(("x-amz-checksum-sha256", "{sha256}"),))
    assert plain.headers == plain_request(small, names).headers


@contextmanager
def client() -> Iterator[HttpClient]:
    with serving({"AK": "SK"}) as store, closing(HttpClient(store.url)) as found:
        yield found


def ask(asked: HttpClient, step: PutObject | GetObject, verifier: Verifier | None = None) -> Reply | NoReply:
    host = asked.url.removeprefix("http://")
    plain = plain_request(step, Names(host, {"a": "bucket"}, NOTHING, 0.0))
    message = written(signed(plain, step.sent, KEYS, time.time()))
    return send(asked, replace(message, receiver=verifier))


@pytest.mark.parametrize("signing", ["header", "chunks-trailer"])
def test_lazy_bodies_reach_a_store_and_are_verified_as_they_come_back(signing: Signing) -> None:
    with client() as asked:
        made = written(signed(Plain("PUT", asked.url.removeprefix("http://"), b"/bucket"), Sent(), KEYS, time.time()))
        assert isinstance(send(asked, made), Reply)
        put = ask(asked, PutObject(key="k", content=LARGE, sent=Sent(signing=signing)))
        assert isinstance(put, Reply)
        assert put.header("etag") == f'"{hashlib.md5(LARGE.data, usedforsecurity=False).hexdigest()}"'
        verifier = Verifier(LARGE)
        came = ask(asked, GetObject(key="k"), verifier)
        assert isinstance(came, Reply)
        assert (came.status, came.body) == (200, b"")
        assert (verifier.difference(), verifier.offset) == (None, LARGE.size)
        other = Verifier(Content(LARGE.text, LARGE.fill, 8))
        ask(asked, GetObject(key="k"), other)
        found = other.difference()
        assert found is not None
        assert found.offset == len(LARGE.text)


def test_the_body_of_an_error_is_kept() -> None:
    with client() as asked:
        verifier = Verifier(LARGE)
        came = ask(asked, GetObject(key="missing"), verifier)
    assert isinstance(came, Reply)
    assert came.status == 404
    assert b"NoSuchBucket" in came.body
    assert verifier.offset == 0

"""The store in memory serves an object in the manner it was put with, and the reference server is not taken in."""

import http.client
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import get_args
from urllib.parse import urlsplit

import numpy as np
import pytest

from fuzz.embedded import bad_service
from fuzz.embedded.bad_service import SERVED
from fuzz.embedded.http_messages import HttpRequest, RawAnswer, Stall
from fuzz.embedded.memory_objects import stored_object
from fuzz.embedded.object_reads import response_to
from fuzz.running.store import MemoryStore
from specs import manners
from specs.manners import Manner
from tests.unit.reference_asking import Asker, asking

DATA = bytes(range(64))
PART = "bytes=16-47"


@dataclass(frozen=True)
class Came:
    """What a store sent until it closed: the bare bytes, and as far as they are HTTP, their parts."""

    raw: bytes

    @property
    def status(self) -> int:
        return int(self.raw.split(b" ", 2)[1])

    @property
    def headers(self) -> dict[str, str]:
        lines = self.raw.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}

    @property
    def body(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[2]


class Plain:
    """Asks by a raw socket over plain HTTP."""

    def __init__(self, store: MemoryStore) -> None:
        self.store = store
        self.path = urlsplit(store.url("public", "k", "http")).path

    def put(self, served: str) -> None:
        self.store.put("public", "k", DATA, served)

    def __call__(self, wanted: str = "", *, method: str = "GET", minor: str = "1", query: str = "") -> Came:
        headers = f"Host: x\r\nConnection: close\r\n{f'Range: {wanted}' if wanted else 'X: y'}\r\n\r\n"
        parts = urlsplit(self.store.s3_url)
        with closing(socket.create_connection((parts.hostname or "", parts.port or 0), 5)) as plain:
            plain.sendall(f"{method} {self.path}{query} HTTP/1.{minor}\r\n{headers}".encode())
            return Came(b"".join(iter(lambda: plain.recv(65536), b"")))


@pytest.fixture(scope="module")
def store() -> Iterator[MemoryStore]:
    with MemoryStore() as opened:
        yield opened


@pytest.fixture
def ask(store: MemoryStore) -> Plain:
    return Plain(store)


def test_every_manner_of_the_vocabulary_is_served_and_described() -> None:
    assert set(SERVED) == set(manners.MANNERS) == set(get_args(Manner)) - {manners.WELL}


@pytest.mark.parametrize(
    ("served", "status", "told", "body"),
    [
        ("well", 206, "bytes 16-47/64", DATA[16:48]),
        ("whole", 200, None, DATA),
        ("range-untold", 206, None, DATA[16:48]),
        ("total-untold", 206, "bytes 16-47/*", DATA[16:48]),
        ("in-pieces", 206, "bytes 16-47/64", DATA[16:48]),
        ("another-range", 206, "bytes 32-63/64", DATA[32:]),
        ("too-little", 206, "bytes 16-31/64", DATA[16:32]),
        ("too-much", 206, "bytes 16-63/64", DATA[16:]),
        ("cut-short", 206, "bytes 16-47/64", DATA[16:32]),
        ("nothing", 200, None, b""),
        ("no-content", 204, None, b""),
        ("not-modified", 304, None, b""),
    ],
)
def test_a_range_is_answered_in_the_manner(ask: Plain, served: str, status: int, told: str | None, body: bytes) -> None:
    ask.put(served)
    came = ask(PART)
    assert (came.status, came.headers.get("content-range"), came.body) == (status, told, body)


def test_what_is_cut_short_announces_all_of_it(ask: Plain) -> None:
    ask.put("cut-short")
    assert (ask(PART).headers["content-length"], len(ask(PART).body)) == ("32", 16)
    assert (ask().headers["content-length"], ask().body) == ("64", DATA[:32])


def test_chunks_make_up_the_answer_or_break_off(ask: Plain) -> None:
    framed = b"10\r\n" + DATA[16:32] + b"\r\n10\r\n" + DATA[32:48] + b"\r\n0\r\n\r\n"
    for served, body in (
        ("chunked", framed),
        ("chunks-cut", b"8\r\n" + DATA[16:24] + b"\r\n8\r\n" + DATA[24:32] + b"\r\n"),
    ):
        ask.put(served)
        came = ask(PART)
        assert (came.headers["transfer-encoding"], came.body) == ("chunked", body)
        assert "content-length" not in came.headers
        assert ask(PART, minor="0").body == DATA[16:48]


@pytest.mark.parametrize(("served", "status"), [("failing", 500), ("slow-down", 503)])
def test_errors_are_in_the_words_of_s3(ask: Plain, served: str, status: int) -> None:
    ask.put(served)
    assert ask().status == status
    assert b"<Code>" in ask().body
    assert (ask(method="HEAD").status, ask(method="HEAD").body) == (status, b"")


@pytest.mark.parametrize(
    ("served", "status"), [("forbidden-page", 403), ("missing-page", 404), ("moved", 307), ("found", 302)]
)
def test_pages_are_as_long_as_the_data_would_be(ask: Plain, served: str, status: int) -> None:
    ask.put(served)
    for wanted, length in ((PART, 32), ("", 64)):
        came = ask(wanted)
        assert (came.status, len(came.body)) == (status, length)
        assert came.headers["content-type"].startswith("text/html")


def test_a_redirect_leads_to_where_the_object_is_served_well(ask: Plain) -> None:
    ask.put("moved")
    path, _, query = ask(PART).headers["location"].partition("?")
    assert path == ask.path
    assert ask(PART, query=f"?{query}").body == DATA[16:48]


def test_some_stores_hang_up_or_are_none(ask: Plain) -> None:
    ask.put("hung-up")
    assert ask(PART).raw == b""
    ask.put("not-http")
    assert not ask(PART).raw.startswith(b"HTTP/")


@pytest.mark.parametrize("served", ["another-range", "too-little", "too-much", "nothing", "no-content"])
def test_what_nobody_could_notice_is_served_well(ask: Plain, served: str) -> None:
    ask.put(served)
    assert (ask().status, ask().body) == (200, DATA)
    if served != "too-little":
        assert ask("bytes=0-").body == DATA


def test_a_range_beyond_the_end_and_a_head_are_answered_as_ever(ask: Plain) -> None:
    for served in manners.MANNERS:
        ask.put(served)
        assert ask("bytes=64-").status == 416
    for served in ("whole", "cut-short", "no-content", "chunked"):
        ask.put(served)
        assert (ask(method="HEAD").status, ask(method="HEAD").headers["content-length"]) == (200, "64")


def test_nothing_takes_long() -> None:
    """The pauses are added up, not timed: the rest hangs on what else the machine does."""
    request = HttpRequest("GET", "/k", {"range": PART}, b"")
    answers = []
    for manner in manners.MANNERS:
        stored = stored_object(DATA, manner)
        answers.append(bad_service.served(request, stored, response_to(request, stored)))
    paused = [(one.pieces - 1) * one.pause_seconds for one in answers if isinstance(one, RawAnswer)]
    assert 0 < max(paused) < 0.4
    assert not any(isinstance(one, Stall) for one in answers)


def test_over_s3_only_those_who_may_read_are_served_badly(store: MemoryStore) -> None:
    store.put("private", "k", DATA, "whole")
    parts = urlsplit(store.url("private", "k", "s3"))
    with closing(http.client.HTTPConnection(parts.netloc)) as connection:
        connection.request("GET", parts.path, headers={"Range": PART})
        assert connection.getresponse().status == 403


VALUES = np.arange(1, 13, dtype=np.uint32)
RIGHT = ("well", "whole", "total-untold", "chunked", "in-pieces")


@pytest.fixture(scope="module")
def asker() -> Iterator[Asker]:
    with asking() as one:
        yield one


@pytest.mark.parametrize("interface", ["s3", "http"])
@pytest.mark.parametrize("served", get_args(Manner))
def test_the_reference_server_is_right_or_says_that_it_cannot_tell(asker: Asker, served: str, interface: str) -> None:
    asker.store.put("public", served, VALUES.tobytes(), served)
    url = f"{asker.store.url}/{'plain/' if interface == 'http' else ''}public/{served}"
    for window, due in (({"offset": 16, "size": 16}, 26), ({"offset": 16}, 68), ({"size": 16}, 10), ({}, 78)):
        fields = {"interface_type": interface, "url": url, "dtype": "uint32", **window}
        answer = asker.send("sum", fields)
        if answer.status == 200:
            assert np.uint32(due).tobytes() in answer.body
        else:
            assert answer.status >= 400
            assert served not in RIGHT
            asker.refusal_of(answer, answer.status)


def test_a_manner_that_there_is_not_is_told(store: MemoryStore) -> None:
    with pytest.raises(ValueError, match=r"'badly'.*well, whole"):
        store.put("public", "k", DATA, "badly")

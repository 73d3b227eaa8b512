"""Requests at the same time: they truly are, and nobody shares a connection."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from fuzz.embedded.http_messages import Answer, DropConnection, HttpRequest, HttpResponse
from fuzz.embedded.http_server import HttpServer
from fuzz.running.crowd import Crowd
from fuzz.running.session import MOST_IDLE_CROWDS, Session
from fuzz.running.store import MemoryStore
from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.server import serve
from fuzz.subjects.reductions.subject import REDUCTIONS
from fuzz.transport.http import HTTP, HttpClient, HttpMessage
from fuzz.transport.protocol import ClientSettings
from specs.case import MOST_TOGETHER, Case
from specs.fields import Fields
from specs.outcome import NoReply, Reply
from specs.reductions.profile import Profile
from specs.reductions.steps import Delete, Put, Send, SendRaw, Step

SETTINGS = ClientSettings(timeout_seconds=30.0)
SUM = Fields({"dtype": "int32"})
# How long requests wait for each other: long where all come, as a busy machine keeps them apart; short where one comes.
TOGETHER_SECONDS, ALONE_SECONDS = 20.0, 0.2


def messages(number: int) -> list[HttpMessage]:
    return [HttpMessage("POST", f"/{at}", (), str(at).encode()) for at in range(number)]


def crowd_of(url: str) -> Crowd:
    return Crowd(partial(HTTP.client, url))


def told(status: int, message: str) -> HttpResponse:
    return HttpResponse(status, {}, message.encode())


def test_few_connections_are_kept_when_many_cases_at_the_same_time_have_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    closed: list[Crowd] = []
    monkeypatch.setattr(Crowd, "close", lambda crowd: closed.append(crowd))
    with MemoryStore() as store:
        session = Session(REDUCTIONS, HttpClient("http://127.0.0.1:1"), store, Profile("x"))
        with ExitStack() as under_way:
            lent = [under_way.enter_context(session._crowd()) for _ in range(MOST_IDLE_CROWDS + 3)]
            assert len(set(map(id, lent))) == len(lent)
        assert len(closed) == 3
        with session._crowd() as again:
            assert again in lent
            assert again not in closed
        session.close()


class Meeting:
    """Answers once so many requests are in hand, each by its own body; notes who came by which thread."""

    def __init__(self, number: int) -> None:
        self.barrier = threading.Barrier(number)
        self.threads: list[int] = []

    def __call__(self, request: HttpRequest) -> Answer:
        self.threads.append(threading.get_ident())
        try:
            self.barrier.wait(TOGETHER_SECONDS)
        except threading.BrokenBarrierError:
            return told(500, "alone")
        return HttpResponse(200, {}, request.body)


@pytest.mark.parametrize("number", [1, 2, 5, MOST_TOGETHER])
def test_all_are_in_hand_at_the_same_time_and_answers_come_in_order(number: int) -> None:
    meeting = Meeting(number)
    with HttpServer(meeting, on_error=told) as server:
        crowd = crowd_of(server.url)
        came = crowd.send(messages(number), SETTINGS)
        crowd.close()
    assert [one.body for one in came if isinstance(one, Reply)] == [str(at).encode() for at in range(number)]
    assert len(set(meeting.threads)) == number


def test_connections_are_kept_from_one_time_to_the_next() -> None:
    # The server answers each connection on a thread of its own.
    meeting = Meeting(4)
    with HttpServer(meeting, on_error=told) as server:
        crowd = crowd_of(server.url)
        for _ in range(3):
            crowd.send(messages(4), SETTINGS)
        crowd.close()
    assert len(meeting.threads) == 12
    assert len(set(meeting.threads)) == 4


def test_a_connection_that_the_server_had_closed_is_nobodys_fault() -> None:
    meeting = Meeting(2)
    with HttpServer(meeting, on_error=told) as server:
        crowd = crowd_of(server.url)
        crowd.send(messages(2), SETTINGS)
        port = server.port
        server.close()
        with HttpServer(Meeting(2), port=port, on_error=told):
            came = crowd.send(messages(2), SETTINGS)
            crowd.close()
    assert [one.status for one in came if isinstance(one, Reply)] == [200, 200]


def test_who_is_hung_up_on_each_time_is_told() -> None:
    def drops_the_second(request: HttpRequest) -> Answer:
        return DropConnection() if request.body == b"1" else told(200, "")

    with HttpServer(drops_the_second, on_error=told) as server:
        crowd = crowd_of(server.url)
        for _ in range(2):
            one, other = crowd.send(messages(2), SETTINGS)
            assert isinstance(one, Reply)
            assert isinstance(other, NoReply)
        crowd.close()


def test_nobody_there_is_told_for_each() -> None:
    came = crowd_of("http://127.0.0.1:9").send(messages(3), SETTINGS)
    assert [one.reason for one in came if isinstance(one, NoReply)] == ["refused"] * 3


# The executor.


class WaitsForAll(ReferenceServer):
    """Refuses by 500 whoever comes alone."""

    def __init__(self, number: int, seconds: float = TOGETHER_SECONDS) -> None:
        super().__init__()
        self.seconds = seconds
        self.barrier = threading.Barrier(number)

    def answer(self, request: HttpRequest) -> HttpResponse:
        self.barrier.wait(self.seconds)
        return super().answer(request)


@pytest.fixture(scope="module")
def store() -> Iterator[MemoryStore]:
    with MemoryStore() as one:
        yield one


def case_of(number: int, *, together: bool = True) -> Case:
    puts = [Put(f"a{at}", np.full(2, at, "<i4").tobytes()) for at in range(number)]
    raw = SendRaw("POST", "/v2/sum/", (("Content-Type", "application/json"),), b"{", "a0")
    sends: list[Step] = [*(Send("sum", SUM, put.key) for put in puts), raw]
    return Case("at-the-same-time", (*puts, *sends), together=together)


def test_a_case_together_is_judged_step_by_step(store: MemoryStore) -> None:
    with serve(WaitsForAll(6)) as server:
        session = Session(REDUCTIONS, HttpClient(server.url, SETTINGS), store, Profile("reference"))
        judgement = session.judge(case_of(5))
        session.close()
    assert judgement.violations == ()
    statuses = [one.status for one in judgement.transcript.outcomes if isinstance(one, Reply)]
    assert statuses == [200] * 5 + [400]
    assert judgement.transcript.outcomes[:5] == (None,) * 5
    assert session.sent == 6


def test_a_case_not_together_is_not(store: MemoryStore) -> None:
    with serve(WaitsForAll(2, ALONE_SECONDS)) as server:
        session = Session(REDUCTIONS, HttpClient(server.url, SETTINGS), store, Profile("reference"))
        judgement = session.judge(case_of(1, together=False))
        session.close()
    assert [one.requirement for one in judgement.failures] == ["no-server-error", "no-server-error"]


def test_objects_of_requests_at_the_same_time_are_new_each_time(store: MemoryStore) -> None:
    class Keys(ReferenceServer):
        seen: list[str] = []  # noqa: RUF012

        def fetch(self, reduction, credentials):  # type: ignore[no-untyped-def]
            self.seen.append(reduction.place.path)
            return super().fetch(reduction, credentials)

    with serve(Keys()) as server:
        session = Session(REDUCTIONS, HttpClient(server.url, SETTINGS), store, Profile("reference"))
        for _ in range(3):
            session.judge(case_of(2))
        session.close()
    assert len(set(Keys.seen)) == 6


# What cannot be together.

PUT, SEND = Put("a", b"1234"), Send("sum", SUM, "a")


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ((PUT, SEND, Put("a", b"5678"), SEND), "overwritten"),
        ((PUT, PUT, SEND), "overwritten"),
        ((PUT, SEND, Put("b", b"5678")), "after a request"),
        ((PUT, Delete("a"), SEND), "deleted"),
        ((PUT, *[SEND] * (MOST_TOGETHER + 1)), f"more than {MOST_TOGETHER}"),
    ],
)
def test_steps_that_cannot_be_taken_together_make_no_case(steps: tuple[Step, ...], why: str) -> None:
    assert Case("x", steps).steps == steps
    with pytest.raises(ValueError, match=why):
        replace(Case("x", steps), together=True)


def test_as_many_as_are_allowed_make_one() -> None:
    assert Case("x", (PUT, *[SEND] * MOST_TOGETHER), together=True).together

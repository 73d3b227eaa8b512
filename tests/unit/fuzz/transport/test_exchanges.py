"""Exchanges: many are driven from one thread, and a request may have a body that is made while it is sent."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.embedded.http_messages import Answer, HttpRequest, HttpResponse
from fuzz.embedded.http_server import HttpServer
from fuzz.transport.exchanges import all_finished, finished, send, sending
from fuzz.transport.http import HTTP, HttpClient, HttpMessage
from fuzz.transport.protocol import ClientSettings, Refusal, Wait
from specs.outcome import NoReply, Reply

SETTINGS = ClientSettings(timeout_seconds=30.0)
# Long enough for another request to be answered meanwhile on a busy machine.
IMPATIENT = ClientSettings(timeout_seconds=1.0)
# More than the sockets of both ends take before anybody reads.
LARGE = bytes(2**24)


def told(status: int, message: str) -> HttpResponse:
    return HttpResponse(status, {}, message.encode())


def echo(request: HttpRequest) -> Answer:
    return HttpResponse(200, {}, request.body)


@dataclass
class Parts:
    """A body that is made part by part, each time that it is sent."""

    parts: tuple[bytes, ...]
    made: list[bytes] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.parts)

    def __contains__(self, part: object) -> bool:
        return part in self.parts

    def __iter__(self) -> Iterator[bytes]:
        for part in self.parts:
            self.made.append(part)
            yield part


def message_of(body: Parts, leaves_after: int | None = None) -> HttpMessage:
    length = (("Content-Length", str(sum(map(len, body.parts)))),)
    return HttpMessage("PUT", "/", length, body, leaves_after=leaves_after)


@given(st.lists(st.integers(0, 3), max_size=6))
def test_results_come_in_the_order_of_the_work_however_long_each_waits(waits: list[int]) -> None:
    def work(number: int, times: int) -> Generator[Wait, bool, tuple[int, list[bool]]]:
        answers = []
        for _ in range(times):
            answers.append((yield Wait(time.monotonic())))  # noqa: PERF401
        return number, answers

    assert all_finished([work(*one) for one in enumerate(waits)]) == [
        (number, [False] * times) for number, times in enumerate(waits)
    ]


def test_a_server_that_takes_no_body_keeps_nobody_else_waiting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf, HttpServer(echo, on_error=told) as server:
        stuck = HttpClient(f"http://127.0.0.1:{deaf.getsockname()[1]}", IMPATIENT)
        quick = HttpClient(server.url, SETTINGS)
        with closing(stuck), closing(quick):
            one, other = all_finished(
                [
                    sending(stuck, HttpMessage("PUT", "/", body=LARGE)),
                    sending(quick, HttpMessage("PUT", "/", body=b"x")),
                ]
            )
    assert isinstance(one, NoReply)
    assert one.reason == "timeout"
    assert isinstance(other, Reply)
    assert other.elapsed_ms < one.elapsed_ms


def test_an_exchange_that_is_given_up_ends_its_connection() -> None:
    with HttpServer(echo, on_error=told) as server, closing(HttpClient(server.url, SETTINGS)) as client:
        given_up = client.exchange(HttpMessage("PUT", "/", body=b"first"))
        next(given_up)
        given_up.close()
        came = send(client, HttpMessage("PUT", "/", body=b"second"))
    assert isinstance(came, Reply)
    assert came.body == b"second"


@pytest.mark.parametrize("spelled", ["plainly", "in-pieces", "go-ahead", "pipelined"])
def test_every_manner_of_sending_is_driven_among_others(spelled: str) -> None:
    with HttpServer(echo, on_error=told) as server:
        clients = [HttpClient(server.url, SETTINGS) for _ in range(3)]
        messages = [HttpMessage("PUT", "/", body=str(at).encode() * 9, spelled=spelled) for at in range(3)]
        came = all_finished([sending(*one) for one in zip(clients, messages)])
        for client in clients:
            client.close()
    assert [one.body for one in came if isinstance(one, Reply)] == [one.body for one in messages]


def test_a_body_is_made_while_it_is_sent_and_made_anew_when_it_is_sent_again() -> None:
    body = Parts((b"some ", b"", b"parts"))
    with HttpServer(echo, on_error=told) as server, closing(HttpClient(server.url, SETTINGS)) as client:
        work = sending(client, message_of(body))
        assert body.made == []
        assert isinstance(finished(work), Reply)
        port = server.port
        server.close()
        with HttpServer(echo, port=port, on_error=told):
            came = send(client, message_of(body))
    assert isinstance(came, Reply)
    assert came.body == b"some parts"
    assert set(body.made) == {b"some ", b"", b"parts"}


@pytest.mark.parametrize("leaves_after", [0, 1, 5, 7])
@pytest.mark.parametrize("body", [b"some parts", Parts((b"some ", b"parts"))])
def test_a_client_leaves_after_as_many_bytes_as_it_is_told(body: bytes | Parts, leaves_after: int) -> None:
    received: list[bytes] = []

    def listen(listener: socket.socket) -> None:
        sock, _ = listener.accept()
        with sock:
            while data := sock.recv(65536):
                received.append(data)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=listen, args=(listener,))
        thread.start()
        with closing(HttpClient(f"http://127.0.0.1:{listener.getsockname()[1]}", SETTINGS)) as client:
            message = HttpMessage("PUT", "/", body=body, leaves_after=leaves_after)
            outcome = send(client, message if isinstance(body, bytes) else message_of(body, leaves_after))
        thread.join()
    assert isinstance(outcome, NoReply)
    assert outcome.reason == "left"
    assert b"".join(received).partition(b"\r\n\r\n")[2] == b"some parts"[:leaves_after]


@given(st.integers(100, 599))
def test_statuses_from_400_up_refuse_and_say_who_is_at_fault(status: int) -> None:
    refusal = HTTP.refusal(Reply(status, (), b""))
    assert (refusal is None) == (status < 400)
    assert (refusal is Refusal.SERVER) == (status >= 500)
    assert status not in (401, 403) or refusal is Refusal.SENDER


def test_a_client_that_leaves_comes_back_once_the_server_has_noticed() -> None:
    noticed = threading.Event()

    def listen(listener: socket.socket) -> None:
        sock, _ = listener.accept()
        with sock:
            while sock.recv(65536):
                pass
            noticed.set()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=listen, args=(listener,))
        thread.start()
        with closing(HttpClient(f"http://127.0.0.1:{listener.getsockname()[1]}", SETTINGS)) as client:
            send(client, HttpMessage("PUT", "/", body=b"some parts", leaves_after=4))
            assert noticed.is_set()
        thread.join()

"""The client against raw sockets: whatever a server does, there is a reply or the reason why there is none."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.errors import UsageError
from fuzz.transport.exchanges import finished, send
from fuzz.transport.http import HttpClient, HttpMessage
from fuzz.transport.http.answers import ReadAnswer, Receiver, read_answer
from fuzz.transport.http.client import STALE_SECONDS
from fuzz.transport.http.connection import Connection
from fuzz.transport.protocol import AnswerLimits, ClientSettings
from specs.outcome import NoReply, Reply

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
QUICK = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
LIMITS = AnswerLimits(bytes=1000)

Manner = Callable[[socket.socket, bytes], None]


class Scripted:
    """A server that treats each connection's requests by a list of manners; it keeps what it was sent."""

    def __init__(self, *manners: Manner) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._manners = list(manners)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while self._manners:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with sock:
                while self._manners and (request := _request(sock)):
                    self.requests.append(request)
                    self._manners.pop(0)(sock, request)
                    if sock.fileno() < 0:
                        break

    def close(self) -> None:
        self._manners.clear()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


def _request(sock: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        try:
            more = sock.recv(65536)
        except OSError:
            return b""
        if not more:
            return b""
        data += more
    return data


@contextmanager
def scripted(*manners: Manner, timeout_seconds: float = 5.0) -> Iterator[tuple[Scripted, HttpClient]]:
    server = Scripted(*manners)
    client = HttpClient(server.url, ClientSettings(timeout_seconds, LIMITS))
    try:
        yield server, client
    finally:
        client.close()
        server.close()


def says(data: bytes) -> Manner:
    return lambda sock, _: sock.sendall(data)


def says_and_ends(data: bytes) -> Manner:
    def manner(sock: socket.socket, _: bytes) -> None:
        sock.sendall(data)
        sock.close()

    return manner


def resets(sock: socket.socket, _: bytes) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def hangs(sock: socket.socket, _: bytes) -> None:
    """Until the client gives up."""
    sock.recv(1)


def stalls(sock: socket.socket, _: bytes) -> None:
    sock.sendall(OK[:-1])
    sock.recv(1)


def ask(client: HttpClient, method: str = "POST") -> Reply | NoReply:
    return send(client, HttpMessage(method, "/v2/sum/", (("X", "y"),), b"{}"))


def test_a_request_is_sent_as_it_is_and_answered():
    with scripted(says(OK)) as (server, client):
        reply = ask(client)
        assert isinstance(reply, Reply)
        assert (reply.status, reply.body, reply.header("content-length")) == (200, b"ok", "2")
        assert reply.elapsed_ms > 0
        host = server.url.removeprefix("http://").encode()
        assert server.requests == [
            b"POST /v2/sum/ HTTP/1.1\r\nHost: " + host + b"\r\nX: y\r\nContent-Length: 2\r\n\r\n{}"
        ]


def test_what_is_given_is_not_added():
    with scripted(says(OK)) as (server, client):
        send(client, HttpMessage("PUT", "/x", (("host", "other"), ("Transfer-Encoding", "chunked")), b"0\r\n\r\n"))
        assert server.requests[0].startswith(b"PUT /x HTTP/1.1\r\nhost: other\r\nTransfer-Encoding: chunked\r\n\r\n")


def test_a_connection_is_kept():
    with scripted(says(OK), says(OK), says(OK)) as (server, client):
        assert [ask(client).status for _ in range(3)] == [200] * 3
        assert server.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\n\r\nok",
    ],
)
def test_a_connection_that_ends_with_its_answer_is_opened_anew(answer):
    with scripted(says_and_ends(answer), says(OK)) as (server, client):
        assert [ask(client).body for _ in range(2)] == [b"ok", b"ok"]
        assert server.connections == 2


def test_a_kept_connection_that_the_server_gave_up_is_opened_anew_once():
    with scripted(says(OK), resets, says(OK)) as (server, client):
        assert [ask(client).status for _ in range(2)] == [200] * 2
        assert len(server.requests) == 3
    with scripted(says(OK), resets, resets) as (server, client):
        ask(client)
        assert isinstance(ask(client), NoReply)
        assert len(server.requests) == 3


def test_a_connection_that_is_dropped_late_is_the_requests_doing() -> None:
    """Asked once more, a request that takes seconds to end in nothing would take them twice."""

    def thinks_and_ends(sock: socket.socket, _: bytes) -> None:
        threading.Event().wait(STALE_SECONDS * 1.2)
        sock.close()

    with scripted(says(OK), thinks_and_ends, says(OK)) as (server, client):
        ask(client)
        answer = ask(client)
        assert isinstance(answer, NoReply)
        assert answer.reason == "closed"
        assert len(server.requests) == 2


def test_what_a_server_says_unasked_is_no_answer_to_the_next_request():
    surplus = OK + b"HTTP/1.1 500 Late\r\nContent-Length: 0\r\n\r\n"
    with scripted(says_and_ends(surplus), says(OK)) as (_, client):
        assert [ask(client).status for _ in range(2)] == [200, 200]


@pytest.mark.parametrize(
    ("manner", "reason"),
    [
        (says_and_ends(b""), "closed"),
        (resets, "reset"),
        (hangs, "timeout"),
        (stalls, "timeout"),
        (says_and_ends(OK[:-1]), "truncated"),
        (says_and_ends(b"HTTP/1.1 200"), "garbled"),
        (says(b"220 ready\r\n\r\n"), "garbled"),
        (says(b"\x15\x03\x01\x00\x02\x02\x0a\r\n\r\n"), "garbled"),
        (says(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nno header\r\n\r\nok"), "garbled"),
        (says(b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok"), "garbled"),
        (says(b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok"), "garbled"),
        (says(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok"), "garbled"),
        (says(b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n"), "too-long"),
        (says(b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n"), "too-long"),
        (says_and_ends(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1001), "too-long"),
        (says(CHUNKS + b"fff\r\n"), "too-long"),
        (says(CHUNKS + b"zz\r\n"), "garbled"),
        (says(CHUNKS + b"-1\r\nok\r\n"), "garbled"),
        (says(CHUNKS + b"0x2\r\nok\r\n"), "garbled"),
        (says(CHUNKS + b"+2\r\nok\r\n"), "garbled"),
        (says(CHUNKS + b"\r\nok\r\n"), "garbled"),
        (says(CHUNKS + b"2\r\nokok"), "garbled"),
        (says_and_ends(CHUNKS + b"2\r\no"), "truncated"),
        (says_and_ends(CHUNKS + b"2\r\nok\r\n"), "truncated"),
    ],
)
def test_what_is_no_answer_has_its_reason(manner, reason):
    patience = 0.2 if reason == "timeout" else 5.0
    with scripted(manner, timeout_seconds=patience) as (_, client):
        outcome = ask(client)
        assert isinstance(outcome, NoReply)
        assert outcome.reason == reason
        assert outcome.detail


def test_after_a_broken_answer_the_next_request_gets_a_connection_of_its_own():
    with scripted(says(b"garbage\r\n\r\n"), says(OK)) as (server, client):
        assert isinstance(ask(client), NoReply)
        assert ask(client).status == 200
        assert server.connections == 2


@pytest.mark.parametrize(
    ("answer", "method", "status", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", "HEAD", 200, b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "POST", 204, b""),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "POST", 304, b""),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" + OK, "POST", 200, b"ok"),
        (CHUNKS + b"2;x=y\r\nok\r\n3\r\nyes\r\n0\r\nT: r\r\n\r\n", "POST", 200, b"okyes"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n", "POST", 200, b""),
        (b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "POST", 200, b""),
        (b"HTTP/1.1 200 OK\r\ncontent-length:2\r\nContent-Length: 2\r\n\r\nok", "POST", 200, b"ok"),
        (b"HTTP/1.1 500 \xe9\xff\r\nContent-Length: 0\r\n\r\n", "POST", 500, b""),
    ],
)  # fmt: skip
def test_answers_of_every_form_are_read_and_the_connection_kept(answer, method, status, body):
    with scripted(says(answer), says(OK)) as (server, client):
        reply = ask(client, method)
        assert isinstance(reply, Reply)
        assert (reply.status, reply.body) == (status, body)
        assert ask(client).body == b"ok"
        assert server.connections == 1


class Pieces(Receiver):
    """Takes the pieces of a body as they come."""

    def __init__(self) -> None:
        self.came: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.came.append(data)


@pytest.mark.parametrize(
    ("answer", "ends"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + b"ok" * 1000, False),
        (CHUNKS + b"7d0\r\n" + b"ok" * 1000 + b"\r\n0\r\n\r\n", False),
        (b"HTTP/1.1 206 Partial Content\r\n\r\n" + b"ok" * 1000, True),
    ],
)
def test_a_receiver_takes_the_body_whatever_its_size(answer: bytes, ends: bool) -> None:
    taken = Pieces()
    found = read(answer, ends=ends, receiver=taken)
    assert isinstance(found.outcome, Reply)
    assert (found.outcome.body, b"".join(taken.came)) == (b"", b"ok" * 1000)
    assert len(answer) > LIMITS.bytes


def test_a_receiver_gets_no_body_of_an_error() -> None:
    taken = Pieces()
    found = read(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", receiver=taken)
    assert isinstance(found.outcome, Reply)
    assert (found.outcome.body, taken.came) == (b"no", [])


def test_what_came_of_a_body_cut_short_was_received() -> None:
    taken = Pieces()
    found = read(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", receiver=taken)
    assert isinstance(found.outcome, NoReply)
    assert (found.outcome.reason, b"".join(taken.came)) == ("truncated", b"ok")


def test_an_answer_before_the_request_is_read_is_still_an_answer():
    refusal = b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with scripted(says_and_ends(refusal)) as (_, client):
        outcome = send(client, HttpMessage("POST", "/", body=b"x" * 2**24))
        assert isinstance(outcome, Reply | NoReply)
        assert isinstance(outcome, NoReply) or outcome.status == 413


def test_nobody_listening_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    client = HttpClient(f"http://127.0.0.1:{port}")
    outcome = ask(client)
    assert isinstance(outcome, NoReply)
    assert outcome.reason == "refused"
    assert "cannot connect" in outcome.detail


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "ftp://host", "http://", ""])
def test_a_target_that_is_no_url_is_a_usage_error(url):
    with pytest.raises(UsageError, match="--target"):
        HttpClient(url)


# Answers, byte by byte.


def read(data: bytes, method: str = "POST", *, ends: bool = True, receiver: Receiver | None = None) -> ReadAnswer:
    """What is read where these bytes come and the connection ends."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(data)
        if ends:
            theirs.shutdown(socket.SHUT_WR)
        return finished(read_answer(Connection(ours, lambda: 5.0), method, LIMITS, receiver))


CHUNKED = CHUNKS + b"3\r\nabc\r\n0\r\n\r\n"


@pytest.mark.parametrize("whole", [OK, CHUNKED])
def test_every_beginning_of_an_answer_is_none(whole):
    for length in range(len(whole)):
        outcome = read(whole[:length]).outcome
        assert isinstance(outcome, NoReply), length
        assert outcome.reason == ("closed" if length == 0 else outcome.reason)
    assert isinstance(read(whole).outcome, Reply)


@QUICK
@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    assert isinstance(read(data).outcome, Reply | NoReply)


@QUICK
@given(st.sampled_from((OK, CHUNKED)), st.integers(0, 200), st.binary(min_size=1, max_size=6))
def test_no_change_to_an_answer_breaks_the_reader(whole: bytes, at: int, other: bytes) -> None:
    at %= len(whole)
    outcome = read(whole[:at] + other + whole[at + len(other) :]).outcome
    assert isinstance(outcome, Reply | NoReply)


def test_a_head_without_an_end_is_not_read_for_ever():
    outcome = read(b"HTTP/1.1 200 OK\r\n" + b"x: " + b"y" * 100_000).outcome
    assert isinstance(outcome, NoReply)
    assert outcome.reason == "garbled"


def test_whether_any_byte_came_is_told():
    assert not read(b"").any_byte
    assert read(b"H").any_byte
    assert read(OK).keep
    assert not read(OK + b"more").keep


def test_nothing_is_waited_for_beyond_the_end_of_a_run() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        begun = time.monotonic()
        client = HttpClient(url, ClientSettings(timeout_seconds=20.0, until=begun + 0.2))
        outcome = send(client, HttpMessage("POST", "/"))
        client.close()
    assert isinstance(outcome, NoReply)
    assert outcome.reason == "timeout"
    assert 0.2 <= time.monotonic() - begun < 10

"""Requests over several connections: each is answered once, timed, and told where nothing came."""

from __future__ import annotations

import select
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from fuzz.comparing.lanes import Lane, TimedLanes
from fuzz.embedded.http_server import (
    Answer,
    DropConnection,
    HttpLimits,
    HttpRequest,
    HttpResponse,
    HttpServer,
    RawAnswer,
    Stall,
)
from fuzz.running.launcher import free_port
from specs.outcome import NoReply, Reply

LARGE = bytes(range(256)) * 4096
CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n2\r\nef\r\n0\r\n\r\n"


class Answers:
    """Answers by the path, and counts how many requests were under way together."""

    def __init__(self) -> None:
        self.meeting: threading.Barrier | None = None

    def __call__(self, request: HttpRequest) -> Answer:
        if self.meeting is not None:
            self.meeting.wait(100.0)
        match request.target.removeprefix("/"):
            case "large":
                return HttpResponse(200, {}, LARGE)
            case "chunks":
                return RawAnswer(CHUNKS)
            case "drop":
                return DropConnection()
            case "stall":
                return Stall(20.0)
            case "slow":
                return Stall(0.15, HttpResponse(200, {}, b"slow"))
        return HttpResponse(200, {}, request.body)


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def server(answers: Answers) -> Iterator[HttpServer]:
    with HttpServer(answers, on_error=lambda status, _: HttpResponse(status, {}), limits=HttpLimits()) as one:
        yield one


def asked(server: HttpServer, path: str, bodies: list[bytes], clients: int = 1, seconds: float = 20.0) -> list[object]:
    messages = [
        f"POST /{path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body for body in bodies
    ]
    with closing(TimedLanes(server.url, seconds)) as lanes:
        came, _ = lanes.ask(messages, clients)
    return [one.outcome.body if isinstance(one.outcome, Reply) else one.outcome for one in came]


@pytest.mark.parametrize("clients", [1, 3, 16])
def test_each_request_has_its_own_answer_however_many_lanes_there_are(server: HttpServer, clients: int) -> None:
    bodies = [f"number {one}".encode() for one in range(40)]
    assert asked(server, "", bodies, clients) == bodies


def test_as_many_are_under_way_as_there_are_lanes(server: HttpServer, answers: Answers) -> None:
    answers.meeting = threading.Barrier(4)
    assert asked(server, "", [b"x"] * 12, clients=4) == [b"x"] * 12


def test_large_and_chunked_answers_come_whole_and_large_ones_are_kept_once(server: HttpServer) -> None:
    large = asked(server, "large", [b""] * 6, clients=3)
    assert large == [LARGE] * 6
    assert len({id(one) for one in large}) == 1
    assert asked(server, "chunks", [b""] * 3) == [b"abcdef"] * 3


def test_a_time_is_that_until_the_answer(server: HttpServer) -> None:
    message = b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
    with closing(TimedLanes(server.url, 20.0)) as lanes:
        came, seconds = lanes.ask([message] * 2, 2)
    assert all(150 <= one.elapsed_ms < 5_000 for one in came)
    assert 0.15 <= seconds < 5.0


def test_where_nothing_comes_the_others_go_on(server: HttpServer) -> None:
    dropped = asked(server, "drop", [b"", b"x"])
    assert [type(one) for one in dropped] == [NoReply, NoReply]
    (silent,) = asked(server, "stall", [b""], seconds=0.2)
    assert isinstance(silent, NoReply)
    assert silent.reason == "timeout"
    with closing(TimedLanes(f"http://127.0.0.1:{free_port()}", 1.0)) as lanes:
        came, _ = lanes.ask([b"x"] * 3, 2)
    assert {one.outcome.reason for one in came if isinstance(one.outcome, NoReply)} == {"refused"}
    assert len(came) == 3


def test_a_connection_that_the_server_closed_meanwhile_is_opened_anew() -> None:
    port = 0
    message = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\ny"
    lanes: TimedLanes | None = None
    for _ in range(2):
        with HttpServer(Answers(), port=port, on_error=lambda status, _: HttpResponse(status, {})) as server:
            port = server.port
            lanes = lanes or TimedLanes(server.url, 5.0)
            ((came,), _) = lanes.ask([message])
            assert isinstance(came.outcome, Reply), came
            assert came.outcome.body == b"y"
    assert lanes is not None
    lanes.close()


class InPieces:
    """A server that sends what it is given, each piece once the one before it has been read, to every request."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = pieces
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.read = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> InPieces:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.close()
        self._thread.join()

    def _serve(self) -> None:
        connection, _ = self._listening.accept()
        with connection:
            while connection.recv(65536):
                for piece in self._pieces:
                    connection.sendall(piece)
                    self.read.acquire(timeout=100.0)


@pytest.mark.parametrize(
    ("pieces", "body"),
    [
        ((b"Transfer-Encoding: chunked\r\n\r\n9\r\nab0\r\n\r\n", b"cd\r\n0\r\n\r\n"), b"ab0\r\n\r\ncd"),
        ((b"Transfer-Encoding: chunked\r\n\r\n2;x=0\r\nab\r", b"\n0\r\n", b"x: y\r\n", b"\r\n"), b"ab"),
        ((b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0", b"\r\n\r\n"), b"ab"),
        ((b"Content-Length: 7\r\n\r\nab0\r\n", b"\r\n"), b"ab0\r\n\r\n"),
    ],
)
@pytest.mark.parametrize("before", [b"", b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"])
def test_an_answer_is_whole_when_its_last_byte_has_come_and_not_before(
    before: bytes, pieces: tuple[bytes, ...], body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = before + b"HTTP/1.1 200 OK\r\n" + pieces[0]
    with InPieces(first, *pieces[1:]) as server, closing(TimedLanes(server.url, 20.0)) as lanes:
        whole = Lane._whole

        def noted(lane: Lane) -> bool:
            found = whole(lane)
            server.read.release()
            return found

        monkeypatch.setattr(Lane, "_whole", noted)
        came, _ = lanes.ask([b"x"] * 2)
    assert [one.outcome.body for one in came if isinstance(one.outcome, Reply)] == [body] * 2


def test_an_answer_without_a_body_is_not_waited_for_and_a_garbled_one_is_told() -> None:
    for answer, outcome in (
        (b"HTTP/1.1 204 No Content\r\n\r\n", Reply(204, (), b"")),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nab", NoReply("garbled", "chunk size b'xyz'")),
    ):
        with InPieces(answer) as server, closing(TimedLanes(server.url, 20.0)) as lanes:
            server.read.release()
            ((came,), _) = lanes.ask([b"x"])
        assert came.outcome == outcome or came.outcome.status == outcome.status  # type: ignore[union-attr]


def test_a_kept_connection_that_was_reset_is_opened_anew() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\ny"
        with closing(TimedLanes(f"http://127.0.0.1:{listening.getsockname()[1]}", 20.0)) as lanes:
            came = []
            for _ in range(2):
                answering = threading.Thread(target=answered_once, args=(listening, answer))
                answering.start()
                came += lanes.ask([b"x"])[0]
                answering.join()
    assert [one.outcome.body for one in came if isinstance(one.outcome, Reply)] == [b"y", b"y"]


def answered_once(listening: socket.socket, answer: bytes) -> None:
    """Answer one request, and reset the connection."""
    connection, _ = listening.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(answer)
        # The peer has the answer before the reset can overtake it.
        while select.select([connection], [], [], 0.05)[0] and connection.recv(65536):
            pass
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

"""The embedded server: whatever a client sends, it gets an answer, and the right one."""

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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

LIMITS = HttpLimits(header_bytes=2000, body_bytes=1000)
IMPATIENT = HttpLimits(stall_seconds=0.1, idle_seconds=0.1)
PATIENCE_SECONDS = 10


def echo(request: HttpRequest) -> Answer:
    """Method, target and body of the request; some targets misbehave."""
    match request.target:
        case "/fail":
            raise ZeroDivisionError("on purpose")
        case "/drop":
            return DropConnection()
        case "/reset":
            return DropConnection(reset=True)
        case "/raw":
            return RawAnswer(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort")
        case "/stall":
            return Stall(60)
        case "/late":
            return Stall(0.01, HttpResponse(200, {}, b"late"))
        case "/empty":
            return HttpResponse(204, {})
    text = f"{request.method} {request.target} ".encode("latin-1")
    return HttpResponse(200, {"X-Seen": request.headers.get("x-sent", "")}, text + request.body)


def refuse(status: int, message: str) -> HttpResponse:
    return HttpResponse(status, {"Content-Type": "text/plain"}, message.encode())


@contextmanager
def served(limits: HttpLimits = LIMITS) -> Iterator[HttpServer]:
    with HttpServer(echo, on_error=refuse, limits=limits) as server:
        yield server


@pytest.fixture(scope="module")
def server() -> Iterator[HttpServer]:
    with served() as running:
        yield running


@pytest.fixture(scope="module")
def impatient_server() -> Iterator[HttpServer]:
    with served(IMPATIENT) as running:
        yield running


def converse(server: HttpServer, sent: bytes, *, end: bool = False) -> bytes:
    """Everything that comes back until the server closes."""
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE_SECONDS) as client:
        client.sendall(sent)
        if end:
            client.shutdown(socket.SHUT_WR)
        parts = []
        while data := client.recv(65536):
            parts.append(data)
    return b"".join(parts)


def status_of(answer: bytes) -> int:
    """The status of the first answer; 0 where there is none."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


def request_text(*lines: str, body: bytes = b"") -> bytes:
    return "\r\n".join([*lines, "Host: here", "Connection: close", "", ""]).encode("latin-1") + body


def test_a_request_comes_to_the_handler_as_sent(server: HttpServer) -> None:
    answer = converse(
        server, request_text("POST /a%20b?c=%2F HTTP/1.1", "X-Sent:  é x ", "Content-Length: 3", body=b"abc")
    )
    assert status_of(answer) == 200
    assert answer.endswith(b"\r\n\r\nPOST /a%20b?c=%2F abc")
    assert "X-Seen: é x\r\n".encode("latin-1") in answer


def test_one_connection_serves_many_requests(server: HttpServer) -> None:
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
    client.connect()
    first = client.sock
    for number in range(5):
        client.request("POST", f"/{number}", b"x" * number)
        assert client.getresponse().read() == f"POST /{number} ".encode() + b"x" * number
    assert client.sock is first
    client.close()


def test_pipelined_requests_are_answered_in_order(server: HttpServer) -> None:
    first, second = (b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n" % number for number in (1, 2))
    answer = converse(server, first + second + request_text("GET /3 HTTP/1.1"))
    places = [answer.index(b"GET /%d" % number) for number in (1, 2, 3)]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET\r\n\r\n", 400),
        (b"GET / HTTP/1.1\n\n", 400),
        (b"\x16\x03\x01\x02\x00\r\n\r\n", 400),
        (b"GET /  HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET nowhere HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nname : spaced\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\n folded: line\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nx: a\x00b\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\nx", 400),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1, 1\r\n\r\nx", 400),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + b"9" * 40 + b"\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", 400),
        (
            b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
        ),
        (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n0\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\nx\r\n0\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 2000, 400),
        (b"GET /" + b"x" * 3000 + b" HTTP/1.1\r\nHost: h\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: h\r\nx: " + b"y" * 3000 + b"\r\n\r\n", 431),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n", 413),
        (b"POST / HTTP/1.1\r\nHost: h\r\nExpect: 200-maybe\r\n\r\n", 417),
    ],
)
def test_a_broken_request_gets_its_status_and_the_end_of_the_connection(
    server: HttpServer, sent: bytes, status: int
) -> None:
    answer = converse(server, sent)
    assert status_of(answer) == status, answer
    assert b"Connection: close\r\n" in answer
    assert not answer.endswith(b"\r\n\r\n"), "an error says what is wrong"


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HTT",
        b"GET / HTTP/1.1\r\nHost: h\r\n",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab",
        b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    ],
)
def test_a_client_that_stalls_is_told_so(impatient_server: HttpServer, sent: bytes) -> None:
    assert status_of(converse(impatient_server, sent)) == 408


def test_a_client_that_trickles_on_and_on_is_told_so() -> None:
    with (
        served(HttpLimits(stall_seconds=5, request_seconds=0.2)) as server,
        socket.create_connection(("127.0.0.1", server.port), PATIENCE_SECONDS) as client,
    ):
        client.sendall(b"GET /")
        client.settimeout(0.02)
        answer = b""
        for _ in range(500):
            client.sendall(b"x")
            with suppress(TimeoutError):
                answer += client.recv(1000)
            if answer:
                break
    assert status_of(answer) == 408


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_whatever_is_sent_gets_one_answer(server: HttpServer, sent: bytes) -> None:
    answer = converse(server, sent, end=True)
    # Nothing was asked where only line ends came.
    assert status_of(answer) == (400 if sent.replace(b"\r\n", b"") not in (b"", b"\r") else 0), answer


@given(st.lists(st.binary(min_size=1, max_size=200), max_size=5), st.booleans())
@settings(deadline=None)
def test_chunks_add_up_to_the_body(server: HttpServer, chunks: list[bytes], decorated: bool) -> None:
    extension, trailer = (b";a=b", b"X-Trailer: t\r\n") if decorated else (b"", b"")
    framed = b"".join(b"%X%s\r\n%s\r\n" % (len(chunk), extension, chunk) for chunk in chunks)
    body = framed + b"0" + extension + b"\r\n" + trailer + b"\r\n"
    answer = converse(server, request_text("POST /c HTTP/1.1", "Transfer-Encoding: chunked", body=body))
    assert answer.endswith(b"\r\n\r\nPOST /c " + b"".join(chunks))


def test_a_request_split_at_every_byte_is_whole(server: HttpServer) -> None:
    text = request_text("POST /s HTTP/1.1", "Transfer-Encoding: chunked", body=b"3\r\nabc\r\n0\r\n\r\n")
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE_SECONDS) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in text:
            client.sendall(bytes([byte]))
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    assert answer.endswith(b"\r\n\r\nPOST /s abc")


def test_a_client_much_too_talkative_still_reads_the_answer(server: HttpServer) -> None:
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
    client.request("POST", "/", b"x" * 20_000_000)
    assert client.getresponse().status == 413
    client.close()


def test_the_go_ahead_is_given_before_the_body(server: HttpServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE_SECONDS) as client:
        client.sendall(request_text("POST /e HTTP/1.1", "Expect: 100-continue", "Content-Length: 2"))
        assert client.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"hi")
        assert b"".join(iter(lambda: client.recv(1000), b"")).endswith(b"POST /e hi")


def test_no_go_ahead_for_a_body_too_large(server: HttpServer) -> None:
    sent = request_text("POST /e HTTP/1.1", "Expect: 100-continue", "Content-Length: 2000")
    assert status_of(converse(server, sent, end=True)) == 413


def test_head_has_the_length_but_not_the_body(server: HttpServer) -> None:
    answer = converse(server, request_text("HEAD /h HTTP/1.1"))
    assert b"Content-Length: 8\r\n" in answer
    assert answer.endswith(b"\r\n\r\n")


def test_no_content_has_no_length(server: HttpServer) -> None:
    answer = converse(server, request_text("GET /empty HTTP/1.1"))
    assert status_of(answer) == 204
    assert b"Content-Length" not in answer


def test_http_1_0_closes_unless_asked_to_stay(server: HttpServer) -> None:
    assert status_of(converse(server, b"GET / HTTP/1.0\r\n\r\n")) == 200
    kept = b"GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    assert converse(server, kept + b"GET /2 HTTP/1.0\r\n\r\n").count(b"HTTP/1.1 200") == 2


def test_a_whole_url_as_target_means_its_path(server: HttpServer) -> None:
    assert converse(server, request_text("GET http://other:1/p?q HTTP/1.1")).endswith(b"GET /p?q ")


def test_a_failing_handler_is_a_500_and_the_connection_goes_on(server: HttpServer) -> None:
    failing = b"GET /fail HTTP/1.1\r\nHost: h\r\n\r\n"
    answer = converse(server, failing + request_text("GET /next HTTP/1.1"))
    assert status_of(answer) == 500
    assert b"ZeroDivisionError: on purpose" in answer
    assert answer.endswith(b"GET /next ")


def test_an_idle_connection_ends_without_a_word(impatient_server: HttpServer) -> None:
    answer = converse(impatient_server, b"GET /i HTTP/1.1\r\nHost: h\r\n\r\n")
    assert answer.count(b"HTTP/1.1 ") == 1


def test_misbehaviour_on_demand(server: HttpServer) -> None:
    assert converse(server, request_text("GET /drop HTTP/1.1")) == b""
    with pytest.raises(ConnectionResetError):
        converse(server, request_text("GET /reset HTTP/1.1"))
    assert converse(server, request_text("GET /raw HTTP/1.1")).endswith(b"Content-Length: 10\r\n\r\nshort")
    assert converse(server, request_text("GET /late HTTP/1.1")).endswith(b"\r\n\r\nlate")


def test_closing_ends_stalled_and_idle_connections_and_frees_the_port() -> None:
    before = set(threading.enumerate())
    with served() as server:
        port = server.port
        clients = [socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS) for _ in range(2)]
        clients[0].sendall(request_text("GET /stall HTTP/1.1"))
        clients[1].sendall(b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n")
        assert clients[1].recv(1000)
    for client in clients:
        with client, suppress(ConnectionResetError):
            assert client.recv(1000) == b""
    with HttpServer(echo, port=port, on_error=refuse) as again:
        assert status_of(converse(again, request_text("GET / HTTP/1.1"))) == 200
    assert set(threading.enumerate()) <= before


def test_a_taken_port_is_named() -> None:
    with served() as server, pytest.raises(OSError, match=f"127.0.0.1:{server.port}"):
        HttpServer(echo, port=server.port, on_error=refuse).start()


def test_connections_beyond_the_limit_are_told_so() -> None:
    with (
        served(HttpLimits(connections=1)) as server,
        socket.create_connection(("127.0.0.1", server.port), PATIENCE_SECONDS) as first,
    ):
        first.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        assert first.recv(1000)
        assert status_of(converse(server, b"")) == 503


def test_many_clients_at_once_get_their_own_answers(server: HttpServer) -> None:
    answers: dict[int, bytes] = {}

    def ask(number: int) -> None:
        answers[number] = converse(server, request_text(f"GET /{number} HTTP/1.1"))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(answers[number].endswith(f"GET /{number} ".encode()) for number in range(30))

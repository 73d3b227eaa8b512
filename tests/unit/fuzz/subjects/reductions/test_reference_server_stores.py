"""The reference server reads from any store with the client's credentials, and believes no false answer."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from urllib.parse import quote

import cbor2
import numpy as np
import pytest

from fuzz.embedded.http_messages import Answer, DropConnection, HttpRequest, HttpResponse, RawAnswer, Stall
from fuzz.embedded.http_server import HttpServer
from fuzz.subjects.reductions.reference_server import ReferenceServer, ServerLimits, serve
from tests.unit.reference_asking import STRANGER, Asker, asking, basic

DATA = np.arange(5, dtype=np.uint32)


@pytest.fixture(scope="module")
def asker() -> Iterator[Asker]:
    with asking() as asker:
        yield asker


@contextlib.contextmanager
def store_that(handler: Callable[[HttpRequest], Answer]) -> Iterator[str]:
    """The URL of an object in a store that answers as it is told."""
    with HttpServer(handler, on_error=lambda status, text: HttpResponse(status, {}, text.encode())) as server:
        yield f"{server.url}/bucket/key"


def total(asker: Asker, **fields: object) -> int:
    """The sum of an object's elements."""
    answer = asker.send("sum", {"interface_type": "s3", "dtype": "uint32", **fields})
    assert answer.status == 200, answer.body
    return int(np.frombuffer(cbor2.loads(answer.body)["bytes"], np.uint32)[0])


@pytest.mark.parametrize("key", ["k", "%" * 900, "🌍" * 250])
def test_an_error_names_the_code_of_the_store_however_long_the_key_is(asker: Asker, key: str) -> None:
    place = f"{asker.store.url}/private/{quote(key)}"
    answer = asker.send("sum", {"interface_type": "s3", "dtype": "uint32", "url": place})
    assert answer.status == 404
    assert b"NoSuchKey" in answer.body


@pytest.mark.parametrize(
    "key", ["k", "a+b", "50%25", "a b", "/k", "a//b/", "é/ключ", "a/../b", ".", "..", "~k", "q?x=1#f", "&=;:@!$'()*,[]"]
)
def test_every_key_names_its_own_object(asker: Asker, key: str) -> None:
    asker.store.put("private", key, DATA.tobytes())
    assert total(asker, url=f"{asker.store.url}/private/{quote(key)}") == 10
    v1 = {"source": asker.store.url, "bucket": "private", "object": key, "dtype": "uint32"}
    assert asker.send("sum", v1, version=1).body == np.uint32(10).tobytes()
    asker.store.delete("private", key)
    assert "NoSuchKey" in asker.refusal_of(asker.send("sum", v1, version=1), 404)


def test_a_percent_sign_is_decoded_once(asker: Asker) -> None:
    asker.store.put("private", "a%2Bb", DATA.tobytes())
    assert total(asker, url=f"{asker.store.url}/private/a%252Bb") == 10
    fields = {"interface_type": "s3", "dtype": "uint32", "url": f"{asker.store.url}/private/a%2Bb"}
    asker.refusal_of(asker.send("sum", fields), 404)


def test_the_client_is_told_who_is_not_let_in(asker: Asker) -> None:
    fields = asker.fields(DATA)
    for authorization, status, code in (
        ("", 403, "AccessDenied"),
        (basic(*STRANGER), 403, "AccessDenied"),
        (basic("nobody", "x"), 401, "InvalidAccessKeyId"),
        (basic("owner-key", "wrong"), 401, "SignatureDoesNotMatch"),
    ):
        answer = asker.send("sum", fields, authorization=authorization)
        assert code in asker.refusal_of(answer, status)


def test_public_objects_are_read_without_credentials(asker: Asker) -> None:
    asker.store.put("public", "k", DATA.tobytes())
    fields = {"interface_type": "s3", "dtype": "uint32", "url": f"{asker.store.url}/public/k"}
    assert asker.send("sum", fields, authorization="").status == 200


def test_plain_http_passes_the_credentials_on(asker: Asker) -> None:
    asker.store.put("private", "a b", DATA.tobytes())
    url = f"{asker.store.url}/plain/private/a%20b"
    assert total(asker, interface_type="http", url=url, offset=4, size=8) == 3
    fields = {"interface_type": "http", "dtype": "uint32", "url": url}
    asker.refusal_of(asker.send("sum", fields, authorization=""), 401)
    asker.refusal_of(asker.send("sum", {**fields, "url": url + "x"}), 404)


def test_missing_objects_and_ranges_are_told_apart(asker: Asker) -> None:
    fields = asker.fields(DATA)
    base = asker.store.url
    assert "NoSuchKey" in asker.refusal_of(asker.send("sum", {**fields, "url": f"{base}/private/none"}), 404)
    assert "NoSuchBucket" in asker.refusal_of(asker.send("sum", {**fields, "url": f"{base}/none/none"}), 404)
    for offset in (20, 24, 2**62):
        assert asker.send("sum", {**fields, "offset": offset}).status == 416
    assert asker.send("sum", {**asker.fields(b""), "dtype": "uint32", "size": 4}).status == 416
    for wrong in ({"size": 24}, {"offset": 16, "size": 8}, {"size": 2**20}):
        assert "size" in asker.refusal_of(asker.send("sum", {**asker.fields(DATA), **wrong}))


def test_an_object_that_is_too_large_is_refused(asker: Asker) -> None:
    asker.store.put("private", "large", bytes(2**20 + 4))
    fields = asker.fields(DATA, url=f"{asker.store.url}/private/large")
    assert "too large" in asker.refusal_of(asker.send("sum", fields))
    assert asker.send("sum", {**fields, "offset": 4, "size": 400}).status == 200


def ranged(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """The answer, once the request asked for bytes 4 to 11."""
    assert request.headers["range"] == "bytes=4-11"
    return answer


@pytest.mark.parametrize(
    "answer",
    [
        HttpResponse(206, {"content-range": "bytes 4-11/20"}, DATA.tobytes()[4:12]),
        HttpResponse(206, {"content-range": "bytes 4-11/*"}, DATA.tobytes()[4:12]),
        HttpResponse(200, {}, DATA.tobytes()),
    ],
)
def test_ranges_may_be_served_or_ignored(asker: Asker, answer: HttpResponse) -> None:
    with store_that(lambda request: ranged(request, answer)) as url:
        assert total(asker, url=url, offset=4, size=8) == 3


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (502, HttpResponse(206, {}, bytes(8))),
        (502, HttpResponse(206, {"content-range": "bytes 0-7/20"}, bytes(8))),
        (502, HttpResponse(206, {"content-range": "bytes 4-11/20"}, bytes(4))),
        (502, HttpResponse(206, {"content-range": "bytes 4-15/20"}, bytes(12))),
        (502, HttpResponse(206, {"content-range": "bytes 4-11/8"}, bytes(8))),
        (400, HttpResponse(206, {"content-range": "bytes 4-7/8"}, bytes(4))),
        (400, HttpResponse(200, {}, bytes(8))),
        (416, HttpResponse(200, {}, bytes(4))),
        (416, HttpResponse(416, {})),
        (502, HttpResponse(204, {})),
        (502, HttpResponse(301, {"location": "/elsewhere"})),
        (502, HttpResponse(500, {}, b"<Error><Code>InternalError</Code></Error>")),
        (502, HttpResponse(503, {}, b"<Error><Code>SlowDown</Code></Error>")),
        (404, HttpResponse(404, {}, b"<Error><Code>NoSuchKey</Code></Error>")),
        (401, HttpResponse(400, {}, b"<Error><Code>AuthorizationHeaderMalformed</Code></Error>")),
        (502, HttpResponse(200, {"content-length": "x"}, bytes(20))),
        (400, HttpResponse(200, {"content-length": "99999999"}, bytes(20))),
        (502, DropConnection()),
        (502, DropConnection(reset=True)),
        (502, RawAnswer(b"")),
        (502, RawAnswer(b"\r\n\r\n")),
        (502, RawAnswer(b"SSH-2.0-nonsense\r\n")),
        (502, RawAnswer(b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nshort")),
        (502, RawAnswer(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\ncontent-length: 8\r\n\r\n" + bytes(8))),
        (502, RawAnswer(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n")),
        (502, RawAnswer(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nabcdefgh\r\n0\r\n\r\n")),
        (502, RawAnswer(b"x" * 100_000)),
    ],
)
def test_a_store_that_fails_or_lies_is_no_source_of_answers(asker: Asker, status: int, answer: Answer) -> None:
    with store_that(lambda _: answer) as url:
        fields = {"interface_type": "s3", "dtype": "uint32", "url": url, "offset": 4, "size": 8}
        asker.refusal_of(asker.send("sum", fields), status)


def test_part_of_an_object_is_not_taken_for_all_of_it(asker: Asker) -> None:
    part = HttpResponse(206, {"content-range": "bytes 4-11/20"}, bytes(8))
    with store_that(lambda _: part) as url:
        fields = {"interface_type": "s3", "dtype": "uint32", "url": url}
        asker.refusal_of(asker.send("sum", fields), 502)
        asker.refusal_of(asker.send("sum", {**fields, "offset": 4}), 502)


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\n\1\0\0\0\r\n4;x\r\n\2\0\0\0\r\n0\r\na: b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n\1\0\0\0\2\0\0\0",
        b"HTTP/1.0 200 OK\r\ncontent-length: 8\r\n\r\n\1\0\0\0\2\0\0\0",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n\1\0\0\0\2\0\0\0",
    ],
)
def test_every_way_to_send_a_body_is_read(asker: Asker, data: bytes) -> None:
    with store_that(lambda _: RawAnswer(data)) as url:
        assert total(asker, url=url) == 3


def test_a_store_that_is_not_there_gives_an_error(asker: Asker) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    for host in (f"127.0.0.1:{port}", "a..b", "x" * 70):
        fields = {"interface_type": "s3", "dtype": "uint32", "url": f"http://{host}/bucket/key"}
        asker.refusal_of(asker.send("sum", fields), 502)


def test_a_slow_store_is_given_up() -> None:
    with (
        asking(ReferenceServer(ServerLimits(store_seconds=0.1))) as asker,
        store_that(lambda _: Stall(5)) as url,
    ):
        fields = {"interface_type": "s3", "dtype": "uint32", "url": url}
        assert "too long" in asker.refusal_of(asker.send("sum", fields), 504)


def test_a_kept_connection_that_ended_is_replaced_once() -> None:
    answers: list[Answer] = [HttpResponse(200, {}, DATA.tobytes()), DropConnection(), DropConnection()]
    asked: list[str] = []

    def handler(request: HttpRequest) -> Answer:
        asked.append(request.target)
        return answers[len(asked) - 1] if len(asked) <= len(answers) else HttpResponse(200, {}, DATA.tobytes())

    with asking() as asker, store_that(handler) as url:
        fields = {"interface_type": "s3", "dtype": "uint32", "url": url}
        assert asker.send("sum", fields).status == 200
        assert asker.send("sum", fields).status == 502
        assert len(asked) == 3
        assert asker.send("sum", fields).status == 200


def test_an_overwritten_object_is_read_anew(asker: Asker) -> None:
    for value in (1, 2, 3):
        assert asker.values("sum", np.array([value], np.int32)) == [value]


def test_requests_at_the_same_time_do_not_mix(asker: Asker) -> None:
    for value in range(8):
        asker.store.put("private", f"many/{value}", np.full(value + 1, value, np.uint32).tobytes())
    totals: dict[int, set[int]] = {}

    def ask(value: int) -> None:
        url = f"{asker.store.url}/private/many/{value}"
        totals[value] = {total(asker, url=url) for _ in range(20)}

    threads = [threading.Thread(target=ask, args=(value,)) for value in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert totals == {value: {value * (value + 1)} for value in range(8)}


def test_it_is_served_over_http(asker: Asker) -> None:
    with serve(asker.server) as http, socket.create_connection(("127.0.0.1", http.port)) as client:
        client.sendall(b"nonsense\r\n\r\n")
        answer = b"".join(iter(lambda: client.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'{"error": {"message": "' in answer

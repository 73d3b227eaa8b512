"""The embedded store keeps nothing of what breaks off, and refuses early what it will not take."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from tests.unit.store_asking import OWNER, Client, asking

GIB5 = 5 * 2**30


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with asking() as client:
        yield client


def head(client: Client, target: str, headers: dict[str, str], who: str | None = OWNER, secret: str = "") -> bytes:
    """The head of a PUT; the hash of its body is not signed."""
    unsigned = {"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}
    sent = client.signed("PUT", target, b"", unsigned, who, secret) if who else {}
    lines = [f"{name}: {value}" for name, value in {**sent, **headers}.items()]
    return "\r\n".join([f"PUT {target} HTTP/1.1", f"Host: 127.0.0.1:{client.port}", *lines, "", ""]).encode()


def connected(client: Client) -> socket.socket:
    return socket.create_connection(("127.0.0.1", client.port), 20)


def test_of_a_body_that_breaks_off_nothing_is_stored(client: Client) -> None:
    client.put("/box/k", b"old")
    for target in ("/box/k", "/box/new"):
        with connected(client) as connection:
            connection.sendall(head(client, target, {"Content-Length": "10"}) + b"12345")
        with connected(client) as connection:
            connection.sendall(head(client, target, {"Content-Length": "10"}) + b"12345")
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(1000).startswith(b"HTTP/1.1 400 ")
    assert client("GET", "/box/k").body == b"old"
    assert client("GET", "/box").texts("Contents/Key") == ["k"]


def test_bytes_beyond_the_length_are_no_content(client: Client) -> None:
    with connected(client) as connection:
        connection.sendall(head(client, "/box/beyond", {"Content-Length": "3"}) + b"123456")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")
    assert client("GET", "/box/beyond").body == b"123"
    client("DELETE", "/box/beyond")


@pytest.mark.parametrize("expect", [{}, {"Expect": "100-continue"}])
def test_what_is_too_large_is_refused_by_its_head(client: Client, expect: dict[str, str]) -> None:
    with connected(client) as connection:
        connection.sendall(head(client, "/box/large", {"Content-Length": str(GIB5 + 1), **expect}))
        answer = connection.recv(10_000)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"EntityTooLarge" in answer


def test_who_waits_for_leave_is_refused_at_once_or_given_it(client: Client) -> None:
    waiting = {"Content-Length": "3", "Expect": "100-continue"}
    with connected(client) as connection:
        connection.sendall(head(client, "/box/w", waiting, secret="wrong"))
        assert connection.recv(10_000).startswith(b"HTTP/1.1 403 ")
    with connected(client) as connection:
        connection.sendall(head(client, "/nowhere/w", waiting))
        assert connection.recv(10_000).startswith(b"HTTP/1.1 404 ")
    with connected(client) as connection:
        connection.sendall(head(client, "/box/w", waiting))
        assert connection.recv(10_000).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"abc")
        assert connection.recv(10_000).startswith(b"HTTP/1.1 200 ")
    assert client("GET", "/box/w").body == b"abc"


def test_a_refused_body_is_no_request(client: Client) -> None:
    inner = head(client, "/box/inner", {"Content-Length": "0"})
    with connected(client) as connection:
        connection.sendall(head(client, "/box/outer", {"Content-Length": str(len(inner))}, secret="wrong") + inner)
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(10_000), b""))
    assert answer.count(b"HTTP/1.1 403 ") == 2
    assert client("HEAD", "/box/inner").status == 404


def test_of_conditional_writes_at_once_exactly_one_wins(client: Client) -> None:
    for number in range(5):
        told: list[tuple[int, bytes]] = []

        def race(me: bytes, number: int = number, told: list[tuple[int, bytes]] = told) -> None:
            mine = Client(client)  # type: ignore[arg-type]
            told.append((mine("PUT", f"/box/race{number}", me, {"If-None-Match": "*"}).status, me))
            mine.close()

        threads = [threading.Thread(target=race, args=(bytes([65 + n]) * 10,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        winners = [me for status, me in told if status == 200]
        assert sorted(status for status, _ in told) == [200] + [412] * 7
        assert client("GET", f"/box/race{number}").body == winners[0]

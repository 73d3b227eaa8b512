"""Connecting, and the handshake of TLS: nobody is held up by a server that does neither."""

from __future__ import annotations

import fcntl
import os
import resource
import select
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from fuzz.transport.http import HttpClient, HttpMessage
from fuzz.transport.http.client import CONNECT_SECONDS, LEAST_SECONDS
from fuzz.transport.http.connection import Connection
from fuzz.transport.protocol import ClientSettings

# How many connections may wait to be accepted before the test gives up, and how soon one of them is made otherwise.
MOST_QUEUED, WAITING_SECONDS = 64, 1.0


@contextmanager
def full_of_callers() -> Iterator[tuple[str, int]]:
    """A listener whose queue is full, so that a further connection is neither made nor refused."""
    with ExitStack() as opened:
        listener = opened.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        place = listener.getsockname()
        for _ in range(MOST_QUEUED):
            caller = opened.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(place)
            if not select.select([], [caller], [], WAITING_SECONDS)[1]:
                break
        else:
            pytest.skip("connections are made however many wait to be accepted")
        yield place


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_connecting_holds_nobody_up_and_is_not_waited_for_beyond_the_end_of_a_run(scheme: str) -> None:
    with full_of_callers() as (host, port):
        for until in (None, time.monotonic() - 1):
            begun = time.monotonic()
            exchange = HttpClient(f"{scheme}://{host}:{port}", ClientSettings(until=until)).exchange(
                HttpMessage("POST", "/")
            )
            wait = next(exchange)
            seconds = CONNECT_SECONDS if until is None else LEAST_SECONDS
            assert begun + seconds <= wait.until <= time.monotonic() + seconds
            assert wait.writing
            with pytest.raises(StopIteration) as end:
                exchange.send(False)
            assert end.value.value.outcome.reason == "refused"


def test_a_connection_that_is_given_up_is_closed() -> None:
    with full_of_callers() as (host, port):
        exchange = HttpClient(f"http://{host}:{port}").exchange(HttpMessage("POST", "/"))
        wait = next(exchange)
        assert wait.fileno is not None
        os.fstat(wait.fileno)
        exchange.close()
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(wait.fileno)


def test_a_handshake_that_does_not_come_holds_nobody_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = HttpClient(f"https://127.0.0.1:{silent.getsockname()[1]}")
        exchange = client.exchange(HttpMessage("POST", "/"))
        wait = next(exchange)
        while wait.writing:
            wait = exchange.send(True)
        with pytest.raises(StopIteration) as end:
            exchange.send(False)
    assert end.value.value.outcome.reason == "refused"


def test_a_connection_whose_number_is_large_is_seen_to_end() -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most[1], 4096) if most[1] > 0 else 4096, most[1]))
    try:
        one, other = socket.socketpair()
        with one, other, socket.socket(fileno=fcntl.fcntl(one, fcntl.F_DUPFD, 1100)) as far:
            connection = Connection(far, lambda: 1.0)
            assert not connection.ended
            other.shutdown(socket.SHUT_RDWR)
            assert connection.ended
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, most)

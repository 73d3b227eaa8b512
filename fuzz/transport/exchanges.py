"""Drive exchanges: wait for what each of them waits for, one after the other or many at the same time."""

from __future__ import annotations

import select
import time
from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from fuzz.transport.protocol import Client, Wait
from specs.outcome import NoReply, Reply

Result = TypeVar("Result")


def send(client: Client, message: Any) -> Reply | NoReply:
    """Send a message and wait for its outcome."""
    return finished(sending(client, message))


def sending(client: Client, message: Any) -> Generator[Wait, bool, Reply | NoReply]:
    """Send a message, once more if the connection had ended before it, and return its outcome with the time it took."""
    begun = time.perf_counter()
    came = yield from client.exchange(message)
    if came.again:
        came = yield from client.exchange(message)
    elapsed_ms = (time.perf_counter() - begun) * 1000
    if isinstance(came.outcome, Reply):
        client.slowest_ms = max(client.slowest_ms, elapsed_ms)
    return replace(came.outcome, elapsed_ms=elapsed_ms)


def finished(work: Generator[Wait, bool, Result]) -> Result:
    """Drive one piece of work to its end, and return its result."""
    try:
        wait = next(work)
        while True:
            wait = work.send(_over(wait))
    except StopIteration as end:
        result: Result = end.value
        return result


def all_finished(works: Sequence[Generator[Wait, bool, Result]]) -> list[Result]:
    """Start all pieces of work in their order, drive them from this thread, and return their results in that order."""
    results: dict[int, Result] = {}
    waits: dict[int, Wait] = {}

    def go_on(number: int, ready: bool | None) -> None:
        try:
            # A generator that has not begun takes nothing but None.
            waits[number] = next(works[number]) if ready is None else works[number].send(ready)
        except StopIteration as end:
            results[number] = end.value

    try:
        for number in range(len(works)):
            go_on(number, None)
        while waits:
            for number, ready in _next_over(waits):
                del waits[number]
                go_on(number, ready)
    finally:
        for work in works:
            work.close()
    return [results[number] for number in range(len(works))]


def _over(wait: Wait) -> bool:
    """Wait, and say whether the file descriptor is ready."""
    seconds = max(0.0, wait.until - time.monotonic())
    if wait.fileno is None:
        time.sleep(seconds)
        return False
    poll = select.poll()
    poll.register(wait.fileno, _event(wait))
    return bool(poll.poll(seconds * 1000))


def _next_over(waits: dict[int, Wait]) -> list[tuple[int, bool]]:
    """Wait until the first of several waits is over; return each that is over, and whether its descriptor is ready."""
    poll = select.poll()
    for wait in waits.values():
        if wait.fileno is not None:
            poll.register(wait.fileno, _event(wait))
    first = min(wait.until for wait in waits.values())
    over: list[tuple[int, bool]] = []
    while not over:
        ready = {fileno for fileno, _ in poll.poll(max(0.0, (first - time.monotonic()) * 1000))}
        now = time.monotonic()
        told = ((number, wait.fileno in ready, wait.until <= now) for number, wait in waits.items())
        over = [(number, is_ready) for number, is_ready, is_late in told if is_ready or is_late]
    return over


def _event(wait: Wait) -> int:
    return select.POLLOUT if wait.writing else select.POLLIN

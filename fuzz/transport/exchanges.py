"""Drive exchanges: wait for what each of them waits for, one after the other or many at the same time."""

from __future__ import annotations

import select
import selectors
import time
from collections.abc import Generator, Sequence
from typing import Any, TypeVar

from fuzz.transport.protocol import Client, Wait, exchange_of
from specs.outcome import NoReply, Outcome, Reply

Result = TypeVar("Result")


def send(client: Client, message: Any) -> Reply | NoReply:
    """Send a message and wait for its outcome."""
    return finished(sending(client, message))


def sending(client: Client, message: Any) -> Generator[Wait, bool, Reply | NoReply]:
    """Send a message, once more if the connection had ended before it, and return its outcome with the time it took.

    Time in which nobody looked for the answer does not count.
    """
    begun, away = time.perf_counter(), client.away_seconds
    came = yield from exchange_of(client, message)
    if came.again:
        came = yield from exchange_of(client, message)
    elapsed_ms = (time.perf_counter() - begun - (client.away_seconds - away)) * 1000
    if isinstance(came.outcome, Reply):
        client.answers.took(elapsed_ms)
    return came.outcome.after(elapsed_ms)


def talked(client: Client, talk: Generator[Any, Outcome, Result]) -> Generator[Wait, bool, Result]:
    """Send each message that a talk yields, tell it the outcome, and return the talk's result."""
    try:
        message = next(talk)
        while True:
            message = talk.send((yield from sending(client, message)))
    except StopIteration as end:
        result: Result = end.value
        return result
    finally:
        talk.close()


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
    return finished(together(works))


def together(works: Sequence[Generator[Wait, bool, Result]]) -> Generator[Wait, bool, list[Result]]:
    """Start all pieces of work in their order, and do them at the same time, as one piece of work."""
    results: dict[int, Result] = {}
    waits: dict[int, Wait] = {}
    selector = selectors.DefaultSelector()

    def go_on(number: int, ready: bool | None) -> None:
        try:
            # A generator that has not begun takes nothing but None.
            wait = next(works[number]) if ready is None else works[number].send(ready)
        except StopIteration as end:
            results[number] = end.value
            return
        waits[number] = wait
        if wait.fileno is not None:
            selector.register(wait.fileno, selectors.EVENT_WRITE if wait.writing else selectors.EVENT_READ, number)

    try:
        for number in range(len(works)):
            go_on(number, None)
        while waits:
            # The selector has a descriptor of its own, which is ready as soon as one of those that it watches is.
            yield Wait(min(wait.until for wait in waits.values()), selector.fileno())
            came, now = {key.data for key, _ in selector.select(0)}, time.monotonic()
            for number in [one for one, wait in waits.items() if one in came or wait.until <= now]:
                wait = waits.pop(number)
                if wait.fileno is not None:
                    selector.unregister(wait.fileno)
                go_on(number, number in came)
    finally:
        for work in works:
            work.close()
        selector.close()
    return [results[number] for number in range(len(works))]


def _over(wait: Wait) -> bool:
    """Wait, and say whether the file descriptor is ready."""
    seconds = max(0.0, wait.until - time.monotonic())
    if wait.fileno is None:
        if seconds:
            time.sleep(seconds)
        return False
    poll = select.poll()
    poll.register(wait.fileno, event_of(wait))
    return bool(poll.poll(seconds * 1000))


def event_of(wait: Wait) -> int:
    """Return the event of `select.poll` that a wait is for."""
    return select.POLLOUT if wait.writing else select.POLLIN

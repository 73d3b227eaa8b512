"""Send noted messages again over many connections, without drawing, judging or uploading anything: the bare loop."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field, fields
from itertools import cycle
from typing import Self

from fuzz.running.session import Session
from fuzz.running.targets import Target
from fuzz.transport.exchanges import all_finished, sending
from fuzz.transport.http import HttpClient, HttpMessage
from fuzz.transport.protocol import Client, ClientSettings, Exchange, Wait
from specs.outcome import Reply

MOST_NOTED = 300
# Objects that the latest so many requests were about are still in the store, but for few.
MOST_OF_ALL = 1000
QUICK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Noted:
    """The latest messages of a hunt: those that were answered quickly, and all."""

    quick: deque[HttpMessage] = field(default_factory=lambda: deque(maxlen=MOST_NOTED))
    mixed: deque[HttpMessage] = field(default_factory=lambda: deque(maxlen=MOST_OF_ALL))


@dataclass(frozen=True, slots=True)
class NotingTarget(Target):
    """A target like another, whose sessions note the latest messages."""

    noted: Noted = field(default_factory=Noted)

    @classmethod
    def of(cls, target: Target) -> Self:
        return cls(**{one.name: getattr(target, one.name) for one in fields(target)})

    def session(self) -> Session:
        client = NotingClient(self.url, self.client, self.noted)
        return NotingSession(self.subject, client, self.store, self.profile)


class NotingClient(HttpClient):
    """A client that notes what it sends."""

    def __init__(self, url: str, settings: ClientSettings, noted: Noted) -> None:
        super().__init__(url, settings)
        self.noted = noted

    def exchange(self, message: HttpMessage) -> Exchange:
        begun = time.monotonic()
        if isinstance(message.body, bytes):
            self.noted.mixed.append(message)
        came = yield from super().exchange(message)
        if isinstance(came.outcome, Reply) and time.monotonic() - begun < QUICK_SECONDS:
            self.noted.quick.append(message)
        return came


class NotingSession(Session):
    """A session all of whose clients note what they send."""

    def another_client(self) -> Client:
        assert isinstance(self.client, NotingClient)
        return NotingClient(self.client.url, self.client.settings, self.client.noted)


def bare_rate(target: Target, messages: Iterable[HttpMessage], connections: int, seconds: float) -> float:
    """Send messages again and again for so long; return how many were answered in a second."""
    several = list(messages)
    if not several:
        return 0.0
    clients = [HttpClient(target.url, target.client) for _ in range(connections)]
    turns, begun = cycle(several), time.monotonic()
    try:
        answered = sum(all_finished([_sends(client, turns, begun + seconds) for client in clients]))
    finally:
        for client in clients:
            client.close()
    return answered / seconds


def _sends(client: HttpClient, turns: Iterator[HttpMessage], end: float) -> Generator[Wait, bool, int]:
    """Send whatever message is next until the time is up; return how many were answered by then."""
    answered = 0
    while time.monotonic() < end:
        yield from sending(client, next(turns))
        answered += time.monotonic() < end
    return answered

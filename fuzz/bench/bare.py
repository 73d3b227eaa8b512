"""Send what a hunt sent again over many connections, without drawing or judging anything: the bare loops.

One loop sends noted messages, and uploads nothing. The other takes the noted cases of a hunt, with their objects.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from itertools import cycle
from typing import Self

from fuzz.running.session import Judgement, Session, Taken, Work, unwatched
from fuzz.running.store import Unstorable
from fuzz.running.targets import Target
from fuzz.transport.exchanges import all_finished, sending
from fuzz.transport.http import HttpClient, HttpMessage
from fuzz.transport.protocol import Client, ClientSettings, Exchange, Wait
from fuzz.triage.lab import REFUSED
from specs.case import Case
from specs.outcome import NoReply, Outcome, Reply

MOST_NOTED = 300
# Objects that the latest so many requests were about are still in the store, but for few.
MOST_OF_ALL = 1000
# So many of the latest cases are kept with their data, some of which is large.
MOST_CASES = 4000
QUICK_SECONDS = 0.1

# A case as it was drawn, and how long its answers were waited for.
NotedCase = tuple[Case, float]


@dataclass(frozen=True, slots=True)
class Noted:
    """The latest messages of a hunt, those that were answered quickly and all; and its latest cases as drawn."""

    quick: deque[HttpMessage] = field(default_factory=lambda: deque(maxlen=MOST_NOTED))
    mixed: deque[HttpMessage] = field(default_factory=lambda: deque(maxlen=MOST_OF_ALL))
    cases: deque[NotedCase] = field(default_factory=lambda: deque(maxlen=MOST_CASES))


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
    """A session all of whose clients note what they send, and which notes the cases that are taken in lanes."""

    def another_client(self) -> Client:
        assert isinstance(self.client, NotingClient)
        return NotingClient(self.client.url, self.client.settings, self.client.noted)

    def judging(self, case: Case, client: Client, *, afresh: bool = False, taken: Taken = unwatched) -> Work[Judgement]:
        # What is asked to explain failures is asked afresh, or by the session's own client.
        if not afresh and client is not self.client and isinstance(client, NotingClient):
            client.noted.cases.append((case, client.settings.timeout_seconds))
        return super().judging(case, client, afresh=afresh, taken=taken)


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


def own_rate(target: Target, cases: Iterable[NotedCase], connections: int, seconds: float) -> float:
    """Take the cases of a hunt again for so long, with nothing but their steps; return the answers in a second.

    Objects are stored and requests are sent as the hunt did, and no answer is judged.
    """
    several = list(cases)
    if not several:
        return 0.0
    end = time.monotonic() + seconds
    session = Session(target.subject, HttpClient(target.url, target.client), target.store, target.profile)
    clients = [session.another_client() for _ in range(connections)]
    turns = cycle(several)
    try:
        answered = sum(all_finished([_takes(session, client, turns, end) for client in clients]))
    finally:
        for client in clients:
            client.close()
        session.close()
    return answered / seconds


def _takes(session: Session, client: Client, turns: Iterator[NotedCase], end: float) -> Generator[Wait, bool, int]:
    """Take whatever case is next until the time is up; return how many of its requests were answered by then."""
    answered = 0
    while time.monotonic() < end:
        case, timeout_seconds = next(turns)
        client.settings = replace(client.settings, timeout_seconds=timeout_seconds, until=end)
        try:
            transcript = yield from session.running(case, client)
        except Unstorable:
            continue
        if time.monotonic() < end:
            answered += sum(map(_was_answered, transcript.outcomes))
    return answered


def _was_answered(outcome: Outcome) -> bool:
    """Say whether something came of a request; from a server that is gone nothing comes."""
    return outcome is not None and not (isinstance(outcome, NoReply) and outcome.reason == REFUSED)

"""Define transports: a request goes out, and an answer, a refusal of some class, or the lack of an answer comes back.

The engine knows transports by this module and `fuzz.transport.exchanges` alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from specs.outcome import NoReply, Reply

LATEST_ANSWERS = 31


@dataclass(frozen=True, slots=True)
class AnswerLimits:
    """The number of bytes of an answer that the suite is willing to read."""

    bytes: int = 256 * 2**20


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """The limits on a request's time and an answer's size, and the certificates that are trusted.

    `until` is the end of the run by the monotonic clock; the client waits for nothing beyond it.
    """

    timeout_seconds: float = 10.0
    answers: AnswerLimits = field(default_factory=AnswerLimits)
    ca_cert: str | None = None
    until: float | None = None


class Wait(NamedTuple):
    """A wait of an exchange: for a file descriptor to be ready, but no longer than `until` by the monotonic clock.

    Without a file descriptor, the exchange waits for the time alone.
    """

    until: float
    fileno: int | None = None
    writing: bool = False


# Work waits so between two requests: it may go on at once, or rest there where nothing new is to be asked.
BETWEEN_REQUESTS = Wait(0.0)


class Came(NamedTuple):
    """The outcome of a request that was sent once.

    `again` says that the connection may have ended before the request, which must then be sent once more.
    """

    outcome: Reply | NoReply
    again: bool = False


# A request on its way. It yields each wait, and is sent True once the descriptor is ready, False once the time is over.
Exchange = Generator[Wait, bool, Came]


class Answers:
    """The times that the latest answers of a server took.

    What is usual is their middle, so that however long a slow answer takes, such as a server's first, it counts as one.
    """

    def __init__(self) -> None:
        self._latest: deque[float] = deque(maxlen=LATEST_ANSWERS)

    def took(self, elapsed_ms: float) -> None:
        """Note how long an answer took."""
        self._latest.append(elapsed_ms)

    @property
    def usual_ms(self) -> float:
        """Return how long answers usually take; 0 before the first one."""
        return sorted(self._latest)[len(self._latest) // 2] if self._latest else 0.0


class Client(Protocol):
    """A protocol for a client of one server: it has one connection, and sends one request at a time."""

    url: str
    settings: ClientSettings
    # What the latest answers took; clients of one server share it.
    answers: Answers
    # How long, in all, nobody looked whether an answer had come.
    away_seconds: float

    def exchange(self, message: Any) -> Exchange:
        """Return the exchange that sends a message once; whoever drives it does the waiting."""

    def connecting(self) -> Generator[Wait, bool, None]:
        """Have a connection ready for the next request; a failure to connect shows when the request is sent."""

    def close(self) -> None:
        """Close the connection; the next request opens another one."""


@dataclass(frozen=True, slots=True)
class Errand:
    """Several requests that come to one outcome; `exchange` sends them by a client, each in its turn."""

    exchange: Callable[[Client], Exchange]


def exchange_of(client: Client, message: Any) -> Exchange:
    """Return the exchange of a message, or of all those of an errand."""
    return message.exchange(client) if isinstance(message, Errand) else client.exchange(message)


class Refusal(StrEnum):
    """The class of an answer that refuses a request: what the server says is at fault."""

    REQUEST = "request"
    SENDER = "sender"
    SERVER = "server"


class Transport(Protocol):
    """A protocol for the way in which a subject's requests are sent, and for what its answers mean to the engine.

    The messages that its clients send are those that the subject's stage makes. `scheme` begins the URLs of its
    servers, and `secure_scheme` those of servers with a certificate.
    """

    @property
    def scheme(self) -> str: ...

    @property
    def secure_scheme(self) -> str: ...

    def client(self, url: str, settings: ClientSettings) -> Client:
        """Return a client of the server at a URL, which is not connected yet; raises UsageError for an unusable URL."""

    def check(self, url: str, settings: ClientSettings) -> None:
        """Raise CannotRun unless something at the URL answers by this transport."""

    def accepts(self, url: str) -> bool:
        """Say whether the server at the URL accepts connections."""

    def refusal(self, reply: Reply) -> Refusal | None:
        """Return the class of an answer that refuses the request; None for any other answer."""

    def software(self, reply: Reply) -> str:
        """Return the name and version of the server's software if the answer tells them; otherwise empty."""

"""Define messages: HTTP requests that are yet to be sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from fuzz.transport.http.answers import Receiver
from fuzz.transport.protocol import Wait
from specs.spellings import PLAINLY


class BrokenOff(Exception):
    """A body ends before its length: the client goes away in the middle of it."""


@dataclass(frozen=True, slots=True)
class HttpMessage:
    """A request that is yet to be sent.

    A body may consist of parts that are made each time that they are sent; headers must then say its length, or that
    it is chunked. A generator may yield waits among its parts, and raises BrokenOff where it cannot go on. With
    `leaves_after`, the client closes the connection after so many bytes of the body. The receiver, if there is one,
    takes the body of an answer without error as it comes; then the reply has none.
    """

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | Iterable[bytes | Wait] = b""
    spelled: str = PLAINLY
    leaves_after: int | None = None
    receiver: Receiver | None = field(default=None, compare=False)

"""Define messages: HTTP requests that are yet to be sent."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from specs.spellings import PLAINLY


@dataclass(frozen=True, slots=True)
class HttpMessage:
    """A request that is yet to be sent.

    A body may be made of parts that are made only when they are sent; headers must then say its length, or that it is
    chunked. With `leaves_after`, the client closes the connection after so many bytes of the body.
    """

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | Collection[bytes] = b""
    spelled: str = PLAINLY
    leaves_after: int | None = None

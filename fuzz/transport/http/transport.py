"""Define the transport by HTTP: what its clients are, and what statuses mean."""

from __future__ import annotations

from dataclasses import dataclass

from fuzz.transport.http import reaching
from fuzz.transport.http.client import HttpClient
from fuzz.transport.protocol import ClientSettings, Refusal
from specs.outcome import Reply

LEAST_ERROR = 400
LEAST_SERVER_ERROR = 500
# Unauthorized, forbidden, and proxy authentication required.
OF_THE_SENDER = (401, 403, 407)


@dataclass(frozen=True, slots=True)
class HttpTransport:
    """Sends requests in HTTP/1.1; the messages are values of HttpMessage."""

    scheme: str = "http"
    secure_scheme: str = "https"

    def client(self, url: str, settings: ClientSettings) -> HttpClient:
        """Return a client of the server at a URL, which is not connected yet; raises UsageError for an unusable URL."""
        return HttpClient(url, settings)

    def check(self, url: str, settings: ClientSettings) -> None:
        """Raise CannotRun unless something at the URL answers in HTTP."""
        reaching.check_reachable(url, settings)

    def accepts(self, url: str) -> bool:
        """Say whether the server at the URL accepts connections."""
        return reaching.accepts(url)

    def refusal(self, reply: Reply) -> Refusal | None:
        """Return the class of a status from 400 up; None for any other status."""
        if reply.status < LEAST_ERROR:
            return None
        if reply.status >= LEAST_SERVER_ERROR:
            return Refusal.SERVER
        return Refusal.SENDER if reply.status in OF_THE_SENDER else Refusal.REQUEST

    def software(self, reply: Reply) -> str:
        """Return the answer's Server header, or an empty text."""
        return reply.header("server") or ""


HTTP = HttpTransport()

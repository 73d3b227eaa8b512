"""Send requests to one server at the same time, each by a client of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from typing import Any

from fuzz.transport.exchanges import finished, together
from fuzz.transport.protocol import Came, Client, ClientSettings, Exchange, Wait, exchange_of
from specs.outcome import NoReply, Reply


class Crowd:
    """Gives each request a client and so a connection of its own; all are kept from one time to the next."""

    def __init__(self, connect: Callable[[ClientSettings], Client]) -> None:
        self._connect = connect
        self._clients: list[Client] = []

    def send(self, messages: Sequence[Any], settings: ClientSettings) -> list[Reply | NoReply]:
        """Send all requests at the same time, and return the outcome of each."""
        return finished(self.sending(messages, settings))

    def sending(
        self, messages: Sequence[Any], settings: ClientSettings
    ) -> Generator[Wait, bool, list[Reply | NoReply]]:
        """Do what `send` does, as work that whoever drives it waits for.

        If the server may have closed a kept connection, all requests are sent again over new ones, still together.
        """
        came = yield from self._at_once(messages, settings)
        if any(one.again for one in came):
            self.close()
            came = yield from self._at_once(messages, settings)
        return [one.outcome for one in came]

    def taking(
        self, works: Sequence[Callable[[Client], Generator[Wait, bool, None]]], settings: ClientSettings
    ) -> Generator[Wait, bool, None]:
        """Do several pieces of work at the same time, each with a client of its own."""
        clients = yield from self._ready(len(works), settings)
        yield from together([work(client) for work, client in zip(works, clients)])

    def close(self) -> None:
        for client in self._clients:
            client.close()

    def _at_once(self, messages: Sequence[Any], settings: ClientSettings) -> Generator[Wait, bool, list[Came]]:
        clients = yield from self._ready(len(messages), settings)
        # All messages are encoded before the first is sent.
        exchanges = [exchange_of(client, one) for client, one in zip(clients, messages)]
        return (yield from together([timed(one) for one in exchanges]))

    def _ready(self, count: int, settings: ClientSettings) -> Generator[Wait, bool, list[Client]]:
        """Return so many clients that are connected."""
        while len(self._clients) < count:
            self._clients.append(self._connect(settings))
        clients = self._clients[:count]
        for client in clients:
            client.settings = settings
        yield from together([client.connecting() for client in clients])
        return clients


def timed(exchange: Exchange, since: float | None = None) -> Generator[Wait, bool, Came]:
    """Drive an exchange, and add the time that it took to its outcome; `since` is when its case began."""
    begun = time.perf_counter()
    came = yield from exchange
    took = (time.perf_counter() - begun) * 1000
    begun_ms = 0.0 if since is None else (begun - since) * 1000
    return came._replace(outcome=replace(came.outcome, elapsed_ms=took, begun_ms=begun_ms))

"""Send requests to one server at the same time, each by a client of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from fuzz.running.client import Client, ClientSettings
from specs.outcome import NoReply, Reply
from specs.spellings import PLAINLY, spelled

# How long the clients wait for each other before they give up; threads usually start much faster.
MEETING_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Message:
    """A request that is yet to be sent."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    spelled: str = PLAINLY


class Crowd:
    """Gives each request a thread and a connection of its own; the connections are kept from one time to the next."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._clients: list[Client] = []

    def send(self, messages: Sequence[Message], settings: ClientSettings) -> list[Reply | NoReply]:
        """Send all requests at the same time, and return the outcome of each.

        If the server may have closed a kept connection, all requests are sent again over new ones, still together.
        """
        came = self._at_once(messages, settings)
        if any(stale for _, stale in came):
            self.close()
            came = self._at_once(messages, settings)
        return [outcome for outcome, _ in came]

    def close(self) -> None:
        """Close the connections; the threads ended when they had sent their requests."""
        for client in self._clients:
            client.close()

    def _at_once(self, messages: Sequence[Message], settings: ClientSettings) -> list[tuple[Reply | NoReply, bool]]:
        while len(self._clients) < len(messages):
            self._clients.append(Client(self._url, settings))
        clients = self._clients[: len(messages)]
        sending = [_Sending(client, one) for client, one in zip(clients, messages)]
        for client in clients:
            client.settings = settings
            client.connect()
        start = threading.Barrier(len(messages))
        threads = [threading.Thread(target=one.send, args=(start,), daemon=True) for one in sending]
        started: list[threading.Thread] = []
        try:
            for one in threads:
                one.start()
                started.append(one)
        except BaseException:
            start.abort()
            raise
        finally:
            for one in started:
                one.join()
        return [one.result() for one in sending]


class _Sending:
    """One thread's request, and its outcome."""

    def __init__(self, client: Client, message: Message) -> None:
        self._client = client
        self._method = message.method
        plain = client.message(message.method, message.path, message.headers, message.body)
        self._wire = spelled(plain, message.spelled)
        self._came: tuple[Reply | NoReply, bool] | None = None
        self._error: BaseException | None = None

    def send(self, start: threading.Barrier) -> None:
        try:
            start.wait(MEETING_SECONDS)
            begun = time.perf_counter()
            outcome, stale = self._client.exchange(self._method, self._wire)
            self._came = replace(outcome, elapsed_ms=(time.perf_counter() - begun) * 1000), stale
        except BaseException as error:  # noqa: BLE001  (raised where the thread is waited for)
            self._error = error

    def result(self) -> tuple[Reply | NoReply, bool]:
        """Return the outcome, or raise what the thread raised."""
        if self._error is not None:
            raise self._error
        assert self._came is not None
        return self._came

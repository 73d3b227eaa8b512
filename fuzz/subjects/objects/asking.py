"""Ask a store single questions outside of cases: steps about buckets by their real names, with bodies of any size."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from fuzz.subjects.objects.lazy import Body
from fuzz.subjects.objects.requests import Names, plain_request
from fuzz.subjects.objects.sending import signed
from fuzz.subjects.objects.signing import Key
from fuzz.subjects.objects.stage import written
from fuzz.transport.exchanges import send
from fuzz.transport.http import HttpClient
from fuzz.transport.http.answers import Receiver
from fuzz.transport.protocol import ClientSettings
from specs.objects.words import NOTHING, learned
from specs.outcome import NoReply, Outcome, Reply

WELL = range(200, 300)


class Refused(Exception):
    """The store did not do what it was asked for."""

    def __init__(self, step: Any, outcome: Outcome) -> None:
        what = f"{outcome.status} {outcome.body[:500]!r}" if isinstance(outcome, Reply) else str(outcome)
        super().__init__(f"{type(step).__name__} {getattr(step, 'key', '')}: {what}")
        self.outcome = outcome


class Asker:
    """A client of one store, which remembers what answers to named steps told."""

    def __init__(self, url: str, keys: Mapping[str, Key], settings: ClientSettings | None = None) -> None:
        self.client = HttpClient(url, settings)
        self._keys = keys
        self._host = urlsplit(url).netloc.rpartition("@")[2]
        self._memory = NOTHING

    def ask(self, step: Any, *, body: Body | None = None, receiver: Receiver | None = None) -> Reply | NoReply:
        """Send a step, with another body if one is given, and return its outcome."""
        now = time.time()
        plain = plain_request(step, Names(self._host, {}, self._memory, now))
        if body is not None:
            plain = replace(plain, body=body)
        message = written(signed(plain, step.sent, self._keys, now))
        outcome = send(self.client, replace(message, receiver=receiver))
        self._memory = learned(self._memory, step, outcome)
        return outcome

    def done(self, step: Any, *, body: Body | None = None, receiver: Receiver | None = None) -> Reply:
        """Do what `ask` does; raises Refused where the answer is no success."""
        outcome = self.ask(step, body=body, receiver=receiver)
        if not isinstance(outcome, Reply) or outcome.status not in WELL:
            raise Refused(step, outcome)
        return outcome

    def close(self) -> None:
        """Close the connection."""
        self.client.close()

"""What known causes cost: requests, and of a limited time the seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fuzz.running.session import Session
from fuzz.triage.ledger import Ledger

# Known causes are worth this share of all requests and of the time.
KNOWN_SHARE = 0.03


class Spent:
    """Counts what went into failures of which nothing new came."""

    def __init__(self, session: Session, ledger: Ledger, clock: Callable[[], float]) -> None:
        self.requests = 0
        self.seconds = 0.0
        self._session = session
        self._ledger = ledger
        self._clock = clock
        self._born = clock()

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Note what the block costs, where nothing new comes of it."""
        begun, sent, made = self._clock(), self._session.sent, self._ledger.made
        yield
        if self._ledger.made == made:
            self.requests += self._session.sent - sent
            self.seconds += self._clock() - begun

    def much(self) -> bool:
        """Whether more requests, or more of a limited time, went into what is known than that is worth."""
        late = self.seconds > KNOWN_SHARE * (self._clock() - self._born)
        return late or self.requests > KNOWN_SHARE * max(1, self._session.sent)

"""Take several cases at the same time from one thread, each in a lane: a connection of its own.

The steps of a case stay in order within its lane. Lanes know nothing of what a case is for; whoever hands a case in
gets it back when it has been judged. Where nothing new is to be asked for a while, cases rest between two requests.
"""

from __future__ import annotations

import select
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from fuzz.running.session import Judgement, Session, Work
from fuzz.transport.exchanges import event_of
from fuzz.transport.protocol import BETWEEN_REQUESTS, Client, Wait
from specs.case import Case

# How many of the cases that were under way at the same time are remembered for each case.
MOST_COMPANY = 16
# An answer is slow if it takes this long, and this many times as long as others usually do. A case that waits for one
# moves to a lane for slow cases if one is free.
SLOW_SECONDS = 0.15
SLOW_TIMES = 10
# How many lanes there are for slow cases, beside the others. A single lane has none where the order is to be kept.
SLOW_LANES = 8
# How many of the latest steps are remembered in the order in which they were taken.
MOST_STEPS = 2048


AT_ONCE = Wait(0.0)


@dataclass(slots=True, eq=False)
class Flight:
    """A case on its way: from its first step until it is judged, or until the suite failed to judge it.

    `owner` is what the case was handed in with. `company` are the latest cases that were under way meanwhile. `steps`
    counts the steps of all cases that had been taken when the case ended. `rested_seconds` is how long the case rested
    between its requests, as nothing new was to be asked.
    """

    number: int
    case: Case
    owner: Any
    begun: float
    client: Client
    ended: float = 0.0
    sent: int = 0
    judgement: Judgement | None = None
    error: Exception | None = None
    # Whether the case is in a lane for slow ones; when it began to wait for what it waits for; its longest wait so far.
    slow: bool = False
    waits_since: float = 0.0
    longest_seconds: float = 0.0
    company: deque[tuple[int, Case]] = field(default_factory=lambda: deque(maxlen=MOST_COMPANY))
    steps: int = 0
    rested_seconds: float = 0.0
    work: Work[Judgement] | None = None
    wait: Wait = AT_ONCE

    @property
    def seconds(self) -> float:
        """Return how long the case took, from its first step to its end, without its rests."""
        return self.ended - self.begun - self.rested_seconds


def judgement_of(flight: Flight) -> Judgement:
    """Return the judgement of a case that has ended and was judged."""
    assert flight.judgement is not None
    return flight.judgement


class Lanes:
    """Drives the cases that are under way: `width` quick ones at most, and `slow_width` slow ones beside them."""

    def __init__(self, session: Session, width: int = 1, slow_width: int = SLOW_LANES) -> None:
        self.width = width
        self.slow_width = slow_width
        self._session = session
        self._idle: list[Client] = []
        self._under_way: dict[int, Flight] = {}
        self._by_descriptor: dict[int, Flight] = {}
        self._poll = select.poll()
        self._begun = 0
        self._steps: deque[tuple[int, Any]] = deque(maxlen=MOST_STEPS)
        self._taken = 0
        self._held = False
        # How long this thread had nothing to do but to wait for answers.
        self.waited_seconds = 0.0

    def __len__(self) -> int:
        return len(self._under_way)

    def under_way(self) -> list[Flight]:
        """List the cases that have not ended."""
        return list(self._under_way.values())

    def awaited(self) -> list[Flight]:
        """List the cases that wait for something, without those that rest while requests are held."""
        return [one for one in self._under_way.values() if not (self._held and one.wait is BETWEEN_REQUESTS)]

    def hold(self) -> None:
        """Let no case ask anything more, but wait for the answers that are due, until they are released."""
        self._held = True

    def release(self) -> None:
        """Let all cases go on that rest."""
        self._held = False

    @property
    def sent_unanswered(self) -> int:
        """Count the requests that were sent for cases that have not ended."""
        return sum(one.sent for one in self._under_way.values())

    @property
    def slow_seconds(self) -> float:
        """Return how long an answer takes that is slow, which goes by how long others usually take."""
        return max(SLOW_SECONDS, SLOW_TIMES * self._session.client.answers.usual_ms / 1000)

    @property
    def slow(self) -> list[Flight]:
        """List the cases in lanes for slow ones."""
        return [one for one in self._under_way.values() if one.slow]

    @property
    def quick(self) -> list[Flight]:
        """List the cases that have not ended and are not slow, whether or not there are lanes for slow ones."""
        long_ago = time.monotonic() - self.slow_seconds
        return [
            one
            for one in self.awaited()
            if not one.slow and (one.waits_since >= long_ago or one.wait is BETWEEN_REQUESTS)
        ]

    def full(self) -> bool:
        """Say whether as many cases are under way as may be; those that turn out to be slow make room if they can."""
        if len(self._under_way) < self.width:
            return False
        slow = len(self.slow)
        long_ago = time.monotonic() - self.slow_seconds
        for flight in self._under_way.values():
            waits_long = flight.waits_since < long_ago and flight.wait is not BETWEEN_REQUESTS
            if slow < self.slow_width and not flight.slow and waits_long:
                flight.slow = True
                slow += 1
        return len(self._under_way) - slow >= self.width

    def full_of_slow_ones(self) -> bool:
        """Say whether there is no room for a case that is known to be slow."""
        return len(self.slow) >= self.slow_width if self.slow_width else self.full()

    def begin(
        self,
        case: Case,
        owner: Any,
        *,
        slow: bool = False,
        afresh: bool = False,
        timeout_seconds: float | None = None,
    ) -> list[Flight]:
        """Take a case on its way as far as it goes without waiting; list it if it has ended already.

        A case that is known to be `slow` takes a lane for slow ones. One that is asked `afresh` uses things that no
        request was about.
        """
        client = self._idle.pop() if self._idle else self._session.another_client()
        client.settings = self._session.client.settings
        if timeout_seconds is not None:
            client.settings = replace(client.settings, timeout_seconds=timeout_seconds)
        self._begun += 1
        flight = Flight(self._begun, case, owner, time.monotonic(), client, slow=slow and self.slow_width > 0)
        for other in self._under_way.values():
            other.company.append((flight.number, case))
            flight.company.append((other.number, other.case))
        flight.work = self._session.judging(
            case, client, afresh=afresh, taken=lambda step: self._note_step(flight.number, step)
        )
        self._under_way[flight.number] = flight
        return [flight] if self._go_on(flight, None) else []

    def go_on(self, seconds: float) -> list[Flight]:
        """Wait so long at most for something to come, take cases further, and list those that have ended."""
        awaited = self.awaited()
        if not awaited:
            return []
        now = time.monotonic()
        left = min(one.wait.until for one in awaited) - now
        came = self._poll.poll(max(0.0, min(seconds, left)) * 1000)
        self.waited_seconds += time.monotonic() - now
        there = {number for number, _ in came}
        moved = {self._by_descriptor[number].number for number in there if number in self._by_descriptor}
        now = time.monotonic()
        late = {one.number for one in awaited if one.wait.until <= now}
        return [
            flight
            for flight in map(self._under_way.get, sorted(moved | late))
            if flight is not None and self._go_on(flight, flight.number in moved)
        ]

    def note_away(self, seconds: float) -> None:
        """Leave out of all waits under way the time in which nobody looked for answers."""
        for flight in self.awaited():
            flight.waits_since += seconds
            flight.client.away_seconds += seconds

    def steps_beside(self, flight: Flight) -> Iterator[tuple[int, Any]]:
        """List the steps of a case's company that were taken before the case ended, each with its case's number."""
        beside = {number for number, _ in flight.company}
        first = self._taken - len(self._steps)
        for place, (number, step) in enumerate(self._steps, first):
            if place < flight.steps and number in beside:
                yield number, step

    def give_up(self, flight: Flight) -> None:
        """Wait for a case no more, and close its connection."""
        self._forget(flight)
        if flight.work is not None:
            flight.work.close()
        flight.client.close()
        del self._under_way[flight.number]

    def abandon(self) -> None:
        """Wait for no answer any more, and close all connections."""
        for flight in list(self._under_way.values()):
            self.give_up(flight)
        for client in self._idle:
            client.close()
        self._idle.clear()

    def _note_step(self, number: int, step: Any) -> None:
        self._steps.append((number, step))
        self._taken += 1

    def _go_on(self, flight: Flight, came: bool | None) -> bool:
        """Take a case further until it waits; say whether it has ended."""
        assert flight.work is not None
        waited = time.monotonic() - flight.waits_since
        if flight.wait is BETWEEN_REQUESTS:
            flight.rested_seconds += waited
        elif came is not None:
            flight.longest_seconds = max(flight.longest_seconds, waited)
        self._forget(flight)
        before = self._session.sent
        try:
            # Work that has not begun takes nothing but None.
            flight.wait = next(flight.work) if came is None else flight.work.send(came)
            while flight.wait is BETWEEN_REQUESTS and not self._held:
                flight.wait = flight.work.send(False)
        except StopIteration as end:
            flight.judgement = end.value
        except Exception as error:  # noqa: BLE001  (raised or reported by whoever handed the case in)
            flight.error = error
        else:
            self._wait_for(flight)
            return False
        finally:
            flight.sent += self._session.sent - before
        flight.work, flight.ended, flight.steps = None, time.monotonic(), self._taken
        del self._under_way[flight.number]
        self._idle.append(flight.client)
        return True

    def _wait_for(self, flight: Flight) -> None:
        flight.waits_since = time.monotonic()
        if flight.wait.fileno is not None:
            self._poll.register(flight.wait.fileno, event_of(flight.wait))
            self._by_descriptor[flight.wait.fileno] = flight

    def _forget(self, flight: Flight) -> None:
        """Wait no more for what a case waited for; its work may close that next."""
        number = flight.wait.fileno
        if number is not None and self._by_descriptor.get(number) is flight:
            del self._by_descriptor[number]
            self._poll.unregister(number)

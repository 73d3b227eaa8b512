"""Histories of clients at the same time on a pretended store, whose requests take effect at one instant each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from specs.case import Case
from specs.objects.content import Content
from specs.objects.state import md5_etag
from specs.objects.steps import DeleteObject, GetObject, ListObjects, PutObject, Step
from specs.outcome import NoReply, Outcome, Reply

CONFLICT = b"<Error><Code>PreconditionFailed</Code></Error>"
KEYS = ("a", "b")
Answer = tuple[int, bytes, tuple[tuple[str, str], ...]]


@dataclass
class PretendedStore:
    """A store that is right, but for the puts of certain numbers: it answers them, and loses them."""

    held: dict[str, bytes] = field(default_factory=dict)
    loses: frozenset[int] = frozenset()

    def answer(self, number: int, step: Any) -> Answer:
        """Return the status, body and headers that answer a step."""
        if isinstance(step, PutObject):
            return self._put(number, step)
        if isinstance(step, DeleteObject):
            self.held.pop(step.key, None)
            return 204, b"", ()
        if isinstance(step, ListObjects):
            entries = "".join(
                f"<Contents><Key>{key}</Key><ETag>{md5_etag(data)}</ETag></Contents>"
                for key, data in sorted(self.held.items())
            )
            body = f"<ListBucketResult><IsTruncated>false</IsTruncated>{entries}</ListBucketResult>"
            return 200, body.encode(), ()
        data = self.held.get(step.key)
        return (404, b"", ()) if data is None else (200, data, (("etag", md5_etag(data)),))

    def _put(self, number: int, step: PutObject) -> Answer:
        conditions = dict(step.headers)
        if "If-None-Match" in conditions and step.key in self.held:
            return 412, CONFLICT, ()
        held = md5_etag(self.held[step.key]) if step.key in self.held else ""
        if conditions.get("If-Match", held) != held:
            return 412, CONFLICT, ()
        if number not in self.loses:
            self.held[step.key] = step.content.data
        return 200, b"", (("etag", md5_etag(step.content.data)),)


@dataclass(frozen=True, slots=True)
class Event:
    """A step of a client: when it begins and ends, and the instant at which it takes effect."""

    instant: float
    number: int
    step: Any
    begun: float
    ended: float


def events(random: Random, clients: int, each: int, keys: Sequence[str] = KEYS) -> list[Event]:
    """Draw what some clients ask at which times, so many steps each."""
    found: list[Event] = []
    for lane in range(1, clients + 1):
        now = random.random()
        for _ in range(each):
            step, end = drawn(random, lane, len(found), keys), now + random.random() * 3
            found.append(Event(random.uniform(now, end), len(found), step, now, end))
            now = end + random.random()
    return found


def drawn(random: Random, lane: int, number: int, keys: Sequence[str] = KEYS) -> Step:
    """Draw one step of a client."""
    key, kind = random.choice(keys), random.random()
    if kind < 0.45:
        headers = random.choice(((), (), (("If-None-Match", "*"),), (("If-Match", md5_etag(b"0")),)))
        return PutObject(key=key, content=Content(b"%d" % number), lane=lane, headers=headers)
    if kind < 0.85:
        return GetObject(key=key, lane=lane)
    return DeleteObject(key=key, lane=lane) if kind < 0.95 else ListObjects(lane=lane)


def answered(
    several: Sequence[Event], random: Random, *, silent: float = 0.0, loses: frozenset[int] = frozenset()
) -> tuple[Case, tuple[Outcome, ...]]:
    """Return the case of some events, and what a store answered; a share of the requests is never answered.

    Half of the writes among those that are not answered take effect all the same.
    """
    store = PretendedStore(loses=loses)
    outcomes: dict[int, Outcome] = {}
    for one in sorted(several, key=lambda event: event.instant):
        took = one.ended - one.begun
        if random.random() < silent:
            if random.random() < 0.5 and not isinstance(one.step, GetObject | ListObjects):
                store.answer(one.number, one.step)
            outcomes[one.number] = NoReply("reset", "", took, one.begun)
        else:
            status, body, headers = store.answer(one.number, one.step)
            outcomes[one.number] = Reply(status, headers, body, took, one.begun)
    ordered = sorted(several, key=lambda one: one.number)
    return Case("races", tuple(one.step for one in ordered)), tuple(outcomes[one.number] for one in ordered)

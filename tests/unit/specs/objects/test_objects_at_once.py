"""Laws of the judge of requests at the same time: right histories pass, lost updates and torn reads do not."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from specs.case import Case
from specs.objects.content import Content
from specs.objects.model.concurrent import left_out, violations
from specs.objects.profile import load
from specs.objects.steps import DeleteObject, GetObject, ListObjects, PutObject, Step
from specs.outcome import NoReply, Outcome, Reply

REFERENCE = load("reference")
CONFLICT = b"<Error><Code>PreconditionFailed</Code></Error>"


def etag(data: bytes) -> str:
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'


@dataclass
class Pretended:
    """A store whose requests take effect at one instant between their beginning and their end."""

    random: Random
    held: dict[str, bytes] = field(default_factory=dict)
    # The share of writes that are answered, and lost.
    loses: float = 0.0
    # The share of requests that are never answered; half of the writes among them take effect all the same.
    silent: float = 0.0

    def answer(self, step: Any) -> tuple[int, bytes, tuple[tuple[str, str], ...]]:
        if isinstance(step, PutObject):
            return self._put(step)
        if isinstance(step, DeleteObject):
            self.held.pop(step.key, None)
            return 204, b"", ()
        if isinstance(step, ListObjects):
            entries = "".join(
                f"<Contents><Key>{key}</Key><ETag>{etag(data)}</ETag></Contents>"
                for key, data in sorted(self.held.items())
            )
            body = f"<ListBucketResult><IsTruncated>false</IsTruncated>{entries}</ListBucketResult>"
            return 200, body.encode(), ()
        data = self.held.get(step.key)
        return (404, b"", ()) if data is None else (200, data, (("etag", etag(data)),))

    def _put(self, step: PutObject) -> tuple[int, bytes, tuple[tuple[str, str], ...]]:
        conditions = dict(step.headers)
        if "If-None-Match" in conditions and step.key in self.held:
            return 412, CONFLICT, ()
        held = etag(self.held[step.key]) if step.key in self.held else ""
        if conditions.get("If-Match", held) != held:
            return 412, CONFLICT, ()
        if self.random.random() >= self.loses:
            self.held[step.key] = step.content.data
        return 200, b"", (("etag", etag(step.content.data)),)


def history(seed: int, clients: int, each: int, **faults: float) -> tuple[Case, tuple[Outcome, ...]]:
    """A history of some clients on a pretended store, with instants drawn within each request's time."""
    random = Random(seed)
    store = Pretended(random, **faults)
    events: list[tuple[float, int, int, Step, float, float]] = []
    number = 0
    for lane in range(1, clients + 1):
        now = random.random()
        for _ in range(each):
            step, end = drawn(random, lane, number), now + random.random() * 3
            events.append((random.uniform(now, end), lane, number, step, now, end))
            now, number = end + random.random(), number + 1
    outcomes: dict[int, Outcome] = {}
    for _, _, at, step, begun, end in sorted(events, key=lambda one: one[0]):
        if random.random() < store.silent:
            if random.random() < 0.5 and not isinstance(step, GetObject | ListObjects):
                store.answer(step)
            outcomes[at] = NoReply("reset", "", end - begun, begun)
        else:
            status, body, headers = store.answer(step)
            outcomes[at] = Reply(status, headers, body, end - begun, begun)
    ordered = sorted(events, key=lambda one: one[2])
    return Case("at-once", tuple(one[3] for one in ordered)), tuple(outcomes[one[2]] for one in ordered)


def drawn(random: Random, lane: int, number: int) -> Step:
    key, kind = random.choice(("a", "b")), random.random()
    if kind < 0.45:
        headers = random.choice(((), (), (("If-None-Match", "*"),), (("If-Match", etag(b"0")),)))
        return PutObject(key=key, content=Content(b"%d" % number), lane=lane, headers=headers)
    if kind < 0.85:
        return GetObject(key=key, lane=lane)
    return DeleteObject(key=key, lane=lane) if kind < 0.95 else ListObjects(lane=lane)


@pytest.mark.parametrize("silent", [0.0, 0.05])
def test_right_histories_raise_nothing(silent: float) -> None:
    for seed in range(150):
        case, outcomes = history(seed, 4, 6, silent=silent)
        assert list(violations(case, outcomes, REFERENCE)) == []


def test_a_lost_update_is_found() -> None:
    """Of lost writes many are overwritten before anybody reads, which no judge can see."""
    found = 0
    for seed in range(40):
        case, outcomes = history(seed, 10, 10, loses=0.5)
        found += any(one.requirement in ("linearizable", "one-winner") for one in violations(case, outcomes, REFERENCE))
    assert found >= 36


def test_an_update_that_nobody_overwrites_is_never_lost_unseen() -> None:
    for seed in range(60):
        case, outcomes = history(seed, 5, 20)
        last = max(one.begun_ms + one.elapsed_ms for one in outcomes if one is not None)
        write = (put(b"last", 1), wrote(b"last", last + 1))
        stale = Reply(404, (), b"", 1.0, last + 10)
        steps = (*case.steps, write[0], GetObject(key="k", lane=2))
        found = violations(Case("at-once", steps), (*outcomes, write[1], stale), REFERENCE)
        assert [one.requirement for one in found] == ["linearizable"]


def test_sixteen_clients_with_fifty_steps_take_less_than_a_second() -> None:
    case, outcomes = history(7, 16, 50)
    begun = time.process_time()
    assert list(violations(case, outcomes, REFERENCE)) == []
    assert left_out(case, outcomes) == 0
    # The two searches and the reading of contents take a tenth of that on a machine with nothing else to do.
    assert time.process_time() - begun < 2.0


def put(data: bytes, lane: int, **headers: str) -> PutObject:
    told = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return PutObject(key="k", content=Content(data), lane=lane, headers=told)


def told(*exchanges: tuple[Step, Outcome]) -> list[str]:
    case = Case("at-once", tuple(step for step, _ in exchanges))
    return [one.requirement for one in violations(case, tuple(outcome for _, outcome in exchanges), REFERENCE)]


def wrote(data: bytes, begun: float = 0.0, status: int = 200) -> Reply:
    body = b"" if status == 200 else CONFLICT
    return Reply(status, (("etag", etag(data)),) if status == 200 else (), body, 5.0, begun)


def test_two_winners_are_one_too_many() -> None:
    both = ((put(b"1", 1, If_None_Match="*"), wrote(b"1")), (put(b"2", 2, If_None_Match="*"), wrote(b"2")))
    assert told(*both) == ["one-winner"]
    assert told((both[0][0], wrote(b"1")), (both[1][0], wrote(b"2", status=412))) == []
    assert told((both[0][0], wrote(b"1", status=412)), (both[1][0], wrote(b"2", status=412))) == ["one-winner"]


def test_a_torn_read_is_found() -> None:
    writes = ((put(b"one", 1), wrote(b"one")), (put(b"two", 2), wrote(b"two")))
    torn = Reply(200, (("etag", etag(b"one")),), b"two", 5.0, 10.0)
    assert told(*writes, (GetObject(key="k"), torn)) == ["no-torn-reads"]


def test_a_read_after_a_write_is_not_stale() -> None:
    first, second = (put(b"1", 1), wrote(b"1", 0.0)), (put(b"2", 1), wrote(b"2", 10.0))
    stale = Reply(200, (("etag", etag(b"1")),), b"1", 5.0, 20.0)
    assert told(first, second, (GetObject(key="k", lane=2), stale)) == ["linearizable"]
    early = Reply(200, (("etag", etag(b"1")),), b"1", 5.0, 12.0)
    assert told(first, second, (GetObject(key="k", lane=2), early)) == []

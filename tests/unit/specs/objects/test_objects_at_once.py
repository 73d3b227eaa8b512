"""Laws of the judge of requests at the same time: right histories pass, lost updates and torn reads do not."""

from __future__ import annotations

import time
from random import Random

import pytest

from fuzz.bench.histories import CONFLICT, answered, events
from specs.case import Case
from specs.objects.content import Content
from specs.objects.model.concurrent import left_out, violations
from specs.objects.profile import load
from specs.objects.state import md5_etag
from specs.objects.steps import GetObject, PutObject, Step
from specs.outcome import Outcome, Reply

REFERENCE = load("reference")


def history(
    seed: int, clients: int, each: int, *, silent: float = 0.0, loses: float = 0.0
) -> tuple[Case, tuple[Outcome, ...]]:
    """A history of some clients on a pretended store that loses a share of the writes."""
    random = Random(seed)
    several = events(random, clients, each)
    lost = frozenset(one.number for one in several if random.random() < loses)
    return answered(several, random, silent=silent, loses=lost)


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
    return Reply(status, (("etag", md5_etag(data)),) if status == 200 else (), body, 5.0, begun)


def test_two_winners_are_one_too_many() -> None:
    both = ((put(b"1", 1, If_None_Match="*"), wrote(b"1")), (put(b"2", 2, If_None_Match="*"), wrote(b"2")))
    assert told(*both) == ["one-winner"]
    assert told((both[0][0], wrote(b"1")), (both[1][0], wrote(b"2", status=412))) == []
    assert told((both[0][0], wrote(b"1", status=412)), (both[1][0], wrote(b"2", status=412))) == ["one-winner"]


def test_a_torn_read_is_found() -> None:
    writes = ((put(b"one", 1), wrote(b"one")), (put(b"two", 2), wrote(b"two")))
    torn = Reply(200, (("etag", md5_etag(b"one")),), b"two", 5.0, 10.0)
    assert told(*writes, (GetObject(key="k"), torn)) == ["no-torn-reads"]


def test_a_read_after_a_write_is_not_stale() -> None:
    first, second = (put(b"1", 1), wrote(b"1", 0.0)), (put(b"2", 1), wrote(b"2", 10.0))
    stale = Reply(200, (("etag", md5_etag(b"1")),), b"1", 5.0, 20.0)
    assert told(first, second, (GetObject(key="k", lane=2), stale)) == ["linearizable"]
    early = Reply(200, (("etag", md5_etag(b"1")),), b"1", 5.0, 12.0)
    assert told(first, second, (GetObject(key="k", lane=2), early)) == []

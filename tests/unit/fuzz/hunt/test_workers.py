"""Several workers keep to the time of the run, and tell one account, whichever pool has them work."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from fuzz.config import Settings
from fuzz.errors import CannotRun
from fuzz.events import Warned
from fuzz.hunt.plan import Plan
from fuzz.hunt.worker import Message
from fuzz.hunt.workers import LEAST_SECONDS, Failed, Share, _with_what_is_left, work_together
from specs.reductions.profile import Profile

PLAN = Plan(Profile("x"), 1, 20.0, None, (), Path("findings"), None, 2)


@pytest.mark.parametrize(("late", "least", "most"), [(0.0, 15.0, 20.0), (15.0, LEAST_SECONDS, 5.0), (30.0, 1.0, 1.0)])
def test_what_starting_took_is_taken_from_a_workers_time(late: float, least: float, most: float) -> None:
    left = _with_what_is_left(PLAN, time.time() + 20.0 - late).seconds
    assert left is not None
    assert least <= left <= most


@pytest.mark.parametrize(
    ("seconds", "starting", "left"),
    [(None, 3.0, None), (20.0, 0.0, 20.0), (20.0, 3.0, 16.0), (2.0, 0.5, 1.4), (20.0, 50.0, 10.0), (600.0, 3.0, 596.0)],
)
def test_starting_and_ending_are_parts_of_a_budget(seconds: float | None, starting: float, left: float | None) -> None:
    assert replace(PLAN, seconds=seconds, starting_seconds=starting).left_seconds == left


def test_what_starting_took_is_taken_from_the_workers_time_once() -> None:
    late = replace(PLAN, starting_seconds=9.0)
    assert _with_what_is_left(late, time.time() + 10.0).left_seconds == pytest.approx(10.0, abs=1.0)


def test_examples_are_as_many_whenever_a_worker_starts() -> None:
    assert _with_what_is_left(PLAN, None) == PLAN


class Told:
    """A pool whose workers have said all before they are asked."""

    def __init__(self, *said: Message | Failed) -> None:
        self.said = list(said)
        self.shares: list[Share] = []
        self.stopped = self.closed = False

    def submit(self, shares: Sequence[Share]) -> None:
        self.shares += shares

    def message(self, seconds: float) -> Message | Failed | None:  # noqa: ARG002
        return self.said.pop(0) if self.said else None

    def working(self) -> bool:
        return bool(self.said) and not self.stopped

    def ask_to_stop(self) -> None:
        self.stopped = True

    def close(self) -> str:
        self.closed = True
        return ""


class Account:
    def __init__(self, most: int = 10) -> None:
        self.took: list[object] = []
        self.most = most

    def take(self, message: object) -> None:
        self.took.append(message)

    def enough(self) -> bool:
        return len(self.took) >= self.most


TARGET = SimpleNamespace(settings=Settings(launch="server {port}"), url="http://127.0.0.1:9", launcher=None)


def test_each_worker_of_a_pool_gets_a_share_and_tells_the_account() -> None:
    pool, account = Told(Warned("one"), Warned("two")), Account()
    work_together(PLAN, TARGET, account, pool)  # type: ignore[arg-type]
    assert [one.number for one in pool.shares] == [0, 1]
    assert {(one.settings.target, one.settings.launch) for one in pool.shares} == {(TARGET.url, None)}
    assert account.took == [Warned("one"), Warned("two")]
    assert pool.closed


def test_a_pool_is_asked_to_stop_once_there_is_enough() -> None:
    pool, account = Told(*[Warned(str(number)) for number in range(9)]), Account(most=2)
    work_together(PLAN, TARGET, account, pool)  # type: ignore[arg-type]
    assert pool.stopped
    assert len(account.took) == 9


def test_a_worker_that_cannot_go_on_ends_the_run_with_its_reason() -> None:
    pool = Told(Failed("the store is gone"), Warned("last"))
    with pytest.raises(CannotRun, match="the store is gone"):
        work_together(PLAN, TARGET, Account(), pool)  # type: ignore[arg-type]
    assert pool.closed

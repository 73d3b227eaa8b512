"""Connections are opened anew in the course of a series, and what comes first over one is not timed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby

import pytest

from fuzz.comparing.contenders import Block, Bypass, Contender
from fuzz.comparing.judging import Prepared
from fuzz.comparing.lanes import Timed
from fuzz.comparing.measuring import Course
from fuzz.comparing.opening import NamedServer, open_field
from fuzz.comparing.plan import ComparisonPlan, opens_connections
from fuzz.comparing.results import BYPASS, Comparison, Times, connection_of
from fuzz.comparing.statistics import CONNECTIONS
from fuzz.config import Settings
from specs.outcome import Reply
from tests.unit.comparisons import SMALL


@dataclass
class Noting:
    """A contender that notes how it was asked, and has another answer."""

    asked: Contender
    connection: int = 0
    keys: list[tuple[int, str]] = field(default_factory=list)
    mbps: float = 0.0
    starts: int = 1

    @property
    def name(self) -> str:
        return self.asked.name

    def ask(self, prepared: Prepared, key: str, requests: int, clients: int) -> Block:
        self.keys.append((self.connection, key))
        return self.asked.ask(prepared, key, requests, clients)

    def hang_up(self) -> None:
        self.connection += 1
        self.asked.hang_up()

    def bytes_to_client(self, prepared: Prepared, came: Timed) -> int:
        return self.asked.bytes_to_client(prepared, came)

    @property
    def is_ours(self) -> bool:
        return self.asked.is_ours

    def start_anew(self) -> None:
        self.starts += 1
        self.asked.start_anew()

    def last_words(self) -> str:
        return self.asked.last_words()


@dataclass
class Pretending(Noting):
    """A contender under another name that counts how often it is to be started, and goes on as it is."""

    name: str = ""
    is_ours: bool = True

    def start_anew(self) -> None:
        self.starts += 1


@contextmanager
def noted(rounds: int, starts: int = 1) -> Iterator[tuple[Course, Noting]]:
    with open_field(Settings(), [NamedServer("embedded")], ()) as opened:
        server, bypass = opened.contenders
        noting = Noting(server)
        plan = ComparisonPlan((SMALL,), rounds, (), starts=starts, most_starts=starts)
        yield Course(plan, (noting, bypass), opened.store, opened.profile, print), noting


@pytest.mark.parametrize("rounds", [3, pytest.param(50, marks=pytest.mark.slow)])
def test_over_each_connection_one_answer_is_not_timed_and_rounds_are_shared_out(rounds: int) -> None:
    with noted(rounds) as (course, noting):
        course.run()
        found = course.result()
    assert all(len(one.right_ms) == rounds for one in found.times)
    warm = noting.keys[0][1]
    over = {one: [key for _, key in asked] for one, asked in groupby(noting.keys, lambda asked: asked[0])}
    assert len(over) == 1 + min(CONNECTIONS, rounds)
    each = [len(keys) for connection, keys in over.items() if connection]
    assert sum(each) == 2 * rounds + len(each)
    assert max(each) - min(each) <= 2
    assert all(keys[0] == warm for keys in over.values())


@pytest.mark.parametrize("rounds", [1, 2, 19, 20, 21, 60, 1000])
def test_a_round_is_asked_over_the_connection_that_was_opened_last(rounds: int) -> None:
    connections = ComparisonPlan((), rounds).connections_a_start(False)
    opened = [opens_connections(number, rounds, connections) for number in range(rounds)]
    assert [connection_of(number, rounds, connections) for number in range(rounds)] == [
        sum(opened[: number + 1]) - 1 for number in range(rounds)
    ]
    assert sum(opened) == min(CONNECTIONS, rounds)


def test_a_gap_moves_no_round_to_another_connection() -> None:
    mine = Times(SMALL, "a", "cold", (1.0, None, 3.0, 4.0), 1)
    theirs = Times(SMALL, BYPASS, "cold", (5.0, 6.0, None, 8.0), 1)
    for rounds in (4, 20):
        assert paired((mine, theirs), rounds) == [[(1.0, 5.0)], [(4.0, 8.0)]]
    assert paired((theirs,), 4) == []


def paired(times: tuple[Times, ...], rounds: int, starts: int = 1) -> list[list[tuple[float, float]]]:
    anew = ("a",) if starts > 1 else ()
    connections = -(-CONNECTIONS // starts)
    run = Comparison(
        ("a", BYPASS), "", "", rounds, times=times, starts=starts, connections=min(connections, rounds), anew=anew
    )  # fmt: skip
    return run.pairs(SMALL, "a", BYPASS, "cold")


def test_what_was_asked_after_one_start_stays_together() -> None:
    elapsed = tuple(float(number + 1) for number in range(40))
    times = (Times(SMALL, "a", "cold", elapsed, 1), Times(SMALL, BYPASS, "cold", elapsed, 1))
    assert [len(one) for one in paired(times, 40)] == [2] * CONNECTIONS
    assert [len(one) for one in paired(times, 40, starts=8)] == [5] * 8
    # So few starts that their luck tells too much.
    assert [len(one) for one in paired(times, 40, starts=2)] == [2] * CONNECTIONS


@pytest.mark.parametrize(("rounds", "starts"), [(1, 10), (3, 10), (20, 10), (50, 7), (100, 10), (1000, 40), (60, 1)])
def test_rounds_are_shared_out_over_starts_which_all_begin_with_a_connection(rounds: int, starts: int) -> None:
    plan = ComparisonPlan((), rounds, starts=starts)
    each, connections = plan.rounds_a_start(True), plan.connections_a_start(True)
    assert plan.least_starts(True) == min(starts, rounds)
    assert 0 <= each * plan.least_starts(True) - rounds < plan.least_starts(True)
    opened = [number for number in range(2 * each) if opens_connections(number, each, connections)]
    assert {0, each} <= set(opened)
    assert len(opened) == 2 * connections
    assert connections * plan.least_starts(True) >= min(CONNECTIONS, rounds)
    assert plan.rounds_a_start(False) == rounds


@pytest.mark.parametrize(("seen", "starts"), [(0.051, 7), (1e9, 5), pytest.param(0.0, 5, marks=pytest.mark.slow)])
def test_servers_are_started_until_a_slowdown_would_be_told_or_often_enough(seen: float, starts: int) -> None:
    told: list[float] = []
    with open_field(Settings(), [NamedServer("embedded")], ()) as opened:
        everybody = [Pretending(one, name=name) for one, name in zip(opened.contenders, ("embedded", "other"))]
        plan = ComparisonPlan((SMALL,), 5, (1,), starts=5, most_starts=7, seen=seen)
        course = Course(plan, everybody, opened.store, opened.profile, lambda _, done: told.append(done))
        course.run()
        found = course.result()
    assert (found.starts, found.rounds) == (starts, starts)
    assert [one.starts for one in everybody] == [starts] * 2
    assert all(len(one.right_ms) == starts for one in found.times)
    assert 0 < min(told) < max(told) == told[-1] == 1.0


def test_a_server_that_is_ours_is_started_anew_and_answers_rightly_over_new_connections() -> None:
    with noted(6, starts=3) as (course, noting):
        before = noting.asked.target.url  # type: ignore[attr-defined]
        course.run()
        found = course.result()
        assert noting.asked.target.url != before  # type: ignore[attr-defined]
    assert noting.starts == 3
    assert (found.starts, found.anew) == (3, ("embedded",))
    assert all(len(one.right_ms) == 6 for one in found.times)
    assert not found.told


def test_the_bypass_is_asked_again_after_it_has_hung_up() -> None:
    with open_field(Settings(), [NamedServer("embedded")], ()) as opened:
        bypass = opened.contenders[-1]
        assert isinstance(bypass, Bypass)
        prepared = Prepared(SMALL, opened.profile)
        opened.store.put("private", "x", prepared.data)
        for _ in range(2):
            assert isinstance(bypass.ask(prepared, "x", 1, 1).came[0].outcome, Reply)
            bypass.hang_up()

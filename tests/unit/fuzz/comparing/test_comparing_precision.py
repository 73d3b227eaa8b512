"""How small a slowdown a later run can tell is said before that run, and said truly."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fuzz.comparing.against import told_changes
from fuzz.comparing.precision import lines, precisions, starts_wanted
from fuzz.comparing.results import BYPASS, EMBEDDED, Comparison
from tests.unit.comparisons import measured

ONE = {"a": 1.0, EMBEDDED: 2.0, BYPASS: 3.0}
TRIES = 20


def of_starts(starts: int, seed: int, factor: float = 1.0, luck: float = 0.05) -> Comparison:
    return measured({**ONE, "a": factor}, rounds=5 * starts, starts=starts, seed=seed, luck=luck)


@pytest.mark.parametrize("luck", [0.03, 0.07])
def test_what_is_said_to_be_seen_is_told_in_nineteen_of_twenty_later_runs(luck: float) -> None:
    seen = told = 0
    for seed in range(TRIES):
        before = of_starts(20, seed, luck=luck)
        smallest = max(one.smallest_seen for one in precisions(before))
        after = of_starts(20, 1000 + seed, 1 + smallest, luck)
        told += any(one.verdict == "slower" for one in told_changes(before, after))
        seen += smallest < 0.25
    assert told >= 0.95 * TRIES
    assert seen == TRIES


def test_after_as_many_starts_as_are_wanted_a_tenth_is_told_and_nothing_where_nothing_has_changed() -> None:
    slower = changed = 0
    for seed in range(TRIES):
        wanted = min(40, max(20, starts_wanted(of_starts(20, seed), 0.1)))
        before, same, slowed = (
            of_starts(wanted, 100 * one + seed, factor) for one, factor in ((1, 1), (2, 1), (3, 1.1))
        )
        slower += any(one.verdict == "slower" for one in told_changes(before, slowed))
        changed += any(one.verdict != "no change" for one in told_changes(before, same))
    assert slower >= 0.95 * TRIES
    assert changed <= 0.05 * TRIES


def test_the_more_starts_differ_the_more_are_wanted() -> None:
    wanted = [starts_wanted(of_starts(20, 7, luck=luck), 0.1) for luck in (0.0, 0.05, 0.2)]
    assert wanted == sorted(set(wanted))
    assert wanted[0] < 20 < wanted[-1]
    assert starts_wanted(of_starts(20, 7, luck=0.2), 0.0) == 0


def test_nothing_is_said_without_a_yardstick_or_of_servers_that_run_already() -> None:
    without = measured({"a": 1.0, BYPASS: 3.0})
    running = replace(of_starts(20, 1), anew=(EMBEDDED,))
    for run in (without, running):
        assert not list(precisions(run))
        assert not list(lines(run))
        assert starts_wanted(run, 0.1) == 0


def test_what_a_later_run_tells_is_said_below_the_table() -> None:
    (empty, line) = lines(of_starts(20, 1))
    assert not empty
    assert "% slower, or more, in 19 of 20 cases (20 starts; least surely for sum float32 · 100², a " in line

"""Several workers keep to the time of the run, however long they take to start."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from fuzz.hunt.plan import Plan
from fuzz.hunt.workers import LEAST_SECONDS, _with_what_is_left
from specs.reductions.profile import Profile

PLAN = Plan(Profile("x"), 1, 20.0, None, (), Path("findings"), None, 2)


@pytest.mark.parametrize(("late", "least", "most"), [(0.0, 15.0, 20.0), (15.0, LEAST_SECONDS, 5.0), (30.0, 1.0, 1.0)])
def test_what_starting_took_is_taken_from_a_workers_time(late: float, least: float, most: float) -> None:
    left = _with_what_is_left(PLAN, time.time() + 20.0 - late).seconds
    assert left is not None
    assert least <= left <= most


def test_examples_are_as_many_whenever_a_worker_starts() -> None:
    assert _with_what_is_left(PLAN, None) == PLAN

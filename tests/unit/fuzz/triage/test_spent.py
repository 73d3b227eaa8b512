"""What known causes may cost: a share of the requests, and of the time where it is limited."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from fuzz.triage.spent import COMPARING_SHARE, KNOWN_SHARE, MOST_KNOWN_SHARE, Spent
from specs.case import Case


def spent(elapsed: float) -> Any:
    session = SimpleNamespace(sent=1000)
    return Spent(session, SimpleNamespace(made=0), lambda: elapsed)  # type: ignore[arg-type]


@pytest.mark.parametrize(("requests", "seconds"), [(1000 * KNOWN_SHARE + 1, 0.0), (0, 100 * KNOWN_SHARE + 1)])
def test_known_causes_have_cost_much_by_their_requests_or_by_their_seconds(requests: int, seconds: float) -> None:
    one = spent(elapsed=100.0)
    one.note(requests - 2, seconds - 2)
    assert not one.much()
    one.note(2, 2.0)
    assert one.much()


def test_seconds_count_for_nothing_where_the_time_is_not_limited() -> None:
    one = spent(elapsed=0.0)
    one.note(0, 1000.0)
    one.comparing_seconds = 1000.0
    assert not one.much()
    assert not one.much_comparing()


def test_comparing_takes_much_time_beyond_its_own_share() -> None:
    one = spent(elapsed=100.0)
    one.comparing_seconds = 100 * COMPARING_SHARE
    assert not one.much_comparing()
    one.comparing_seconds += 0.1
    assert one.much_comparing()
    assert not one.much()


def test_what_chance_may_have_spoilt_is_passed_over_once_known_causes_and_comparing_have_had_their_share() -> None:
    one = spent(elapsed=100.0)
    one.comparing_seconds = 100 * COMPARING_SHARE
    one.note(0, 100 * (MOST_KNOWN_SHARE - COMPARING_SHARE) - 0.1)
    assert not any(one.passes_over(Case("x", ())) for _ in range(20))
    one.comparing_seconds += 0.2
    over = [one.passes_over(Case("x", ())) for _ in range(20)]
    assert 0 < over.count(False) < over.count(True)

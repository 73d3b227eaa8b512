"""Failures of one worker wait while another explains its own: which of them, for how long, and what comes of them."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fuzz.hunt.deadline import Deadline
from fuzz.hunt.postponing import MOST_POSTPONED, MOST_SECONDS, Postponing
from fuzz.hunt.turns import Turns


def failure(ago: float = 0.0) -> Any:
    return SimpleNamespace(ended=time.monotonic() - ago)


def postponing(turns: Turns, *, limited: bool = True, beside: int = 1, known: tuple[Any, ...] = ()) -> Postponing:
    """Return what postpones the failures of a worker with so many cases under way, to whom some failures are known."""
    deadline = Deadline()
    deadline.begin(time.monotonic() + 60.0 if limited else None)
    recognition = SimpleNamespace(may_know=lambda one: one in known)
    ledger = SimpleNamespace(reload=lambda: None)
    return Postponing(turns, range(beside), deadline, ledger, recognition)  # type: ignore[arg-type]


def test_failures_wait_while_another_worker_explains_and_are_recognised_or_explained_then(tmp_path: Path) -> None:
    mine, other = Turns(tmp_path), Turns(tmp_path)
    first, second = failure(), failure()
    one = postponing(mine, known=(second,))
    assert other.take_explaining()
    assert one.postpones([first, second], enough=False)
    other.leave_explaining()
    assert not one.postpones([first, second], enough=False)
    assert one.unknown([first, second]) == [first]
    assert not other.take_explaining()
    # What did not wait was asked about before.
    assert one.unknown([second]) == [second]
    mine.leave_explaining()
    assert other.take_explaining()


@pytest.mark.parametrize(
    ("failed", "how", "enough"),
    [
        ([failure()] * MOST_POSTPONED, {}, False),
        ([failure(), failure(MOST_SECONDS)], {}, False),
        ([failure()], {"limited": False}, False),
        ([failure()], {"beside": 0}, False),
        ([failure()], {}, True),
    ],
)
def test_failures_do_not_wait_too_long_nor_for_nothing(
    tmp_path: Path, failed: list[Any], how: dict[str, Any], enough: bool
) -> None:
    other = Turns(tmp_path)
    assert other.take_explaining()
    assert not postponing(Turns(tmp_path), **how).postpones(failed, enough=enough)


def test_the_only_worker_postpones_nothing() -> None:
    assert not postponing(Turns()).postpones([failure()], enough=False)

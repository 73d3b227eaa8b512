"""The measurement of races: which lost writes show, and that those are found."""

from __future__ import annotations

from argparse import Namespace
from random import Random

import pytest

from fuzz.bench import races
from fuzz.bench.histories import Event, answered
from fuzz.subjects.objects.serving import SERVING
from specs.objects.content import Content
from specs.objects.model.concurrent import violations
from specs.objects.steps import GetObject, PutObject

WRITE = Event(1.0, 0, PutObject(key="a", content=Content(b"0"), lane=1), 0.0, 2.0)


def event(number: int, step: object, begun: float) -> Event:
    return Event(begun + 0.5, number, step, begun, begun + 1.0)


@pytest.mark.parametrize(
    ("others", "shown"),
    [
        ([event(1, GetObject(key="a", lane=2), 3.0)], True),
        ([event(1, GetObject(key="b", lane=2), 3.0)], False),
        ([event(1, GetObject(key="a", lane=2), 1.5)], False),
        (
            [
                event(1, PutObject(key="a", content=Content(b"1"), lane=2), 3.0),
                event(2, GetObject(key="a", lane=3), 5.0),
            ],
            False,
        ),
        (
            [
                event(1, PutObject(key="b", content=Content(b"1"), lane=2), 3.0),
                event(2, GetObject(key="a", lane=3), 5.0),
            ],
            True,
        ),
    ],
)
def test_a_lost_write_shows_to_a_read_after_it_with_no_other_write_between(others: list[Event], shown: bool) -> None:
    several = [WRITE, *others]
    case, outcomes = answered(several, Random(0), loses=frozenset({0}))
    assert races.shows(0, several, case, outcomes) is shown
    if shown:
        assert list(violations(case, outcomes, SERVING.load("reference")))


def test_right_histories_pass_and_lost_writes_are_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert races.main(Namespace(right=60, lost=40, seed=5)) == 0
    told = capsys.readouterr().out
    assert "60 right histories" in told
    assert ": 0 accused" in told

"""Requests at the same time are drawn in the mixtures that show what clients do to each other."""

from __future__ import annotations

from random import Random

from specs.case import Case
from specs.objects.model.commuting import serial
from specs.objects.profile import load
from specs.objects.steps import GetObject
from strategies.objects import racing
from strategies.objects.drawing import Draw

REFERENCE = load("reference")
DRAWN = 200


def test_clients_read_different_ranges_of_one_object_at_the_same_time() -> None:
    """Such reads can be judged one after the other, as none of them changes what another one should see."""
    drawn = [racing.races(Draw(Random(number), REFERENCE)) for number in range(DRAWN)]
    ranges = [
        {one.headers for one in steps if isinstance(one, GetObject) and one.lane and one.headers} for steps in drawn
    ]
    read = [steps for steps, several in zip(drawn, ranges, strict=True) if len(several) > 1]
    assert len(read) > DRAWN / 50
    assert all(serial(Case("races", tuple(steps))) is not None for steps in read)

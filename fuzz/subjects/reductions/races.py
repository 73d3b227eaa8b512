"""Make cases of plain concurrent reduction requests."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from specs.case import MOST_TOGETHER, Case
from specs.fields import Fields
from specs.reductions.steps import Put, Send

PLAIN_ELEMENTS = 2


def plain_races(name: str) -> Iterator[Case]:
    """Yield cases of concurrent plain requests: about objects of equal lengths, of different ones, and one object."""
    fields = Fields({"dtype": "int32"})
    numbers = range(1, MOST_TOGETHER + 1)
    puts = [Put(f"a{number}", np.full(PLAIN_ELEMENTS, number, "<i4").tobytes()) for number in numbers]
    yield Case(name, (*puts, *(Send("sum", fields, put.key) for put in puts)), together=True)
    longer = [Put(f"a{number}", np.full(number, number, "<i4").tobytes()) for number in numbers]
    yield Case(name, (*longer, *(Send("select", fields, put.key) for put in longer)), together=True)
    operations = ("sum", "min", "count", "max") * (MOST_TOGETHER // 4)
    yield Case(name, (puts[0], *(Send(one, fields, puts[0].key) for one in operations)), together=True)

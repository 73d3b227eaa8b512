"""The requests after which a reduction server remembers nothing special."""

from __future__ import annotations

from specs.case import Case
from specs.fields import Fields
from specs.reductions.steps import Put, Send

# The plainest request, and one with many fields: a server that keeps state keeps nothing special after them.
SETTLING = Case(
    "settling",
    (
        Put("a", bytes(8)),
        Send("sum", Fields({"dtype": "int32"}), "a"),
        Send(
            "sum",
            Fields(
                {
                    "dtype": "int32",
                    "byte_order": "little",
                    "offset": 0,
                    "size": 8,
                    "shape": [1, 2],
                    "order": "C",
                    "axis": [0, 1],
                    "selection": [[0, 1, 1], [0, 2, 1]],
                }
            ),
            "a",
        ),
    ),
)
PLAINEST = Case("settling", SETTLING.steps[:2])

"""A bug that makes errors come and one that tells all errors badly are two findings, whatever the errors are about."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from fuzz.subjects.reductions.zoo.errors import CausesAreAString, HtmlForUnknownPaths
from fuzz.subjects.reductions.zoo.fetching import KeyEncodedTwice, RangeEndExclusive
from fuzz.triage.ledger import Ledger
from fuzz.triage.triage import Triage
from specs.case import Case
from specs.fields import Fields
from specs.reductions.steps import Put, Send
from tests.unit.broken import found_in_turn, session_with
from tests.unit.pretended import Immortal


def zipped(dtype: str, **fields: object) -> Case:
    data = zlib.compress(np.arange(1, 4).astype(dtype).tobytes())
    told = Fields({"dtype": dtype, "size": len(data), "compression": {"id": "zlib"}, **fields})
    return Case("reduction", (Put("a", data), Send("select", told, "a")))


# The last two might be answered, and might be refused for what is missing, or for the stride.
SEVERAL = (
    Case("reduction", (Send("select", Fields({"dtype": "int32"}), "a"),)),
    zipped("int32"),
    zipped("float32", missing={"missing_value": 0.1}),
    zipped("int32", shape=[3], selection=[[0, 3, 2**63 + 1]]),
)


@pytest.mark.parametrize("order", list(permutations(SEVERAL))[::5], ids=range(5))
def test_errors_told_badly_are_one_finding_whatever_bug_makes_them_come(order: Sequence[Case], tmp_path: Path) -> None:
    findings = found_in_turn(tmp_path, order, RangeEndExclusive, CausesAreAString)
    told = sorted((one.violation.requirement, one.seen) for one in findings)
    assert told == [
        ("accepts-valid", 1),
        ("error-form", 3),
    ]


def test_an_error_that_may_be_about_anything_is_known_by_how_badly_it_is_told(tmp_path: Path) -> None:
    with session_with(RangeEndExclusive, CausesAreAString) as session:
        ledger = Ledger(tmp_path, "w", session.reading)
        triage = Triage(session, ledger, Immortal())
        costs = []
        for case in (SEVERAL[0], *SEVERAL[2:]):
            judgement, before = session.judge(case), session.sent
            triage.look_into(case, judgement)
            costs.append(session.sent - before)
    assert [one.seen for one in ledger.findings()] == [3]
    assert max(costs[1:]) <= 6


FIVE = np.arange(1, 6, dtype="int32").tobytes()


def of_a_key(content: bytes, **fields: object) -> Case:
    return Case("reduction", (Put("a b%", content), Send("select", Fields({"dtype": "int32", **fields}), "a b%")))


@pytest.mark.parametrize("turned", [False, True])
def test_an_error_that_may_be_about_anything_needs_nothing_where_plain_ones_are_told_as_badly(
    *, turned: bool, tmp_path: Path
) -> None:
    surplus = of_a_key(FIVE, shape=[4])
    further = of_a_key(zlib.compress(FIVE) + b"xyz", compression={"id": "zlib"})
    order = (further, surplus) if turned else (surplus, further)
    (found,) = found_in_turn(tmp_path, order, HtmlForUnknownPaths, KeyEncodedTwice)
    assert (found.violation.requirement, found.needs, found.seen) == ("error-form", (), 2)
    assert "no-such-object" in found.covers

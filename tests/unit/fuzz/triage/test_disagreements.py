"""Answers that might be right one by one and do not agree are counted for what is known to spoil such answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from fuzz.subjects.reductions.reading import Reading
from fuzz.subjects.reductions.zoo.missing import MissingIgnoredAlongAxes
from fuzz.triage.ledger import Ledger
from fuzz.triage.triage import Triage
from specs.case import Case
from specs.fields import Fields
from specs.reductions.steps import Put, Send
from specs.violation import Way
from tests.unit.broken import session_with
from tests.unit.pretended import PROFILE, Immortal

# A float32 reader may round this number to the element below or to the one above, so either may be missing.
BETWEEN = 0.6999999582767487
ASKED = {"dtype": "float32", "shape": [2], "missing": {"missing_value": BETWEEN}}
DATA = np.array([0.7, 2.0], "<f4").tobytes()
RELATED = Case(
    "all-axes", (Put("a", DATA), *(Send("min", Fields({**ASKED, **more}), "a") for more in ({"axis": 0}, {})))
)
PLAIN = {"dtype": "int32", "shape": [3], "axis": 0, "missing": {"missing_value": 1}}
KNOWN = Case("reduction", (Put("a", np.array([1, 3, 2], "<i4").tobytes()), Send("sum", Fields(PLAIN), "a")))


@pytest.mark.parametrize(("cases", "findings"), [([RELATED], 1), ([KNOWN, RELATED], 1)])
def test_a_disagreement_is_what_is_known_to_spoil_one_of_its_requests(
    tmp_path: Path, cases: Sequence[Case], findings: int
) -> None:
    with session_with(MissingIgnoredAlongAxes) as session:
        ledger = Ledger(tmp_path, "w", Reading(PROFILE))
        triage = Triage(session, ledger, Immortal())
        for case in cases:
            judgement = session.judge(case)
            assert judgement.failures
            triage.look_into(case, judgement)
    assert judgement.failures[0].way is Way.DISAGREES
    assert len(ledger.findings()) == findings

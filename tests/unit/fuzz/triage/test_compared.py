"""A cause is compared with known ones even if looking for it has used up its requests."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuzz.triage.ledger import Ledger
from fuzz.triage.triage import Triage
from specs.case import Case
from specs.fields import Fields
from specs.reductions.steps import Put, Send
from tests.unit.pretended import Bug, Immortal, PretendedSession, needing


# With these budgets the first case leaves its needs unproved; the second one proves them, and has nothing left then.
@pytest.mark.parametrize("requests", [10, 12])
def test_needs_that_were_proved_with_the_last_requests_take_the_place_of_unproved_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, requests: int
) -> None:
    monkeypatch.setattr("fuzz.triage.triage.requests_for", lambda *_, **__: requests)
    session = PretendedSession([Bug(needing("axis", "byte_order").spoils)])
    ledger = Ledger(tmp_path, "w", session.reading)
    triage = Triage(session, ledger, Immortal())  # type: ignore[arg-type]
    fields = {"dtype": "int32", "axis": [0], "shape": [2, 2], "byte_order": "big"}
    for operation, more in (("sum", {}), ("max", {"axis": [1], "selection": [[0, 2, 1], [0, 2, 1]]})):
        case = Case("reduction", (Put("a", bytes(range(16))), Send(operation, Fields({**fields, **more}), "a")))
        triage.look_into(case, session.judge(case))
    (found,) = ledger.findings()
    assert (set(found.needs), found.unproved) == ({"axis", "byte_order"}, ())

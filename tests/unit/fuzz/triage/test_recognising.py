"""A failure is recognised beside other requests though others like it have come by chance, unless some are flaky."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fuzz.triage.lab import Seen
from fuzz.triage.ledger import Ledger
from fuzz.triage.looks import Looks
from fuzz.triage.minimal import Smallest
from fuzz.triage.recognising import Recogniser
from fuzz.triage.shown import Shown
from fuzz.triage.triage import Triage
from fuzz.triage.trial import signature, trial_of
from specs.case import Case
from specs.fields import Fields
from specs.reductions.steps import Put, Send
from tests.unit.pretended import Bug, Immortal, PretendedSession, needing


def asked(operation: str, **fields: Any) -> Case:
    """Return a request about four numbers."""
    return Case("reduction", (Put("a", bytes(range(16))), Send(operation, Fields({"dtype": "int32"} | fields), "a")))


@pytest.mark.parametrize("reproducibility", ["seen once", "flaky"])
def test_a_failure_is_recognised_unless_others_of_its_family_are_flaky(tmp_path: Path, reproducibility: Any) -> None:
    session = PretendedSession([Bug(needing("byte_order").spoils)])
    ledger = Ledger(tmp_path, "w", session.reading)
    triage = Triage(session, ledger, Immortal())  # type: ignore[arg-type]
    first = asked("sum", byte_order="big")
    named = triage.look_into(first, session.judge(first))
    trial, judgement = trial_of(first, session.reading), session.judge(first)
    wanted = signature(judgement.failures[0], trial, judgement)
    seen = Seen(judgement, judgement.failures[0], wanted)
    way = Shown("", trial, wanted, (), frozenset())
    triage.keeper.kept(Smallest(trial, seen, ()), way, reproducibility)
    recogniser = Recogniser(session.reading, ledger, Looks(session.reading, ledger, triage.spent), triage.lab)
    other = asked("max", byte_order="big")
    known = recogniser.recognised(other, session.judge(other), session)  # type: ignore[arg-type]
    assert known == (named if reproducibility == "seen once" else None)

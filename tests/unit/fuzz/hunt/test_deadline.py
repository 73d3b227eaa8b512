"""When a run ends, and how long it has lasted."""

from __future__ import annotations

import time
from pathlib import Path

from fuzz.hunt.deadline import Deadline
from fuzz.hunt.hunter import Hunter
from fuzz.subjects.reductions.reading import Reading
from fuzz.triage.ledger import Ledger
from tests.unit.pretended import PROFILE, Immortal, PretendedSession


def test_a_limited_run_has_lasted_since_it_began() -> None:
    before = time.monotonic()
    deadline = Deadline()
    assert deadline.elapsed() == 0.0
    deadline.begin(before + 60.0)
    assert 0.0 <= deadline.elapsed() <= time.monotonic() - before
    deadline.begin(None)
    assert deadline.elapsed() == 0.0
    assert not deadline.limited


def test_what_known_causes_cost_is_a_share_of_the_hunt_and_not_of_what_was_before_it(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, "w", Reading(PROFILE))
    hunter = Hunter(PretendedSession([]), ledger, Immortal(), lambda _: None)  # type: ignore[arg-type]
    hunter.deadline.begin(time.monotonic() + 60.0)
    hunter._triage.spent.note(0, 1.0)
    assert hunter._triage.spent.much()

"""What comes with particular data only: one finding, which says so, and no need that is merely of the data."""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from fuzz.findings import corpus
from fuzz.findings.finding import Finding
from fuzz.hunt.effort import PropertyEffort
from fuzz.hunt.hunter import Hunter
from fuzz.hunt.rounds import turn
from fuzz.subjects.reductions.other_data import scenes_of_other_data
from fuzz.subjects.reductions.reading import Reading
from fuzz.subjects.reductions.scene import Scene, case_of, scene_of
from fuzz.subjects.reductions.traits.scenes import INCIDENTAL
from fuzz.triage.ledger import Ledger
from fuzz.triage.traits import present
from fuzz.triage.traits.circumstances import VERY_DATA
from fuzz.triage.trial import Trial, trial_of
from specs.case import Case
from specs.fields import Fields
from specs.reductions.steps import Put, Send
from specs.violation import Way
from strategies.reductions import cases
from tests.unit.pretended import PROFILE, Bug, Immortal, PretendedSession, needing


def hunted(folder: Path, bugs: list[Bug], examples: int) -> list[Finding]:
    tally, ledger = PropertyEffort(), Ledger(folder, "w", Reading(PROFILE))
    hunter = Hunter(PretendedSession(bugs), ledger, Immortal(), lambda _: None)  # type: ignore[arg-type]
    turn(cases.reductions(PROFILE), 1, examples, lambda case: hunter.try_case(case, tally))
    ledger.flush()
    return corpus.load_all(folder)


def digest(trial: Trial) -> int:
    """A number that any change of the data or of the request changes."""
    put, send = trial.case.steps[0], trial.case.steps[-1]
    assert isinstance(put, Put)
    assert isinstance(send, Send)
    return int.from_bytes(hashlib.sha256(put.data + send.operation.encode() + send.fields.text.encode()).digest()[:4])


def test_an_error_for_one_content_in_forty_is_one_finding_that_says_so(tmp_path: Path) -> None:
    bug = Bug(
        lambda trial, broken: not broken and not trial.several and digest(trial) % 40 == 0,
        "no-server-error",
        Way.SERVER_ERROR,
        status=500,
    )
    findings = hunted(tmp_path, [bug], examples=150)
    assert [one.needs for one in findings] == [(VERY_DATA,)]
    assert findings[0].seen > 1


def test_an_error_that_comes_with_a_trait_is_not_laid_to_its_data(tmp_path: Path) -> None:
    bug = needing("byte_order", "large values")
    errors = Bug(bug.spoils, "no-server-error", Way.SERVER_ERROR, status=500)
    findings = hunted(tmp_path, [errors], examples=150)
    assert [one.needs for one in findings] == [("byte_order", "large values")]


@settings(deadline=None)
@given(cases.reductions(PROFILE, most_requests=1).strategy)
def test_other_data_has_the_same_traits_and_is_other_data(case: Case) -> None:
    scene = scene_of(case, PROFILE)
    if scene is None:
        return
    traits = {name for name in present(trial_of(case, Reading(PROFILE))) if name not in INCIDENTAL}
    for other in scenes_of_other_data(scene):
        anew = case_of(other, case.property)
        assert anew.steps[0] != case_of(scene, case.property).steps[0]
        assert {name for name in present(trial_of(anew, Reading(PROFILE))) if name not in INCIDENTAL} == traits


def written_by_hand(trial: Trial) -> bool:
    """Whether the object is a stream that was stored without compressing anything, as nobody writes it anew."""
    put = trial.case.steps[0]
    return isinstance(put, Put) and put.data[:2] == zlib.compress(b"", level=0)[:2]


@pytest.mark.parametrize("shape", [{}, {"shape": [2, 2], "axis": 0}], ids=["plain", "axis"])
def test_a_stream_that_is_not_written_so_anew_is_left_as_it_stands(tmp_path: Path, shape: dict[str, object]) -> None:
    bug = Bug(lambda trial, _: written_by_hand(trial), "no-server-error", Way.SERVER_ERROR, status=500)
    ledger = Ledger(tmp_path, "w", Reading(PROFILE))
    hunter = Hunter(PretendedSession([bug]), ledger, Immortal(), lambda _: None)  # type: ignore[arg-type]
    fields = Fields({"dtype": "float32", "compression": {"id": "zlib"}, **shape})
    put = Put("a", zlib.compress(bytes(range(16)), level=0))
    hunter.try_case(Case("reduction", (put, Send("max", fields, "a"))), PropertyEffort())
    ledger.flush()
    (finding,) = corpus.load_all(tmp_path)
    assert "particular data" in finding.needs
    assert not {"shape", "axis", "float32", "max", "particular numbers"} & {*finding.needs, *finding.unproved}


def test_of_many_dimensions_no_endless_data_is_made() -> None:
    scene = Scene("select", "int32", np.arange(1, dtype="int32"), shape=(1,) * 24)
    assert all(other.elements.size <= 2**16 for other in scenes_of_other_data(scene))

"""Causes: a known finding explains a failure, leaves a rest of it, or is not at work in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from fuzz.subjects.reductions.reading import Reading
from fuzz.subjects.reductions.scene import Scene, case_of
from fuzz.triage.cause import explain, leaves
from fuzz.triage.lab import Lab, Seen
from fuzz.triage.minimal import minimal
from fuzz.triage.shown import ANY, Explained, Rest, Shown, covers
from fuzz.triage.traits import has
from fuzz.triage.trial import Signature, Trial, trial_of
from specs.violation import Aspect, Way
from tests.unit.pretended import PROFILE, Bug, Immortal, PretendedSession, needing, rich

PLAIN = Scene("select", "int32", np.arange(1, 5, dtype="int32"))
STRIDE, MISSING = needing("stride beyond one"), needing("missing")


def trial_in(scene: Scene) -> Trial:
    return trial_of(case_of(scene, "reduction"), Reading(PROFILE))


def lab_of(bugs: Sequence[Bug]) -> Lab:
    return Lab(PretendedSession(bugs), Immortal())  # type: ignore[arg-type]


def shown(bug: Bug, name: str = "known", scene: Scene | None = None) -> Shown:
    """The way in which a bug by itself is known."""
    lab = lab_of([bug])
    trial = trial_in(scene or rich())
    with lab.budget(1000):
        (seen,) = lab.ask(trial)
        smallest = minimal(trial, seen, lab)
    return Shown(name, smallest.trial, smallest.seen.signature, smallest.needs)


def explained(
    bugs: Sequence[Bug], known: Sequence[Shown], scene: Scene | None = None
) -> tuple[Explained | Rest | None, Lab]:
    lab = lab_of(bugs)
    trial = trial_in(scene or rich())
    with lab.budget(1000):
        seen: Seen = lab.ask(trial)[0]
        return explain(trial, seen, known, lab), lab


def test_a_finding_explains_a_case_that_has_its_needs_and_more() -> None:
    assert explained([MISSING], [shown(MISSING)])[0] == Explained("known")


def test_a_finding_explains_its_other_symptoms_too() -> None:
    other = replace(MISSING, requirement="accepts-valid", way=Way.REFUSED, status=400)
    assert explained([other], [shown(MISSING)])[0] == Explained("known")


def test_what_fails_without_the_known_one_is_the_other_bug() -> None:
    found, lab = explained([STRIDE, MISSING], [shown(MISSING)])
    assert isinstance(found, Rest)
    assert not has(found.trial, "missing")
    assert has(found.trial, "stride beyond one")
    with lab.budget(1000):
        smallest = minimal(found.trial, found.seen, lab)
    assert smallest.needs == ("stride beyond one",)


def test_of_two_known_ones_that_are_both_at_work_one_is_told() -> None:
    found, _ = explained([STRIDE, MISSING], [shown(MISSING, "missing"), shown(STRIDE, "stride")])
    assert found == Explained("stride")


def test_a_cause_that_takes_more_is_another() -> None:
    assert explained([needing("missing", "axis")], [shown(MISSING)])[0] is None


def test_a_cause_of_one_operation_does_not_explain_another_that_needs_more() -> None:
    selects, counts = needing("axis", operations=["select"]), needing("axis", "missing", operations=["count"])
    known = shown(selects, scene=replace(rich(), operation="select"))
    found, _ = explained([selects, counts], [known], replace(rich(), operation="count"))
    assert found is None


def test_what_has_not_all_the_needs_is_not_concerned() -> None:
    known = shown(MISSING)
    lab = lab_of([STRIDE])
    trial = trial_in(replace(rich(), missing=None))
    with lab.budget(100):
        (seen,) = lab.ask(trial)
        assert leaves(trial, seen, known, lab) is None
    assert not known.concerns(trial, seen.signature)


def test_what_is_silent_is_not_explained_by_what_is_wrong() -> None:
    silent = replace(MISSING, way=Way.SILENT)
    assert explained([silent], [shown(MISSING)])[0] is None


OPERATIONS = ("sum", "max")


def test_siblings_are_one_cause_where_both_fail_alike() -> None:
    both = needing("missing", operations=OPERATIONS)
    known = shown(both, scene=replace(rich(), operation="sum"))
    assert set(known.needs) == {"missing", "operation"}
    assert explained([both], [known], rich(operation="max"))[0] == Explained("known")


def test_siblings_are_two_causes_where_one_takes_more() -> None:
    known = shown(needing("missing", operations=["sum"]), scene=replace(rich(), operation="sum"))
    several = [needing("missing", operations=["sum"]), needing("missing", "axis", operations=["max"])]
    assert explained(several, [known], rich(operation="max"))[0] is None


@pytest.mark.parametrize(
    ("dtype", "other", "found"), [("int64", "uint64", Explained("known")), ("int64", "float64", None)]
)
def test_dtypes_are_siblings_on_evidence_only(dtype: str, other: str, found: object) -> None:
    wide = Bug(lambda trial, _: trial.scene is not None and trial.scene.dtype in ("int64", "uint64"))
    more = needing("axis", "fractions")
    scene = rich(dtype=dtype, elements=np.arange(1, 25, dtype=dtype), missing=None)
    known = shown(wide, scene=scene)
    assert known.needs == ("dtype",)
    elements = np.arange(1, 25).astype(other)
    trial = rich(dtype=other, missing=None, elements=elements + 0.5 if other == "float64" else elements)
    assert explained([wide, more], [known], trial)[0] == found


def test_codecs_are_siblings_on_evidence_only() -> None:
    def of(*codecs: str, more: str = "compression") -> Bug:
        return Bug(lambda trial, _: trial.scene is not None and trial.scene.compression in codecs and has(trial, more))

    known = shown(of("gzip"), scene=rich())
    assert known.needs == ("compression",)
    zlib = rich(compression="zlib", members=1)
    assert explained([of("gzip", "zlib")], [known], zlib)[0] == Explained("known")
    assert explained([of("gzip"), of("zlib", more="axis")], [known], zlib)[0] is None


def test_senders_are_siblings_on_evidence_only() -> None:
    def of(*senders: str | None, more: str = "another sender") -> Bug:
        return Bug(lambda trial, _: trial.scene is not None and trial.scene.credentials in senders and has(trial, more))

    known = shown(of(None), scene=rich())
    assert known.needs == ("another sender",)
    stranger = rich(credentials="stranger")
    assert explained([of(None, "stranger")], [known], stranger)[0] == Explained("known")
    assert explained([of(None), of("stranger", more="axis")], [known], stranger)[0] is None


def test_what_needs_nothing_but_the_owner_to_ask_does_not_explain_what_others_meet() -> None:
    of_owner = Bug(
        lambda trial, _: trial.scene is not None and trial.scene.credentials == "owner", "accepts-valid", Way.REFUSED
    )
    known, anonymous = shown(of_owner, scene=PLAIN), rich(credentials=None)
    assert known.needs == ()
    assert explained([of_owner, MISSING], [known], anonymous)[0] is None
    assert explained([of_owner, Bug(lambda *_: True)], [known], anonymous)[0] == Explained("known")


def test_looks_tell_causes_of_the_same_needs_apart() -> None:
    counts = replace(MISSING, aspect=Aspect.COUNTS)
    assert explained([counts], [shown(MISSING)])[0] is None


@pytest.mark.parametrize(
    ("faults", "fault", "due"),
    [
        ({"axis:axis-out-of-range"}, "axis:axis-out-of-range", True),
        ({"axis:axis-out-of-range"}, "shape:axis-out-of-range", False),
        ({"axis:*"}, "axis:unknown-field", True),
        ({"axis:*"}, "shape:unknown-field", False),
        ({"*:unknown-field"}, "x:unknown-field", True),
        ({"*:unknown-field"}, "x:short-read", False),
        ({"short-read"}, "short-read", True),
        ({ANY}, "anything", True),
        (set(), "anything", False),
    ],
)
def test_faults_are_covered_by_field_by_rule_or_by_any(faults: set[str], fault: str, due: bool) -> None:
    assert covers(frozenset(faults), fault) is due


def test_what_any_fault_shows_explains_all_of_the_family() -> None:
    wanted = Signature(Way.FORM, frozenset({"axis:x"}), 400, Aspect.NOT_JSON)
    known = Shown("known", trial_in(PLAIN), wanted, (), frozenset({ANY}))
    lab = lab_of([])
    other = replace(wanted, faults=frozenset({"shape:y"}))
    seen = Seen(lab.session.judge(trial_in(PLAIN).case), None, other)  # type: ignore[arg-type]
    assert leaves(trial_in(PLAIN), seen, known, lab) == Explained("known")

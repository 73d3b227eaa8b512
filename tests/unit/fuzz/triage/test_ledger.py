"""The ledger: one folder for each cause, whoever found it; no folder is ever taken by another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fuzz.events import FindingFound
from fuzz.findings import corpus
from fuzz.findings.finding import Finding
from fuzz.subjects.reductions.reading import Reading
from fuzz.subjects.reductions.scene import Scene, case_of
from fuzz.triage.ledger import Ledger
from fuzz.triage.shown import Shown
from fuzz.triage.telling import fingerprint_of
from fuzz.triage.traits import trait_told
from fuzz.triage.trial import Signature, trial_of
from specs.case import Case
from specs.objects.content import Content
from specs.objects.steps import PutObject
from specs.outcome import Outcome
from specs.reductions.rules import Rule
from specs.violation import Violation, Way
from tests.unit.pretended import PROFILE, PretendedSession

SESSION = PretendedSession([])
SCENE = Scene("max", "int32", np.arange(1, 5, dtype="int32"), compression="gzip")
OUTCOMES: tuple[Outcome, ...] = (None, None)


def way(*needs: str) -> Shown:
    return Shown("", trial_of(case_of(SCENE, "reduction"), Reading(PROFILE)), Signature(Way.VALUES), needs)


def finding(fingerprint: str = "0123456789ab", *needs: str) -> Finding:
    violation = Violation("counts", "wrong", "1", "2", step=1)
    return Finding("", fingerprint, violation, case_of(SCENE, "reduction"), OUTCOMES, needs)


def keep(ledger: Ledger, one: Finding, *, replaces: str | None = None) -> str:
    return ledger.keep(way(*(trait_told(need, Reading(PROFILE)) for need in one.needs)), one, SESSION, 3, replaces)  # type: ignore[arg-type]


def test_a_folder_is_never_taken_by_another_cause(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, "w", Reading(PROFILE))
    prints = ["012345000000", "012345111111", "012345111111", "012345111111"]
    names = [keep(ledger, finding(one, "gzip")) for one in prints]
    assert len(set(names)) == 4
    assert names[0] == corpus.name_of(finding(prints[0], "gzip"))
    assert len(names[1]) == len(names[0]) + 1
    assert [one.fingerprint for one in corpus.load_all(tmp_path)] == sorted(prints)
    other = keep(Ledger(tmp_path, "v", Reading(PROFILE)), finding(prints[0], "gzip"))
    assert other not in names
    assert len(corpus.load_all(tmp_path)) == 5


def test_what_another_worker_made_of_the_same_cause_meanwhile_is_counted_for_it(tmp_path: Path) -> None:
    first, other = Ledger(tmp_path, "w", Reading(PROFILE)), Ledger(tmp_path, "v", Reading(PROFILE))
    name = keep(first, finding("0" * 12, "gzip"))
    assert keep(other, finding("0" * 12, "gzip")) == name
    assert keep(other, finding("1" * 12, "gzip")) != name
    assert len(corpus.load_all(tmp_path)) == 2


@pytest.mark.parametrize(
    ("how", "faults", "doubts"),
    [(Way.STATUS, (), ("axis:out-of-range",)), (Way.FORM, ("axis:out-of-range",), ()), (Way.VALUES, (), ())],
)
def test_a_finding_that_is_read_back_fails_for_the_rules_for_which_it_failed(
    tmp_path: Path, how: Way, faults: tuple[str, ...], doubts: tuple[str, ...]
) -> None:
    wrong = Violation("error-status", "wrong", "1", "2", way=how, step=1)
    keep(Ledger(tmp_path, "w", Reading(PROFILE)), replace(finding(), violation=wrong, covers=(*faults, *doubts)))
    (shown,) = Ledger(tmp_path, "v", Reading(PROFILE)).shown()
    assert (shown.signature.faults, shown.signature.doubts) == (set(faults), set(doubts))


def test_a_finding_is_of_this_run_if_it_was_seen_or_made_since_this_worker_began(tmp_path: Path) -> None:
    earlier = Ledger(tmp_path, "w", Reading(PROFILE))
    of_before, seen_again = keep(earlier, finding("0" * 12)), keep(earlier, finding("1" * 12, "gzip"))
    one, other = Ledger(tmp_path, "v", Reading(PROFILE)), Ledger(tmp_path, "u", Reading(PROFILE))
    one.again(seen_again, Signature(Way.VALUES))
    made_since = keep(other, finding("2" * 12, "offset"))
    one.reload()
    assert [one.of_this_run(name) for name in (of_before, seen_again, made_since)] == [False, True, True]


def test_a_race_that_is_read_back_is_of_the_family_of_races(tmp_path: Path) -> None:
    one = finding("0" * 12, "requests at the same time")
    put, send = one.case.steps
    race = replace(one, case=replace(one.case, steps=(put, send, send), together=True), outcomes=(None, None, None))
    race = replace(race, violation=replace(race.violation, rules=frozenset({Rule.DATA_DOES_NOT_FIT})))
    keep(Ledger(tmp_path, "w", Reading(PROFILE)), race)
    (shown,) = Ledger(tmp_path, "v", Reading(PROFILE)).shown()
    assert shown.signature.family == Signature(Way.VALUES, after_others=True).family


def test_a_plainer_case_takes_the_place_under_the_same_name(tmp_path: Path) -> None:
    told: list[object] = []
    ledger = Ledger(tmp_path, "w", Reading(PROFILE), told.append)
    name = keep(ledger, finding("0" * 12, "gzip", "max"))
    ledger.again(name, Signature(Way.VALUES))
    assert keep(ledger, finding("1" * 12, "gzip"), replaces=name) == name
    (saved,) = corpus.load_all(tmp_path)
    assert (saved.id, saved.needs, saved.fingerprint) == (name, ("gzip",), "1" * 12)
    assert ledger.made == 1
    assert [one.finding.id for one in told if isinstance(one, FindingFound)] == [name, name]
    assert ledger.shown()[0].needs == ("compression",)
    assert ledger.seen(name) == 2


def test_what_is_saved_is_read_back_by_another_worker(tmp_path: Path) -> None:
    first, other = Ledger(tmp_path, "w", Reading(PROFILE)), Ledger(tmp_path, "v", Reading(PROFILE))
    name = keep(first, finding("0" * 12, "gzip", "max"))
    assert other.get(name) is None
    other.reload()
    (shown,) = other.shown()
    assert (shown.finding, shown.needs, shown.signature.family) == (name, ("compression", "operation"), "wrong")
    assert shown.trial.case == first.shown()[0].trial.case
    told: list[object] = []
    third = Ledger(tmp_path, "x", Reading(PROFILE), told.append)
    third.again(name, Signature(Way.VALUES))
    third.again(name, Signature(Way.VALUES))
    assert len(told) == 1
    assert third.made == 0


def test_a_plainer_case_by_another_worker_is_read_back_too(tmp_path: Path) -> None:
    one = Ledger(tmp_path, "one", Reading(PROFILE))
    name = keep(one, finding("0123456789ab", "gzip", "max"))
    other = Ledger(tmp_path, "other", Reading(PROFILE))
    keep(one, finding("ba9876543210", "max"), replaces=name)
    assert [shown.needs for shown in other.shown()] == [way("compression", "operation").needs]
    other.reload()
    assert [shown.needs for shown in other.shown()] == [("operation",), ("compression", "operation")]
    assert [each.needs for each in other.findings()] == [("max",)]


def test_what_an_answer_would_be_right_for_is_read_back(tmp_path: Path) -> None:
    one = replace(finding("0" * 12, "gzip"), reads_as="the answer without x", reads_also=("the answer for y",))
    keep(Ledger(tmp_path, "w", Reading(PROFILE)), one)
    other = Ledger(tmp_path, "v", Reading(PROFILE))
    other.reload()
    (shown,) = other.shown()
    assert shown.reads_as == {"the answer without x", "the answer for y"}


def test_faults_are_read_back_as_they_were(tmp_path: Path) -> None:
    violation = Violation("refuses-invalid", "", "", "", way=Way.ACCEPTED, rules=frozenset({Rule.SHORT_READ}), step=1)
    one = replace(finding(), violation=violation, covers=("short-read", "size-no-multiple"))
    keep(Ledger(tmp_path, "w", Reading(PROFILE)), one)
    (shown,) = Ledger(tmp_path, "v", Reading(PROFILE)).shown()
    assert shown.signature.faults == {"short-read"}
    assert shown.covers == {"short-read", "size-no-multiple"}


def test_how_often_all_workers_saw_a_finding_is_added_up(tmp_path: Path) -> None:
    one = Ledger(tmp_path, "w", Reading(PROFILE))
    name = keep(one, finding())
    one.again(name, Signature(Way.VALUES))
    one.flush()
    other = Ledger(tmp_path, "v", Reading(PROFILE))
    other.again(name, Signature(Way.VALUES))
    other.flush()
    assert [each.seen for each in corpus.load_all(tmp_path)] == [3]


@pytest.mark.parametrize("reproducibility", ["seen once", "after a while"])
def test_what_comes_by_chance_explains_nothing(tmp_path: Path, reproducibility: str) -> None:
    ledger = Ledger(tmp_path, "w", Reading(PROFILE))
    name = keep(ledger, replace(finding(), reproducibility=reproducibility))  # type: ignore[arg-type]
    assert ledger.shown() == []
    by_chance, lasting = ledger.of_chance(Signature(Way.REFUSED)), ledger.remembering(Way.VALUES)
    found = (by_chance.id if by_chance else None) if reproducibility == "seen once" else lasting
    assert found == name
    assert ledger.of_chance(Signature(Way.SILENT)) is None


def test_what_a_server_remembers_is_known_in_each_way_in_which_it_was_counted(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, "w", Reading(PROFILE))
    name = keep(ledger, replace(finding(), reproducibility="after a while"))
    assert ledger.remembering(Way.REFUSED) is None
    ledger.again(name, Signature(Way.REFUSED, after_others=True))
    assert ledger.remembering(Way.REFUSED) == name
    assert ledger.remembering(Way.DROPPED) is None


@pytest.mark.parametrize(
    ("needs", "compression", "known"), [(("gzip",), "gzip", True), (("gzip",), None, False), ((), "gzip", False)]
)
def test_what_was_cut_short_is_known_by_the_needs_that_were_proved(
    tmp_path: Path, needs: tuple[str, ...], compression: str | None, *, known: bool
) -> None:
    ledger = Ledger(tmp_path, "w", Reading(PROFILE))
    name = keep(ledger, replace(finding("0123456789ab", *needs), reproducibility="cut short"))
    trial = trial_of(case_of(replace(SCENE, operation="sum", compression=compression), "reduction"), Reading(PROFILE))
    assert ledger.cut_short(trial, Signature(Way.VALUES)) == (name if known else None)
    assert ledger.cut_short(trial, Signature(Way.SILENT)) is None


def test_a_folder_that_cannot_be_read_is_told_of_and_kept(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "case.json").write_text("{")
    ledger = Ledger(tmp_path, "w", Reading(PROFILE))
    ledger.reload()
    assert len(ledger.unreadable) == 1
    assert "broken" in ledger.unreadable[0]
    assert (broken / "case.json").read_text() == "{"


def test_symptoms_of_one_cause_have_one_fingerprint_and_other_causes_others() -> None:
    def print_of(seen: Signature, *needs: str) -> str:
        return fingerprint_of(seen, (), needs)

    wrong, refused = Signature(Way.VALUES, aspect="counts"), Signature(Way.REFUSED, status=400)
    assert print_of(wrong, "missing", "axis") == print_of(refused, "axis", "missing")
    several = [
        print_of(wrong, "missing"),
        print_of(wrong, "axis"),
        print_of(Signature(Way.SILENT), "missing"),
        print_of(wrong, "missing", "sum"),
        print_of(wrong, "missing", "max"),
        fingerprint_of(wrong, ("axis:x",), ("missing",)),
    ]
    assert len(set(several)) == len(several)


@pytest.mark.parametrize(("certain", "needs"), [(True, ()), (True, ("missing",)), (False, ())])
def test_what_needs_nothing_is_told_from_others_of_its_family_by_how_it_fails_each_time(
    certain: bool, needs: tuple[str, ...]
) -> None:
    ways = Signature(Way.VALUES, aspect="counts"), Signature(Way.VALUES, aspect="shape"), Signature(Way.REFUSED)
    prints = {fingerprint_of(one, (), needs, certain=certain) for one in ways}
    assert len(prints) == (len(ways) if certain and not needs else 1)


def test_names_are_readable_folder_names() -> None:
    assert corpus.name_of(finding("0123456789ab", "gzip", "max")) == "gzip-max-counts-012345"
    unproved = replace(finding(), unproved=("byte_order",))
    assert corpus.name_of(unproved) == "byte-order-counts-012345"


def test_what_fails_some_of_the_time_shares_a_finding_with_its_family(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, "w", Reading(PROFILE))
    name = keep(ledger, replace(finding("0" * 12), reproducibility="flaky"))
    keep(ledger, finding("1" * 12, "gzip"))
    assert ledger.flaky(Signature(Way.REFUSED, status=400)) == name
    assert ledger.flaky(Signature(Way.ACCEPTED, frozenset({"size:x"}))) is None


@pytest.mark.parametrize("after_others", [False, True])
def test_what_failed_once_among_other_requests_is_of_those_that_fail_some_of_the_time(
    tmp_path: Path, *, after_others: bool
) -> None:
    ledger = Ledger(tmp_path, "w", Reading(PROFILE))
    name = keep(ledger, replace(finding(), reproducibility="flaky"))
    assert ledger.fleeting(Signature(Way.VALUES, after_others=after_others)) == name
    assert ledger.fleeting(Signature(Way.SILENT, after_others=after_others)) is None


@pytest.mark.parametrize(
    ("changes", "together", "met"), [(False, False, True), (True, False, False), (False, True, True)]
)
def test_requests_beside_each_other_meet_like_those_sent_together_unless_an_object_changes_beside_them(
    tmp_path: Path, *, changes: bool, together: bool, met: bool
) -> None:
    put, send = case_of(SCENE, "reduction").steps
    beside = replace(put, lane=2) if changes else replace(send, lane=2)
    steps = (put, send, send) if together else (put, replace(send, lane=1), beside)
    ledger = Ledger(tmp_path, "w", Reading(PROFILE))
    case = Case("at-the-same-time", steps, together=together)
    name = keep(ledger, replace(finding(), case=case, outcomes=(None, None, None)))
    for at_once in (False, True):
        assert ledger.beside(Signature(Way.VALUES), together=at_once) == (name if met and at_once is together else None)
        assert ledger.beside(Signature(Way.DROPPED), together=at_once) is None


def test_findings_about_another_subject_are_left_alone(tmp_path: Path) -> None:
    other = Case("objects", (PutObject(key="k", content=Content(b"")),))
    corpus.save(tmp_path, replace(finding("0" * 12), id="of-a-store", subject="objects", case=other, outcomes=(None,)))
    ledger = Ledger(tmp_path, "w", Reading(PROFILE))
    assert ledger.findings() == []
    name = keep(ledger, finding("0" * 12))
    ledger.flush()
    assert {one.id for one in corpus.load_all(tmp_path)} == {"of-a-store", name}
    assert [one.id for one in Ledger(tmp_path, "v", Reading(PROFILE)).findings()] == [name]

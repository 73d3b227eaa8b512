"""How far a cause goes: one mistake about all refusals is one finding, one about a field's covers that field's."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuzz.findings import corpus
from fuzz.findings.finding import Finding
from fuzz.hunt.effort import PropertyEffort
from fuzz.hunt.hunter import Hunter
from fuzz.hunt.rounds import turn
from fuzz.subjects.reductions.faults import faults_named
from fuzz.subjects.reductions.reading import Reading
from fuzz.subjects.reductions.scene import case_of
from fuzz.subjects.reductions.witnesses import witnesses
from fuzz.subjects.reductions.zoo.errors import WrongStatusForBadFields
from fuzz.triage.general import faults_alike, not_seen_with
from fuzz.triage.lab import Lab
from fuzz.triage.ledger import Ledger
from fuzz.triage.minimal import Smallest, minimal
from fuzz.triage.shown import ANY
from fuzz.triage.trial import Trial, place_of, trial_of
from specs.case import Case
from specs.fields import Fields
from specs.reductions import profile as profiles
from specs.reductions.model import expectations
from specs.reductions.rules import Rule
from specs.reductions.steps import Put, Send
from specs.store_facts import StoreFacts
from specs.violation import Aspect, Way
from strategies.reductions import cases
from tests.unit.broken import lab_with
from tests.unit.pretended import PROFILE, Bug, Immortal, PretendedSession, needing, refusing, rich


def hunted(folder: Path, bugs: list[Bug], examples: int = 40) -> list[Finding]:
    tally, ledger = PropertyEffort(), Ledger(folder, "w", Reading(PROFILE))
    hunter = Hunter(PretendedSession(bugs), ledger, Immortal(), lambda _: None)  # type: ignore[arg-type]
    turn(cases.malformed(PROFILE), 1, examples, lambda case: hunter.try_case(case, tally))
    ledger.flush()
    return corpus.load_all(folder)


@pytest.mark.parametrize(
    "bug",
    [
        refusing(Way.FORM, aspect=Aspect.NOT_JSON, status=400),
        refusing(Way.SERVER_ERROR, status=500),
        refusing(Way.DISCLOSES, aspect=Aspect.INSIDES, status=400),
    ],
    ids=["form", "server-error", "discloses"],
)
def test_the_same_wrong_in_every_refusal_is_one_finding_that_covers_all(tmp_path: Path, bug: Bug) -> None:
    (finding,) = hunted(tmp_path, [bug])
    assert ANY in finding.covers
    assert finding.needs == ()
    assert finding.seen > 3


def test_what_another_bug_answers_in_another_way_does_not_tell_that_not_every_refusal_is_wrong(tmp_path: Path) -> None:
    numbers = refusing(Way.SERVER_ERROR, about={Rule.NOT_AN_INTEGER, Rule.OUT_OF_RANGE}, status=500)
    form = refusing(Way.FORM, aspect=Aspect.NOT_JSON, status=400)
    findings = hunted(tmp_path, [numbers, form], examples=80)
    assert {one.violation.way: ANY in one.covers for one in findings} == {Way.SERVER_ERROR: False, Way.FORM: True}
    assert len(findings) == 2


def of_selection(trial: Trial) -> bool:
    due = expectations(trial.case, PROFILE, StoreFacts())[-1]
    rules = frozenset() if due is None or due.rejection is None else due.rejection.rules
    return any(fault.startswith("selection:") for fault in faults_named(rules, trial))


def test_a_server_that_misnames_selections_is_one_finding_that_covers_only_those(tmp_path: Path) -> None:
    bug = Bug(lambda trial, broken: bool(broken) and of_selection(trial), "error-names-field", Way.UNNAMED, status=400)
    (finding,) = hunted(tmp_path, [bug], examples=120)
    assert finding.covers
    assert all(one.startswith("selection:") for one in finding.covers)


@pytest.mark.parametrize("name", ["reference", "reference-v1"])
def test_each_witness_breaks_the_rule_that_it_is_to_break(name: str) -> None:
    profile = profiles.load(name)
    several = list(witnesses("malformed", Reading(profile)))
    assert len(several) > 30
    assert "axis:axis-without-shape" in {one.fault for one in several}
    for one in several:
        due = expectations(one.trial.case, profile, StoreFacts())[-1]
        assert due is not None, one.fault
        if due.rejection is not None:
            assert one.fault.rpartition(":")[2] in {str(rule) for rule in due.rejection.rules}, one.fault


def test_siblings_with_which_the_smallest_case_passes_are_told() -> None:
    lab = Lab(PretendedSession([needing("missing", operations=["max", "min"])]), Immortal())  # type: ignore[arg-type]
    trial = trial_of(case_of(rich(), "reduction"), Reading(PROFILE))
    with lab.budget(1000):
        (seen,) = lab.ask(trial)
        assert not_seen_with(minimal(trial, seen, lab), lab) == ("select", "sum", "count")


def test_who_accepts_unknown_fields_accepts_any(tmp_path: Path) -> None:
    bug = Bug(lambda _, broken: broken == {Rule.UNKNOWN_FIELD}, "refuses-invalid", Way.ACCEPTED)
    (finding,) = hunted(tmp_path, [bug], examples=240)
    assert {one.rpartition(":")[2] for one in finding.covers} == {str(Rule.UNKNOWN_FIELD)}
    assert finding.seen > 3


@pytest.mark.slow
def test_who_reads_names_in_any_case_is_one_finding_for_all_fields(tmp_path: Path) -> None:
    def in_another_case(trial: Trial, broken: frozenset[Rule]) -> bool:
        faults = faults_named(broken, trial)
        return broken == {Rule.UNKNOWN_FIELD} and all(fault.isupper() for fault in map(place_of, faults))

    (finding,) = hunted(tmp_path, [Bug(in_another_case, "refuses-invalid", Way.ACCEPTED)], examples=400)
    assert {"ORDER:unknown-field", "SIZE:unknown-field"} <= set(finding.covers)
    assert "nothing_known:unknown-field" not in finding.covers


def test_a_doubt_fails_alike_with_the_faults_of_other_fields_that_break_the_same_rules() -> None:
    send = Send("sum", Fields({"dtype": "int32", "offset": 4.0}), "a")
    trial = trial_of(Case("x", (Put("a", bytes(8)), send)), Reading(profiles.load("reference")))
    with lab_with(WrongStatusForBadFields) as lab:
        seen = lab.ask(trial)[0]
        assert seen.signature.doubts
        alike = faults_alike(Smallest(trial, seen, ()), lab)
    assert {"offset:not-an-integer", "size:not-an-integer", "axis:not-an-integer"} <= alike

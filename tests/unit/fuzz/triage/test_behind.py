"""An invalid request that is refused for a known bug, before its fault is seen, is counted for that bug."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuzz.subjects.reductions.reading import Reading
from fuzz.subjects.reductions.zoo.answering import FullReductionHasAnAxis
from fuzz.subjects.reductions.zoo.credentials import AnonymousRefused, SecretCutAtSlash
from fuzz.subjects.reductions.zoo.errors import WrongStatusForBadFields
from fuzz.subjects.reductions.zoo.forgiving import AxisWithoutShapeIgnored
from fuzz.subjects.reductions.zoo.refusing import NullIsNotLeftOut, NumbersInQuotes, RankAboveFourRefused
from fuzz.subjects.reductions.zoo.spelling import ExpectationsRefused, MissingBeforeItsDtype
from fuzz.triage.behind import behind, explained_without_fault
from fuzz.triage.lab import Lab
from fuzz.triage.ledger import Ledger
from fuzz.triage.minimal import minimal
from fuzz.triage.shown import Explained, Shown
from fuzz.triage.triage import Triage
from fuzz.triage.trial import Trial, trial_of
from specs.case import Case
from specs.fields import Fields
from specs.reductions import profile as profiles
from specs.reductions.steps import Put, Send, SendRaw
from specs.violation import Way
from tests.unit.broken import found_in_turn, lab_with, session_with
from tests.unit.pretended import Immortal


def asked(credentials: str | None, **fields: object) -> Trial:
    send = Send("sum", Fields({"dtype": "int32", **fields}), "a", "public", credentials=credentials)
    return trial_of(Case("x", (Put("a", bytes(8), "public"), send)), Reading(profiles.load("reference")))


def known(lab: Lab) -> Shown:
    trial = asked(None, byte_order="big")
    found = minimal(trial, lab.ask(trial)[0], lab)
    return Shown("known", found.trial, found.seen.signature, found.needs)


def test_a_fault_that_the_server_did_not_come_to_see_takes_few_requests() -> None:
    trial = asked(None, byte_order="big", size=-1)
    with lab_with(AnonymousRefused) as lab:
        way, seen = known(lab), lab.ask(trial)[0]
        before = lab.asked
        assert explained_without_fault(trial, seen, [way], lab) == Explained("known")
        assert lab.asked <= before + 4


def test_a_fault_that_is_refused_in_other_words_has_another_cause() -> None:
    trial = asked(None, byte_order="big", size=-1)
    with lab_with(AnonymousRefused) as lab:
        way = known(lab)
    with lab_with(WrongStatusForBadFields) as lab:
        assert explained_without_fault(trial, lab.ask(trial)[0], [way], lab) is None


def test_an_answer_that_is_about_another_fault_than_it_is_blamed_for_goes_on_without_that() -> None:
    trial = asked("owner", option_shape_as_bytes=0, offset=2.0)
    with lab_with(WrongStatusForBadFields) as lab:
        found = behind(trial, lab.ask(trial)[0], lab)
        assert found is not None
        assert set(found[0].last.fields) == {"dtype", "offset"}
        assert found[1].violation.actual.startswith("404")


def test_an_answer_about_a_field_that_might_be_refused_comes_to_a_fault_of_that_field() -> None:
    huge = {"shape": [2, 10**28], "selection": [[0, 1, 1]]}
    for fields in (huge, {"size": 192.0, "missing": {"missing_value": 0.5}}):
        trial = asked("owner", **fields)
        with lab_with(WrongStatusForBadFields) as lab:
            found = behind(trial, lab.ask(trial)[0], lab)
        assert found is not None
        assert set(found[0].last.fields) == {"dtype", next(iter(fields))}
        assert found[1].signature.status == 404


def test_a_known_refusal_of_a_sibling_explains_an_invalid_request_that_is_refused_for_its_own() -> None:
    with lab_with(NullIsNotLeftOut) as lab:
        plain = asked("owner", missing=None)
        found = minimal(plain, lab.ask(plain)[0], lab)
        way = Shown("known", found.trial, found.seen.signature, found.needs)
        trial = asked("owner", axis=None, size=7)
        before = lab.asked
        assert explained_without_fault(trial, lab.ask(trial)[0], [way], lab) == Explained("known")
        assert lab.asked <= before + 5


def test_a_known_refusal_of_a_shape_explains_an_invalid_request_that_has_that_shape() -> None:
    fields = {"dtype": "int32", "shape": [2, 1, 3, 1, 2]}
    sent = (Send("sum", Fields(one), "a") for one in (fields, {**fields, "axis": [-(2**63)]}))
    several = (Case("malformed", (Put("a", bytes(range(1, 49))), one)) for one in sent)
    plain, trial = (trial_of(one, Reading(profiles.load("reference"))) for one in several)
    with lab_with(RankAboveFourRefused) as lab:
        found = minimal(plain, lab.ask(plain)[0], lab)
        way = Shown("known", found.trial, found.seen.signature, found.needs)
        before = lab.asked
        assert explained_without_fault(trial, lab.ask(trial)[0], [way], lab) == Explained("known")
        assert lab.asked <= before + 5


def test_an_answer_about_a_field_of_given_bytes_that_might_be_refused_comes_to_a_fault_of_that_field() -> None:
    body = b'{"interface_type": "s3", "url": "{url}", "dtype": "int32", "offset": 1E+400, "order": "X"}'
    raw = SendRaw("POST", "/v2/select/", (("Content-Type", "application/json"),), body, "a")
    trial = trial_of(Case("x", (Put("a", bytes(8)), raw)), Reading(profiles.load("reference")))
    with lab_with(WrongStatusForBadFields) as lab:
        found = behind(trial, lab.ask(trial)[0], lab)
    assert found is not None
    assert set(found[0].last.fields) == {"dtype", "offset"}


def test_behind_one_of_two_faults_is_the_other_and_behind_that_the_request_without_any(tmp_path: Path) -> None:
    two_faults = asked("owner", axis=None, shape=[2], size=1)
    with session_with(NullIsNotLeftOut) as session:
        ledger = Ledger(tmp_path, "w", session.reading)
        judgement = session.judge(two_faults.case)
        assert judgement.failures[0].rules
        Triage(session, ledger, Immortal()).look_into(two_faults.case, judgement)
    assert [one.needs for one in ledger.findings()] == [("null for axis",)]


def test_an_invalid_request_whose_fields_stand_in_the_wrong_order_is_explained_by_a_valid_one_in_the_reverse_order(
    tmp_path: Path,
) -> None:
    said = {"missing": {"missing_value": 1}, "dtype": "int32"}
    put = Put("a", bytes(range(1, 9)))
    valid = Send("select", Fields(dict(reversed(said.items()))), "a", spelled="members-reversed")
    invalid = Send("select", Fields({"size": 4, "shape": [2], **said}), "a")
    findings = found_in_turn(tmp_path, (Case("x", (put, one)) for one in (valid, invalid)), MissingBeforeItsDtype)
    assert [(one.needs, one.seen) for one in findings] == [(("fields in the reverse order", "missing"), 2)]


@pytest.mark.parametrize("first", [0, 1])
def test_a_number_in_quotes_that_is_taken_for_one_has_one_cause_whether_an_answer_comes_or_an_error(
    first: int, tmp_path: Path
) -> None:
    several = [asked("owner", offset="24"), asked("owner", size="4")]
    findings = found_in_turn(tmp_path, (several[first].case, several[1 - first].case), NumbersInQuotes)
    assert [one.seen for one in findings] == [2]


def test_what_should_have_been_refused_is_no_part_of_a_bug_that_shows_without_its_field(tmp_path: Path) -> None:
    valid, ignored = asked("owner"), asked("owner", axis=0)
    findings = found_in_turn(tmp_path, (valid.case, ignored.case), FullReductionHasAnAxis, AxisWithoutShapeIgnored)
    assert [(one.violation.way, one.seen) for one in findings] == [(Way.VALUES, 1), (Way.ACCEPTED, 1)]


def test_what_fails_alone_after_all_is_looked_behind_as_well(tmp_path: Path) -> None:
    missing = Case("spelling", (Send("select", Fields({"dtype": "int32"}), "a", spelled="go-ahead"),))
    with session_with(ExpectationsRefused) as session:
        ledger = Ledger(tmp_path, "w", session.reading)
        triage = Triage(session, ledger, Immortal())
        triage.earlier.note(Case("reduction", (Put("b", bytes(8)), Send("select", Fields({"dtype": "int32"}), "b"))))
        # As where others spoil it, the request passes the first time it is asked alone.
        triage.quiet.fails = lambda _trial, _first: None  # type: ignore[method-assign]
        triage.look_into(missing, session.judge(missing))
    (finding,) = ledger.findings()
    assert finding.violation.requirement == "accepts-valid"
    assert finding.needs == ("a body that waits for 100 Continue",)


@pytest.mark.parametrize("turned", [False, True])
def test_a_valid_request_that_is_refused_otherwise_is_not_behind_an_invalid_one(
    *, turned: bool, tmp_path: Path
) -> None:
    sent = (Send("select", Fields({"dtype": "int32", **more}), "a") for more in ({}, {"offset": -1}))
    cases = [Case("malformed", (Put("a", bytes(range(1, 9))), one)) for one in sent]
    findings = found_in_turn(tmp_path, reversed(cases) if turned else cases, SecretCutAtSlash, WrongStatusForBadFields)
    assert sorted(one.violation.requirement for one in findings) == ["accepts-valid", "error-status"]

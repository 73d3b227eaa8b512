"""Rules and ways are values: one table says which requirement a rule is about, and no text of ours decides anything."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from types import MappingProxyType
from typing import Any

import pytest

from fuzz.findings import known, replay
from fuzz.findings.finding import Finding
from fuzz.findings.known import Entry
from fuzz.running.session import Judgement, refused_in
from fuzz.subjects.reductions import older
from fuzz.subjects.reductions.reading import Reading
from fuzz.subjects.reductions.stakes import requirements_at_stake
from fuzz.transport.http import HTTP
from fuzz.triage.trial import signature, trial_of
from specs.case import Case
from specs.fields import Fields
from specs.outcome import NoReply, Reply, Transcript
from specs.reductions import checks, requirements, rules, validity
from specs.reductions.checks import Answered, violations
from specs.reductions.expectation import Expectation, Rejection
from specs.reductions.model import expectations
from specs.reductions.refusals import RefusalClass
from specs.reductions.rules import ALLOWING, ORDER, Rule, requirement_of, requirement_of_all
from specs.reductions.steps import Credential, Put, Send
from specs.rules import told
from specs.store_facts import StoreFacts
from specs.violation import Violation
from tests.unit.truthful import V2

SEND = Send("sum", Fields({"dtype": "int32"}), "a")
JSON = (("content-type", "application/json"),)


@pytest.mark.parametrize("rule", Rule, ids=str)
def test_checks_and_stakes_agree_on_the_requirement_of_a_rule_and_of_it_with_each_other(
    rule: Rule, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The request breaks none of the rules, which the schema would notice.
    monkeypatch.setattr(checks, "proved_invalid", lambda *_: True)
    reply = Reply(200, (("content-type", "application/cbor"),), b"\xa0")
    for other in Rule:
        broken = frozenset({rule, other})
        due = Expectation(rejection=Rejection(broken, frozenset({RefusalClass.ANY_OF_THE_CLIENT})))
        (found,) = violations(Answered(SEND, reply, V2), due, 1)
        assert found.requirement == requirement_of_all(broken)
        assert found.rules == broken
        assert found.requirement in set(requirements_at_stake(SEND, due, reply))


def test_of_several_requirements_the_first_in_order_is_broken() -> None:
    for one, other in combinations(Rule, 2):
        decisive = [rule for rule in (one, other) if rule not in ALLOWING] or [one, other]
        wanted = min((requirement_of(rule) for rule in decisive), key=ORDER.index)
        assert requirement_of_all({one, other}) == wanted


def test_every_requirement_of_a_rule_is_a_requirement() -> None:
    assert {requirement_of(rule) for rule in Rule} == set(ORDER) <= set(requirements.load())


def test_every_rule_has_a_text_of_its_own() -> None:
    assert len({rule.text for rule in Rule}) == len(Rule)


def test_rules_are_told_in_one_order_however_they_come() -> None:
    assert told([Rule.SHORT_READ, Rule.NO_SUCH_OBJECT]) == "no such object or short read"
    assert told([Rule.NO_SUCH_OBJECT, Rule.SHORT_READ]) == "no such object or short read"


SENDS: tuple[dict[str, Any], ...] = (
    {},
    {"offset": -1},
    {"size": 3},
    {"colour": 1},
    {"shape": [2], "axis": 4},
    {"shape": [9]},
    {"offset": 400},
    {"missing": {"valid_min": 0, "x": 1}},
    {"compression": {"id": "gzip"}},
)
CREDENTIALS: tuple[Credential, ...] = ("owner", "unknown")
OUTCOMES: tuple[Reply | NoReply, ...] = (
    Reply(200, (("content-type", "application/cbor"),), b"\xa0"),
    Reply(200, JSON, b'{"error": {"message": "no"}}'),
    Reply(200, (), b""),
    Reply(400, JSON, b'{"error": {"message": "no"}}'),
    Reply(400, JSON, b"no"),
    Reply(404, (), b""),
    Reply(418, JSON, b'{"error": {"message": "panicked at offset"}}'),
    Reply(500, JSON, b'{"error": {"message": "s3cret"}}'),
    NoReply("timeout"),
    NoReply("closed", "by peer"),
)


def judged() -> list[tuple[Judgement, list[Violation]]]:
    """Each request with each outcome: what is wrong by today's texts."""
    found_of_each = []
    for fields in SENDS:
        for credentials in CREDENTIALS:
            send = replace(SEND, fields=SEND.fields.but(**fields), credentials=credentials)
            case = Case("x", (Put("a", bytes(8)), send))
            due = expectations(case, V2, StoreFacts())[-1]
            assert due is not None
            for outcome in OUTCOMES:
                exchange = Answered(send, outcome, V2, ("s3cret",))
                found = violations(exchange, due, 1)
                transcript = Transcript(case, (None, outcome))
                refused = refused_in(transcript, HTTP)
                found_of_each.append((Judgement(transcript, tuple(found), (None, due), refused), found))
    return found_of_each


def decided(judgement: Judgement, found: Violation) -> tuple[object, ...]:
    """All that hangs on a violation."""
    case, (_, due) = judgement.transcript.case, judgement.expectations
    assert due is not None
    seen = signature(found, trial_of(case, Reading(V2)), judgement)
    entry = Entry(
        "r",
        requirement=found.requirement,
        way=found.way,
        rules=tuple(found.rules),
        status=() if found.status is None else (found.status,),
        aspect=found.aspect,
    )
    finding = Finding("f", "f", found, case, (None, None))
    return (
        found.requirement,
        found.ids,
        (seen, seen.family, seen.look, seen.like(seen)),
        replay._kind(found, together=False),
        entry.covers(finding),
        tuple(requirements_at_stake(case.steps[1], due, None)),  # type: ignore[arg-type]
    )


def test_nothing_is_decided_by_a_text_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    before = judged()
    monkeypatch.setattr(
        rules, "_WORDED", MappingProxyType({rule: f"noise {n * 7 % 500}" for n, rule in enumerate(Rule)})
    )
    after = judged()
    assert [one.title for _, some in before for one in some] != [one.title for _, some in after for one in some]
    for (judgement, found), (now, found_now) in zip(before, after, strict=True):
        noise = [replace(one, title="401 closed", expected="a text that names x", actual="500") for one in found_now]
        assert [decided(judgement, one) for one in found] == [decided(now, one) for one in noise]


def test_faults_are_the_same_whatever_their_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    body = {"interface_type": "s3", "url": "u", "dtype": "int32", "offset": -1, "axis": 3}
    before = validity.read_request("sum", body, V2)
    monkeypatch.setattr(rules, "_WORDED", MappingProxyType(dict.fromkeys(Rule, "noise")))
    assert validity.read_request("sum", body, V2) == before


@pytest.mark.parametrize(
    ("requirement", "symptom", "ids"),
    [
        ("no-server-error", "500 short read", ("server-error", ["short-read"], 500, "")),
        ("no-server-error", "500", ("server-error", [], 500, "")),
        ("answers", "timeout undecodable data", ("silent", ["undecodable-data"], None, "")),
        ("answers", "closed", ("dropped", [], None, "closed")),
        ("survives", "gone", ("dropped", [], None, "gone")),
        ("error-status", "no such object or short read 401", ("status", ["no-such-object", "short-read"], 401, "")),
        ("refuses-invalid", "not [start, end, stride]", ("accepted", ["not-start-end-stride"], None, "")),
        ("refuses-invalid", "no bucket's name", ("accepted", ["no-buckets-name"], None, "")),
        ("error-form", "an error of content type '' wrong method", ("form", ["wrong-method"], None, "no-content-type")),
        ("answer-form", "content type", ("form", [], None, "content-type")),
        ("min-values", "min zero sign", ("values", [], None, "zero-sign")),
        ("counts", "min", ("values", [], None, "counts")),
        ("relation-asked-twice", "status", ("disagrees", [], None, "statuses")),
        ("accepts-valid", "307", ("refused", [], 307, "")),
    ],
)
def test_what_older_suites_wrote_is_read(requirement: str, symptom: str, ids: tuple[Any, ...]) -> None:
    told = older.ids(requirement, symptom)
    assert (told["way"], told["rules"], told["status"], told["aspect"]) == ids


def test_an_entry_of_older_suites_is_refused_with_what_to_write(tmp_path: Any) -> None:
    path = tmp_path / "known.toml"
    path.write_text('[[known]]\nreason = "r"\nrequirement = "no-server-error"\nsymptom = "500 short read"\n')
    with pytest.raises(known.UnusableKnown, match='way = "server-error", rules'):
        known.entries_of(path)


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ('way = "droped"', "Did you mean 'dropped'"),
        ('rules = ["short read"]', "'short read' is unknown"),
        ('rules = "short-read"', "must be a list"),
        ('status = "500"', "must be a number"),
        ('aspect = "shap"', "'shap' is unknown"),
    ],
)
def test_what_is_no_way_rule_status_or_aspect_is_told(tmp_path: Any, table: str, why: str) -> None:
    path = tmp_path / "known.toml"
    path.write_text(f'[[known]]\nreason = "r"\nrequirement = "counts"\n{table}\n')
    with pytest.raises(known.UnusableKnown, match=why):
        known.entries_of(path)


@pytest.mark.parametrize(
    ("meant", "broken", "covers"),
    [
        (None, {Rule.SHORT_READ}, True),
        ((), set(), True),
        ((), {Rule.SHORT_READ}, False),
        (("short-read",), set(), False),
        (("short-read", "no-such-object"), {Rule.SHORT_READ}, True),
        (("short-read",), {Rule.SHORT_READ, Rule.NO_SUCH_OBJECT}, False),
    ],
)
def test_an_entry_covers_failures_about_its_rules_and_no_others(
    meant: tuple[str, ...] | None, broken: set[Rule], covers: bool
) -> None:
    found = Violation("no-server-error", "t", "e", "a", rules=frozenset(broken))
    finding = Finding("f", "f", found, Case("x", ()), ())
    assert Entry("r", requirement="no-server-error", rules=meant).covers(finding) is covers

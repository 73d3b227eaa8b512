"""What came before a request: remembered, told apart and taken away again."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from fuzz.client import Client
from fuzz.embedded.reference_server import ReferenceServer
from fuzz.embedded.reference_server.__main__ import build
from fuzz.embedded.reference_server.server import serve
from fuzz.embedded.zoo.memory import CacheWithoutMissing
from fuzz.embedded.zoo.refusing import UnknownOperationIsAServerError
from fuzz.executor import Session
from fuzz.findings import corpus
from fuzz.findings.finding import Finding
from fuzz.hunt.effort import Tally
from fuzz.hunt.failures import Kind
from fuzz.hunt.histories import MOST_CASES, Earlier, differing, equalled, neutralised, request_needs
from fuzz.hunt.hunter import Hunter
from fuzz.hunt.memory import Memory
from fuzz.hunt.rounds import turn
from fuzz.hunt.triage import Cause
from fuzz.properties import PROPERTIES
from fuzz.store import open_store
from specs import profile as profiles
from specs.case import Case, Put, Send, SendRaw
from specs.fields import Fields
from tests.unit.pretended import Immortal

PUT = Put("a", bytes(8))
PLAIN = Send("sum", Fields({"dtype": "int32"}), "a")
MISSING = Send("sum", Fields({"dtype": "int32", "missing": {"missing_value": 1}}), "a")
COUNT = Send("count", Fields({"dtype": "int32"}), "a")


def hunted(folder: Path, server: type[ReferenceServer], properties: tuple[str, ...], examples: int) -> list[Finding]:
    profile = profiles.load("reference")
    with (
        closing(build([server])) as one,
        serve(one) as http,
        closing(open_store("memory")) as store,
        closing(Session(Client(http.url), store, profile)) as session,
    ):
        hunter = Hunter(session, Memory(folder, "w", profile), Immortal(), lambda _: None)
        for name in properties:
            cases = next(one.cases for one in PROPERTIES if one.name == name)
            turn(cases(profile), 1, examples, lambda case: hunter.try_case(case, Tally()))
    return corpus.load_all(folder)


def test_what_a_server_keeps_from_request_to_request_is_one_finding_that_says_what_it_forgets(tmp_path: Path) -> None:
    findings = hunted(tmp_path, CacheWithoutMissing, ("reduction",), 150)
    assert [one.needs for one in findings] == [("several requests", "another missing")]
    put, first, last = findings[0].case.steps
    assert isinstance(put, Put)
    assert len(put.data) <= 8
    fields = [set(one.fields) for one in (first, last) if isinstance(one, Send)]
    assert sorted(fields, key=len) == [{"dtype"}, {"dtype", "missing"}]
    assert findings[0].reproducibility == "every time"


def test_an_unusual_path_is_one_cause_whatever_else_is_unusual(tmp_path: Path) -> None:
    findings = hunted(tmp_path, UnknownOperationIsAServerError, ("raw",), 150)
    assert [one.needs for one in findings] == [("an unusual path",)]


def test_requests_about_the_same_content_are_remembered_across_cases() -> None:
    earlier = Earlier()
    assert not list(earlier.before(Case("x", (PUT, PLAIN))))
    earlier.note(Case("x", (PUT, MISSING)))
    earlier.note(Case("x", (Put("a", b"other"), COUNT)))
    same, recent = earlier.before(Case("y", (PUT, PLAIN)))
    assert same.steps == (PUT, MISSING, PLAIN)
    assert recent.steps[-2:] == (PUT, PLAIN)
    assert [one.key for one in recent.steps[:-2]] == ["a0", "a0", "a1", "a1"]


def test_the_last_request_to_tell_a_field_is_remembered_however_long_ago_it_was() -> None:
    earlier = Earlier()
    earlier.note(Case("x", (PUT, MISSING)))
    for number in range(MOST_CASES):
        earlier.note(Case("x", (Put("a", bytes(number)), COUNT)))
    *_, told = earlier.before(Case("y", (Put("a", b"others"), PLAIN)))
    assert [one.operation for one in told.steps if isinstance(one, Send)] == ["sum", "count", "sum"]
    assert told.steps[:2] == (replace(PUT, key="a0"), replace(MISSING, key="a0"))


def test_requests_that_should_agree_are_not_looked_for_behind_others() -> None:
    earlier = Earlier()
    earlier.note(Case("s3-http", (PUT, PLAIN, COUNT)))
    behind = list(earlier.before(Case("s3-http", (PUT, PLAIN, replace(PLAIN, interface="http")))))
    assert {one.property for one in behind} == {"history"}


def test_earlier_requests_are_asked_as_clients_do_first() -> None:
    body = b'{"interface_type": "s3", "url": "{url}", "dtype": "int32"}'
    raw = SendRaw("POST", "/v2/sum", (("Content-Type", "application/json"),), body)
    plain, as_it_was = Earlier().histories(Case("raw", (PUT, raw)), profiles.load("reference"))
    (asked,) = (step for step in plain.steps if isinstance(step, Send))
    assert (asked.operation, asked.fields["dtype"]) == ("sum", "int32")
    assert as_it_was.steps == (PUT, raw)


def test_what_requests_differ_in_is_what_a_finding_needs_and_goes_without() -> None:
    case = Case("x", (PUT, MISSING, COUNT))
    assert differing(case) == ("operation", "missing")
    assert request_needs(case) == ("several requests", "another operation", "another missing")
    assert equalled(case, ("operation", "missing")).steps == (PUT, COUNT, COUNT)
    assert neutralised(case, ("several requests", "another missing")).steps[1] == PLAIN
    overwritten = Case("x", (PUT, PLAIN, Put("a", bytes(4)), PLAIN))
    assert neutralised(overwritten, request_needs(overwritten)).steps == (PUT, Put("a", bytes(4)), PLAIN)


def test_symptoms_do_not_tell_histories_apart() -> None:
    needs = ("several requests", "another missing")
    assert Cause(Kind("counts", ""), needs).fingerprint == Cause(Kind("accepts-valid", "400"), needs).fingerprint
    only = ("several requests",)
    assert Cause(Kind("counts", ""), only).fingerprint != Cause(Kind("accepts-valid", "400"), only).fingerprint


@pytest.mark.parametrize(
    ("one", "other", "narrows"),
    [("a 404", "a or b 404", True), ("a 400", "a or b 404", False), ("a or b 404", "a 404", False), ("a", "a", True)],
)
def test_a_kind_about_fewer_rules_with_the_same_status_is_narrower(one: str, other: str, narrows: bool) -> None:
    assert Kind("error-status", one).narrows(Kind("error-status", other)) is narrows

"""The judge blames no server for accepting a request that the schema does not prove invalid; and loses no bug by it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from specs.fields import Fields
from specs.outcome import Reply
from specs.reductions import checks, proved
from specs.reductions.expectation import Expectation, breaking
from specs.reductions.model import expectations
from specs.reductions.profile import Profile, load
from specs.reductions.proved import IN_THE_SCHEMA, proved_invalid
from specs.reductions.refusals import RefusalClass
from specs.reductions.rules import ALLOWING, Rule
from specs.reductions.steps import Send, SendRaw
from specs.store_facts import StoreFacts
from strategies.drawing import strategy_of
from strategies.reductions import cases

V2, V1 = load("reference"), load("reference-v1")
ANSWER = Reply(200, (("content-type", "application/cbor"),), b"")


def accepted(send: Send | SendRaw, rule: Rule) -> list[str]:
    """What is broken where a request is answered with values that is to be refused for a rule."""
    due = Expectation(rejection=breaking(rule, RefusalClass.BAD_REQUEST))
    return [one.requirement for one in checks.violations(checks.Answered(send, ANSWER, V2), due, 0)]


@pytest.mark.parametrize("profile", [V2, V1], ids=["v2", "v1"])
@pytest.mark.parametrize("strategy", [cases.malformed, cases.whole_schema, cases.raw])
@given(st.data())
@settings(deadline=None, suppress_health_check=list(HealthCheck))
def test_the_schema_proves_every_request_invalid_that_the_model_has_refused_by_its_rules(
    strategy: Any, profile: Profile, data: st.DataObject
) -> None:
    case = data.draw(strategy_of(strategy(profile)))
    for step, due in zip(case.steps, expectations(case, profile, StoreFacts())):
        if not isinstance(step, Send | SendRaw) or due is None or due.rejection is None or due.answers:
            continue
        if due.rejection.rules - ALLOWING <= IN_THE_SCHEMA:
            assert proved_invalid(step, due.rejection.rules, profile), step


def test_nobody_is_blamed_for_accepting_a_request_that_the_schema_allows() -> None:
    valid = Send("sum", Fields({"dtype": "int32"}), "a")
    assert accepted(valid, Rule.UNKNOWN_FIELD) == []
    assert accepted(SendRaw("POST", "/v2/sum/", (), Fields({"dtype": "int32"}).text.encode()), Rule.NOT_A_STRING) == [
        "refuses-invalid"
    ], "without its locating fields it is invalid"


@pytest.mark.parametrize("fields", [{"dtype": "int32", "x": 1}, {"dtype": "int16"}, {"dtype": "int32", "shape": [0]}])
def test_a_server_is_blamed_for_accepting_what_the_schema_forbids(fields: dict[str, Any]) -> None:
    assert accepted(Send("sum", Fields(fields), "a"), Rule.UNKNOWN_FIELD) == ["refuses-invalid"]


@pytest.mark.parametrize("rule", sorted(set(Rule) - IN_THE_SCHEMA - ALLOWING))
def test_rules_that_no_schema_knows_need_no_proof_by_it(rule: Rule) -> None:
    assert proved_invalid(Send("sum", Fields({"dtype": "int32"}), "a"), frozenset({rule}), V2)


def test_bytes_that_are_no_text_are_invalid() -> None:
    assert proved.proved_invalid(SendRaw("POST", "/v2/sum/", (), b"\xff"), frozenset({Rule.NOT_JSON}), V2)

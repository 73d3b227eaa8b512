"""The symptom of a failure tells causes apart by what should have been refused."""

from __future__ import annotations

import pytest

from specs.case import Send
from specs.checks import Exchange, violations
from specs.expectation import CLIENT_ERRORS, Expectation, Rejection
from specs.fields import Fields
from specs.outcome import NoReply, Reply
from specs.profile import Profile

ERROR = b'{"error": {"message": "no"}}'
STEP = Send("sum", Fields({"dtype": "int32"}), "a")


@pytest.mark.parametrize(
    ("outcome", "symptom"),
    [(Reply(500, (), b""), "500 short read"), (NoReply("closed"), "closed short read")],
)
def test_a_failure_where_a_refusal_is_due_names_its_cause(outcome: Reply | NoReply, symptom: str) -> None:
    due = Expectation(rejection=Rejection("short read or something else", CLIENT_ERRORS))
    assert [one.symptom for one in violations(Exchange(STEP, outcome, Profile("x")), due, 0)] == [symptom]


def test_a_failure_where_values_are_due_goes_by_its_status_alone() -> None:
    found = violations(Exchange(STEP, Reply(500, (), b""), Profile("x")), Expectation(answers=(object(),)), 0)  # type: ignore[arg-type]
    assert [one.symptom for one in found] == ["500"]


def test_what_the_store_makes_of_odd_credentials_is_not_the_servers_fault() -> None:
    due = Expectation(why="the store does not tell credentials apart")
    assert (
        violations(Exchange(STEP, Reply(500, (("content-type", "application/json"),), ERROR), Profile("x")), due, 0)
        == []
    )
    other = Expectation(why="more dimensions than NumPy has")
    found = violations(
        Exchange(STEP, Reply(500, (("content-type", "application/json"),), ERROR), Profile("x")), other, 0
    )
    assert [one.requirement for one in found] == ["no-server-error"]

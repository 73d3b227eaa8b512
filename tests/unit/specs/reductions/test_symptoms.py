"""A failure names the rules that should have been refused, and nothing where values are due."""

from __future__ import annotations

import pytest

from specs.fields import Fields
from specs.outcome import NoReply, Reply
from specs.reductions.checks import Answered, violations
from specs.reductions.expectation import Because, Expectation, Rejection, unspecified
from specs.reductions.profile import Profile
from specs.reductions.refusals import RefusalClass
from specs.reductions.rules import Rule
from specs.reductions.steps import Send
from specs.violation import Way

ERROR = b'{"error": {"message": "no"}}'
STEP = Send("sum", Fields({"dtype": "int32"}), "a")


BROKEN = frozenset({Rule.SHORT_READ, Rule.NO_SUCH_OBJECT})


@pytest.mark.parametrize(
    ("outcome", "how"),
    [(Reply(500, (), b""), (Way.SERVER_ERROR, 500, "")), (NoReply("closed"), (Way.DROPPED, None, "closed"))],
)
def test_a_failure_where_a_refusal_is_due_names_the_rules(
    outcome: Reply | NoReply, how: tuple[Way, int | None, str]
) -> None:
    due = Expectation(rejection=Rejection(BROKEN, frozenset({RefusalClass.ANY_OF_THE_CLIENT})))
    (found,) = violations(Answered(STEP, outcome, Profile("x")), due, 0)
    assert (found.rules, found.way, found.status, found.aspect) == (BROKEN, *how)


def test_a_failure_where_values_are_due_goes_by_its_status_alone() -> None:
    (found,) = violations(Answered(STEP, Reply(500, (), b""), Profile("x")), Expectation(answers=(object(),)), 0)  # type: ignore[arg-type]
    assert found.ids == ("server-error", "500")


def test_what_the_store_makes_of_odd_credentials_is_not_the_servers_fault() -> None:
    due = unspecified("credentials are not told apart", Because.THE_STORE)
    assert (
        violations(Answered(STEP, Reply(500, (("content-type", "application/json"),), ERROR), Profile("x")), due, 0)
        == []
    )
    other = unspecified("the store has nothing to do with it")
    found = violations(
        Answered(STEP, Reply(500, (("content-type", "application/json"),), ERROR), Profile("x")), other, 0
    )
    assert [one.requirement for one in found] == ["no-server-error"]

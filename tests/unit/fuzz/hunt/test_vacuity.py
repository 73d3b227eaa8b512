"""What a request puts to the test is told, and a property that puts nothing to the test is not passed."""

from __future__ import annotations

import numpy as np
import pytest

from fuzz.events import PutToTest
from fuzz.hunt.vacuity import Clock, Stakes, doubts, is_vacuous, never_at_stake, together
from fuzz.running.session import Judgement
from fuzz.subject import Property
from fuzz.subjects.reductions.stakes import alike, fields_that_matter, requirements_at_stake
from fuzz.subjects.reductions.subject import REDUCTIONS
from specs.case import Case
from specs.fields import Fields
from specs.outcome import Reply, Transcript
from specs.reductions import profile
from specs.reductions.expectation import Expectation
from specs.reductions.model import expectations
from specs.reductions.steps import Put, Send
from specs.store_facts import StoreFacts
from strategies.reductions import cases

REFERENCE = profile.load("reference")
FACTS = StoreFacts()
GRID = np.arange(6, dtype="<i4").tobytes()

ANSWERING = Property("p", "", cases.reductions, ("accepts-valid",))
PADDING = Property("padding", "", cases.related("padding"), ("accepts-valid",), tells=("relation-padding",))
REFUSING = Property(
    "p", "", cases.malformed, (), tells=("refuses-invalid", "credentials"), answers_hang_on_fields=False
)


def case_of(operation: str = "sum", name: str = "reduction", data: bytes = GRID, **fields: object) -> Case:
    body = Fields({"dtype": "int32", **fields})
    return Case(name, (Put("a", data), Send(operation, body, "a")))


def due_of(case: Case) -> Expectation:
    due = expectations(case, REFERENCE, FACTS)[-1]
    assert due is not None
    return due


def mattering(case: Case) -> dict[str, bool]:
    return dict(fields_that_matter(case, 1, due_of(case), REFERENCE, FACTS))


@pytest.mark.parametrize(
    ("case", "field", "matters"),
    [
        (case_of(shape=[2, 3], selection=[[0, 1, 1], [0, 3, 1]]), "selection", True),
        (case_of(shape=[2, 3], selection=[[0, 9, 1], [-3, 9, 1]]), "selection", False),
        (case_of(shape=[2, 3], axis=0), "axis", True),
        (case_of(shape=[2, 3], axis=[0, 1]), "axis", False),
        (case_of(shape=[2, 3], order="F"), "order", False),
        (case_of(shape=[2, 3], order="F", axis=0), "order", True),
        (case_of(missing={"missing_value": 4}), "missing", True),
        (case_of(missing={"missing_value": 7}), "missing", False),
        (case_of(byte_order="little"), "byte_order", True),
        (case_of(byte_order="little", data=bytes(24)), "byte_order", False),
        (case_of(offset=4), "offset", True),
        (case_of(offset=0), "offset", False),
        (case_of(size=24), "size", False),
        (case_of(size=12), "size", True),
        (case_of("select", shape=[2, 3]), "shape", True),
        (case_of(option_shape_as_bytes=True), "option_shape_as_bytes", False),
        (case_of(option_count_as_bytes=True), "option_count_as_bytes", True),
        (case_of(filters=[{"id": "shuffle", "element_size": 4}]), "filters", True),
        (case_of(filters=[{"id": "shuffle", "element_size": 1}]), "filters", False),
    ],
)
def test_a_field_matters_when_another_value_of_it_calls_for_another_answer(
    case: Case, field: str, matters: bool
) -> None:
    assert mattering(case)[field] is matters


def test_an_answer_is_alike_itself_only() -> None:
    one, other = due_of(case_of()), due_of(case_of("max"))
    assert alike(one, one)
    assert not alike(one, other)


def test_requirements_at_stake_are_those_of_the_operation() -> None:
    case = case_of("min")
    told = set(requirements_at_stake(case.steps[1], due_of(case), None))  # type: ignore[arg-type]
    assert {"accepts-valid", "min-values", "counts"} <= told
    assert not {"max-values", "sum-values", "refuses-invalid", "credentials"} & told


def test_nothing_left_puts_no_values_at_stake() -> None:
    case = case_of("min", shape=[6], selection=[[0, 0, 1]])
    told = set(requirements_at_stake(case.steps[1], due_of(case), None))  # type: ignore[arg-type]
    assert "min-values" not in told


def test_a_refusal_puts_its_own_requirement_at_stake() -> None:
    case = Case("history", (Send("sum", Fields({"dtype": "int32"}), "a"),))
    told = set(requirements_at_stake(case.steps[0], due_of(case), None))  # type: ignore[arg-type]
    assert "refuses-missing-objects" in told
    assert "accepts-valid" not in told


def test_a_property_without_its_branch_is_vacuous() -> None:
    stakes = Stakes("padding", REDUCTIONS.accounting, REFERENCE, FACTS, Clock())
    case = case_of(name="padding")
    refused = Reply(500, (), b"")
    due = expectations(case, REFERENCE, FACTS)
    stakes.look(case, Judgement(Transcript(case, (None, refused)), (), due))
    assert is_vacuous(stakes.told(), PADDING)
    assert never_at_stake(stakes.told(), PADDING) == ("relation-padding",)
    stakes.look(case, Judgement(Transcript(case, (None, Reply(200, (), b""))), (), due))
    assert not is_vacuous(stakes.told(), PADDING)


def test_an_answer_that_takes_long_is_looked_into_for_a_moment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fuzz.hunt.vacuity.MOST_SECONDS", 0.0)
    case = case_of(shape=[2, 3], axis=0, order="F")
    stakes = Stakes("reduction", REDUCTIONS.accounting, REFERENCE, FACTS, Clock())
    stakes.look(
        case, Judgement(Transcript(case, (None, Reply(200, (), b""))), (), expectations(case, REFERENCE, FACTS))
    )
    assert len(stakes.told().fields) == 1
    assert len(mattering(case)) > 1


def test_accounts_of_workers_add_up() -> None:
    one = PutToTest("p", 2, (("counts", 3),), (("axis", 2, 1), ("size", 1, 0)))
    two = PutToTest("p", 5, (("counts", 1), ("as-bytes", 2)), (("axis", 4, 2),))
    assert together([one, two]) == PutToTest("p", 7, (("as-bytes", 2), ("counts", 4)), (("axis", 6, 3), ("size", 1, 0)))


def test_a_field_that_never_mattered_is_told_of_where_answers_are_due() -> None:
    account = PutToTest("p", 90, (("accepts-valid", 90),), (("order", 80, 0), ("axis", 80, 1), ("size", 3, 0)))
    assert doubts(account, ANSWERING) == ("p: no answer of 80 looked into hung on order",)


def test_a_refusal_that_was_never_due_is_told_of() -> None:
    account = PutToTest("p", 90, (("refuses-invalid", 90),), (("order", 80, 0),))
    assert doubts(account, REFUSING) == ("p: credentials was never at stake",)

"""Two bugs that show in much the same requests give two findings, whichever of them fails first."""

from __future__ import annotations

from contextlib import AbstractContextManager
from itertools import permutations
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from fuzz.running.session import Session
from fuzz.subjects.reductions.reading import Reading
from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.reduction import Outcome, Reduction
from fuzz.subjects.reductions.zoo.accumulating import NothingLeftSumsToNan
from fuzz.subjects.reductions.zoo.answering import JsonForCbor, SelectTellsTheDataShape
from fuzz.subjects.reductions.zoo.counting import CountOfTheUnselected
from fuzz.subjects.reductions.zoo.credentials import OwnerOfTheLastRequest
from fuzz.subjects.reductions.zoo.decoding import ShortDataCutToWholeElements
from fuzz.subjects.reductions.zoo.errors import MessageUnhelpful
from fuzz.subjects.reductions.zoo.memory import CacheWithoutMissing, OrderSticks
from fuzz.subjects.reductions.zoo.missing import MissingBecomesZero, MissingIgnoredAlongAxes, MissingLeftOutButCounted
from fuzz.subjects.reductions.zoo.refusing import MissingNumbersTooLargeAreInfinite
from fuzz.subjects.reductions.zoo.selections import EmptySliceSelectsAll, NegativeBoundClamped, StrideIgnored
from fuzz.subjects.reductions.zoo.spelling import NamesInAnyCase
from fuzz.triage.ledger import Ledger
from fuzz.triage.same import remembers_the_same
from fuzz.triage.shown import Shown
from fuzz.triage.triage import Triage
from fuzz.triage.trial import Signature, trial_of
from specs.case import Case
from specs.fields import Fields
from specs.reductions.steps import Credential, Put, Send
from specs.violation import Way
from tests.unit.broken import found_in_turn, session_with
from tests.unit.pretended import PROFILE, Immortal

PUT = Put("a", np.arange(5, 17, dtype="int32").tobytes())


def sent(operation: str, credentials: Credential | None = "owner", **fields: Any) -> Send:
    return Send(operation, Fields({"dtype": "int32", **fields}), "a", credentials=credentials)


@pytest.mark.parametrize("order", [("min", "max"), ("max", "min")])
def test_wrong_values_of_a_minimum_and_wrong_counts_of_a_maximum_are_two_findings(
    order: tuple[str, str], tmp_path: Path
) -> None:
    cases = (Case("x", (PUT, sent(one, missing={"missing_value": 9}))) for one in order)
    findings = found_in_turn(tmp_path, cases, MissingBecomesZero, MissingLeftOutButCounted)
    assert [set(one.needs) for one in findings] == [{"missing", one} for one in order]


HUGE = Send("select", Fields({"dtype": "float32", "missing": {"missing_value": 10**60}}), "a")
UNREPRESENTABLE = Case("x", (Put("a", np.arange(5, 17, dtype="float32").tobytes()), HUGE))
ALONG_AN_AXIS = Case("x", (PUT, sent("select", shape=[3, 4], axis=[0], missing={"missing_value": 9})))


@pytest.mark.parametrize("order", list(permutations((UNREPRESENTABLE, ALONG_AN_AXIS))), ids=range(2))
def test_an_invalid_field_that_seems_ignored_is_no_sign_that_a_valid_one_is(
    order: tuple[Case, ...], tmp_path: Path
) -> None:
    """An infinity that is nowhere in the data is answered as if it were not there, as is what is forgotten."""
    found = found_in_turn(tmp_path, order, MissingNumbersTooLargeAreInfinite, MissingIgnoredAlongAxes)
    assert sorted(one.needs for one in found) == [(), ("missing", "axis")]


OTHER_CASE = Case("x", (PUT, sent("select", size=24, SHAPE=[6])))
NO_ORDER = Case("x", (PUT, sent("select", byte_order="middle")))


@pytest.mark.parametrize("order", list(permutations((OTHER_CASE, NO_ORDER))), ids=range(2))
def test_what_is_accepted_is_no_error_told_badly_though_its_fault_alone_is_refused(
    order: tuple[Case, ...], tmp_path: Path
) -> None:
    """A shape that is read whatever the case of its name must fit the data; without a size it does not."""
    found = found_in_turn(tmp_path, order, NamesInAnyCase, MessageUnhelpful)
    assert sorted(one.violation.requirement for one in found) == ["error-names-field", "refuses-invalid"]


MISFIT = Case("x", (Put("a", bytes(range(1, 10))), sent("select")))
ANSWERED = Case("x", (PUT, sent("select")))


@pytest.mark.parametrize("order", list(permutations((MISFIT, ANSWERED))), ids=range(2))
def test_what_is_accepted_is_no_matter_of_how_it_is_answered(order: tuple[Case, ...], tmp_path: Path) -> None:
    found = found_in_turn(tmp_path, order, JsonForCbor, ShortDataCutToWholeElements)
    assert sorted(one.violation.way for one in found) == [Way.ACCEPTED, Way.FORM]


class SelectionIgnored(ReferenceServer):
    """A server that takes all there is, whatever the slices."""

    def select(self, array: Any, _reduction: Reduction) -> Any:
        return array


def sliced(*selection: int, operation: str = "select") -> Case:
    return Case("x", (PUT, sent(operation, shape=[12], selection=[list(selection)])))


NEGATIVE, STRIDE, PART = sliced(-9, 12, 1), sliced(0, 12, 2), sliced(2, 12, 1)
COUNTED = sliced(2, 12, 1, operation="count")


@pytest.mark.parametrize("order", list(permutations((PART, COUNTED))), ids=range(2))
def test_what_fails_alike_but_is_right_for_other_requests_is_two_findings(
    order: tuple[Case, ...], tmp_path: Path
) -> None:
    """A selection that is told with the shape of the data, and a count of all that is not selected as well."""
    # The first of all failures is told by its plainest case, which is the selection's.
    found = found_in_turn(tmp_path, order * 2, SelectTellsTheDataShape, CountOfTheUnselected)
    assert sorted(one.needs for one in found) == [("part of a dimension",), ("part of a dimension", "count")]


FLOATS = Put("a", np.arange(5, 9, dtype="float32").tobytes())
ALL_MISSING = Case("x", (FLOATS, sent("sum", dtype="float32", missing={"valid_max": 1})))
NONE_SELECTED = Case("x", (FLOATS, sent("sum", dtype="float32", shape=[4], axis=0, selection=[[2, 2, 1]])))


@pytest.mark.parametrize("order", list(permutations((ALL_MISSING, NONE_SELECTED))), ids=range(2))
def test_all_missing_is_not_none_selected_where_they_fail_in_two_ways(order: tuple[Case, ...], tmp_path: Path) -> None:
    found = found_in_turn(tmp_path, order, NothingLeftSumsToNan, EmptySliceSelectsAll)
    assert len(found) == 2


@pytest.mark.parametrize("order", list(permutations((NEGATIVE, STRIDE))), ids=range(2))
def test_slices_that_take_in_nearly_all_are_no_sign_that_two_bugs_are_one(
    order: tuple[Case, ...], tmp_path: Path
) -> None:
    found = found_in_turn(tmp_path, order, StrideIgnored, NegativeBoundClamped)
    assert sorted(one.needs for one in found) == [("negative bounds",), ("stride beyond one",)]


@pytest.mark.parametrize("order", list(permutations((NEGATIVE, STRIDE, PART))), ids=range(6))
def test_a_server_that_ignores_all_slices_has_one_bug(order: tuple[Case, ...], tmp_path: Path) -> None:
    (found,) = found_in_turn(tmp_path, order, SelectionIgnored)
    assert found.seen == len(order)


def remembering() -> AbstractContextManager[Session]:
    return session_with(CacheWithoutMissing, OwnerOfTheLastRequest)


class WithTwin(Immortal):
    """A target beside which others like it can be started."""

    twin = staticmethod(remembering)


OF_MISSING = Case("x", (PUT, sent("sum"), sent("sum", missing={"missing_value": 9})))
OF_CREDENTIALS = Case("x", (PUT, sent("max"), sent("max", None)))


@pytest.mark.parametrize("order", [(OF_MISSING, OF_CREDENTIALS), (OF_CREDENTIALS, OF_MISSING)])
def test_a_server_that_remembers_two_things_has_a_finding_for_each(order: tuple[Case, Case], tmp_path: Path) -> None:
    with remembering() as session:
        ledger = Ledger(tmp_path, "w", session.reading)
        triage = Triage(session, ledger, WithTwin())
        names = [triage.look_into(case, session.judge(case)) for case in order]
    needs = [[need for need in one.needs if need.startswith("another ")] for one in ledger.findings()]
    assert len({*names[0], *names[1]}) == len(ledger.findings()) == 2
    assert sorted(some[0] for some in needs) == ["another credentials", "another missing"]


def after(first: Send, last: Send, way: Way, *needs: str) -> Shown:
    trial = trial_of(Case("history", (PUT, first, last)), Reading(PROFILE))
    return Shown("one", trial, Signature(way, after_others=True), ("several requests", *needs))


@pytest.mark.parametrize(
    ("first", "needs", "same"),
    [
        (sent("sum", "stranger", shape=[12]), ("another credentials", "another shape"), True),
        (sent("sum", shape=[12]), ("another shape",), False),
    ],
)
def test_what_is_remembered_of_the_same_field_is_one_cause_however_it_fails(
    first: Send, needs: tuple[str, ...], *, same: bool
) -> None:
    one = after(sent("sum", "stranger"), sent("sum"), Way.REFUSED, "another credentials")
    way = after(first, sent("sum"), Way.ACCEPTED, *needs)
    assert remembers_the_same(way, one) is remembers_the_same(one, way) is same


ALONG_THE_FIRST: dict[str, Any] = {"shape": [3, 4], "axis": [0]}
OF_ORDER = Case("x", (PUT, sent("sum", order="F", **ALONG_THE_FIRST), sent("sum", **ALONG_THE_FIRST)))


class WrongOnce(ReferenceServer):
    """One result is wrong in its first byte whenever that is ordered."""

    ordered: ClassVar[list[bool]] = []

    def result_bytes(self, reduction: Reduction, outcome: Outcome) -> bytes:
        data = super().result_bytes(reduction, outcome)
        return bytes([data[0] ^ 255]) + data[1:] if self.ordered and self.ordered.pop() else data


@pytest.mark.parametrize(("order", "told"), [("C", 1), (None, 0)])
def test_what_is_taken_from_an_earlier_request_spoils_no_request_that_tells_the_field(
    order: str | None, told: int, tmp_path: Path
) -> None:
    with session_with(OrderSticks, WrongOnce) as session:
        ledger = Ledger(tmp_path, "w", session.reading)
        triage = Triage(session, ledger, Immortal())
        (known,) = triage.look_into(OF_ORDER, session.judge(OF_ORDER))
        assert ledger.get(known).reads_as == "the answer with the order of an earlier request"
        settled = Case("x", (PUT, sent("sum", order="C", **ALONG_THE_FIRST)))
        assert session.judge(settled).failures == ()
        case = Case("x", (PUT, sent("sum", order=order, **ALONG_THE_FIRST)))
        WrongOnce.ordered.append(True)
        names = triage.look_into(case, session.judge(case))
    assert len(names) == told
    assert known not in names


@pytest.mark.parametrize(
    ("words", "order", "may"),
    [
        ("the answer with the order of an earlier request", None, True),
        ("the answer with the order of an earlier request", "C", False),
        ("the answer with the size of an earlier request", "C", True),
        ("the answer for data in C order", "C", True),
    ],
)
def test_a_request_that_tells_a_field_takes_it_from_no_other(words: str, order: str | None, *, may: bool) -> None:
    trial = trial_of(Case("x", (PUT, sent("select", shape=[3, 4], order=order))), Reading(PROFILE))
    assert Reading(PROFILE).may_take_over(words, trial) is may

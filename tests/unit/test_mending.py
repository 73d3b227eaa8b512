"""Behind a refusal that goes wrong there may be a valid request that does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fuzz.executor import Judgement
from fuzz.hunt.failures import Kind
from fuzz.hunt.mending import Mending, mended, otherwise_told
from fuzz.hunt.scene import Scene, case_of, scene_of
from specs.case import Case, Put, Send
from specs.fields import Fields
from specs.outcome import Transcript
from specs.violation import Violation
from tests.unit.pretended import PROFILE

UNFIT = Kind("refuses-unfit-data", "data does not fit the shape")
SHORT = Kind("refuses-unfit-data", "short read")
UNNAMED = Kind("error-names-field", "axis")


def asking(data: bytes, **fields: object) -> Case:
    return Case("x", (Put("a", data), Send("sum", Fields({"dtype": "int32", **fields}), "a")))


def test_data_that_does_not_fit_is_replaced_by_some_that_does() -> None:
    scene, *_ = mended(asking(b"1", offset=8, shape=[2]), UNFIT, PROFILE)
    assert (len(scene.prefix), scene.shape, scene.elements.tolist()) == (8, (2,), [1, 2])


def test_fields_at_fault_are_left_out_and_the_others_kept() -> None:
    several = list(mended(asking(bytes(16), shape=[1, 1, 1, 1, 1], axis=[0, 0], order="X"), UNNAMED, PROFILE))
    assert [(one.shape, one.axis, one.order) for one in several[-1:]] == [((1, 1, 1, 1, 1), None, "C")]


@pytest.mark.parametrize(
    ("fields", "data"),
    [
        ({"shape": [2], "axis": 5}, b""),
        ({"missing": {"nothing": 1}}, b"1"),
        ({"offset": 4, "size": 4, "shape": [4]}, bytes(4)),
        ({"filters": [{"id": "shuffle"}], "compression": {"id": "gzip"}}, b"1"),
        ({"dtype": "int32", "shape": "x", "selection": [[0, 1, 1]]}, bytes(4)),
    ],
)
def test_what_is_mended_is_valid(fields: dict[str, object], data: bytes) -> None:
    several = list(mended(asking(data, **fields), UNNAMED, PROFILE))
    assert several
    for scene in several:
        assert scene_of(case_of(scene, "x"), PROFILE) is not None


def test_what_is_wrongly_answered_is_not_mended() -> None:
    assert not list(mended(asking(b"", axis=5, shape=[1]), Kind("refuses-invalid", "axis out of range"), PROFILE))


def test_a_length_is_told_by_the_data_alone() -> None:
    first, *_ = otherwise_told(asking(bytes(4), size=8, shape=[2]), SHORT)
    send = first.steps[1]
    assert isinstance(send, Send)
    assert dict(send.fields) == {"dtype": "int32", "shape": [2]}
    assert not list(otherwise_told(asking(bytes(4)), Kind("refuses-unfit-data", "undecodable data")))


class Judge:
    """Fails where it is told to, and counts how often it was asked."""

    def __init__(self, fails: Callable[[Scene | None], bool]) -> None:
        self.fails = fails
        self.asked = 0

    def __call__(self, case: Case) -> Judgement:
        self.asked += 1
        wrong = Violation("answer-shape", "wrong", "right", "wrong", "", step=len(case.steps) - 1)
        found = (wrong,) if self.fails(scene_of(case, PROFILE)) else ()
        return Judgement(Transcript(case, (None,) * len(case.steps)), found)


def test_a_valid_request_that_fails_is_what_is_behind_and_is_looked_for_again() -> None:
    judge = Judge(lambda scene: scene is not None and bool(scene.prefix))
    mending = Mending(judge, PROFILE)
    case = asking(b"1", offset=8)
    assert mending.again(case, UNFIT) is None
    assert judge.asked == 0
    assert mending.plainer(case, UNFIT) is not None
    assert mending.again(case, UNFIT) is not None


def test_where_valid_requests_are_answered_well_nothing_is_behind() -> None:
    mending = Mending(Judge(lambda _: False), PROFILE)
    case = asking(b"1", offset=8, size=8, shape=[2])
    assert mending.plainer(case, SHORT) is None
    assert mending.again(case, SHORT) is None

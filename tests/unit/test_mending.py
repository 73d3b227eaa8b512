"""Behind a refusal that goes wrong there may be a valid request that does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fuzz.executor import Judgement
from fuzz.hunt.failures import Kind
from fuzz.hunt.mending import Mending, mended, otherwise_told
from fuzz.hunt.scene import Scene, case_of, scene_of
from specs.case import Case, Put, Send, SendRaw
from specs.fields import Fields
from specs.manners import WELL
from specs.outcome import Transcript
from specs.violation import Violation
from tests.unit.pretended import PROFILE

UNFIT = Kind("refuses-unfit-data", "data-does-not-fit-the-shape")
SHORT = Kind("refuses-unfit-data", "short-read")
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
    assert not list(mended(asking(b"", axis=5, shape=[1]), Kind("refuses-invalid", "axis-out-of-range"), PROFILE))


def test_a_length_is_told_by_the_data_alone() -> None:
    first, *_ = otherwise_told(asking(bytes(4), size=8, shape=[2]), SHORT, PROFILE)
    send = first.steps[1]
    assert isinstance(send, Send)
    assert dict(send.fields) == {"dtype": "int32", "shape": [2]}
    assert not list(otherwise_told(asking(bytes(4)), Kind("refuses-unfit-data", "undecodable-data"), PROFILE))


class Judge:
    """Fails where it is told to, and counts how often it was asked."""

    def __init__(self, fails: Callable[[Scene | None], bool]) -> None:
        self.fails = fails
        self.asked = 0

    def __call__(self, case: Case) -> Judgement:
        self.asked += 1
        wrong = Violation("answer-shape", "wrong", "right", "wrong", step=len(case.steps) - 1)
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


def told(case: Case, kind: Kind) -> list[dict[str, object]]:
    """The fields of the requests that a case is told by otherwise."""
    lasts = [one.steps[-1] for one in otherwise_told(case, kind, PROFILE)]
    return [dict(last.fields) for last in lasts if isinstance(last, Send)]


def test_a_null_is_asked_about_alone() -> None:
    assert {"dtype": "int32", "axis": None} in told(asking(b"", axis=None, order="X"), UNNAMED)


def test_who_accepts_any_option_is_asked_whether_it_has_it() -> None:
    asked = told(asking(b"", option_count_as_bytes="x"), Kind("refuses-invalid", "not-a-boolean"))
    assert asked == [{"dtype": "int32", "option_count_as_bytes": True}]


def test_what_is_accepted_for_the_same_reason_is_told_the_plainer_way() -> None:
    asked = told(asking(b"", missing={"valid_min": 1, "x": 2}), Kind("refuses-invalid", "unknown-inner-field"))
    assert asked == [{"dtype": "int32", "missing": {"missing_value": 1, "valid_min": 0}}]


def test_what_a_raw_request_asks_is_asked_as_clients_do() -> None:
    body = b'{"interface_type": "s3", "url": "{url}", "dtype": "int32", "shape": [1]}'
    raw = SendRaw("POST", "/v2/sum", (("Content-Type", "application/json"),), body)
    asked = told(Case("x", (Put("a", bytes(4)), raw)), Kind("no-server-error", "500"))
    assert {"dtype": "int32", "shape": [1]} in [
        {name: one[name] for name in ("dtype", "shape")} for one in asked if "shape" in one
    ]


def test_data_that_is_read_wrong_has_its_own_key_still() -> None:
    puts = (Put("a+b", bytes(4)), Put("a b", b"1234"))
    case = Case("x", (*puts, Send("sum", Fields({"dtype": "int32"}), "a+b")))
    assert {scene.key for scene in mended(case, Kind("values", ""), PROFILE)} == {"a+b"}


def test_what_is_behind_a_case_is_never_what_led_there() -> None:
    """A plain request about a badly served object is its own plain request, which was looked into for ever."""
    judge = Judge(lambda scene: scene is not None and scene.served != WELL)
    mending = Mending(judge, PROFILE)
    badly = Case("x", (Put("a", bytes(4), served="missing-page"), Send("sum", Fields({"dtype": "int32"}), "a")))
    longer = Case("x", (badly.steps[0], Send("sum", Fields({"dtype": "int32", "size": 4}), "a")))
    seen = []
    case: Case | None = longer
    while case is not None:
        seen.append(case)
        behind = mending.plainer(case, Kind("values", ""))
        case = None if behind is None else behind.transcript.case
    assert len(set(seen)) == len(seen) == 2
    mending.begin()
    assert mending.plainer(longer, Kind("values", "")) is not None


def test_a_wrong_status_may_be_about_something_else_than_what_is_at_fault() -> None:
    asked = told(asking(b"", offset=5, nothing_known=[]), Kind("error-status", "unknown-field 416"))
    assert {"dtype": "int32", "nothing_known": []} in asked

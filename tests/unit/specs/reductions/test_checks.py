"""The checks: a right reply breaks nothing, and one that is wrong in one way breaks exactly that requirement."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from importlib import resources

import cbor2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from specs.case import Case
from specs.fields import Fields
from specs.outcome import NoReply, Reply
from specs.reductions import checks, requirements
from specs.reductions.checks import Answered
from specs.reductions.expectation import BAD_STORE, Expectation, Rejection, Values, breaking, either
from specs.reductions.model import expectations
from specs.reductions.profile import Profile
from specs.reductions.refusals import RefusalClass
from specs.reductions.relations import RELATIONS
from specs.reductions.rules import Rule
from specs.reductions.steps import Put, Send, SendRaw
from specs.store_facts import StoreFacts
from specs.violation import Aspect, Violation
from strategies.reductions.cases import reductions
from tests.unit.truthful import CBOR, JSON, V1, V2, cbor, reply, v1_reply, v2_map

QUICK = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
DATA = np.array([[1, 2], [3, 4]], np.int32)
OTHER_ROOMS = {"survives", "serves-several"}


def about(operation: str, data: np.ndarray = DATA, profile: Profile = V2, **fields: object) -> tuple[Send, Expectation]:
    """A request about the data, and what is due."""
    send = Send(operation, Fields({"dtype": data.dtype.name, "shape": list(data.shape), **fields}), "a")
    _, due = expectations(Case("", (Put("a", data.tobytes()), send)), profile, StoreFacts())
    assert due is not None
    return send, due


def found(send: Send | SendRaw, outcome: Reply | NoReply, due: Expectation, profile: Profile = V2) -> list[Violation]:
    return checks.violations(Answered(send, outcome, profile, ("s3cret",)), due, 7)


def broken(send: Send | SendRaw, outcome: Reply | NoReply, due: Expectation, profile: Profile = V2) -> list[str]:
    return [one.requirement for one in found(send, outcome, due, profile)]


def lied(due: Expectation, **changes: object) -> Reply:
    return cbor({**v2_map(due.answers[0]), **changes})


def error(status: int, body: object, content_type: str = "application/json") -> Reply:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status, (("content-type", content_type),), text)


def message(status: int, text: str) -> Reply:
    return error(status, {"error": {"message": text}})


@QUICK
@given(reductions(V2, most_requests=6).strategy)
def test_right_replies_break_nothing(case: Case) -> None:
    for step, due in zip(case.steps, expectations(case, V2, StoreFacts())):
        if isinstance(step, Send) and due is not None:
            assert found(step, reply(step, due), due) == []


@QUICK
@given(reductions(V1, most_requests=6).strategy)
def test_right_replies_of_version_1_break_nothing(case: Case) -> None:
    for step, due in zip(case.steps, expectations(case, V1, StoreFacts())):
        if isinstance(step, Send) and due is not None:
            assert found(step, reply(step, due, V1), due, V1) == []


SUM, SELECT = about("sum"), about("select")
FLOATS = np.full(4096, 0.1, np.float32)
FLOAT_SUM = about("sum", FLOATS)
BADLY = SUM[0], replace(SUM[1], rejection=BAD_STORE)
INVALID = about("sum", size=3)
SHORT = about("sum", shape=[9])
DENIED = breaking(Rule.CREDENTIALS, RefusalClass.DENIED)
FOREIGN = breaking(Rule.FOREIGN_AUTHORIZATION, RefusalClass.FOREIGN_AUTHORIZATION)


def due_refusal(rejection: Rejection) -> tuple[Send, Expectation]:
    return SUM[0], Expectation(rejection=rejection)


def float_sum(steps: float) -> Reply:
    """The sum, some float32 steps away from the exact one."""
    values = FLOAT_SUM[1].answers[0]
    near = values.values[0]
    return lied(FLOAT_SUM[1], bytes=(near + np.float32(steps) * np.spacing(near)).tobytes())


def answered(values: Values) -> Reply:
    return cbor(v2_map(values))


# Each requirement with replies that break it and no other: what was asked and due, and what came.
BREAKERS: dict[str, list[tuple[tuple[Send, Expectation], Reply | NoReply]]] = {
    "answers": [
        *((SUM, NoReply(reason)) for reason in ("closed", "reset", "refused", "timeout", "garbled", "truncated")),
        (INVALID, NoReply("too-long")),
    ],
    "no-server-error": [
        (SUM, message(500, "broken")),
        (INVALID, message(503, "size")),
        ((SUM[0], Expectation(why="open")), message(500, "broken")),
    ],
    "discloses-nothing": [
        (INVALID, message(400, "size: the secret is s3cret")),
        (INVALID, message(400, "size: thread 'main' panicked at src/lib.rs")),
        (INVALID, Reply(400, (*JSON, ("x-debug", "s3cret")), b'{"error": {"message": "size"}}')),
    ],
    "accepts-valid": [(SUM, message(400, "no")), (SUM, message(404, "no")), (SUM, Reply(204, (), b""))],
    "error-status": [(INVALID, message(404, "size")), (INVALID, Reply(302, (), b"")), (INVALID, message(401, "size"))],
    "error-form": [
        (INVALID, error(400, {"error": {"message": "size"}}, "text/plain")),
        (INVALID, error(400, b"size")),
        (INVALID, error(400, {"detail": "size"})),
        (INVALID, error(400, {"error": {"message": "size", "caused_by": "shape"}})),
    ],
    "error-names-field": [(INVALID, message(400, "something is wrong"))],
    "refuses-invalid": [(INVALID, answered(SUM[1].answers[0]))],
    "refuses-unfit-data": [(SHORT, answered(SUM[1].answers[0]))],
    "refuses-missing-objects": [
        (due_refusal(breaking(Rule.NO_SUCH_OBJECT, RefusalClass.UNKNOWN_OPERATION)), answered(SUM[1].answers[0])),
        (due_refusal(breaking(Rule.NOT_FOUND, RefusalClass.UNKNOWN_OPERATION)), answered(SUM[1].answers[0])),
    ],
    "credentials": [
        (due_refusal(DENIED), answered(SUM[1].answers[0])),
        (due_refusal(either([FOREIGN, DENIED])), answered(SUM[1].answers[0])),
    ],
    "distrusts-store": [(BADLY, lied(SUM[1], bytes=(9).to_bytes(4, "little"))), (BADLY, lied(SUM[1], count=[3]))],
    "foreign-authorization": [(due_refusal(FOREIGN), answered(SUM[1].answers[0]))],
    "answer-form": [
        (SUM, Reply(200, (("content-type", "application/json"),), answered(SUM[1].answers[0]).body)),
        (SUM, Reply(200, CBOR, b"")),
        (SUM, lied(SUM[1], count=None)),
        (SUM, lied(SUM[1], byte_order="native")),
    ],
    "as-bytes": [
        (about("sum", option_shape_as_bytes=True, axis=0), answered(about("sum", axis=0)[1].answers[0])),
        (about("sum", option_count_as_bytes=True), answered(SUM[1].answers[0])),
        (SUM, cbor(v2_map(SUM[1].answers[0], count_as_bytes=True))),
    ],
    "answer-dtype": [(SUM, lied(SUM[1], dtype="int64", bytes=bytes(8))), (about("count"), answered(SUM[1].answers[0]))],
    "answer-shape": [(SUM, lied(SUM[1], shape=[1])), (SELECT, lied(SELECT[1], shape=[4]))],
    "answer-length": [(SUM, lied(SUM[1], bytes=bytes(8))), (SUM, lied(SUM[1], bytes=b""))],
    "counts": [(SUM, lied(SUM[1], count=[3])), (SUM, lied(SUM[1], count=[])), (SELECT, lied(SELECT[1], count=[1] * 4))],
    "count-values": [(about("count"), lied(about("count")[1], bytes=(3).to_bytes(8, "little")))],
    "min-values": [(about("min"), lied(about("min")[1], bytes=(2).to_bytes(4, "little")))],
    "max-values": [(about("max"), lied(about("max")[1], bytes=(3).to_bytes(4, "little")))],
    "sum-values": [(SUM, lied(SUM[1], bytes=(9).to_bytes(4, "little"))), (SUM, lied(SUM[1], byte_order="big"))],
    "sum-accuracy": [(FLOAT_SUM, float_sum(9000)), (FLOAT_SUM, lied(FLOAT_SUM[1], bytes=np.float32(np.nan).tobytes()))],
    "pairwise-sum": [(FLOAT_SUM, float_sum(200))],
    "select-values": [(SELECT, lied(SELECT[1], bytes=DATA.T.tobytes()))],
}  # fmt: skip


@pytest.mark.parametrize(
    ("requirement", "asked", "came"),
    [
        pytest.param(name, *one, id=f"{name}-{at}")
        for name, several in BREAKERS.items()
        for at, one in enumerate(several)
    ],
)
def test_what_is_wrong_in_one_way_breaks_exactly_that(requirement, asked, came):
    (violation,) = found(asked[0], came, asked[1])
    assert violation.requirement == requirement
    assert violation.step == 7
    assert violation.title
    assert violation.expected != violation.actual
    level = requirements.load()[requirement].level
    assert violation.severity == ("warning" if level == "SHOULD" else "failure")


@pytest.mark.parametrize("asked", [SUM, SELECT, FLOAT_SUM, about("count"), about("min"), INVALID, SHORT])
def test_what_is_asked_above_has_a_right_answer(asked):
    assert found(asked[0], reply(*asked), asked[1]) == []


# The catalogue.


def test_checks_and_relations_cover_the_catalogue():
    assert {*BREAKERS, *(f"relation-{name}" for name in RELATIONS), *OTHER_ROOMS} == set(requirements.load())


def cited(source: str) -> set[str]:
    """The literal requirements of the violations that a module makes; f-strings by their ends."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Violation":
            first = node.args[0]
            if isinstance(first, ast.Constant) and first.value:
                names.add(str(first.value))
    return names


@pytest.mark.parametrize("room", ["specs.reductions", "fuzz.triage", "fuzz.suite"])
def test_every_violation_cites_the_catalogue(room):
    modules = [one for one in resources.files(room).iterdir() if one.name.endswith(".py")]
    names = set().union(*(cited(one.read_text("utf-8")) for one in modules))
    assert names <= set(requirements.load())
    assert room != "specs.reductions" or len(names) > 8


@pytest.mark.parametrize("one", requirements.load().values(), ids=lambda one: one.id)
def test_a_requirement_says_what_and_where(one):
    assert one.level in ("MUST", "SHOULD", "ruling")
    assert one.sentence.endswith(".")
    assert one.source.startswith("API.md")


# What is allowed.


def allowed(asked: tuple[Send | SendRaw, Expectation], came: Reply, profile: Profile = V2) -> bool:
    return found(asked[0], came, asked[1], profile) == []


def test_any_proper_answer_will_do_where_nothing_is_specified():
    asked = SUM[0], Expectation(why="open")
    for came in (message(400, "x"), message(404, "x"), Reply(200, (), b"whatever"), Reply(301, (), b"")):
        assert allowed(asked, came)


def test_either_answer_will_do_where_both_are_allowed():
    asked = about("min", missing={"valid_min": 9})
    assert allowed(asked, reply(*asked))
    assert allowed(asked, message(400, "nothing is left"))
    assert broken(*_with(asked, message(500, "x"))) == ["no-server-error"]


def _with(asked: tuple[Send, Expectation], came: Reply) -> tuple[Send, Reply, Expectation]:
    return asked[0], came, asked[1]


@pytest.mark.parametrize("status", [429, 503])
def test_too_much_at_the_same_time_may_be_said_in_good_form_and_is_a_warning(status):
    def of(came: Reply, due: Expectation = SUM[1], *, together: bool = True) -> list[tuple[str, str]]:
        every = checks.violations(Answered(SUM[0], came, V2, ("s3cret",), together), due, 7)
        return [(one.requirement, one.severity) for one in every]

    assert of(message(status, "busy")) == [("serves-several", "warning")]
    assert of(message(status, "busy"), INVALID[1]) == []
    assert of(Reply(status, (), b"busy")) == [("error-form", "failure")]
    assert of(message(status, "busy s3cret")) == [("discloses-nothing", "failure"), ("serves-several", "warning")]
    assert of(message(500, "busy")) == [("no-server-error", "failure")]
    (alone,) = of(message(status, "busy"), together=False)
    assert alone[1] == "failure"


def test_nan_may_be_refused_in_words_that_say_so():
    asked = about("sum", np.array([np.nan], np.float64))
    assert allowed(asked, reply(*asked))
    assert allowed(asked, message(400, "there is a NaN in the data"))


def test_nothing_is_asked_of_elements_that_are_free():
    asked = about("max", missing={"valid_max": 2}, axis=1)
    values = asked[1].answers[0]
    assert values.free.tolist() == [False, True]
    assert allowed(asked, lied(asked[1], bytes=np.array([2, 77], np.int32).tobytes()))
    assert not allowed(asked, lied(asked[1], bytes=np.array([1, 77], np.int32).tobytes()))


def test_a_zero_of_either_sign_will_do_where_both_tie():
    for data, other in (([0.0, -0.0], True), ([0.0, 0.0], False)):
        asked = about("min", np.array(data, np.float32))
        assert allowed(asked, lied(asked[1], bytes=np.float32(0.0).tobytes()))
        assert allowed(asked, lied(asked[1], bytes=np.float32(-0.0).tobytes())) == other


def test_a_select_keeps_the_sign_of_zero_but_any_nan_is_one():
    asked = about("select", np.array([-0.0, np.nan], np.float32))
    assert allowed(asked, lied(asked[1], bytes=np.array([0x80000000, 0xFFC00001], np.uint32).tobytes()))
    assert not allowed(asked, lied(asked[1], bytes=np.array([0, 0x7FC00000], np.uint32).tobytes()))


@pytest.mark.parametrize(("off", "aspect"), [(1e-6, Aspect.INEXACT), (0.5, Aspect.VALUES)])
def test_a_sum_that_is_almost_right_is_inexact(off: float, aspect: Aspect) -> None:
    send, due = about("sum", np.full((2, 2), 0.5))
    (one,) = found(send, lied(due, bytes=np.float64(2 + off).tobytes()), due)
    assert (one.requirement, one.aspect) == ("sum-accuracy", aspect)


def test_an_overflow_on_the_way_may_give_infinity():
    asked = about("sum", np.array([3e38, 3e38, -3e38], np.float32))
    for value in (3e38, np.inf, -np.inf, np.nan):
        assert allowed(asked, lied(asked[1], bytes=np.float32(value).tobytes()))
    assert not allowed(asked, lied(asked[1], bytes=np.float32(1e38).tobytes()))


def test_either_of_several_contents_will_do_but_no_mixture():
    values = [about("sum", np.array(data, np.int32))[1].answers[0] for data in ([1, 2], [1, 2, 3])]
    asked = SUM[0], Expectation(answers=tuple(values))
    assert allowed(asked, answered(values[0]))
    assert allowed(asked, answered(values[1]))
    assert broken(*_with(asked, cbor({**v2_map(values[0]), "count": [3]}))) == ["counts"]


@pytest.mark.parametrize("byte_order", ["little", "big"])
def test_the_server_chooses_its_byte_order(byte_order):
    for asked in (SUM, SELECT, about("count")):
        assert allowed(asked, cbor(v2_map(asked[1].answers[0], byte_order)))


def test_the_ruling_on_foreign_authorization_can_be_switched_off():
    asked = due_refusal(FOREIGN)
    assert allowed(asked, answered(SUM[1].answers[0]), replace(V2, rulings_off=("foreign-authorization",)))


def test_errors_of_servers_without_json_errors_are_read_by_their_status_alone():
    plain = replace(V2, json_errors=False)
    assert allowed(INVALID, Reply(400, (), b"bad"), plain)
    assert broken(*_with(INVALID, Reply(404, (), b"bad")), plain) == ["error-status"]


def test_below_http_a_server_may_answer_in_its_own_words():
    raw = SendRaw("HEAD", "/v2/sum/")
    due = Expectation(rejection=breaking(Rule.WRONG_METHOD, RefusalClass.WRONG_METHOD))
    assert found(raw, Reply(405, (), b""), due) == []
    large = Expectation(
        rejection=Rejection(frozenset({Rule.TOO_LARGE, Rule.NOT_JSON}), frozenset({RefusalClass.TOO_LARGE}))
    )
    assert found(SendRaw("POST", "/v2/sum/"), Reply(413, (), b""), large) == []


def test_the_words_of_an_error_may_be_spelled_differently():
    due = Expectation(rejection=breaking(Rule.NOT_A_BOOLEAN, RefusalClass.BAD_REQUEST, "option_shape_as_bytes"))
    assert allowed((SUM[0], due), message(400, "Option shape-as-bytes must be a boolean"))
    assert allowed((SUM[0], due), error(422, {"error": {"message": "bad", "caused_by": ["optionShapeAsBytes"]}}))


def test_only_the_first_failure_is_told_with_warnings_before_it():
    came = error(500, b"panicked at s3cret")
    assert broken(*_with(SUM, came)) == ["no-server-error"]


@pytest.mark.parametrize(
    ("headers", "requirement"),
    [({"x-activestorage-dtype": None}, "answer-form"), ({"x-activestorage-count": "[3]"}, "counts")],
)
def test_version_1_answers_are_held_to_the_same(headers, requirement):
    send, due = about("sum", DATA, V1)
    right = v1_reply(due.answers[0])
    kept = {**dict(right.headers), **headers}
    wrong = Reply(200, tuple((name, value) for name, value in kept.items() if value is not None), right.body)
    assert broken(send, right, due, V1) == []
    assert broken(send, wrong, due, V1) == [requirement]


def test_an_error_with_status_200_is_told_as_one() -> None:
    """Whether an answer was due too or not: what came says that it is a refusal."""
    body = json.dumps({"error": {"message": "offset: out of range"}}).encode()
    came = Reply(200, (("content-type", "application/json"),), body)
    rejection = breaking(Rule.OUT_OF_RANGE, RefusalClass.UNFIT_DATA, "offset")
    for expected in (Expectation(rejection=rejection), Expectation(answers=SUM[1].answers, rejection=rejection)):
        (found,) = checks.violations(Answered(SUM[0], came, V2), expected, 1)
        assert (found.requirement, found.status) == ("error-status", 200)


@pytest.mark.parametrize("body", [b"\xff" * 40, cbor2.dumps([1]), cbor2.dumps({"shape": [2**20000]})])
def test_no_body_breaks_a_check(body):
    for status in (200, 400, 500, 100):
        for headers in (CBOR, JSON, ()):
            for asked in (SUM, INVALID, (SUM[0], Expectation(why="open"))):
                assert isinstance(found(asked[0], Reply(status, headers, body), asked[1]), list)


def test_a_secret_in_an_error_hides_nothing_else_that_is_wrong_with_it():
    both = message(400, "the secret is s3cret")
    assert broken(INVALID[0], both, INVALID[1]) == ["discloses-nothing", "error-names-field"]
    assert broken(INVALID[0], message(404, "the secret is s3cret"), INVALID[1]) == ["error-status"]

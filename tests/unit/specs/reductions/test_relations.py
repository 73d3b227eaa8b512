"""The relations: truthful replies agree, and any lie about a settled element is told."""

from __future__ import annotations

import math
from dataclasses import replace

import cbor2
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from specs.case import Case
from specs.fields import Fields
from specs.outcome import NoReply, Reply
from specs.reductions import relations, requirements
from specs.reductions.dtypes import in_byte_order
from specs.reductions.expectation import Values, breaking, unspecified
from specs.reductions.refusals import RefusalClass
from specs.reductions.relations import RELATIONS
from specs.reductions.rules import Rule
from specs.reductions.steps import Put, Send
from strategies.reductions.families import FAMILIES, families
from tests.unit.truthful import V1, V2, cbor, refusal, transcript, v2_map, with_outcome

PROFILES = (V2, V1, replace(V1, count_form="number"), replace(V1, count_form="none"))
# Fifty in the slow stage.
QUICK = settings(
    max_examples=settings.default.max_examples // 2,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)


def told(reply: Reply) -> dict[str, object]:
    answer: dict[str, object] = cbor2.loads(reply.body)
    return answer


def lie(reply: Reply, **changes: object) -> Reply:
    """The reply with some parts of its map another."""
    return replace(reply, body=cbor2.dumps({**told(reply), **changes}))


def settled(values: Values) -> list[int]:
    """The elements of which something is asked."""
    bounded = (
        np.isfinite(values.low) & np.isfinite(values.high) if values.low is not None else values.values == values.values
    )
    left = (
        np.array(values.counts) != 0 if len(values.counts) == values.values.size else np.ones(values.values.shape, bool)
    )
    free = np.zeros(values.values.shape, bool) if values.free is None else values.free
    loose = np.zeros(values.values.shape, bool) if values.loose is None else values.loose
    return [int(at) for at in np.flatnonzero(bounded & left & ~free & ~loose)]


def far_from(values: Values, at: int) -> bytes:
    """The bytes of the answer with one element well outside of all bounds."""
    got = values.values.astype(values.dtype)
    with np.errstate(all="ignore"):
        if values.low is not None:
            middle, width = float(got[at]), float(values.high[at]) - float(values.low[at])
            got[at] = middle + math.copysign(64 * width + abs(middle) + 1, middle)
        elif np.dtype(values.dtype).kind == "f":
            got[at] = 1 if got[at] != 1 else 2
        else:
            got[at] ^= 1
    return got.astype(in_byte_order(values.dtype, "little")).tobytes()


def test_every_family_has_a_relation_and_every_relation_a_requirement():
    assert set(RELATIONS) == set(FAMILIES)
    assert {f"relation-{name}" for name in RELATIONS} == {
        name for name in requirements.load() if name.startswith("relation-")
    }


@pytest.mark.parametrize("name", RELATIONS)
@pytest.mark.parametrize("profile", PROFILES, ids=lambda one: f"{one.api}-{one.count_form}")
def test_truthful_replies_agree(name, profile):
    if profile.api == "v1" and name in ("as-bytes", "s3-http"):
        pytest.skip("version 1 has neither options nor interfaces")

    @QUICK
    @given(families(profile, name).strategy)
    def agree(case: Case) -> None:
        whole, due = transcript(case, profile)
        assert relations.violations(whole, due, profile) == []

    agree()


@pytest.mark.parametrize("name", RELATIONS)
def test_a_wrong_element_is_told(name):
    @QUICK
    @given(families(V2, name).strategy, st.data())
    def is_told(case: Case, data: st.DataObject) -> None:
        whole, due = transcript(case)
        sends = [number for number, step in enumerate(case.steps) if isinstance(step, Send)]
        sends = [sends[0], sends[-1]] if name == "asked-twice" else sends[-RELATIONS[name].size :]
        assume(all(due[number].answers for number in (sends[0], sends[-1])))
        lying = sends[0] if name.endswith("-split") else sends[-1]
        assume(len(due[lying].answers) == 1)
        (values,) = due[lying].answers
        assume(settled(values))
        at = data.draw(st.sampled_from(settled(values)))
        wrong = with_outcome(whole, lying, lie(whole.outcomes[lying], bytes=far_from(values, at)))
        found = relations.violations(wrong, due, V2)
        told = [(one.requirement, one.aspect, one.step) for one in found]
        assert told == [(f"relation-{name}", "values", sends[-1])]

    is_told()


def asked(name: str, *sends: Send, data: bytes = bytes(range(16))) -> Case:
    return Case(name, (Put("a", data), *sends))


def about(operation: str, **fields: object) -> Send:
    return Send(operation, Fields({"dtype": "int32", "shape": [2, 2], **fields}), "a")


@pytest.mark.parametrize(
    ("part", "changed"),
    [("counts", {"count": [2, 3]}), ("shape", {"shape": [1, 2]}), ("dtype", {"dtype": "uint32"})],
)
def test_each_part_of_an_answer_is_compared(part, changed):
    whole, due = transcript(asked("asked-twice", about("sum", axis=0), about("sum", axis=0)))
    found = relations.violations(with_outcome(whole, 2, lie(whole.outcomes[2], **changed)), due, V2)
    assert [(one.requirement, one.aspect) for one in found] == [("relation-asked-twice", part)]


def test_counts_of_parts_make_up_the_counts_of_the_whole():
    parts = [about("sum", axis=0, selection=[[0, 2, 1], bounds]) for bounds in ([0, 2, 1], [0, 1, 1], [1, 2, 1])]
    whole, due = transcript(asked("selection-split", *parts))
    found = relations.violations(with_outcome(whole, 2, lie(whole.outcomes[2], count=[1])), due, V2)
    assert [(one.aspect, one.expected, one.actual) for one in found] == [("counts", "[1 2]", "[2 2]")]


def test_a_request_refused_at_one_time_and_answered_at_another_breaks_asked_twice():
    whole, due = transcript(asked("asked-twice", about("sum"), about("sum")))
    refused = with_outcome(whole, 2, refusal(breaking(Rule.OUT_OF_RANGE, RefusalClass.UNFIT_DATA)))
    (found,) = relations.violations(refused, due, V2)
    assert (found.aspect, found.expected, found.actual, found.step) == ("statuses", "200", "400", 2)


def test_what_is_no_answer_is_left_to_the_other_checks():
    whole, due = transcript(asked("all-axes", about("sum", axis=[0, 1]), about("sum")))
    for outcome in (
        NoReply("closed"),
        refusal(breaking(Rule.OUT_OF_RANGE, RefusalClass.UNFIT_DATA)),
        Reply(200, (), b"\xff"),
    ):
        assert relations.violations(with_outcome(whole, 2, outcome), due, V2) == []


def test_an_object_that_changes_in_between_has_answers_of_its_own():
    case = Case("asked-twice", (Put("a", bytes(16)), about("max"), Put("a", bytes(range(16))), about("max")))
    whole, due = transcript(case)
    assert relations.violations(whole, due, V2) == []


def test_results_of_several_dimensions_may_differ_in_layout_where_the_ruling_is_off():
    sends = about("select", order="F"), about("select")
    whole, due = transcript(asked("fortran-transposed", *sends))
    turned = with_outcome(whole, 2, lie(whole.outcomes[2], bytes=bytes(16)))
    assert relations.violations(turned, due, V2)
    assert relations.violations(turned, due, replace(V2, rulings_off=("result-order",))) == []


def test_other_properties_have_no_relation():
    whole, due = transcript(asked("reduction", about("sum"), about("sum")))
    wrong = with_outcome(whole, 2, lie(whole.outcomes[2], bytes=bytes(4)))
    assert relations.violations(wrong, due, V2) == []


# A hundred and fifty in the slow stage.
MANY = settings(QUICK, max_examples=3 * settings.default.max_examples // 2)
SHAPES = ([], [0], [1], [2], [1, 1], [2, 1, 2], [4])


@pytest.mark.parametrize("name", RELATIONS)
def test_no_answer_of_another_shape_breaks_a_relation(name):
    @MANY
    @given(families(V2, name).strategy, st.data())
    def is_judged(case: Case, data: st.DataObject) -> None:
        whole, due = transcript(case)
        for number, step in enumerate(case.steps):
            if isinstance(step, Send):
                shape = data.draw(st.sampled_from(SHAPES))
                size = math.prod(shape)
                counts = data.draw(st.sampled_from(([], [1], [0] * size)))
                answer = Values("sum", step.fields["dtype"], tuple(shape), tuple(counts), np.zeros(size))
                whole = with_outcome(whole, number, cbor(v2_map(answer)))
        nothing_due = tuple(None if one is None else unspecified("open") for one in due)
        assert isinstance(relations.violations(whole, nothing_due, V2), list)

    is_judged()

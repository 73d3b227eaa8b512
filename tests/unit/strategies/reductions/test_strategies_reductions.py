"""Requests drawn are valid, narrowed by profile and schema, and shrink to the simplest there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from random import Random

import pytest
from hypothesis import find, given, settings

from fuzz.bench import reach, sound
from fuzz.subjects.reductions.features import case_features
from specs.case import Case
from specs.fields import Fields
from specs.reductions.profile import Profile, load
from specs.reductions.schemas import places
from specs.reductions.steps import Put, Send
from strategies.reductions import cases
from strategies.reductions.domains import narrowed, request_schema

REFERENCE = load("reference")
V1 = load("reference-v1")
NARROW = Profile(
    "narrow",
    operations=("max", "select"),
    dtypes=("uint32", "float64"),
    byte_orders=("little",),
    orders=("C",),
    negative_strides=False,
    axis_forms=("integer",),
    compressions=("zlib",),
    filters=(),
    missing_kinds=("valid_min",),
    options=(),
    interfaces=("s3",),
    anonymous=False,
)


def sends(case: Case) -> list[Send]:
    return [step for step in case.steps if isinstance(step, Send)]


@cache
def drawn(profile: Profile) -> tuple[Case, ...]:
    """Some hundreds of requests, drawn once for all tests that look at them."""
    return tuple(reach.drawn(profile, 400))


@pytest.mark.parametrize("profile", [REFERENCE, V1, NARROW], ids=lambda profile: profile.name)
def test_every_request_drawn_is_without_fault(profile: Profile) -> None:
    assert list(sound.faults(profile, drawn(profile))) == []


@pytest.mark.slow
def test_every_one_of_ten_thousand_requests_is_without_fault() -> None:
    assert list(sound.faults(REFERENCE, reach.drawn(REFERENCE, 10_000, seed=7))) == []


def test_a_request_at_fault_is_told_of() -> None:
    found = list(sound.faults(REFERENCE, [Case("any", (Send("sum", Fields({"dtype": "int16"}), "a"),))]))
    assert [one.split(":")[0] for one in found] == ["validity", "schema"]


def test_a_narrower_profile_draws_nothing_that_it_does_not_claim() -> None:
    found = reach.reach(NARROW, drawn(NARROW))
    assert found.unexpected == ()


def test_a_narrower_schema_draws_nothing_that_it_does_not_know() -> None:
    schema = places.narrow(request_schema(REFERENCE), "dtype", enum=["int64"])
    schema = places.narrow(schema, "compression", "id", enum=["zlib"])
    schema = places.without(schema, "axis", "missing", "option_shape_as_bytes")
    found: list[Case] = []

    @settings(max_examples=60, database=None, deadline=None)
    @given(cases.reductions(REFERENCE, schema=schema).strategy)
    def collect(case: Case) -> None:
        found.append(case)

    collect()
    asked = [send.fields for case in found for send in sends(case)]
    told = {name for fields in asked for name in fields if fields[name] is not None}
    assert {fields["dtype"] for fields in asked} == {"int64"}
    assert {fields["compression"]["id"] for fields in asked if fields.get("compression")} == {"zlib"}
    assert not told & {"axis", "missing", "option_shape_as_bytes"}


def test_narrowing_by_its_own_schema_leaves_a_profile_as_it_is() -> None:
    assert narrowed(REFERENCE) == REFERENCE
    assert narrowed(V1) == V1


def test_what_a_request_is_about_can_always_be_read() -> None:
    for case in drawn(REFERENCE):
        for send, found in case_features(case):
            assert "unreadable" not in found.values(), send
            assert "odd" not in found.values(), send


def test_every_object_of_a_case_is_asked_about() -> None:
    for case in drawn(REFERENCE):
        stored = {(step.bucket, step.key) for step in case.steps if isinstance(step, Put)}
        assert stored == {(send.bucket, send.key) for send in sends(case)}


def minimal(*, operation: str = "sum", **fields: object) -> Case:
    def wanted(case: Case) -> bool:
        return any(
            send.operation == operation and all(send.fields.get(name) == value for name, value in fields.items())
            for send in sends(case)
        )

    return simplest(wanted)


def simplest(wanted: Callable[[Case], bool]) -> Case:
    few = cases.reductions(REFERENCE, most_requests=5).strategy
    return find(few, wanted, settings=settings(max_examples=20_000, database=None), random=Random(0))


def test_a_sum_shrinks_to_one_zero_of_int32() -> None:
    case = minimal()
    assert case.steps == (Put("a", bytes(4)), Send("sum", sends(case)[0].fields, "a"))
    assert dict(sends(case)[0].fields) == {"dtype": "int32"}


@pytest.mark.slow
def test_order_f_shrinks_to_no_other_field_than_it_needs() -> None:
    case = minimal(operation="select", order="F")
    assert len(sends(case)) == 1
    assert dict(sends(case)[0].fields) == {"dtype": "int32", "order": "F"}


@pytest.mark.slow
def test_a_selection_shrinks_to_few_elements() -> None:
    def reversing(case: Case) -> bool:
        return any(
            any(stride < 0 for _, _, stride in send.fields.get("selection") or ()) and send.operation == "select"
            for send in sends(case)
        )

    (send,) = sends(simplest(reversing))
    assert {"dtype", "shape", "selection"} <= set(send.fields) <= {"dtype", "shape", "selection", "offset", "size"}
    assert len(send.fields["shape"]) == 1
    assert send.fields["shape"][0] <= 2


def test_requests_repeat_and_follow_one_another_about_the_same_object() -> None:
    pairs = [(one, two) for case in drawn(REFERENCE) for one, two in zip(sends(case), sends(case)[1:])]
    assert any(one == two for one, two in pairs)
    assert any(one != two and replace(one, operation=two.operation) == two for one, two in pairs)
    assert any(one.key == two.key and one.fields["dtype"] != two.fields["dtype"] for one, two in pairs)

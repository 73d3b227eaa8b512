"""The axes along which the public compliance suite varies its cases lie within what is drawn here.

Its tests are products of fixed values; each axis is stated below with its values, and every value is drawn here
together with every operation. What it tries by way of errors is stated as the kinds of broken requests that are drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

from fuzz.bench import reach
from fuzz.subjects.reductions.features import case_features
from specs.reductions import request
from specs.reductions.dtypes import NAMES
from specs.reductions.profile import load
from specs.reductions.steps import Send, SendRaw
from strategies.reductions import cases
from strategies.reductions.contradictions import CONTRADICTIONS

REQUESTS = 6000
BROKEN = 1500
Request = tuple[Send, Mapping[str, str]]
Holds = Callable[[Send, Mapping[str, str]], bool]


def has(**wanted: str | tuple[str, ...]) -> Holds:
    """Whether features have one of the values wanted; underscores in names stand for spaces too."""

    def holds(_: Send, found: Mapping[str, str]) -> bool:
        return all(
            found.get(name, found.get(name.replace("_", " "))) in ((value,) if isinstance(value, str) else value)
            for name, value in wanted.items()
        )

    return holds


SOME = ("negative", "clamped", "far", "inside")
FORWARD = ("one", "wide", "beyond")
REVERSED = ("reversed", "reversed wide", "reversed beyond")
AXES: Mapping[str, Mapping[str, Holds]] = {
    "order": {one: has(order=one) for one in ("C", "F")},
    "dtype": {one: has(dtype=one) for one in NAMES},
    "shape, selection and axis": {
        "no shape": has(rank="none"),
        "three dimensions, all": has(rank="3", selection_bounds="absent", axis="absent"),
        "one dimension, negative bounds and stride": has(rank="1", selection_bounds=SOME, selection_stride=REVERSED),
        "one dimension with its axis": has(rank="1", selection_bounds=SOME, axis="integer"),
        "two dimensions in part": has(rank="2", selection_stride=FORWARD, axis="absent"),
        "two dimensions in part, over one axis": has(rank="2", selection_stride=FORWARD, axis="integer"),
        "two dimensions in part, over no axis": has(rank="2", selection_stride=FORWARD, axis="empty"),
        "three dimensions in part, over two axes": has(rank="3", selection_stride=FORWARD, axis="several"),
    },
    "offset": {one: has(offset=one) for one in ("absent", "aligned", "unaligned")},
    "trailing bytes": {"none": has(after="nothing"), "some": has(after="bytes")},
    "size": {"given": has(size="given"), "left out": has(size="absent")},
    "fields that are null": {"some": has(nulls="some")},
    "compression": {one: has(compression=one) for one in ("none", "gzip", "zlib")},
    "compression and filter": {one: has(compression=one, filters="shuffle") for one in ("gzip", "zlib")},
    "compression between other bytes": {
        one: has(compression=one, offset=("aligned", "unaligned"), after="bytes") for one in ("gzip", "zlib")
    },
    "missing": {one: has(missing=one, occurs="some") for one in request.MISSING_KINDS},
    "missing of a part": {one: has(missing=one, selection_stride=FORWARD) for one in request.MISSING_KINDS},
    "byte order": {one: has(byte_order=one) for one in ("little", "big")},
    "byte order of a part": {one: has(byte_order=one, selection_stride=FORWARD) for one in ("little", "big")},
    "bucket": {"private": has(bucket="private"), "public, of nobody": has(bucket="public", credentials="none")},
    "interface": {"s3": has(interface="s3"), "http": has(interface="http")},
    "as bytes": {"both": has(shape_as_bytes="true", count_as_bytes="true")},
}
# Of the public suite's errors: which kind of contradiction it is, or which field is broken.
CONTRADICTED = {
    "an object that is not there": "no such object",
    "a selection of another length": "selection longer than shape",
    "a selection without a shape": "selection without shape",
    "an integer beyond the dtype": "missing integer beyond dtype",
    "a float for an integer": "missing float for integer",
    "a negative number for an unsigned integer": "missing negative for unsigned",
    "a float beyond float32": "missing beyond float32",
    "a range of equal ends": "valid_range of equal ends",
    "a range that descends": "valid_range reversed",
}
BROKEN_FIELDS = ("dtype", "offset", "size", "shape", "order", "missing", "byte_order")


@cache
def drawn() -> tuple[Request, ...]:
    claims = load("reference")
    return tuple(one for case in reach.drawn(claims, REQUESTS, seed=3) for one in case_features(case))


@pytest.mark.slow
@pytest.mark.parametrize(("axis", "value"), [(axis, value) for axis, values in AXES.items() for value in values])
def test_a_value_of_an_axis_is_drawn_with_every_operation(axis: str, value: str) -> None:
    reached = {send.operation for send, found in drawn() if AXES[axis][value](send, found)}
    assert reached == set(request.OPERATIONS)


@pytest.mark.parametrize("kind", CONTRADICTED.values(), ids=CONTRADICTED)
def test_a_contradiction_is_among_those_drawn(kind: str) -> None:
    assert kind in CONTRADICTIONS


@cache
def broken_fields() -> frozenset[str]:
    """The fields that malformed requests break, whether sent as JSON or as bytes."""
    found: set[str] = set()

    @seeded(4)
    @settings(
        max_examples=BROKEN,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases.malformed(load("reference")).strategy)
    def collect(case: object) -> None:
        for note in case.notes:  # type: ignore[attr-defined]
            found.update(one for one in BROKEN_FIELDS if one in note)

    collect()
    return frozenset(found)


@pytest.mark.slow
@pytest.mark.parametrize("name", BROKEN_FIELDS)
def test_a_field_is_broken(name: str) -> None:
    assert name in broken_fields()


def test_unknown_operations_are_asked_for() -> None:
    asked: set[str] = set()

    @seeded(5)
    @settings(
        max_examples=300,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases.raw(load("reference")).strategy)
    def collect(case: object) -> None:
        steps = case.steps  # type: ignore[attr-defined]
        asked.update(step.path for step in steps if isinstance(step, SendRaw) and step.method == "POST")

    collect()
    known = {f"/v2/{one}" for one in request.OPERATIONS}
    assert any(path.startswith("/v2/") and path.rstrip("/") not in known for path in asked)


def test_nobody_asks_for_a_private_object_and_its_owner_over_http() -> None:
    found: list[Send] = []

    @seeded(6)
    @settings(
        max_examples=200,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases.credentials(load("reference")).strategy)
    def collect(case: object) -> None:
        found.extend(step for step in case.steps if isinstance(step, Send))  # type: ignore[attr-defined]

    collect()
    assert any(send.bucket == "private" and send.credentials is None for send in found)
    assert {send.operation for send in found if send.interface == "http" and send.credentials == "owner"} == set(
        request.OPERATIONS
    )

"""Shrinking keeps the failure, and nothing that the failure does not need."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.hunt.failures import Kind
from fuzz.hunt.needs import ALL_FEATURES, SELECTION, essentials, features, has
from fuzz.hunt.plain_values import to_dtype
from fuzz.hunt.reducer import Reducer, ReductionLimits, Smallest, isolated
from fuzz.hunt.scene import Scene, case_of, scene_of
from fuzz.hunt.simpler import simpler_requests, simpler_scenes
from specs.case import Case, Put, Send, SendRaw
from specs.dtypes import NAMES
from specs.fields import Fields
from strategies import cases
from tests.unit.pretended import PROFILE, Bug, PretendedSession, needing, rich

NEEDS = (
    "option_count_as_bytes",
    "offset",
    "compression",
    "several gzip members",
    "two filters",
    "shuffle_simd",
    "byte_order",
    "missing",
    "missing_values",
    "axis",
    "selection",
    "reversed selection",
    "stride beyond one",
    "bounds beyond the end",
    "order F",
    "several dimensions",
    "anonymous",
    "fractions",
    "large values",
)
LIMITS = ReductionLimits(tries=5000, seconds=60.0)
SLOW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def reduced(bugs: list[Bug], case: Case, limits: ReductionLimits = LIMITS) -> Smallest:
    session = PretendedSession(bugs)
    judgement = session.judge(case)
    return Reducer(session.judge, PROFILE, Kind(bugs[0].requirement, ""), limits).reduce(case, judgement)


def scene_in(smallest: Smallest) -> Scene:
    assert smallest.scene is not None
    return smallest.scene


# Two features of slices may stand in two dimensions, which no reduction makes one.
@given(st.sets(st.sampled_from(NEEDS), max_size=4).filter(lambda needs: len(needs & set(SELECTION)) < 2))
@SLOW
def test_what_is_left_is_what_the_failure_needs(needs: set[str]) -> None:
    smallest = reduced([needing(*needs)], case_of(rich(), "reduction"))
    scene = scene_in(smallest)
    assert all(has(scene, name) for name in needs)
    # Fractions take a float; what has no name of its own is said by the fields that it stands in.
    assert set(essentials(scene)) - {"float32", "shape", "size", "part of a dimension"} <= needs
    assert scene.elements.size <= 4


@pytest.mark.parametrize("name", NEEDS)
def test_one_need_is_kept_and_named(name: str) -> None:
    scene = scene_in(reduced([needing(name)], case_of(rich(), "reduction")))
    assert name in features(scene)
    assert (scene.operation, scene.dtype) == ("select", "float32" if name == "fractions" else "int32")


def test_a_failure_of_everything_ends_at_the_plainest_request() -> None:
    smallest = reduced([needing()], case_of(rich(), "reduction"))
    assert smallest.case.steps[-1] == Send("select", Fields({"dtype": "int32"}), "a")
    assert essentials(scene_in(smallest)) == ()


def test_a_reduction_does_not_slip_to_another_kind_before_its_own_is_small() -> None:
    bugs = [needing("missing", "axis", requirement="counts"), needing("byte_order")]
    scene = rich(byte_order=None)
    smallest = reduced(bugs, case_of(scene, "reduction"))
    assert set(essentials(scene_in(smallest))) == {"missing", "axis"}


def test_tries_are_limited_and_the_best_so_far_is_kept() -> None:
    session = PretendedSession([needing("missing")])
    case = case_of(rich(), "reduction")
    reducer = Reducer(session.judge, PROFILE, Kind("answer-shape", ""), ReductionLimits(tries=7))
    smallest = reducer.reduce(case, session.judge(case))
    assert reducer.tries == 7
    assert has(scene_in(smallest), "missing")


def test_what_does_not_fail_in_the_way_given_is_an_error() -> None:
    session = PretendedSession([])
    case = case_of(rich(), "reduction")
    with pytest.raises(ValueError, match="does not fail"):
        Reducer(session.judge, PROFILE, Kind("counts", "")).reduce(case, session.judge(case))


def test_an_isolated_request_has_the_object_as_it_was_by_then() -> None:
    puts = [Put("a", b"1111"), Put("b", b"2222"), Put("a", b"3333")]
    send = Send("sum", Fields({"dtype": "int32"}), "a")
    case = Case("history", (puts[0], puts[1], send, puts[2], send))
    assert isolated(case, 2).steps == (puts[0], send)
    assert isolated(case, 4).steps == (puts[2], send)


@given(cases.reductions(PROFILE, most_requests=1, longest=300))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_scene_and_its_case_tell_the_same(case: Case) -> None:
    case = isolated(case, len(case.steps) - 1)
    scene = scene_of(case, PROFILE)
    if scene is None:
        return
    again = scene_of(case_of(scene, case.property), PROFILE)
    assert again is not None
    assert again.elements.tobytes() == scene.elements.tobytes()
    plain = replace(again, elements=scene.elements, tail=scene.tail)
    assert [getattr(plain, name) for name in Scene.__slots__ if name != "elements"] == [
        getattr(scene, name) for name in Scene.__slots__ if name != "elements"
    ]


@given(cases.reductions(PROFILE, most_requests=1, longest=300))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_plainer_is_valid_too(case: Case) -> None:
    scene = scene_of(isolated(case, len(case.steps) - 1), PROFILE)
    if scene is None:
        return
    plainer = [simpler(scene) for simpler in ALL_FEATURES.values()] + [to_dtype(scene, dtype) for dtype in NAMES]
    for one in [*plainer, *islice(simpler_scenes(scene), 150)]:
        assert one is None or scene_of(case_of(one, case.property), PROFILE) is not None, one


@given(cases.reductions(PROFILE, most_requests=1, longest=300), st.sampled_from(tuple(ALL_FEATURES)))
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_feature_put_back_to_its_plain_value_is_gone(case: Case, name: str) -> None:
    scene = scene_of(isolated(case, len(case.steps) - 1), PROFILE)
    if scene is None:
        return
    plain = ALL_FEATURES[name](scene)
    assert has(scene, name) or plain is None
    assert plain is None or not has(plain, name)


@pytest.mark.parametrize("depth", [3, 900, 5000])
def test_what_nests_deeply_is_simplified_too(depth: int) -> None:
    """Python reads deeper JSON than it writes, and how deep hangs on where it is asked to."""
    body = b'{"dtype": "int32", "shape": ' + b"[" * depth + b"]" * depth + b"}"
    raw = SendRaw("POST", "/v2/sum/", (("Content-Type", "application/json"),), body, "a")
    nested: list[Any] = []
    for _ in range(depth):
        nested = [nested]
    send = Send("sum", Fields({"dtype": "int32", "shape": nested}), "a")
    assert Fields({"dtype": "int32"}) in [one.steps[0].fields for one in simpler_requests(Case("abuse", (send,)))]
    several = list(simpler_requests(Case("raw", (raw,))))
    assert all(isinstance(one.steps[0], Send | SendRaw) for one in several)
    assert any(isinstance(one.steps[0], Send) for one in several) is (depth == 3)
    assert any(isinstance(one.steps[0], SendRaw) and len(one.steps[0].body) < len(body) for one in several)


def test_of_many_elements_few_cases_are_tried() -> None:
    """Each of them costs seconds, of storing, reading and comparing."""
    scene = rich()
    flat = replace(scene, elements=np.resize(scene.elements, 100_000), shape=(100_000,), selection=None, axis=None)
    sizes: list[int] = []

    def spoils(one: Scene) -> bool:
        sizes.append(one.elements.size)
        return bool(one.missing)

    session = PretendedSession([Bug(spoils)])
    case = case_of(flat, "reduction")
    smallest = Reducer(session.judge, PROFILE, Kind("answer-shape", "")).reduce(case, session.judge(case))
    assert smallest.scene is not None
    assert smallest.scene.elements.size == 1
    assert sum(size > 50_000 for size in sizes) <= 5

"""Traits: what is dropped is gone, what is kept is no more than was asked for, and plain data shows mistakes."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from fuzz.subjects.reductions.plainer import plainer_scenes
from fuzz.subjects.reductions.reading import Reading
from fuzz.subjects.reductions.scene import Scene, case_of, of_picked, scene_of
from fuzz.subjects.reductions.traits.missing import missing_elements, missing_numbers
from fuzz.subjects.reductions.traits.numbers import VALUE_FEATURES, to_dtype
from fuzz.subjects.reductions.traits.revealing import DIFFERENT, extreme_at, numbers, revealing
from fuzz.subjects.reductions.traits.scenes import EXTREME_AT_AN_END, FEATURES, INCIDENTAL, few_elements, traits_of
from fuzz.subjects.reductions.traits.slices import Triple, still_outside
from fuzz.triage.traits import closure, has, present, project, without
from fuzz.triage.trial import Trial, isolated, isolated_otherwise, trial_of
from specs.case import Case
from specs.fields import Fields
from specs.reductions.dtypes import NAMES
from specs.reductions.steps import Delete, Put, Send
from strategies.reductions import cases
from tests.unit.pretended import PROFILE, rich

PLAIN = Scene("select", "int32", np.arange(4, dtype="int32"))
# Eighty in the slow stage.
SLOW = settings(
    max_examples=4 * settings.default.max_examples // 5, deadline=None, suppress_health_check=list(HealthCheck)
)
DRAWN = cases.reductions(PROFILE, most_requests=1, longest=300).strategy
KINDS = ("missing_value", "missing_values", "valid_min", "valid_max", "valid_range")


def drawn(case: Case) -> Trial:
    trial = trial_of(isolated(case, len(case.steps) - 1), Reading(PROFILE))
    assume(trial.scene is not None)
    return trial


def of_scene(scene: Scene) -> Trial:
    return trial_of(case_of(scene, "x"), Reading(PROFILE))


@given(DRAWN, st.sampled_from(tuple(FEATURES)))
@SLOW
def test_a_trait_that_is_dropped_is_gone(case: Case, name: str) -> None:
    plain = without(drawn(case), name)
    assert plain is None or not has(plain, name)


@given(DRAWN)
@SLOW
def test_a_trait_is_there_where_it_can_be_dropped(case: Case) -> None:
    trial = drawn(case)
    dropped = {name for name, (simpler, _) in FEATURES.items() if simpler(trial.scene) is not None}
    assert dropped == set(present(trial)) == {name for name in FEATURES if has(trial, name)}


@given(DRAWN)
@SLOW
def test_what_is_plainer_is_valid_too(case: Case) -> None:
    scene = drawn(case).scene
    assert scene is not None
    several = [simpler(scene) for simpler, _ in FEATURES.values()] + [to_dtype(scene, dtype) for dtype in NAMES]
    for one in [*several, *islice(plainer_scenes(scene), 100)]:
        assert one is None or scene_of(case_of(one, case.property), PROFILE) is not None, one


@given(DRAWN, st.sets(st.sampled_from(tuple(FEATURES)), max_size=3))
@SLOW
def test_a_projection_keeps_no_more_than_asked_and_is_its_own_projection(case: Case, names: set[str]) -> None:
    keep = closure(names, Reading(PROFILE))
    plain = project(drawn(case), keep)
    assert project(plain, keep).case == plain.case
    for name in set(present(plain)) - keep - INCIDENTAL:
        # What stands within something that is kept may not go without it.
        assert without(plain, name) is None or without(plain, name) == plain


@given(DRAWN)
@SLOW
def test_a_scene_and_its_case_tell_the_same(case: Case) -> None:
    trial = drawn(case)
    assert trial.scene is not None
    again = scene_of(case_of(trial.scene, case.property), PROFILE)
    assert again is not None
    assert again.elements.tobytes() == trial.scene.elements.tobytes()
    for name in set(Scene.__slots__) - {"elements", "tail"}:
        assert getattr(again, name) == getattr(trial.scene, name)


@given(st.integers(1, DIFFERENT))
def test_revealing_numbers_differ_and_are_small(count: int) -> None:
    found = numbers(count).tolist()
    assert len(set(found)) == count
    assert min(found) == 1
    assert max(found) == count


@given(st.integers(4, DIFFERENT))
def test_the_least_and_the_greatest_are_neither_first_nor_last(count: int) -> None:
    found = numbers(count).tolist()
    assert {1, count}.isdisjoint({found[0], found[-1]})


@st.composite
def with_missing(draw: st.DrawFn) -> Scene:
    elements = draw(st.lists(st.integers(0, 9), min_size=1, max_size=20))
    kind = draw(st.sampled_from(KINDS))
    low, high = sorted(draw(st.lists(st.integers(0, 9), min_size=2, max_size=2, unique=True)))
    told = {"missing_values": [low, high], "valid_range": [low, high]}.get(kind, low)
    return Scene("sum", "int32", np.array(elements, "int32"), missing=(kind, told))


@given(with_missing())
def test_revealing_numbers_leave_the_same_ones_missing(scene: Scene) -> None:
    plain = revealing(scene) or scene
    was = missing_elements(scene)
    if was.any() or scene.elements.size == 1:
        assert missing_elements(plain).tolist() == was.tolist()
    else:
        assert missing_elements(plain).tolist() == [True] + [False] * (scene.elements.size - 1)
    assert revealing(plain) is None


@given(with_missing())
def test_the_ends_of_what_is_valid_are_among_the_numbers(scene: Scene) -> None:
    plain = revealing(scene) or scene
    assert plain.missing is not None
    valid = set(plain.elements[~missing_elements(plain)].tolist())
    if plain.missing[0].startswith("valid_") and len(valid) > 1:
        assert set(missing_numbers(plain)) <= valid


@pytest.mark.parametrize("operation", ["min", "max"])
@given(numbers=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=5))
def test_without_negatives_the_extreme_stays_in_its_place(operation: str, numbers: list[int]) -> None:
    elements = np.array(numbers, "int64")
    plain = FEATURES["negative values"][0](Scene(operation, "int64", elements))
    if plain is None:
        assert min(numbers) >= 0
        return
    assert plain.elements.min() >= 0
    if has(of_scene(Scene(operation, "int64", elements)), "huge values"):
        pick = np.argmin if operation == "min" else np.argmax
        assert pick(plain.elements) == pick(elements)


@pytest.mark.parametrize(("dtype", "other"), [("uint32", "int32"), ("int32", "uint32"), ("int64", "uint64")])
def test_huge_integers_stay_huge_in_a_dtype_of_as_many_bits(dtype: str, other: str) -> None:
    limits = np.iinfo(dtype)
    moved = to_dtype(Scene("sum", dtype, np.array([limits.max, limits.max - 3], dtype)), other)
    assert moved is not None
    assert has(of_scene(moved), "huge values")


@given(numbers=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=5), place=st.integers(0, 4))
def test_what_is_missing_of_huge_integers_is_missing_in_a_dtype_of_half_the_bits(
    numbers: list[int], place: int
) -> None:
    elements = np.array([*numbers, 2**63 - 1], "int64")
    missing = int(elements[place % elements.size])
    narrow = to_dtype(Scene("select", "int64", elements, missing=("missing_value", missing)), "int32")
    assert narrow is not None
    assert narrow.missing is not None
    assert has(of_scene(narrow), "huge values")
    assert np.all(narrow.elements[elements == missing] == narrow.missing[1])
    wide = to_dtype(narrow, "int64")
    assert wide is not None
    assert wide.missing is not None
    assert np.all(wide.elements[elements == missing] == wide.missing[1])


def test_subnormal_numbers_stay_so_in_another_float() -> None:
    for dtype, other in (("float32", "float64"), ("float64", "float32")):
        least = np.array([np.finfo(dtype).smallest_subnormal, -np.finfo(dtype).smallest_subnormal], dtype)
        cast = to_dtype(Scene("sum", dtype, least), other)
        assert cast is not None
        assert has(of_scene(cast), "subnormal numbers")
        assert np.sign(cast.elements).tolist() == [1, -1]


def test_numbers_that_are_missing_can_be_huge_or_subnormal() -> None:
    huge = Scene("select", "uint64", np.zeros(1, "uint64"), missing=("missing_value", 2**63 + 1))
    tiny = Scene("select", "float64", np.zeros(1), missing=("missing_value", 5e-324))
    assert has(of_scene(huge), "huge values")
    assert has(of_scene(tiny), "subnormal numbers")


@pytest.mark.parametrize("one", [(2050, 1365, -1), (10, 90, 1), (-90, -10, 2), (0, 5000, 1), (-5000, 100, 3)])
def test_a_selection_of_fewer_elements_is_of_the_same_sort(one: Triple) -> None:
    scene = Scene("select", "int32", np.zeros(1438, "int32"), shape=(1438,), selection=(one,))
    few = few_elements(scene)
    assert few is not None
    assert few.selection is not None
    assert few.shape is not None
    for was, now in zip(one, few.selection[0]):
        assert (was < 0) == (now < 0)
    assert range(*slice(*few.selection[0]).indices(few.shape[0]))
    assert has(of_scene(few), "bounds beyond the end") == has(of_scene(scene), "bounds beyond the end")


@pytest.mark.parametrize(
    ("one", "moved"), [((-2, 1, 1), (-4, 1, 1)), ((0, 9, 1), (0, 11, 1)), ((0, -2, -1), (0, -4, -1)), ((0, 1, 1),) * 2]
)
def test_bounds_outside_of_a_dimension_stay_there_as_it_grows(one: Triple, moved: Triple) -> None:
    assert still_outside(one, 1, 3) == moved


def test_what_a_selection_picks_is_a_scene_of_its_own() -> None:
    scene = Scene("max", "int32", np.arange(6), shape=(2, 3), selection=((1, 2, 1), (2, -4, -1)))
    picked = of_picked(scene)
    assert picked is not None
    assert (picked.elements.tolist(), picked.shape, picked.selection) == ([5, 4, 3], (1, 3), None)


def test_an_isolated_request_has_the_object_as_it_was_by_then() -> None:
    puts = [Put("a", b"1111"), Put("b", b"2222"), Put("a", b"3333")]
    send = Send("sum", Fields({"dtype": "int32"}), "a")
    case = Case("history", (puts[0], puts[1], send, puts[2], send))
    assert isolated(case, 2).steps == (puts[0], send)
    assert isolated(case, 4).steps == (puts[2], send)


def test_a_request_beside_which_its_object_changes_is_alone_with_what_was_there_last() -> None:
    change, gone = Put("a", b"2222", lane=1), Delete("a", lane=1)
    send = Send("sum", Fields({"dtype": "int32"}), "a")
    case = Case("changing", (Put("a", b"1111"), change, gone, replace(send, lane=2), send))
    assert isolated(case, 3).steps == (Put("a", b"2222"), send)
    assert isolated(case, 4).steps == (send,)
    met = [one.steps for one in isolated_otherwise(case, 3)]
    assert met == [(Put("a", b"1111"), send), (send,)]
    assert list(isolated_otherwise(case, 4)) == []
    made_beside = Case("changing", (change, replace(send, lane=2)))
    assert [one.steps for one in isolated_otherwise(made_beside, 1)] == [(send,)]


def test_a_null_is_a_trait_of_its_own_and_hides_no_other() -> None:
    fields = Fields({"dtype": "int32", "axis": None, "shape": [4], "missing": None})
    trial = trial_of(Case("x", (Put("a", bytes(range(16))), Send("sum", fields, "a"))), Reading(PROFILE))
    assert trial.scene is not None
    assert trial.scene.nulls == ("axis", "missing")
    assert "a null" in present(trial)
    plain = without(trial, "a null")
    assert plain is not None
    send = plain.case.steps[-1]
    assert isinstance(send, Send)
    assert None not in send.fields.values()
    kept = project(trial, {"a null"}).case.steps[-1]
    assert isinstance(kept, Send)
    assert kept.fields == Fields({"dtype": "int32", "axis": None, "missing": None})


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_without_what_is_almost_missing_great_integers_are_what_they_were() -> None:
    elements = np.array([2**64 - 1, 2**53 + 1, 2**53], "uint64")
    near = rich(dtype="uint64", elements=elements, shape=None, selection=None, missing=("missing_value", 2**53))
    plain = VALUE_FEATURES["values near a missing one"](near)
    assert plain is not None
    assert plain.elements.tolist() == [2**64 - 1, 2**53 - 2**51, 2**53]


def test_many_dimensions_of_one_index_are_not_made_longer_without_end() -> None:
    scene = Scene("select", "int32", np.arange(1, dtype="int32"), shape=(1,) * 24)
    for trait in FEATURES.values():
        plain = trait[0](scene)
        assert plain is None or plain.elements.size <= 2**16


def test_the_last_element_stays_missing_as_its_data_grows() -> None:
    scene = replace(PLAIN, elements=np.array([3, 2, 1], "int32"), missing=("missing_value", 1))
    longer = FEATURES["particular lengths"][0](scene)
    assert longer is not None
    assert longer.elements.size > 3
    assert missing_elements(longer)[-1]


def test_many_elements_are_a_trait_of_any_number_of_dimensions() -> None:
    for shape in ((20,), (5, 4), (5, 4, 2, 2), (3, 3, 2, 2, 2)):
        scene = replace(PLAIN, elements=np.arange(np.prod(shape), dtype="int32"), shape=shape)
        few = few_elements(scene)
        assert few is not None
        assert few.elements.size < scene.elements.size


@pytest.mark.parametrize(("axis", "left"), [(0, 0), (1, 0), (3, 1)])
def test_an_axis_before_the_last_is_not_the_last_of_fewer_dimensions(axis: int, left: int) -> None:
    scene = replace(PLAIN, elements=np.arange(120, dtype="int32"), shape=(5, 2, 4, 3), axis=axis)
    plain = without(of_scene(scene), "more than two dimensions")
    assert plain is not None
    assert len(plain.scene.shape) == 2
    assert plain.scene.axis == left


@pytest.mark.parametrize("axis", [-(2**63), 2**63, -1, [7], "all"])
def test_the_axis_of_a_select_may_be_anything(axis: object) -> None:
    scene = replace(PLAIN, elements=np.arange(120, dtype="int32"), shape=(5, 2, 4, 3), axis=axis)
    plain = without(of_scene(scene), "more than two dimensions")
    assert plain is not None
    assert len(plain.scene.shape) == 2


def test_results_along_one_axis_are_made_of_as_many_elements_as_along_several() -> None:
    scene = replace(PLAIN, operation="sum", elements=np.arange(1200, dtype="int32"), shape=(20, 30, 2), axis=[0, 1])
    plain = without(of_scene(scene), "several axes")
    assert plain is not None
    assert (plain.scene.shape, plain.scene.axis) == ((600, 30, 2), [0])


def test_plain_numbers_take_as_many_bytes_as_wider_ones() -> None:
    many = replace(PLAIN, dtype="float64", elements=np.arange(9000, dtype="float64"))
    few = replace(many, elements=many.elements[:10])
    sizes = [without(of_scene(one), "dtype").scene.elements.nbytes for one in (many, few)]  # type: ignore[union-attr]
    assert sizes == [many.elements.nbytes, few.elements.nbytes // 2]


@given(st.sampled_from(("min", "max")), st.permutations(range(7)), st.sampled_from((None, ((6, -8, -1),))))
def test_the_extreme_stays_at_an_end_until_that_is_dropped(
    operation: str, order: list[int], selection: tuple[Triple, ...] | None
) -> None:
    scene = replace(PLAIN, operation=operation, elements=np.array(order, "int32"), shape=(7,), selection=selection)
    end = extreme_at(scene)
    place = int(np.argmin(order) if operation == "min" else np.argmax(order))
    assert end == (place if place in (0, 6) else None)
    plain = revealing(scene)
    assert plain is None or extreme_at(plain) == end
    trial = without(of_scene(scene), EXTREME_AT_AN_END)
    assert (trial is None) == (end is None)
    assert trial is None or extreme_at(trial.scene) is None


@given(st.sampled_from(("min", "max")), st.integers(DIFFERENT + 1, 4 * DIFFERENT), st.data())
def test_among_many_elements_the_extreme_stays_where_it_stood(operation: str, count: int, data: st.DataObject) -> None:
    elements = np.zeros(count, "int32")
    place = data.draw(st.integers(0, count - 1))
    elements[place] = -500 if operation == "min" else 500
    plain = revealing(Scene(operation, "int32", elements))
    assert plain is not None
    assert np.abs(plain.elements).max() < 100
    most = plain.elements.min() if operation == "min" else plain.elements.max()
    assert np.flatnonzero(plain.elements == most).tolist() == [place]


def test_of_very_many_valid_numbers_the_same_elements_are_missing_by_another_bound() -> None:
    elements = 2**53 + np.arange(1000, dtype="uint64")
    scene = Scene("select", "uint64", elements, missing=("valid_max", 2**53 + 990))
    plain = FEATURES["valid_max"][0](scene)
    assert plain is not None
    assert plain.missing is not None
    assert plain.missing[0] == "valid_min"
    assert missing_elements(plain).tolist() == missing_elements(scene).tolist()
    assert traits_of(plain) <= traits_of(scene)

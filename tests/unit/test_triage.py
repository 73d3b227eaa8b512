"""A finding is a cause: not a symptom of it, and not a cause that hides another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.findings.finding import Finding
from fuzz.hunt.explaining import EVERYTHING, Explaining, Known, Reach, looks_like, reach_of
from fuzz.hunt.failures import WRONG, Kind, family_of, kind_of, says_the_same
from fuzz.hunt.histories import request_needs
from fuzz.hunt.needs import essentials, has, projections
from fuzz.hunt.plain import FEATURES, SMALL_FEATURES, few_elements
from fuzz.hunt.plain_slices import Triple, still_outside
from fuzz.hunt.plain_values import VALUE_FEATURES, mirrored, to_dtype
from fuzz.hunt.reducer import Reducer, Smallest
from fuzz.hunt.scene import Scene, case_of, of_joined_axes, of_picked, scene_of
from fuzz.hunt.triage import Cause, cause_of, is_named, name_of, title_of
from specs.case import Case, Put, Send
from specs.fields import Fields
from specs.request import Filter
from specs.violation import Aspect, Violation, Way
from tests.unit.pretended import PROFILE, Bug, PretendedSession, needing, rich

SHAPE = Kind("answer-shape", "")
PLAIN = Scene("select", "int32", np.arange(4, dtype="int32"))


def known(scene: Scene, *needs: str, requirement: str = "answer-shape", reach: Reach = EVERYTHING) -> Known:
    case = case_of(scene, "reduction")
    return Known(Finding("f", "f", Violation(requirement, "", "", ""), case, (), needs), scene, reach)


def explaining(bugs: Sequence[Bug], kind: Kind = SHAPE) -> Explaining:
    return Explaining(PretendedSession(bugs).judge, "reduction", kind)


STRIDE = replace(PLAIN, shape=(4,), selection=((0, 4, 2),))
MISSING = replace(PLAIN, missing=("missing_value", 1))


@pytest.mark.parametrize(
    ("scene", "said"),
    [
        (PLAIN, ()),
        (STRIDE, ("stride beyond one",)),
        (replace(PLAIN, missing=("valid_max", 2)), ("valid_max",)),
        (replace(PLAIN, missing=("missing_values", [1, 2])), ("missing_values",)),
        (replace(PLAIN, shape=(4,), selection=((0, -1, 1),)), ("negative bounds",)),
        (replace(PLAIN, compression="gzip", members=2), ("several gzip members",)),
        (replace(PLAIN, elements=np.array([2**30], "int32")), ("huge values",)),
        (replace(PLAIN, operation="min", dtype="uint32", elements=np.arange(4, dtype="uint32")), ("min", "uint32")),
        (replace(PLAIN, shape=(4,)), ("shape",)),
        (replace(PLAIN, elements=np.zeros(100, "int32")), ("many elements", "more than 64 elements")),
    ],
)
def test_what_goes_without_saying_is_not_said(scene: Scene, said: tuple[str, ...]) -> None:
    assert essentials(scene) == said


def test_symptoms_of_one_cause_have_one_fingerprint() -> None:
    causes = [Cause(Kind(name, ""), ("missing",), of_scene=True) for name in ("counts", "values", "answer-shape")]
    assert len({one.fingerprint for one in causes}) == 1


@pytest.mark.parametrize(
    "other",
    [
        Cause(SHAPE, ("missing", "axis"), of_scene=True),
        Cause(Kind("error-form", "404"), ("missing",)),
        Cause(Kind("answers", "timeout"), ("missing",), of_scene=True),
    ],
)
def test_other_causes_have_other_fingerprints(other: Cause) -> None:
    assert other.fingerprint != Cause(SHAPE, ("missing",), of_scene=True).fingerprint


def test_hanging_is_a_family_of_its_own() -> None:
    assert family_of(Kind("answers", "closed")) == WRONG == family_of(Kind("values", ""))
    assert family_of(Kind("answers", "timeout")) != WRONG


def test_kinds_do_not_tell_operations_apart() -> None:
    one, other = (Violation(f"{name}-values", "", "", "", aspect=Aspect.NAN) for name in ("min", "max"))
    assert kind_of(one) == kind_of(other)


def test_rules_broken_at_once_are_parts_of_a_kind() -> None:
    assert Kind("refuses-invalid", "a or b").parts > Kind("refuses-invalid", "a").parts


def test_names_are_readable_folder_names_and_titles_say_the_needs_once() -> None:
    scene = replace(MISSING, operation="min")
    violation = Violation("counts", "min: wrong counts", "", "")
    smallest = Smallest(case_of(scene, "reduction"), None, violation, scene)  # type: ignore[arg-type]
    cause = cause_of(smallest, PretendedSession([needing("missing")]).judge)
    assert name_of(cause).startswith("min-missing-counts-")
    assert title_of(smallest, cause) == "min: wrong counts · min, missing"


def test_length_one_is_a_need_only_where_a_longer_case_passes() -> None:
    scene = replace(PLAIN, elements=np.zeros(1, "int32"))
    judgement = PretendedSession([]).judge(case_of(scene, "reduction"))
    smallest = Smallest(judgement.transcript.case, judgement, Violation("answer-shape", "", "", ""), scene)
    assert cause_of(smallest, PretendedSession([needing("length one")]).judge).needs == ("length one",)
    assert cause_of(smallest, PretendedSession([needing()]).judge).needs == ()


def test_a_finding_explains_a_case_that_has_its_needs_and_more() -> None:
    scene = rich()
    explained = explaining([needing("missing")]).explain(scene, [known(MISSING, "missing")])
    assert explained.finding is not None


def test_a_finding_with_another_symptom_explains_it_too() -> None:
    bugs = [needing("missing", requirement="counts")]
    explained = explaining(bugs, Kind("counts", "")).explain(rich(), [known(MISSING, "missing")])
    assert explained.finding is not None


def test_what_fails_without_the_finding_is_left_to_explain() -> None:
    bugs = [needing("stride beyond one"), needing("missing")]
    explained = explaining(bugs).explain(rich(), [known(MISSING, "missing")])
    assert explained.finding is None
    assert explained.rest.missing is None
    assert explained.rest.selection is not None


def test_a_cause_that_takes_more_is_another() -> None:
    bugs = [needing("missing", "axis")]
    explained = explaining(bugs).explain(rich(), [known(MISSING, "missing")])
    assert explained.finding is None


def test_two_findings_may_explain_a_case_together() -> None:
    bugs = [needing("stride beyond one"), needing("missing")]
    several = [known(STRIDE, "stride beyond one"), known(MISSING, "missing")]
    assert explaining(bugs).explain(rich(), several).finding is not None


def test_a_finding_of_some_operations_does_not_explain_others() -> None:
    bugs = [needing("missing", operations=["select"]), needing("missing", operations=["max"])]
    judge = PretendedSession(bugs[:1]).judge
    reach = reach_of(MISSING, "reduction", SHAPE, judge)
    assert reach.operations == {"select"}
    finding = known(MISSING, "missing", reach=reach)
    assert explaining(bugs).explain(rich(operation="max"), [finding]).finding is None
    assert explaining(bugs).explain(rich(operation="select"), [finding]).finding is not None


def test_what_operations_share_reaches_all_of_them() -> None:
    judge = PretendedSession([needing("missing", operations=["select", "sum"])]).judge
    assert reach_of(MISSING, "reduction", SHAPE, judge).operations == set(EVERYTHING.operations)


def test_a_finding_without_needs_explains_its_own_symptom_alone() -> None:
    bugs = [needing(requirement="answer-form")]
    finding = known(PLAIN, requirement="answer-form")
    assert explaining(bugs, Kind("answer-form", "")).explain(rich(), [finding]).finding is not None
    assert explaining(bugs, SHAPE).explain(rich(), [finding]).finding is None


def test_projections_have_the_needs_and_few_other_features() -> None:
    several = list(projections(rich(), STRIDE, {"stride beyond one"}))
    assert several
    assert any(set(essentials(one)) <= {"max", "float64", "stride beyond one"} for one in several)


def test_looking_like_a_finding_takes_its_needs_and_its_reach() -> None:
    assert looks_like(rich(), known(MISSING, "missing"))
    assert not looks_like(PLAIN, known(MISSING, "missing"))
    far = Reach(frozenset({"select"}), EVERYTHING.dtypes, frozenset())
    assert not looks_like(rich(operation="sum"), known(MISSING, "missing", reach=far))


def test_cases_that_are_no_scene_are_told_apart_by_their_steps() -> None:
    put, send = Put("a", b"1234"), Send("sum", Fields({"dtype": "int32"}), "a")
    assert request_needs(Case("history", (put, send))) == ()
    assert request_needs(Case("history", (put, send, put, send))) == ("several requests", "an overwritten object")


def test_what_is_wrong_with_min_is_wrong_with_max_when_small_and_great_change_places() -> None:
    scene = scene_of(
        Case(
            "reduction",
            (
                Put("a", np.array([1, 2, 5], "<i4").tobytes()),
                Send("min", Fields({"dtype": "int32", "missing": {"valid_max": 4}}), "a"),
            ),
        ),
        PROFILE,
    )
    assert scene is not None
    turned = mirrored(scene)
    assert turned is not None
    assert turned.elements.tolist() == [5, 4, 1]
    assert turned.missing == ("valid_min", 2)


@pytest.mark.parametrize(
    ("needs", "others", "one"),
    [
        (("stride beyond one", "length one"), ("stride beyond one", "part of a dimension"), True),
        (("empty selection",), ("part of a dimension",), False),
        (("count", "stride beyond one"), ("count", "empty selection"), True),
        (("float64", "fractions"), ("float64", "huge values"), True),
        (("float32", "fractions"), ("float32", "huge values"), False),
        (("missing", "subnormal numbers"), ("missing", "values near a missing one"), True),
        (("int64", "missing", "huge values"), ("int64", "valid bounds", "negative values"), True),
        (("missing",), ("valid bounds",), False),
        (("NaN",), ("infinity",), False),
    ],
)
def test_what_only_occasions_a_failure_does_not_tell_causes_apart(
    needs: tuple[str, ...], others: tuple[str, ...], one: bool
) -> None:
    fingerprints = {Cause(Kind("values", ""), each, of_scene=True).fingerprint for each in (needs, others)}
    assert (len(fingerprints) == 1) is one


def test_axes_that_are_neighbours_can_be_joined() -> None:
    array = np.arange(24, dtype="int32").reshape(2, 3, 4)
    scene = replace(PLAIN, operation="sum", elements=array.ravel(), shape=array.shape, axis=[1, 2])
    joined = of_joined_axes(scene)
    assert joined is not None
    assert (joined.shape, joined.axis) == ((2, 12), [1])
    assert joined.elements.reshape(2, 12).sum(axis=1).tolist() == array.sum(axis=(1, 2)).tolist()
    assert of_joined_axes(replace(scene, axis=[0, 2])) is None


@pytest.mark.parametrize("one", [(2050, 1365, -1), (10, 90, 1), (-90, -10, 2), (0, 5000, 1), (-5000, 100, 3)])
def test_a_selection_of_fewer_elements_is_of_the_same_sort(one: tuple[int, int, int]) -> None:
    scene = replace(PLAIN, elements=np.zeros(1438, "int32"), shape=(1438,), selection=(one,))
    few = few_elements(scene)
    assert few is not None
    assert few.selection is not None
    assert few.shape is not None
    for was, now in zip(one, few.selection[0]):
        assert (was < 0) == (now < 0)
    assert range(*slice(*few.selection[0]).indices(few.shape[0]))
    assert has(few, "bounds beyond the end") == has(scene, "bounds beyond the end")


@pytest.mark.parametrize("operation", ["min", "max"])
@given(numbers=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=5))
def test_without_negatives_the_extreme_stays_in_its_place(operation: str, numbers: list[int]) -> None:
    elements = np.array(numbers, "int64")
    plain = VALUE_FEATURES["negative values"](replace(PLAIN, operation=operation, dtype="int64", elements=elements))
    if plain is None:
        assert min(numbers) >= 0
        return
    assert plain.elements.min() >= 0
    if has(replace(plain, elements=elements), "huge values"):
        pick = np.argmin if operation == "min" else np.argmax
        assert pick(plain.elements) == pick(elements)


@pytest.mark.parametrize(("dtype", "other"), [("uint32", "int32"), ("int32", "uint32"), ("int64", "uint64")])
def test_huge_integers_stay_huge_in_a_dtype_of_as_many_bits(dtype: str, other: str) -> None:
    limits = np.iinfo(dtype)
    scene = replace(PLAIN, operation="sum", dtype=dtype, elements=np.array([limits.max, limits.max - 3], dtype))
    moved = to_dtype(scene, other)
    assert moved is not None
    assert has(moved, "huge values")


def test_a_cast_leaves_an_offset_where_it_fits() -> None:
    far = replace(PLAIN, prefix=bytes(4096))
    for dtype in ("float32", "uint64"):
        cast = to_dtype(far, dtype)
        assert cast is not None
        assert len(cast.prefix) == 4096
    odd = to_dtype(replace(PLAIN, prefix=bytes(4)), "int64")
    assert odd is not None
    assert len(odd.prefix) == 8


def test_a_plainer_case_keeps_the_name_that_a_finding_was_given() -> None:
    first, plainer = (
        Cause(SHAPE, ("stride beyond one", "offset"), of_scene=True),
        Cause(SHAPE, ("order F",), of_scene=True),
    )
    assert is_named(name_of(first), first.fingerprint)
    assert not is_named(name_of(first), plainer.fingerprint)


def test_what_a_selection_picks_is_a_scene_of_its_own() -> None:
    scene = Scene("max", "int32", np.arange(6), shape=(2, 3), selection=((1, 2, 1), (2, -4, -1)))
    picked = of_picked(scene)
    assert picked is not None
    assert (picked.elements.tolist(), picked.shape, picked.selection) == ([5, 4, 3], (1, 3), None)
    assert of_picked(replace(scene, selection=((1, 1, 1), (0, 3, 1)))) is None


@pytest.mark.parametrize(
    ("one", "moved"), [((-2, 1, 1), (-4, 1, 1)), ((0, 9, 1), (0, 11, 1)), ((0, -2, -1), (0, -4, -1)), ((0, 1, 1),) * 2]
)
def test_bounds_outside_of_a_dimension_stay_there_as_it_grows(one: Triple, moved: Triple) -> None:
    assert still_outside(one, 1, 3) == moved


def test_subnormal_numbers_stay_so_in_another_float() -> None:
    for dtype, other in (("float32", "float64"), ("float64", "float32")):
        least = np.array([np.finfo(dtype).smallest_subnormal, -np.finfo(dtype).smallest_subnormal], dtype)
        cast = to_dtype(Scene("sum", dtype, least), other)
        assert cast is not None
        assert has(cast, "subnormal numbers")
        assert np.sign(cast.elements).tolist() == [1, -1]


def test_numbers_that_are_missing_can_be_huge_or_subnormal() -> None:
    huge = Scene("select", "uint64", np.zeros(1, "uint64"), missing=("missing_value", 2**63 + 1))
    tiny = Scene("select", "float64", np.zeros(1), missing=("missing_value", 5e-324))
    assert has(huge, "huge values")
    assert has(tiny, "subnormal numbers")


def test_nothing_left_is_nothing_however_it_comes_about() -> None:
    nothing = {
        "empty selection": Scene("sum", "int32", np.ones(1, "int32"), shape=(1,), selection=((0, 0, 1),)),
        "no data at all": Scene("sum", "int32", np.ones(0, "int32")),
        "missing": Scene("sum", "int32", np.ones(1, "int32"), missing=("missing_value", 1)),
    }
    for name, other in nothing.items():
        for scene in nothing.values():
            assert any(has(one, name) for one in projections(scene, other, {name}))


def test_errors_that_name_no_field_are_told_apart_by_their_text() -> None:
    def error(text: str, requirement: str = "error-names-field") -> Violation:
        return Violation(requirement, "", "a text that names axis", text, way=Way.UNNAMED, aspect="axis")

    assert says_the_same(error("400 index 7 out of bounds"), error("400 index 12 out of bounds"))
    assert not says_the_same(error("400 index 7 out of bounds"), error("400 no such rank"))
    assert not says_the_same(error("400 x", "error-status"), error("400 x", "error-status"))


def test_backwards_from_the_end_is_also_a_matter_of_the_end() -> None:
    """A bound that is counted from the end wrongly is so in either direction."""
    backwards = replace(PLAIN, elements=PLAIN.elements[:1], shape=(1,), selection=((0, -2, -1),))
    forwards = replace(PLAIN, elements=PLAIN.elements[:2], shape=(2,), selection=((0, -1, 1),))
    several = list(projections(backwards, forwards, {"negative bounds"}))
    assert any(one.selection is not None and has(one, "negative bounds") for one in several)
    assert not any(has(one, "reversed selection") for one in several)


def test_of_two_filters_the_unusual_one_is_left() -> None:
    several = replace(PLAIN, filters=(Filter("shuffle", 4), Filter("shuffle", 2)))
    plain = FEATURES["two filters"](several)
    assert plain is not None
    assert plain.filters == (Filter("shuffle", 2),)


OFFSET = replace(PLAIN, prefix=bytes(8))
BAD_STORES = [
    Bug(lambda scene: bool(scene.prefix) and not scene.sized),
    Bug(lambda scene: bool(scene.prefix) and scene.served == "whole"),
]


def test_what_takes_a_bad_store_is_not_explained_by_what_does_not() -> None:
    badly = replace(OFFSET, served="whole", sized=True)
    finding = known(OFFSET, "offset")
    assert explaining(BAD_STORES).explain(badly, [finding]).finding is None
    assert explaining(BAD_STORES[:1]).explain(replace(OFFSET, served="whole"), [finding]).finding is not None
    assert not looks_like(badly, finding)


def test_a_reduction_that_begins_with_a_bad_store_ends_with_one() -> None:
    session = PretendedSession(BAD_STORES)
    case = case_of(replace(OFFSET, served="whole", sized=True), "reduction")
    smallest = Reducer(session.judge, PROFILE, SHAPE).reduce(case, session.judge(case))
    assert smallest.scene is not None
    assert (smallest.scene.served, smallest.scene.sized) == ("whole", True)


def test_a_longer_dimension_has_a_length_of_its_own() -> None:
    longer = SMALL_FEATURES["length one"](replace(PLAIN, elements=PLAIN.elements[:2], shape=(1, 2), order="F"))
    assert longer is not None
    assert longer.shape == (3, 2)

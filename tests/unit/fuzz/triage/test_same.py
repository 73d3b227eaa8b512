"""Two causes are one where an error that names nothing is the same, or where a sum is a little off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fuzz.subjects.reductions.reading import Reading
from fuzz.subjects.reductions.scene import Scene, case_of
from fuzz.subjects.reductions.zoo.errors import SelectionErrorsUnnamed
from fuzz.triage.lab import Lab
from fuzz.triage.same import (
    errs_for_the_same,
    is_one_content_of,
    names_as_little,
    needs_other_numbers,
    needs_the_same,
    reads_alike,
)
from fuzz.triage.shown import Shown
from fuzz.triage.traits.circumstances import VERY_DATA
from fuzz.triage.trial import Signature, trial_of
from specs.case import Case
from specs.fields import Fields
from specs.reductions.steps import Put, Send
from specs.violation import Aspect, Way
from tests.unit.broken import lab_with
from tests.unit.pretended import PROFILE

SELECTIONS = {"selections": []}
STRIDE_0 = {"selection": [[0, 0, 0]]}
SHAPE = {"shape": [0]}


def refused(fields: dict[str, object], lab: Lab) -> Shown:
    send = Send("select", Fields({"dtype": "int32", **fields}), "a")
    trial = trial_of(Case("x", (Put("a", bytes(8)), send)), lab.session.reading)
    lab.judge(trial.case)
    return Shown("one", trial, Signature(Way.UNNAMED), ())


@pytest.mark.parametrize(("other", "same"), [(SELECTIONS, True), (SHAPE, False)])
def test_errors_that_name_no_fault_are_one_if_they_say_the_same(other: dict[str, object], *, same: bool) -> None:
    with lab_with(SelectionErrorsUnnamed) as lab:
        assert names_as_little(refused(STRIDE_0, lab), refused(other, lab), lab) is same


def off(dtype: str, needs: tuple[str, ...], aspect: Aspect, *reads_as: str) -> Shown:
    scene = Scene("sum", dtype, np.arange(1, 5).astype(dtype))
    trial = trial_of(case_of(scene, "x"), Reading(PROFILE))
    return Shown("x", trial, Signature(Way.VALUES, aspect=aspect), needs, reads_as=frozenset(reads_as))


@pytest.mark.parametrize(("aspect", "same"), [(Aspect.INEXACT, True), (Aspect.VALUES, False)])
def test_sums_that_are_a_little_off_are_told_apart_by_no_numbers_and_no_dtype(aspect: Aspect, *, same: bool) -> None:
    one = off("float32", ("huge values", "operation", "dtype"), aspect)
    assert needs_the_same(off("float64", ("fractions", "operation", "dtype"), aspect), one) is same


@pytest.mark.parametrize(("aspect", "same"), [(Aspect.INEXACT, True), (Aspect.VALUES, False)])
def test_of_sums_that_are_a_little_off_one_may_need_more(aspect: Aspect, *, same: bool) -> None:
    one = off("float32", ("subnormal numbers", "operation", "dtype"), aspect)
    assert needs_the_same(off("float32", ("missing", "operation", "dtype"), aspect), one) is same


@pytest.mark.parametrize(
    ("mine", "theirs", "same"),
    [
        (("many elements", "large values", "negative values"), ("many elements", "particular numbers"), True),
        (("many elements", "large values"), ("many elements", "negative values"), False),
        (("negative values",), ("particular numbers",), False),
        (("many elements", "large values"), ("stride", "particular numbers"), False),
    ],
)
def test_any_numbers_may_stand_for_particular_ones(
    mine: tuple[str, ...], theirs: tuple[str, ...], *, same: bool
) -> None:
    way, one = (off("int32", (*needs, "operation"), Aspect.VALUES) for needs in (mine, theirs))
    assert needs_other_numbers(way, one) is needs_other_numbers(one, way) is same


def test_an_inexact_sum_that_is_right_when_kept_in_float32_is_told_from_one_that_is_not() -> None:
    needs = ("huge values", "operation", "dtype")
    one, other = (off("float64", needs, Aspect.INEXACT, *words) for words in ((), ("a sum kept in float32",)))
    assert not needs_the_same(one, other)
    assert needs_the_same(other, other)


@pytest.mark.parametrize(("end", "same"), [(1, True), (3, False)])
def test_an_answer_that_is_the_same_for_all_data_is_one_content_of_an_error_that_hangs_on_its_data(
    end: int, *, same: bool
) -> None:
    failed = Signature(Way.SERVER_ERROR, status=500)
    plain = trial_of(case_of(Scene("sum", "int32", np.arange(4, dtype="int32")), "x"), Reading(PROFILE))
    selected = Scene("select", "int64", np.arange(1, 5), shape=(4,), selection=((1, end, 1),))
    with lab_with() as lab:
        way = Shown("", trial_of(case_of(selected, "x"), lab.session.reading), failed, ("selection", "dtype"))
        assert is_one_content_of(way, Shown("known", plain, failed, (VERY_DATA,)), lab) is same


@pytest.mark.parametrize(("both", "same"), [(("order F", "more than two dimensions"), True), (("order F",), False)])
def test_answers_laid_out_in_the_other_order_have_one_cause_if_they_share_many_needs(
    both: tuple[str, ...], *, same: bool
) -> None:
    words = frozenset({"the answer with its elements laid out in the other order"})
    part = Scene(
        "select", "int32", np.arange(60, dtype="int32"), shape=(5, 3, 4), order="F", selection=((0, 4, 1),) * 3
    )
    along = replace(part, operation="min", axis=0, selection=((0, 5, 1), (0, 3, 1), (0, 4, 1)))
    wrong = Signature(Way.VALUES, aspect=Aspect.VALUES)
    with lab_with() as lab:
        one, other = (trial_of(case_of(scene, "x"), lab.session.reading) for scene in (part, along))
        way = Shown("one", one, wrong, ("part of a dimension", *both), reads_as=words)
        needs = ("axis", "selection", "operation", *both)
        assert reads_alike(way, Shown("other", other, wrong, needs, reads_as=words), lab) is same


def failing(*needs: str, way: Way = Way.SERVER_ERROR, status: int = 500, faults: tuple[str, ...] = ()) -> Shown:
    trial = trial_of(case_of(Scene("sum", "int32", np.arange(1, 5, dtype="int32")), "x"), Reading(PROFILE))
    return Shown("x", trial, Signature(way, frozenset(faults), status), needs)


@pytest.mark.parametrize(
    ("one", "same"),
    [
        (failing("shape", "blosc2"), True),
        (failing("shape", "blosc2", status=502), False),
        (failing("shape"), False),
        (failing("shape", "blosc2", faults=("data-does-not-fit-the-shape",)), False),
        (failing("shape", "blosc2", way=Way.STATUS), False),
    ],
)
def test_an_error_of_the_servers_own_is_one_whether_its_request_is_invalid_if_it_needs_the_same(
    one: Shown, *, same: bool
) -> None:
    invalid = failing("shape", "blosc2", faults=("undecodable-data",))
    assert errs_for_the_same(invalid, one) is errs_for_the_same(one, invalid) is same

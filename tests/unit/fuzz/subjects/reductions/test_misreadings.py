"""What servers misread, slices, words and layouts among them, is told by what the wrong answer is right for."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.running.session import Judgement
from fuzz.subjects.reductions.misread_slices import OF_OTHER_LENGTHS, other_selections
from fuzz.subjects.reductions.reading import Reading
from fuzz.subjects.reductions.reads_as import reads_as
from fuzz.triage.lab import Seen
from fuzz.triage.trial import Signature, trial_of
from specs.case import Case
from specs.fields import Fields
from specs.outcome import Transcript
from specs.reductions.steps import Put, Send
from specs.violation import Violation, Way
from tests.unit.truthful import V2, cbor, v2_map
from tests.unit.wrong_answers import DATA, FACTS, case_of, reading, right


def test_who_lays_a_result_out_in_the_other_order_but_counts_in_the_right_one_answers_so() -> None:
    fields = {"shape": [3, 2, 1], "order": "F", "axis": 2, "missing": {"missing_value": 9}}
    case = case_of(fields, "count")
    due = right(case)
    laid_out = due.values.reshape(due.shape, order="F").ravel(order="C")
    answer = cbor(v2_map(replace(due, values=laid_out)))
    assert "the answer with its elements laid out in the other order" in reading(case, answer)


def test_who_compares_as_float64_may_answer_with_what_stands_for_missing_elements() -> None:
    numbers = np.array([2**62 - 1, 2**63 - 2], "int64")
    send = Send("min", Fields({"dtype": "int64", "missing": {"missing_value": 2**62 - 1}}), "a")
    case = Case("x", (Put("a", numbers.tobytes()), send))
    answer = cbor(v2_map(replace(right(case), values=np.array([2**63 - 1], "int64"))))
    assert "the answer of a comparison as float64" in reading(case, answer)


def test_who_takes_words_in_any_case_answers_for_them_in_the_right_one() -> None:
    case = Case("x", (Put("a", DATA), Send("sum", Fields({"dtype": "Int32", "byte_order": "LITTLE"}), "a")))
    answer = cbor(v2_map(right(case_of({"byte_order": "little"}))))
    assert "the answer for words in the case that the API gives them" in reading(case, answer, Way.ACCEPTED)


def test_who_remembers_a_field_answers_with_that_of_an_earlier_request() -> None:
    told, untold = (
        Send("sum", Fields({"dtype": "int32", "shape": [2, 3], "axis": 1, **order}), "a")
        for order in ({"order": "F"}, {})
    )
    case = Case("history", (Put("a", DATA), told, untold))
    answer = cbor(v2_map(right(Case("x", (Put("a", DATA), told)))))
    judgement = Judgement(Transcript(case, (None, None, answer)), ())
    seen = Seen(judgement, Violation("sum-values", "", "", "", way=Way.VALUES, step=2), Signature(Way.VALUES))
    assert "the answer with the order of an earlier request" in reads_as(trial_of(case, Reading(V2)), seen, FACTS)


@pytest.mark.parametrize(
    ("told", "read", "words"),
    [
        ([0, 9, 1], [0, 5, 1], "bounds beyond the end taken for the last index"),
        ([4, -9, -1], [4, 0, -1], "backward slices that stop before the first index"),
        ([1, 3, 1], [1, 4, 1], "slices that hold their end"),
        ([4, 1, -2], [2, 5, 2], "backward slices in ascending order"),
        ([-4, 5, 1], [0, 5, 1], "negative bounds taken for zero"),
    ],
)
def test_who_misreads_a_slice_answers_for_another_one(told: list[int], read: list[int], words: str) -> None:
    case = case_of({"shape": [6], "selection": [told]}, "select")
    answer = cbor(v2_map(right(case_of({"shape": [6], "selection": [read]}, "select"))))
    assert f"the answer for {words}" in reading(case, answer)


@given(
    lengths=st.lists(st.integers(1, 6), min_size=2, max_size=3),
    told=st.tuples(st.integers(-8, 8), st.integers(-8, 8), st.sampled_from([-2, -1, 1, 3])),
)
def test_slices_counted_by_another_length_pick_what_they_pick_there(
    lengths: list[int], told: tuple[int, int, int]
) -> None:
    selection = [list(told)] * len(lengths)
    step = Send("select", Fields({"dtype": "int32", "shape": lengths, "selection": selection}), "a")
    there = [*range(*slice(*told).indices(lengths[0]))]
    for words, other in other_selections(step):
        if words == OF_OTHER_LENGTHS:
            for one, length in zip(other, lengths, strict=True):
                own = [*range(*slice(*told).indices(length))]
                expected = there if max(there, default=0) < length else own
                assert [*range(*slice(*one).indices(length))] == expected


def test_who_counts_slices_by_another_length_answers_for_what_they_pick_there() -> None:
    case = case_of({"shape": [2, 3], "selection": [[-2, 3, 1], [-2, 3, 1]]}, "select")
    answer = cbor(v2_map(right(case_of({"shape": [2, 3], "selection": [[0, 2, 1], [0, 2, 1]]}, "select"))))
    assert OF_OTHER_LENGTHS in reading(case, answer)


def test_beside_the_largest_number_is_infinity() -> None:
    largest = float(np.finfo("f8").max)
    fields = Fields({"dtype": "float64", "missing": {"missing_value": largest}})
    case = Case("x", (Put("a", np.array([1.0, largest], "<f8").tobytes()), Send("max", fields, "a")))
    other = right(Case("x", (case.steps[0], Send("max", Fields({"dtype": "float64"}), "a"))))
    assert "the answer for the number beside the one that is missing" in reading(case, cbor(v2_map(other)))


@pytest.mark.parametrize(
    ("missing", "gone"),
    [
        ({"valid_min": 3}, [1, 2**31 + 5]),
        ({"valid_range": [3, 2**32 - 1]}, [1, 2**31 + 5]),
        ({"valid_range": [3, 2**32 - 1]}, [1, 7, 2**31 + 5]),
        ({"valid_max": 2**31 + 1}, [1, 7, 2**31 + 5]),
    ],
)
def test_who_compares_bounds_as_signed_numbers_answers_for_what_is_missing_then(
    missing: dict[str, object], gone: list[int]
) -> None:
    numbers = Put("a", np.array([1, 7, 2**31 + 5], "<u4").tobytes())
    case, meant = (
        Case("x", (numbers, Send("count", Fields({"dtype": "uint32", "missing": one}), "a")))
        for one in (missing, {"missing_values": gone})
    )
    assert "the answer for valid bounds compared as signed numbers" in reading(case, cbor(v2_map(right(meant))))


@pytest.mark.parametrize("infinity", [np.inf, -np.inf])
def test_who_compares_a_huge_missing_number_as_float32_takes_infinity_for_missing(infinity: float) -> None:
    huge = float(np.copysign(1e300, infinity))
    fields = Fields({"dtype": "float64", "missing": {"missing_value": huge}})
    case, lost = (
        Case("x", (Put("a", np.array([1.0, one], "<f8").tobytes()), Send("sum", fields, "a")))
        for one in (infinity, huge)
    )
    assert "the answer for missing numbers compared as float32" in reading(case, cbor(v2_map(right(lost))))


@pytest.mark.parametrize("order", ["C", "F"])
def test_whose_comparisons_along_an_axis_begin_at_first_elements_answers_those_too(order: Literal["C", "F"]) -> None:
    data = np.array([[7, 4, 1], [2, 9, 8]], "<i4").tobytes(order=order)
    fields = {"dtype": "int32", "shape": [2, 3], "order": order, "axis": 0, "missing": {"missing_values": [1, 4]}}
    case = Case("x", (Put("a", data), Send("min", Fields(fields), "a")))
    answer = cbor(v2_map(replace(right(case), values=np.array([2, 4, 1], "<i4"))))
    words = "the answer of a comparison that begins at the first element, missing or not"
    assert words in reading(case, answer)


@pytest.mark.parametrize(
    ("told", "read", "words"),
    [
        ({"offset": True}, {"offset": 1}, "booleans taken for integers"),
        ({"shape": [1.5], "offset": 4, "size": 4}, {"shape": [1], "offset": 4, "size": 4}, "fractions cut to integers"),
        ({"offset": "8"}, {"offset": 8}, "text taken for numbers"),
    ],
)
def test_who_reads_a_value_leniently_answers_for_what_is_made_of_it(
    told: dict[str, object], read: dict[str, object], words: str
) -> None:
    numbers = np.array([7, 2, 9], "<i4").tobytes() + bytes(1 if told.get("offset") is True else 0)
    case, meant = (
        Case("x", (Put("a", numbers), Send("sum", Fields({"dtype": "int32", **fields}), "a")))
        for fields in (told, read)
    )
    assert f"the answer for {words}" in reading(case, cbor(v2_map(right(meant))), Way.ACCEPTED)


@pytest.mark.parametrize("odd", [[0, 5, 0], [0, 5, 1.5], [0, "5", 1], [0, True, 1], [0, 5]])
def test_what_is_no_slice_is_misread_in_no_way(odd: list[object]) -> None:
    step = Send("select", Fields({"dtype": "int32", "shape": [5], "selection": [odd]}), "a")
    assert list(other_selections(step)) == []

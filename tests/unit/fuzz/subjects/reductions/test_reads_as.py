"""What a wrong answer would be right for tells what a server overlooks, and nothing where it is wrong by chance."""

from __future__ import annotations

import math
import zlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from fuzz.subjects.reductions.alterations import alterations
from fuzz.subjects.reductions.reading import Reading
from fuzz.subjects.reductions.reads_as import shows
from fuzz.triage.traits import without
from fuzz.triage.trial import trial_of
from specs.case import Case
from specs.fields import Fields
from specs.outcome import NoReply, Outcome, Reply
from specs.reductions.steps import Put, Send, Spelling
from specs.violation import Way
from tests.unit.truthful import V2, cbor, v2_map
from tests.unit.wrong_answers import DATA, FACTS, case_of, reading, right

ASKED: dict[str, dict[str, Any]] = {
    "byte_order": {"byte_order": "big"},
    "offset": {"offset": 8, "size": 8},
    "size": {"size": 12},
    "order": {"shape": [2, 3], "order": "F", "axis": 0},
    "selection": {"shape": [6], "selection": [[1, 4, 1]]},
    "axis": {"shape": [2, 3], "axis": 0},
    "missing": {"missing": {"missing_value": 9}},
}


@pytest.mark.parametrize("name", ["byte_order", "order", "selection", "axis", "missing"])
def test_who_ignores_a_field_answers_as_without_it(name: str) -> None:
    case = case_of(ASKED[name])
    without = case_of({one: value for one, value in ASKED[name].items() if one != name})
    assert f"the answer to the same request without {name}" in reading(case, cbor(v2_map(right(without))))


@pytest.mark.parametrize("name", ASKED)
def test_a_right_answer_reads_as_no_other_request(name: str) -> None:
    case = case_of(ASKED[name])
    assert reading(case, cbor(v2_map(right(case)))) == frozenset()


@pytest.mark.parametrize("name", ASKED)
def test_an_answer_that_is_wrong_in_no_such_way_reads_as_nothing(name: str) -> None:
    case = case_of(ASKED[name])
    wrong = replace(right(case), values=right(case).values + 1000)
    assert reading(case, cbor(v2_map(wrong))) == frozenset()


def test_who_ignores_the_stride_answers_as_without_it() -> None:
    case = case_of({"shape": [6], "selection": [[0, 6, 2]]})
    plain = case_of({"shape": [6], "selection": [[0, 6, 1]]})
    assert "the answer without the stride" in reading(case, cbor(v2_map(right(plain))))


def test_who_reads_the_other_byte_order_answers_for_it() -> None:
    case, other = case_of({}), case_of({"byte_order": "big"})
    assert reading(case, cbor(v2_map(right(other)))) == {"the answer for big-endian data"}


@pytest.mark.parametrize(
    ("dtype", "numbers", "missing", "taken", "words"),
    [
        (
            "float64",
            [1.0, 1 + 2**-50, 3.0],
            1.0,
            [1.0, 1 + 2**-50],
            "missing numbers compared as float32",
        ),
        (
            "int64",
            [2**53, 2**53 + 1, 3],
            2**53,
            [2**53, 2**53 + 1],
            "missing numbers compared as float64",
        ),
        ("float32", [1.0, 1.0000001, 3.0], 1.0, [1.0, 1.0000001192092896], "all but missing taken for missing"),
        ("float64", [1.0, 1.0000004, 1.00004], 1.0, [1.0, 1.0000004], "all but missing taken for missing"),
    ],
)
@pytest.mark.parametrize("operation", ["select", "sum", "count", "min"])
def test_who_takes_too_much_for_missing_answers_for_numbers_that_he_does_not_tell_apart(
    operation: str, dtype: str, numbers: list[float], missing: float, taken: list[float], words: str
) -> None:
    put = Put("a", np.array(numbers, dtype).tobytes())

    def asking(told: dict[str, Any]) -> Case:
        return Case("x", (put, Send(operation, Fields({"dtype": dtype, "missing": told}), "a")))

    answer = cbor(v2_map(right(asking({"missing_values": taken}))))
    assert any(words in one for one in reading(asking({"missing_value": missing}), answer))


def test_who_takes_missing_values_for_a_range_answers_for_all_between_them() -> None:
    put = Put("a", np.arange(1, 8, dtype="<i4").tobytes())
    several = (Fields({"dtype": "int32", "missing": {"missing_values": told}}) for told in ([2, 5], [2, 3, 4, 5]))
    asked, taken = (Case("x", (put, Send("count", fields, "a"))) for fields in several)
    assert "the answer for all numbers between the missing ones taken for missing" in reading(
        asked, cbor(v2_map(right(taken)))
    )


def test_a_selection_with_an_infinity_that_is_counted_as_missing_reads_as_one_of_the_number_that_is() -> None:
    put = Put("a", np.array([1.0, math.inf, 2.0], "<f8").tobytes())
    told = Fields({"dtype": "float64", "missing": {"missing_value": 1.7976931348623157e308}})
    asked = Case("x", (put, Send("select", told, "a")))
    counted_less = replace(right(asked), counts=(2,))
    assert any("missing numbers compared as float32" in one for one in reading(asked, cbor(v2_map(counted_less))))


@pytest.mark.parametrize(
    ("told", "taken"),
    [
        ({"valid_max": 2**53}, {"valid_max": 2**53 + 1}),
        ({"valid_min": 2**53 + 4}, {"valid_min": 2**53 + 3}),
        ({"valid_range": [5, 2**53]}, {"valid_range": [5, 2**53 + 1]}),
    ],
)
def test_who_compares_with_a_valid_bound_inexactly_answers_for_a_looser_one(
    told: dict[str, Any], taken: dict[str, Any]
) -> None:
    numbers = [2**53 + 1, 7, 2**53 + 9] if "valid_min" not in told else [2**53 + 3, 7, 2**60]
    put = Put("a", np.array(numbers, "<i8").tobytes())

    def asking(missing: dict[str, Any]) -> Case:
        return Case("x", (put, Send("select", Fields({"dtype": "int64", "missing": missing}), "a")))

    answer = cbor(v2_map(right(asking(taken))))
    assert right(asking(taken)).counts != right(asking(told)).counts
    assert "the answer of a comparison as float64" in reading(asking(told), answer)


def test_who_reads_a_missing_number_one_off_answers_for_the_number_beside_it() -> None:
    put = Put("a", np.array([0.1, 0.2, 0.3], "<f8").tobytes())

    def asking(number: float) -> Case:
        return Case("x", (put, Send("sum", Fields({"dtype": "float64", "missing": {"missing_value": number}}), "a")))

    answer = cbor(v2_map(right(asking(float(np.nextafter(0.2, 1))))))
    assert "the answer for the number beside the one that is missing" in reading(asking(0.2), answer)


@pytest.mark.parametrize("outcome", [NoReply("closed"), Reply(400, (), b"")])
def test_what_is_no_answer_reads_as_nothing(outcome: Outcome) -> None:
    assert reading(case_of(ASKED["axis"]), outcome) == frozenset()


def test_failures_without_values_read_as_nothing() -> None:
    case = case_of(ASKED["missing"])
    answer = cbor(v2_map(right(case_of({}))))
    assert reading(case, answer)
    assert reading(case, answer, Way.REFUSED) == frozenset()


def test_who_stops_sums_at_the_ends_of_the_dtype_breaks_the_ruling_on_them() -> None:
    case = Case(
        "x", (Put("a", np.array([2**31 - 1, 5], "<i4").tobytes()), Send("sum", Fields({"dtype": "int32"}), "a"))
    )
    stopped = replace(right(case), values=np.array([2**31 - 1], "<i4"))
    assert "an answer that nothing but the ruling integer-sum forbids" in reading(case, cbor(v2_map(stopped)))


def test_who_fills_up_a_short_selection_answers_for_whole_dimensions() -> None:
    shape = {"shape": [2, 3]}
    case = case_of({**shape, "selection": [[0, 1, 1]]})
    answer = cbor(v2_map(right(case_of({**shape, "selection": [[0, 1, 1], [0, 3, 1]]}))))
    assert "the answer for whole dimensions where the selection is too short" in reading(case, answer, Way.ACCEPTED)


@pytest.mark.parametrize(
    ("needed", "shown"), [("part of a dimension", False), ("axis", False), ("order F", False), ("compression", True)]
)
def test_what_merely_makes_two_answers_differ_is_not_part_of_the_difference(needed: str, shown: bool) -> None:
    fields = {"dtype": "int32", "shape": [2, 3], "order": "F", "compression": {"id": "zlib"}}
    fields |= {"axis": 0} if needed == "axis" else {"selection": [[0, 1, 1], [0, 3, 1]]}
    operation = "sum" if needed == "axis" else "select"
    case = Case("x", (Put("a", zlib.compress(DATA)), Send(operation, Fields(fields), "a")))
    rest = without(trial_of(case, Reading(V2)), needed)
    assert rest is not None
    assert shows("the answer for data in C order", rest, FACTS) is shown


@pytest.mark.parametrize("byte_order", ["big", "little"])
def test_who_loses_the_last_byte_answers_for_zero_in_its_place(byte_order: str) -> None:
    fields = {"dtype": "int32", "byte_order": byte_order, "size": 4}
    case, lost = (
        Case("x", (Put("a", data + b"\5"), Send("select", Fields(fields), "a"))) for data in (b"\1\2\3\4", b"\1\2\3\0")
    )
    assert reading(case, cbor(v2_map(right(lost)))) == {"the answer for data whose last byte is zero"}


def test_who_loses_the_last_byte_of_a_stream_refuses_what_is_left() -> None:
    packed = zlib.compress(DATA + DATA)
    fields = Fields({"dtype": "int32", "compression": {"id": "zlib"}, "size": len(packed)})
    case = Case("x", (Put("a", packed), Send("select", fields, "a")))
    refusal = Reply(400, (("content-type", "application/json"),), b'{"error":{"message":"no zlib stream"}}')
    assert reading(case, refusal, Way.REFUSED) == {"the answer for data whose last byte is zero"}
    assert reading(case_of({}), refusal, Way.REFUSED) == frozenset()


@pytest.mark.parametrize(
    ("operation", "numbers", "begins", "words"),
    [
        ("max", [-3.0, -2.0, -7.0], 0.0, "zero"),
        ("max", [-0.0], 0.0, "zero"),
        ("min", [3.0, 2.0, 7.0], 0.0, "zero"),
        ("max", [-3.0, 1e-310], float(np.finfo("f8").tiny), "the smallest normal number"),
    ],
)
def test_whose_extreme_begins_at_a_number_answers_it(
    operation: str, numbers: list[float], begins: float, words: str
) -> None:
    case = Case("x", (Put("a", np.array(numbers, "<f8").tobytes()), Send(operation, Fields({"dtype": "float64"}), "a")))
    answer = cbor(v2_map(replace(right(case), values=np.array(begins, "<f8"))))
    assert f"the answer of a comparison that begins at {words}" in reading(case, answer)


@pytest.mark.parametrize(
    ("dtype", "numbers", "narrow"),
    [
        ("float64", [0.1, 0.2, 0.4], "float32"),
        ("int64", [2**53, 1, 2**53, 1], "float64"),
        ("uint32", [2**24, 1, 1, 1], "float32"),
    ],
)
def test_who_keeps_a_sum_in_a_narrower_float_answers_within_its_accuracy(
    dtype: str, numbers: list[float], narrow: str
) -> None:
    case = Case("x", (Put("a", np.array(numbers, dtype).tobytes()), Send("sum", Fields({"dtype": dtype}), "a")))
    total = np.array(numbers, dtype).astype(narrow).sum(dtype=narrow).astype(dtype)
    answer = cbor(v2_map(replace(right(case), values=total)))
    assert f"the answer for a sum kept in {narrow}" in reading(case, answer)


def test_who_rounds_offsets_down_answers_for_the_offset_before() -> None:
    case, other = (case_of({"offset": offset, "size": 8}) for offset in (6, 4))
    words = "the answer for an offset rounded down to a multiple of the item size"
    assert words in reading(case, cbor(v2_map(right(other))))


def test_no_alteration_is_the_request_itself() -> None:
    for fields in ASKED.values():
        send = case_of(fields).steps[-1]
        assert isinstance(send, Send)
        assert all(other != send for _, other in alterations(send))


@pytest.mark.parametrize(
    ("fields", "operation", "shape"),
    [
        ({"shape": [1, 6]}, "select", (6,)),
        ({"shape": [3, 2], "selection": [[1, 2, 1], [0, 2, 1]]}, "select", (2,)),
        ({"shape": [2, 1, 3], "axis": 0}, "sum", (3,)),
        ({"shape": [6, 1], "axis": 0}, "sum", ()),
    ],
)
def test_who_leaves_out_dimensions_of_one_element_answers_without_them(
    fields: dict[str, Any], operation: str, shape: tuple[int, ...]
) -> None:
    case = case_of(fields, operation)
    due = right(case)
    squeezed = replace(due, shape=shape, values=due.values.reshape(shape))
    assert "the answer without its dimensions of one element" in reading(case, cbor(v2_map(squeezed)))


def test_who_drops_the_only_dimension_of_one_element_answers_without_dimensions() -> None:
    case = Case("x", (Put("a", np.array([7], "<i4").tobytes()), Send("select", Fields({"dtype": "int32"}), "a")))
    due = right(case)
    answer = cbor(v2_map(replace(due, shape=(), values=due.values.reshape(()))))
    assert "the answer without its dimensions of one element" in reading(case, answer)


def test_whose_unsigned_minimum_begins_at_the_greatest_signed_number_answers_it() -> None:
    put = Put("a", np.array([2**31 + 5, 2**31 + 9], "<u4").tobytes())
    case = Case("x", (put, Send("min", Fields({"dtype": "uint32"}), "a")))
    answer = cbor(v2_map(replace(right(case), values=np.array(2**31 - 1, "<u4"))))
    assert "the answer of a comparison that begins at the greatest signed number" in reading(case, answer)


def test_who_loses_the_sign_of_zero_answers_for_zeros_without_one() -> None:
    fields = Fields({"dtype": "float64", "shape": [2, 1], "axis": 1})
    case = Case("x", (Put("a", np.array([-0.0, 2.0], "<f8").tobytes()), Send("min", fields, "a")))
    answer = cbor(v2_map(replace(right(case), values=np.array([0.0, 2.0], "<f8"))))
    assert "the answer for negative zeros taken for zero" in reading(case, answer)


def test_who_takes_the_first_kind_of_missing_data_answers_for_it_alone() -> None:
    case = case_of({"missing": {"missing_value": 9, "valid_min": 3}})
    answer = cbor(v2_map(right(case_of({"missing": {"missing_value": 9}}))))
    assert reading(case, answer, Way.ACCEPTED) == {"the answer for the first kind of missing data alone"}


@pytest.mark.parametrize(
    ("dtype", "operation", "numbers", "first"),
    [("float64", "max", [0.1, 1 + 1e-12, 1 + 2e-12], 1), ("int64", "min", [7, 2**60 + 1, 2**60], 0)],
)
def test_who_compares_in_a_narrower_dtype_answers_the_first_of_those_alike(
    dtype: str, operation: str, numbers: list[float], first: int
) -> None:
    several = np.array(numbers if operation == "max" else numbers[1:], dtype)
    case = Case("x", (Put("a", several.tobytes()), Send(operation, Fields({"dtype": dtype}), "a")))
    assert several[first] != (several.max() if operation == "max" else several.min())
    answer = cbor(v2_map(replace(right(case), values=several[first].reshape(()))))
    assert "the answer of a comparison as float32" in reading(case, answer)


@pytest.mark.parametrize(("most", "cut_to", "spelled"), [(2e20, 2.0, "plainly"), (0.3, 3.0, "exponents")])
def test_who_reads_numbers_up_to_their_exponent_answers_for_what_is_before_it(
    most: float, cut_to: float, spelled: Spelling
) -> None:
    put = Put("a", np.array([1.0, 2.0, 3.0, 4.0], "<f8").tobytes())
    case, cut = (
        Case("x", (put, Send("select", Fields({"dtype": "float64", "missing": {"valid_max": one}}), "a", spelled=how)))
        for one, how in ((most, spelled), (cut_to, "plainly"))
    )
    assert reading(case, cbor(v2_map(right(cut)))) == {"the answer for missing numbers read up to their exponent"}


@pytest.mark.parametrize(
    ("operation", "missing"), [("min", {"missing_value": 1}), ("max", {"valid_range": [2, 7]}), ("max", None)]
)
def test_whose_comparison_begins_at_the_first_element_answers_it_though_it_is_missing(
    operation: str, missing: dict[str, Any] | None
) -> None:
    numbers = np.array([1 if operation == "min" else 9, 5, 6], "<i4")
    fields = Fields({"dtype": "int32"} if missing is None else {"dtype": "int32", "missing": missing})
    case = Case("x", (Put("a", numbers.tobytes()), Send(operation, fields, "a")))
    answer = cbor(v2_map(replace(right(case), values=numbers[:1])))
    words = "the answer of a comparison that begins at the first element, missing or not"
    assert (words in reading(case, answer)) is (missing is not None)
    assert shows(words, trial_of(case, Reading(V2)), FACTS) is (missing is not None)


def test_who_keeps_a_sum_in_float32_answers_it_whatever_is_missing() -> None:
    most = 1.7976931348623157e308
    fields = Fields({"dtype": "float64", "missing": {"missing_value": -most}})
    case = Case("x", (Put("a", np.array([-most, most]).tobytes()), Send("sum", fields, "a")))
    answer = cbor(v2_map(replace(right(case), values=np.array(np.inf))))
    assert "the answer for a sum kept in float32" in reading(case, answer)


@pytest.mark.parametrize(
    ("fields", "status", "text", "words"),
    [
        ({"offset": "24"}, 416, "offset", {"the answer for text taken for numbers"}),
        ({"offset": "24"}, 400, "offset", set()),
        (
            {"size": True, "compression": {"id": "gzip"}},
            400,
            "the data",
            {"the answer for booleans taken for integers"},
        ),
        ({"nothing_known": 1}, 416, "offset", set()),
    ],
)
def test_an_error_may_be_right_for_what_the_request_was_taken_for(
    fields: dict[str, Any], status: int, text: str, words: set[str]
) -> None:
    body = f'{{"error": {{"message": "{text} is wrong", "caused_by": null}}}}'.encode()
    reply = Reply(status, (("content-type", "application/json"),), body)
    assert reading(case_of(fields), reply, Way.STATUS if status == 416 else Way.UNNAMED) == words

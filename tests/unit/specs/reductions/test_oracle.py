"""The oracle: examples worked out by hand, and laws that hold whatever the data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specs.reductions import decoding
from specs.reductions.dtypes import FLOATS, INTEGERS, NAMES, nearest
from specs.reductions.encoding import stored
from specs.reductions.expectation import Expectation, Values
from specs.reductions.oracle import expect
from specs.reductions.profile import RULINGS, Profile
from specs.reductions.refusals import CLIENT_ERRORS, statuses_of
from specs.reductions.request import Filter, Missing, MissingKind, Request
from specs.reductions.rules import Rule
from tests.unit.truthful import V2

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")
QUICK = settings(deadline=None, database=None)
NAN, INF = float("nan"), float("inf")
SIX = np.array([[1, 2, 3], [4, 5, 6]], np.int32)


def due(operation: str, data: np.ndarray, profile: Profile = V2, **fields: object) -> Expectation:
    request = Request(operation, data.dtype.name, "little", **{"shape": data.shape, **fields})  # type: ignore[arg-type]
    return expect(request, stored(data, order=request.order), profile)


def values(operation: str, data: np.ndarray, profile: Profile = V2, **fields: object) -> Values:
    (answer,) = due(operation, data, profile, **fields).answers
    return answer


def listed(operation: str, data: np.ndarray, **fields: object) -> tuple[tuple[int, ...], list[object], tuple[int, ...]]:
    answer = values(operation, data, **fields)
    assert answer.values.dtype == answer.dtype
    return answer.shape, answer.values.tolist(), answer.counts


@pytest.mark.parametrize(
    ("operation", "fields", "shape", "numbers", "counts"),
    [
        ("sum", {}, (), [21], (6,)),
        ("min", {}, (), [1], (6,)),
        ("max", {}, (), [6], (6,)),
        ("count", {}, (), [6], (6,)),
        ("select", {}, (2, 3), [1, 2, 3, 4, 5, 6], (6,)),
        ("select", {"order": "F"}, (2, 3), [1, 4, 2, 5, 3, 6], (6,)),
        ("sum", {"axis": (0,)}, (3,), [5, 7, 9], (2, 2, 2)),
        ("sum", {"axis": (1,)}, (2,), [6, 15], (3, 3)),
        ("sum", {"axis": (0, 1)}, (), [21], (6,)),
        ("sum", {"axis": ()}, (2, 3), [1, 2, 3, 4, 5, 6], (1,) * 6),
        ("max", {"axis": (), "order": "F"}, (2, 3), [1, 4, 2, 5, 3, 6], (1,) * 6),
        ("sum", {"selection": ((0, 2, 1), (0, 3, 2))}, (), [14], (4,)),
        ("select", {"selection": ((1, -3, -1), (-2, 99, 1))}, (2, 2), [5, 6, 2, 3], (4,)),
        ("select", {"selection": ((0, 0, 1), (0, 3, 1))}, (0, 3), [], (0,)),
        ("select", {"selection": ((0, 2, 9), (2, 0, -1))}, (1, 2), [3, 2], (2,)),
        ("sum", {"selection": ((0, 0, 1), (0, 3, 1)), "axis": (0,)}, (3,), [0, 0, 0], (0, 0, 0)),
        ("count", {"missing": Missing("missing_value", (4,)), "axis": (1,)}, (2,), [3, 2], (3, 2)),
        ("sum", {"missing": Missing("missing_values", (1, 6))}, (), [14], (4,)),
        ("min", {"missing": Missing("valid_min", (3,))}, (), [3], (4,)),
        ("max", {"missing": Missing("valid_max", (3,))}, (), [3], (3,)),
        ("sum", {"missing": Missing("valid_range", (2, 4))}, (), [9], (3,)),
        ("select", {"missing": Missing("missing_value", (1,))}, (2, 3), [1, 2, 3, 4, 5, 6], (5,)),
    ],
)  # fmt: skip
def test_worked_examples(operation, fields, shape, numbers, counts):
    assert listed(operation, SIX, **fields) == (shape, numbers, counts)


def test_several_dimensions_left_are_laid_out_in_the_order_of_the_request():
    data = np.arange(24, dtype=np.int64).reshape(2, 3, 4)
    for order in ("C", "F"):
        answer = values("sum", data, axis=(1,), order=order)
        assert answer.shape == (2, 4)
        assert answer.values.tolist() == data.sum(axis=1).ravel(order=order).tolist()


@pytest.mark.parametrize(
    ("dtype", "numbers", "total"),
    [
        ("int32", [2**31 - 1, 1], -(2**31)),
        ("uint32", [2**32 - 1, 2], 1),
        ("int64", [-(2**63), -1], 2**63 - 1),
        ("uint64", [2**64 - 1, 2**64 - 1], 2**64 - 2),
        ("int64", [2**53, 1], 2**53 + 1),
        ("uint64", [2**63, 1], 2**63 + 1),
    ],
)
def test_integer_sums_wrap_and_are_exact(dtype, numbers, total):
    assert listed("sum", np.array(numbers, dtype)) == ((), [total], (2,))


def test_a_wrapped_sum_is_free_where_the_ruling_is_off():
    off = replace(V2, rulings_off=("integer-sum",))
    data = np.array([[2**31 - 1, 1], [1, 2]], np.int32)
    assert values("sum", data, off, axis=(1,)).free.tolist() == [True, False]
    assert values("sum", data, axis=(1,)).free is None


@pytest.mark.parametrize("operation", ["min", "max", "sum"])
def test_nan_propagates_or_is_refused_by_its_name(operation):
    expected = due(operation, np.array([[1, NAN], [2, 3]], np.float32), axis=(1,))
    (answer,) = expected.answers
    assert np.isnan(answer.values).tolist() == [True, False]
    assert answer.counts == (2, 2)
    assert expected.rejection.words == ("nan", "notanumber", "finite")


@pytest.mark.parametrize("kind", ["missing_value", "missing_values", "valid_min", "valid_max", "valid_range"])
def test_nan_is_never_missing(kind):
    numbers = (0, 9) if kind == "valid_range" else ((9,) if kind == "valid_max" else (0,))
    data = np.array([NAN, 1], np.float64)
    assert values("count", data, missing=Missing(kind, numbers)).counts == (2,)


def test_a_valid_range_keeps_nan_and_leaves_infinities_out():
    data = np.array([NAN, 1, -7], np.float64)
    answer = due("min", data, missing=Missing("valid_min", (0,)))
    assert np.isnan(answer.answers[0].values[0])
    infinite = np.array([INF, 1], np.float64)
    assert listed("max", infinite, missing=Missing("valid_max", (9,))) == ((), [1.0], (1,))


@pytest.mark.parametrize("dtype", NAMES)
def test_many_missing_values_are_missing_as_few_are(dtype):
    data = np.array([0, 1, 2, 3, 5, 8, 13, 99, 100], dtype)
    if dtype in FLOATS:
        data = np.array([*data, -0.0, np.nan, np.inf], dtype)
    many = Missing("missing_values", tuple(range(0, 100, 3)))
    present = [x for x in data.tolist() if x not in many.values]
    assert due("count", data, missing=many).answers[0].values.tolist() == [len(present)]


def test_negative_zero_is_missing_where_zero_is():
    data = np.array([-0.0, 0.0, 1.0], np.float32)
    assert values("count", data, missing=Missing("missing_value", (0,))).counts == (1,)
    assert values("count", data, missing=Missing("missing_value", (-0.0,))).counts == (1,)


@pytest.mark.parametrize(
    ("data", "signs"),
    [([0.0, -0.0], {True, False}), ([0.0, 0.0], {False}), ([-0.0, -0.0], {True}), ([-0.0, 1.0], {True})],
)
def test_of_two_zeros_either_is_the_least(data, signs):
    answer = values("min", np.array(data, np.float64))
    allowed = [answer.values, answer.values if answer.also is None else answer.also]
    assert {bool(np.signbit(one[0])) for one in allowed} == signs


@pytest.mark.parametrize("operation", ["min", "max"])
@pytest.mark.parametrize("dtype", NAMES)
def test_the_extreme_of_nothing_may_be_refused_or_be_anything(operation, dtype):
    expected = due(operation, np.zeros(3, dtype), missing=Missing("missing_value", (0,)))
    assert statuses_of(expected.rejection.classes) == CLIENT_ERRORS
    assert expected.answers[0].free.tolist() == [True]
    assert expected.answers[0].counts == (0,)


def test_where_some_have_something_left_only_the_others_are_free():
    expected = due("max", SIX, axis=(1,), missing=Missing("valid_max", (3,)))
    assert expected.rejection is None
    assert expected.answers[0].free.tolist() == [False, True]
    assert expected.answers[0].values[0] == 3


def test_the_sum_of_nothing_is_zero():
    assert listed("sum", SIX, missing=Missing("valid_min", (9,))) == ((), [0], (0,))


def test_over_no_axes_a_missing_element_sums_to_zero_or_itself():
    answer = values("sum", SIX, axis=(), missing=Missing("missing_value", (4,)))
    assert answer.counts == (1, 1, 1, 0, 1, 1)
    assert (answer.values[3], answer.also[3]) == (0, 4)
    assert (answer.values[:3] == answer.also[:3]).all()


def test_an_empty_object_counts_nothing_or_is_refused():
    expected = expect(Request("count", "int32", "little"), b"", V2)
    assert expected.answers[0].counts == (0,)
    assert statuses_of(expected.rejection.classes) == CLIENT_ERRORS


def test_data_that_is_read_twice_is_decoded_once(monkeypatch: pytest.MonkeyPatch):
    content, decoded = stored(SIX, compression="gzip"), []
    decompress = decoding._decompressed
    monkeypatch.setattr(decoding, "_decompressed", lambda *given: decoded.append(given) or decompress(*given))
    request = Request("sum", "int32", "little", shape=(2, 3), compression="gzip")
    answers = [expect(replace(request, axis=axis), content, V2).answers[0] for axis in (None, (0,), (1,))]
    assert [one.values.tolist() for one in answers] == [[21], [5, 7, 9], [6, 15]]
    assert len(decoded) == 1
    # Other bytes that are the same are decoded anew: what is kept is told by which object it is of.
    expect(request, bytes(bytearray(content)), V2)
    assert len(decoded) == 2


@pytest.mark.parametrize(
    ("content", "fields", "rule", "statuses"),
    [
        (bytes(8), {"shape": (3,)}, Rule.SHORT_READ, CLIENT_ERRORS),
        (bytes(7), {}, Rule.DATA_DOES_NOT_FIT, {400}),
        (bytes(8), {"offset": 8}, Rule.RANGE_BEYOND_THE_OBJECT, CLIENT_ERRORS),
        (bytes(8), {"size": 12}, Rule.SHORT_READ, CLIENT_ERRORS),
        (bytes(8), {"compression": "gzip"}, Rule.UNDECODABLE_DATA, {400}),
        (stored(SIX, compression="zlib"), {"compression": "zlib", "shape": (7,)}, Rule.DATA_DOES_NOT_FIT, {400}),
    ],
)
def test_data_that_does_not_fit_is_refused(content, fields, rule, statuses):
    expected = expect(Request("sum", "int32", "little", **fields), content, V2)
    assert not expected.answers
    assert (expected.rejection.rules, statuses_of(expected.rejection.classes)) == ({rule}, frozenset(statuses))


def test_surplus_data_may_be_refused_or_its_beginning_answered_about():
    expected = expect(Request("sum", "int32", "little", shape=(2,)), stored(SIX), V2)
    assert expected.answers[0].values.tolist() == [3]
    assert expected.rejection.rules == {Rule.SURPLUS_DATA}


def test_every_ruling_can_be_switched_off_and_then_asks_less():
    for ruling in RULINGS:
        off = replace(V2, rulings_off=(ruling,))
        answer = due("sum", np.array([[1, 2], [3, 4]], np.float64), off, axis=())
        assert answer.answers
        assert ruling == "result-order" or len(answer.answers) == 1


@pytest.mark.parametrize(
    ("ruling", "operation", "data", "fields"),
    [
        ("surplus-data", "sum", SIX, {"shape": (2,)}),
        ("nan-is-not-missing", "count", np.array([NAN, 1]), {"missing": Missing("valid_min", (0,))}),
        ("exact-numbers", "count", np.array([2**53], np.int64), {"missing": Missing("missing_value", (2**53 + 1,))}),
        ("short-read", "sum", SIX, {"shape": (9,)}),
    ],
)
def test_what_hangs_on_a_ruling_that_is_off_is_unspecified(ruling, operation, data, fields):
    assert due(operation, data, replace(V2, rulings_off=(ruling,)), **fields).unspecified
    assert not due(operation, data, **fields).unspecified


# Next to the middle of two neighbours: the nearest float32 is one, by way of a float64 it is the other.
BESIDE_A_MIDDLE = (1152921573326323713, -0.9999999701976776)


@pytest.mark.parametrize("number", BESIDE_A_MIDDLE)
@pytest.mark.parametrize("kind", ["missing_value", "missing_values"])
def test_a_float32_that_says_what_is_missing_may_be_rounded_twice(number: int | float, kind: MissingKind) -> None:
    once, twice = nearest(number, "float32"), np.float32(float(number))
    assert once != twice
    data = np.array([once, once, twice, 3], np.float32)
    answers = due("count", data, missing=Missing(kind, (number,))).answers
    assert [one.values.tolist() for one in answers] == [[2], [3]]
    for operation in ("min", "max", "sum", "select"):
        assert len(due(operation, data, missing=Missing(kind, (number,))).answers) == 2


def test_each_way_of_reading_integers_goes_with_each_of_reading_other_numbers() -> None:
    numbers = [(nearest(one, "float32"), np.float32(float(one))) for one in BESIDE_A_MIDDLE]
    data = np.array([numbers[0][0], *[numbers[0][1]] * 2, *[numbers[1][0]] * 4, *[numbers[1][1]] * 8], np.float32)
    answers = due("count", data, missing=Missing("missing_values", BESIDE_A_MIDDLE)).answers
    assert {one.counts for one in answers} == {(15 - a - b,) for a in (1, 2) for b in (4, 8)}


@pytest.mark.parametrize("dtype", ["int64", "float64", "float32"])
def test_where_rounding_comes_to_the_same_there_is_one_answer(dtype: str) -> None:
    for number in (*BESIDE_A_MIDDLE, 2**53 + 1):
        if dtype != "int64" or isinstance(number, int):
            data = np.array([1, 2, 3], dtype)
            assert len(due("sum", data, missing=Missing("missing_value", (number,))).answers) == 1


# Laws.

ELEMENTS = {
    **{
        dtype: st.integers(int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)) | st.integers(0, 3) for dtype in INTEGERS
    },
    **{dtype: st.floats(width=int(dtype[-2:])) | st.sampled_from((0.0, -0.0, 1.0)) for dtype in FLOATS},
}


@st.composite
def arrays(draw: st.DrawFn, dtypes: tuple[str, ...] = NAMES) -> np.ndarray:
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    dtype = draw(st.sampled_from(dtypes))
    size = int(np.prod(shape))
    return np.array(draw(st.lists(ELEMENTS[dtype], min_size=size, max_size=size)), dtype).reshape(shape)


@st.composite
def missings(draw: st.DrawFn, data: np.ndarray) -> Missing | None:
    finite = data[np.isfinite(data)] if data.dtype.kind == "f" else data.ravel()
    if not finite.size or draw(st.booleans()):
        return None
    kind = draw(st.sampled_from(("missing_value", "missing_values", "valid_min", "valid_max")))
    return Missing(kind, (draw(st.sampled_from(finite.tolist())),))


OPERATIONS = st.sampled_from(("count", "min", "max", "sum", "select"))


def same(one: Values, other: Values) -> bool:
    def bits(array: np.ndarray | None) -> bytes | None:
        return None if array is None else array.tobytes()

    parts = ("values", "low", "high", "free", "also", "loose")
    return (one.shape, one.counts) == (other.shape, other.counts) and all(
        bits(getattr(one, part)) == bits(getattr(other, part)) for part in parts
    )


@QUICK
@given(arrays(), OPERATIONS, st.sampled_from("CF"), st.data())
def test_to_select_everything_is_to_select_nothing(data, operation, order, more):
    missing, axis = (
        more.draw(missings(data)),
        more.draw(st.none() | st.sampled_from(range(data.ndim)).map(lambda one: (one,))),
    )
    everything = tuple((0, length, 1) for length in data.shape)
    fields = {"axis": axis, "missing": missing, "order": order}
    assert same(values(operation, data, **fields), values(operation, data, selection=everything, **fields))


@QUICK
@given(arrays(INTEGERS), st.data())
def test_sums_along_an_axis_sum_to_the_whole(data, more):
    missing = more.draw(missings(data))
    axis = more.draw(st.integers(0, data.ndim - 1))
    parts, whole = values("sum", data, axis=(axis,), missing=missing), values("sum", data, missing=missing)
    assert np.add.reduce(parts.values, dtype=data.dtype) == whole.values[0]
    assert sum(parts.counts) == whole.counts[0]


@QUICK
@given(arrays(), st.data())
def test_what_is_counted_and_what_is_missing_make_up_the_whole(data, more):
    missing = more.draw(missings(data))
    if missing is None or missing.kind not in ("missing_value", "missing_values"):
        return
    there = values("count", data, missing=missing).counts[0]
    assert there + np.count_nonzero(data == np.array(missing.values[0], data.dtype)) == data.size


@QUICK
@given(arrays(), st.data())
def test_the_least_is_not_beyond_the_greatest_and_both_are_elements(data, more):
    missing = more.draw(missings(data))
    least, most = (values(operation, data, missing=missing) for operation in ("min", "max"))
    assert least.counts == most.counts
    if least.counts[0] == 0 or np.isnan(least.values[0]):
        assert np.isnan(data).any() or least.free[0]
        return
    assert least.values[0] <= most.values[0]
    assert {least.values[0], most.values[0]} <= set(data.ravel().tolist())


@QUICK
@given(arrays(), OPERATIONS, st.data())
def test_fortran_order_is_c_order_of_the_transposed(data, operation, more):
    missing = more.draw(missings(data))
    axis = tuple(sorted(more.draw(st.sets(st.integers(0, data.ndim - 1)))))
    turned = tuple(sorted(data.ndim - 1 - one for one in axis))
    one = values(operation, data, axis=axis, missing=missing, order="F")
    other = values(operation, np.ascontiguousarray(data.T), axis=turned, missing=missing)
    assert one.shape == other.shape[::-1]
    assert one.counts == other.counts
    if operation != "sum" or data.dtype.kind != "f":
        np.testing.assert_array_equal(one.values, other.values)


@QUICK
@given(
    arrays(), OPERATIONS, st.sampled_from((None, "gzip", "zlib", "blosc2")), st.sampled_from((1, 2, 4, 8)), st.data()
)
def test_the_answer_does_not_hang_on_how_the_data_is_stored(data, operation, compression, element_size, more):
    order = more.draw(st.sampled_from("CF"))
    filters = more.draw(st.lists(st.just(Filter("shuffle", element_size)), max_size=2).map(tuple))
    content = stored(data, byte_order="big", order=order, filters=filters, compression=compression)
    request = Request(operation, data.dtype.name, "big", 3, len(content), data.shape, (0,), order)
    request = replace(request, compression=compression, filters=filters)
    (answer,) = expect(request, b"xyz" + content + b"end", V2).answers
    assert same(answer, values(operation, data, axis=(0,), order=order))

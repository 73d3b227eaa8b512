"""The reference server gives the answers that API.md calls for; every expectation is written by hand."""

import sys
from collections.abc import Iterator

import numpy as np
import pytest

from tests.unit.reference_asking import Asker, asking

DTYPES = ["int32", "int64", "uint32", "uint64", "float32", "float64"]
TWO_ROWS = np.array([[1, 2, 3], [4, 5, 6]], np.int32)
NAN = float("nan")
INF = float("inf")


@pytest.fixture(scope="module")
def asker() -> Iterator[Asker]:
    with asking() as asker:
        yield asker


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("operation", "expected"), [("sum", [10]), ("min", [1]), ("max", [4]), ("count", [4])])
def test_a_reduction_of_everything_has_one_element(
    asker: Asker, operation: str, expected: list[int], dtype: str
) -> None:
    result = asker.ask(operation, np.array([3, 1, 4, 2], dtype))
    given = "int64" if operation == "count" else dtype
    assert result == {
        "bytes": np.array(expected, given).tobytes(),
        "dtype": given,
        "shape": [],
        "shape_as_bytes": b"",
        "count": [4],
        "count_as_bytes": b"",
        "byte_order": sys.byteorder,
    }


def test_select_gives_the_elements_and_one_count(asker: Asker) -> None:
    result = asker.ask("select", TWO_ROWS, shape=[2, 3])
    assert (result["shape"], result["count"]) == ([2, 3], [6])
    assert result["bytes"] == TWO_ROWS.tobytes()


def test_a_result_without_shape_is_one_dimensional(asker: Asker) -> None:
    assert asker.ask("select", TWO_ROWS)["shape"] == [6]


@pytest.mark.parametrize(
    ("axis", "shape", "sums", "counts"),
    [
        (None, [], [21], [6]),
        (0, [3], [5, 7, 9], [2, 2, 2]),
        ([0], [3], [5, 7, 9], [2, 2, 2]),
        (1, [2], [6, 15], [3, 3]),
        ([0, 1], [], [21], [6]),
        ([], [2, 3], [1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 1]),
    ],
)
def test_axes_are_reduced_away(
    asker: Asker, axis: object, shape: list[int], sums: list[int], counts: list[int]
) -> None:
    result = asker.ask("sum", TWO_ROWS, shape=[2, 3], axis=axis)
    assert (result["shape"], result["count"]) == (shape, counts)
    assert np.frombuffer(result["bytes"], np.int32).tolist() == sums
    assert asker.values("count", TWO_ROWS, shape=[2, 3], axis=axis) == counts


def test_select_ignores_the_axis(asker: Asker) -> None:
    assert asker.ask("select", TWO_ROWS, shape=[2, 3], axis=0)["shape"] == [2, 3]


def test_the_middle_axis_of_three_is_reduced_for_each_pair_of_the_others(asker: Asker) -> None:
    cube = np.arange(8, dtype=np.int64)
    assert asker.values("max", cube, shape=[2, 2, 2], axis=1) == [2, 3, 6, 7]
    assert asker.values("sum", cube, shape=[2, 2, 2], axis=[0, 2]) == [0 + 1 + 4 + 5, 2 + 3 + 6 + 7]


def test_fortran_order_concerns_data_result_and_counts(asker: Asker) -> None:
    # Stored column by column: [[0, 2, 4], [1, 3, 5]].
    data = np.arange(6, dtype=np.int32)
    fields = {"shape": [2, 3], "order": "F"}
    assert asker.values("sum", data, **fields, axis=0) == [1, 5, 9]
    assert asker.values("select", data, **fields, selection=[[0, 2, 1], [0, 3, 2]]) == [0, 1, 4, 5]
    missing = {"missing_value": 4}
    assert asker.counts("sum", data, **fields, axis=[], missing=missing) == [1, 1, 1, 1, 0, 1]
    assert asker.values("count", data, **fields, axis=[], missing=missing) == [1, 1, 1, 1, 0, 1]


@pytest.mark.parametrize("dtype", DTYPES)
def test_stored_bytes_are_read_in_their_order_and_answered_in_the_servers(asker: Asker, dtype: str) -> None:
    for byte_order, sign in (("little", "<"), ("big", ">")):
        data = np.array([1, 2], np.dtype(dtype).newbyteorder(sign)).tobytes()
        assert asker.values("select", data, dtype=dtype, byte_order=byte_order) == [1, 2]


def test_without_a_byte_order_the_data_is_in_the_servers(asker: Asker) -> None:
    assert asker.values("select", np.array([1, 256], np.uint32)) == [1, 256]


def test_offset_and_size_pick_bytes_of_any_alignment(asker: Asker) -> None:
    data = b"xyz" + np.array([7, 8, 9], np.int64).tobytes()
    assert asker.values("select", data, dtype="int64", offset=3) == [7, 8, 9]
    assert asker.values("select", data, dtype="int64", offset=3, size=16) == [7, 8]
    assert asker.values("select", data, dtype="int64", offset=11, size=8, shape=[1]) == [8]
    assert asker.values("select", data[3:], dtype="int64", size=8) == [7]


@pytest.mark.parametrize(
    ("piece", "expected"),
    [
        ([0, 5, 1], [0, 1, 2, 3, 4]),
        ([1, 4, 2], [1, 3]),
        ([-2, 5, 1], [3, 4]),
        ([0, -1, 1], [0, 1, 2, 3]),
        ([-9, 9, 1], [0, 1, 2, 3, 4]),
        ([3, 3, 1], []),
        ([4, 1, 1], []),
        ([9, 99, 1], []),
        ([4, 0, -1], [4, 3, 2, 1]),
        ([4, -6, -1], [4, 3, 2, 1, 0]),
        ([-1, -9, -2], [4, 2, 0]),
        ([9, 2, -1], [4, 3]),
        ([4, -1, -1], []),
        ([0, 5, -1], []),
        ([-9, -99, -1], []),
        ([1, 5, 10**30], [1]),
        ([3, -(10**30), -(10**30)], [3]),
        ([-(10**30), 10**30, 3], [0, 3]),
    ],
)
def test_selections_follow_numpys_slices(asker: Asker, piece: list[int], expected: list[int]) -> None:
    data = np.arange(5, dtype=np.int32)
    result = asker.ask("select", data, shape=[5], selection=[piece])
    assert (result["shape"], result["count"]) == ([len(expected)], [len(expected)])
    assert np.frombuffer(result["bytes"], np.int32).tolist() == expected


@pytest.mark.parametrize(
    ("missing", "present"),
    [
        ({"missing_value": 3}, [1, 2, 4, 5]),
        ({"missing_values": [5, 1, 9]}, [2, 3, 4]),
        ({"missing_values": []}, [1, 2, 3, 4, 5]),
        ({"valid_min": 3}, [3, 4, 5]),
        ({"valid_max": 3}, [1, 2, 3]),
        ({"valid_range": [2, 4]}, [2, 3, 4]),
    ],
)
@pytest.mark.parametrize("dtype", DTYPES)
def test_missing_elements_are_left_out(
    asker: Asker, missing: dict[str, object], present: list[int], dtype: str
) -> None:
    data = np.arange(1, 6, dtype=dtype)
    assert asker.values("sum", data, missing=missing) == [sum(present)]
    assert asker.values("min", data, missing=missing) == [min(present)]
    assert asker.values("max", data, missing=missing) == [max(present)]
    assert asker.values("count", data, missing=missing) == [len(present)]
    selected = asker.ask("select", data, missing=missing)
    assert (selected["shape"], selected["count"]) == ([5], [len(present)])


def test_nan_is_never_missing(asker: Asker) -> None:
    data = np.array([1, NAN, 3])
    rules: list[dict[str, object]] = [
        {"missing_value": 1},
        {"missing_values": [1, 7]},
        {"valid_min": 2},
        {"valid_max": 2},
        {"valid_range": [2, 9]},
    ]
    for missing in rules:
        assert asker.values("count", data, missing=missing) == [2]


def test_negative_zero_equals_zero(asker: Asker) -> None:
    assert asker.values("count", np.array([0.0, -0.0, 1]), missing={"missing_value": -0.0}) == [1]
    assert asker.values("count", np.array([0.0, -0.0, 1]), missing={"missing_values": [0, 9]}) == [1]


def test_nan_and_infinity_propagate(asker: Asker) -> None:
    for operation in ("min", "max", "sum"):
        assert np.isnan(asker.values(operation, np.array([1, NAN, -INF], np.float32)))
        assert np.isnan(asker.values(operation, np.array([NAN])))
    assert asker.values("min", np.array([1, -INF, INF])) == [-INF]
    assert asker.values("max", np.array([1, -INF, INF])) == [INF]
    assert asker.values("sum", np.array([1, INF])) == [INF]
    assert np.isnan(asker.values("sum", np.array([INF, -INF])))


@pytest.mark.parametrize(
    ("dtype", "data", "expected"),
    [
        ("int32", [2**31 - 1, 1], -(2**31)),
        ("int64", [-(2**63), -1], 2**63 - 1),
        ("uint32", [2**32 - 1, 2], 1),
        ("uint64", [2**64 - 1, 2**64 - 1], 2**64 - 2),
    ],
)
def test_integer_sums_wrap(asker: Asker, dtype: str, data: list[int], expected: int) -> None:
    assert asker.values("sum", np.array(data, dtype)) == [expected]


def test_float_sums_are_pairwise(asker: Asker) -> None:
    # One after the other, 2**24 + 1 + 1 + … stays 2**24 in float32.
    data = np.ones(2**14, np.float32)
    data[0] = 2**24
    (total,) = asker.values("sum", data.repeat(2)[1:])
    assert abs(total - (2**24 + 2 * (2**14 - 1))) <= 4
    column = np.stack([data, data], axis=1)
    (first, second) = asker.values("sum", column, shape=[2**14, 2], axis=0)
    assert abs(first - (2**24 + 2**14 - 1)) <= 4
    assert first == second


def test_nothing_left_counts_zero_and_sums_to_zero(asker: Asker) -> None:
    data = np.array([[1, 1], [1, 2]], np.uint32)
    everything: dict[str, object] = {"missing": {"valid_min": 3}}
    nothing: dict[str, object] = {"shape": [2, 2], "selection": [[0, 0, 1], [0, 2, 1]]}
    for fields in (everything, nothing):
        assert asker.values("sum", data, **fields) == [0]
        for operation in ("sum", "min", "max", "count"):
            assert asker.counts(operation, data, **fields) == [0]
    assert asker.ask("min", data, **nothing, axis=0)["count"] == [0, 0]
    assert asker.ask("min", data, **nothing, axis=1)["shape"] == [0]


def test_only_where_nothing_is_left_the_value_is_unspecified(asker: Asker) -> None:
    data = np.array([[1, 1], [1, 2]], np.int32)
    result = asker.ask("max", data, shape=[2, 2], axis=1, missing={"missing_value": 1})
    assert (result["shape"], result["count"]) == ([2], [0, 1])
    assert np.frombuffer(result["bytes"], np.int32)[1] == 2


def test_an_empty_object_counts_zero(asker: Asker) -> None:
    result = asker.ask("sum", b"", dtype="float64")
    assert (result["count"], result["shape"], result["bytes"]) == ([0], [], bytes(8))
    assert asker.ask("select", b"", dtype="float64")["shape"] == [0]
    assert asker.counts("min", b"", dtype="float64") == [0]


def test_shape_and_counts_come_as_bytes_if_asked_for(asker: Asker) -> None:
    options = {"option_shape_as_bytes": True, "option_count_as_bytes": True}
    result = asker.ask("sum", TWO_ROWS, shape=[2, 3], axis=0, **options)
    assert (result["shape"], result["count"]) == ([], [])
    assert np.frombuffer(result["shape_as_bytes"], np.uint64).tolist() == [3]
    assert np.frombuffer(result["count_as_bytes"], np.int64).tolist() == [2, 2, 2]


def test_null_is_the_same_as_leaving_a_field_out(asker: Asker) -> None:
    optional = ("byte_order", "offset", "size", "shape", "axis", "order", "selection", "compression", "filters")
    options = ("missing", "option_disable_chunk_cache", "option_shape_as_bytes", "option_count_as_bytes")
    assert asker.values("sum", TWO_ROWS, **dict.fromkeys(optional + options)) == [21]


@pytest.mark.parametrize("rank", [2, 17, 32])
def test_many_dimensions_are_reduced_like_few(asker: Asker, rank: int) -> None:
    shape = [1] * (rank - 2) + [2, 3]
    result = asker.ask("sum", TWO_ROWS, shape=shape, axis=rank - 1, selection=[[-1, -99, -1]] * rank)
    assert result["shape"] == shape[:-1]
    assert np.frombuffer(result["bytes"], np.int32).tolist() == [15, 6]


def v1_fields(asker: Asker, data: np.ndarray, **fields: object) -> dict[str, object]:
    """A v1 request about an object with this content."""
    asker.store.put("private", "a/key +%25", data.tobytes())
    place = {"source": asker.store.url, "bucket": "private", "object": "a/key +%25"}
    return {**place, "dtype": data.dtype.name, **fields}


def test_v1_answers_raw_bytes_and_headers(asker: Asker) -> None:
    answer = asker.send("max", v1_fields(asker, TWO_ROWS, shape=[2, 3], axis=1), version=1)
    assert (answer.status, answer.body) == (200, np.array([3, 6], np.int32).tobytes())
    assert answer.headers == {
        "content-type": "application/octet-stream",
        "x-activestorage-dtype": "int32",
        "x-activestorage-shape": "[2]",
        "x-activestorage-count": "[3, 3]",
        "x-activestorage-byte-order": sys.byteorder,
    }


def test_v1_counts_as_int64(asker: Asker) -> None:
    answer = asker.send("count", v1_fields(asker, TWO_ROWS), version=1)
    assert answer.headers["x-activestorage-dtype"] == "int64"
    assert (answer.headers["x-activestorage-shape"], answer.body) == ("[]", np.int64(6).tobytes())


def test_v1_takes_a_source_with_a_final_slash(asker: Asker) -> None:
    fields = v1_fields(asker, TWO_ROWS, source=asker.store.url + "/")
    assert asker.send("sum", fields, version=1).status == 200


def test_v1_knows_no_options_and_no_url(asker: Asker) -> None:
    fields = v1_fields(asker, TWO_ROWS)
    for name in ("option_shape_as_bytes", "url", "interface_type"):
        answer = asker.send("sum", {**fields, name: True}, version=1)
        assert name in asker.refusal_of(answer)

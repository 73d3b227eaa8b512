"""Range headers select the bytes that slices select."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.embedded.byte_ranges import RangeNotSatisfiable, parse_range

SIZES = st.integers(0, 20)
POSITIONS = st.integers(0, 30)


@given(SIZES, POSITIONS, POSITIONS)
def test_first_to_last_is_a_slice_with_both_ends(size: int, first: int, last: int) -> None:
    data = bytes(range(size))
    value = f"bytes={first}-{last}"
    if last < first:
        assert parse_range(value, size) is None
    elif first >= size:
        with pytest.raises(RangeNotSatisfiable):
            parse_range(value, size)
    else:
        found = parse_range(value, size)
        assert found is not None
        assert data[found.start : found.stop] == data[first : last + 1]
        assert found.content_range == f"bytes {first}-{min(last, size - 1)}/{size}"


@given(SIZES, POSITIONS)
def test_an_open_range_is_the_rest(size: int, first: int) -> None:
    if first >= size:
        with pytest.raises(RangeNotSatisfiable):
            parse_range(f"bytes={first}-", size)
    else:
        found = parse_range(f"bytes={first}-", size)
        assert found is not None
        assert (found.start, found.stop) == (first, size)


@given(SIZES, POSITIONS)
def test_a_suffix_is_the_last_bytes_that_there_are(size: int, length: int) -> None:
    if length == 0 or size == 0:
        with pytest.raises(RangeNotSatisfiable):
            parse_range(f"bytes=-{length}", size)
    else:
        found = parse_range(f"bytes=-{length}", size)
        assert found is not None
        assert found.stop == size
        assert found.stop - found.start == min(length, size)


@pytest.mark.parametrize(
    "value",
    [None, "", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=1", "items=0-1", "bytes=0-1,3-4", "bytes=--1"],
)
def test_malformed_and_multiple_ranges_mean_everything(value: str | None) -> None:
    assert parse_range(value, 10) is None


def test_the_largest_numbers_clients_send_are_no_overflow() -> None:
    found = parse_range(f"bytes=0-{2**64 - 1}", 10)
    assert found is not None
    assert (found.start, found.stop) == (0, 10)

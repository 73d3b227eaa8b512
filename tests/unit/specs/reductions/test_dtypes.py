"""JSON numbers as elements: the nearest value, correctly rounded, and never through a float for integers."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from specs.reductions.dtypes import FLOATS, INTEGERS, all_nearest, exact, in_byte_order, integer_bounds, nearest

QUICK = settings(max_examples=3 * settings.default.max_examples, deadline=None, database=None)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**130), 2**130)


def neighbours(value: np.floating) -> list[Fraction]:
    """The finite values beside one."""
    with np.errstate(over="ignore"):
        beside = [np.nextafter(value, value.dtype.type(end)) for end in (-np.inf, np.inf)]
    return [Fraction(float(one)) for one in beside if np.isfinite(one)]


@pytest.mark.parametrize("dtype", FLOATS)
def test_no_other_value_is_nearer(dtype):
    @QUICK
    @given(NUMBERS)
    @example(2**53 + 1)
    @example(1 + 2.0**-24)
    @example(1.4e-45 / 2)
    def is_nearest(number: int | float) -> None:
        near = nearest(number, dtype)
        if near is None:
            assert dtype == "float32"
            assert abs(number) >= 2**128 - 2**103
            return
        assert near.dtype == dtype
        away = abs(Fraction(float(near)) - exact(number))
        assert all(away <= abs(one - exact(number)) for one in neighbours(near))

    is_nearest()


@QUICK
@given(st.floats(width=32, allow_nan=False, allow_infinity=False, min_value=0, max_value=2.0**127))
def test_halfway_between_two_float32s_is_the_even_one(low: float) -> None:
    first = np.float32(low)
    second = np.nextafter(first, np.float32(np.inf))
    halfway = float(Fraction(float(first)) / 2 + Fraction(float(second)) / 2)
    if exact(halfway) != (Fraction(float(first)) + Fraction(float(second))) / 2:
        return
    even = first if first.view(np.uint32) % 2 == 0 else second
    assert nearest(halfway, "float32") == even


def test_a_decimal_just_beside_a_halfway_point_does_not_round_twice():
    halfway = 2**24 + 1
    assert nearest(halfway, "float32") == 2**24
    assert nearest(halfway + 2, "float32") == 2**24 + 4
    wide = 2**60 + 2**36
    assert nearest(wide, "float32") == 2**60
    assert nearest(wide + 1, "float32") == 2**60 + 2**37


@QUICK
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_exact_is_what_the_json_text_says(number: float) -> None:
    with localcontext() as context:
        context.prec = 400
        assert exact(number) == Fraction(Decimal(repr(number)))


@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers_are_exact_or_not_there(dtype):
    low, high = integer_bounds(dtype)
    assert (low, high) == (np.iinfo(dtype).min, np.iinfo(dtype).max)
    for number in (low, high, 0, high - 1):
        assert int(nearest(number, dtype)) == number
        assert nearest(number, dtype).dtype == dtype
    for number in (low - 1, high + 1, 1.0, 2**70):
        assert nearest(number, dtype) is None


@pytest.mark.parametrize("dtype", FLOATS)
def test_zero_keeps_its_sign_and_underflow_gives_zero(dtype):
    assert np.signbit(nearest(-0.0, dtype))
    assert not np.signbit(nearest(0, dtype))
    assert np.signbit(nearest(-5e-324, "float32"))
    assert nearest(5e-324, "float32") == 0


def test_beyond_the_largest_there_is_nothing():
    largest = float(np.finfo(np.float32).max)
    assert nearest(largest, "float32") == np.float32(largest)
    assert nearest(3.4028235677973e38, "float32") == np.float32(largest)
    assert nearest(3.4028235677974e38, "float32") is None
    assert nearest(10**400, "float64") is None


def test_byte_orders_are_told_by_name():
    assert in_byte_order("int32", "big").str == ">i4"
    assert in_byte_order("float64", "little").str == "<f8"


@QUICK
@given(st.sampled_from((*INTEGERS, *FLOATS)), st.lists(NUMBERS | st.integers(-9, 9), max_size=5))
def test_many_numbers_are_read_as_one_is(dtype: str, numbers: list[int | float]) -> None:
    found, one_by_one = all_nearest(numbers, dtype), [nearest(number, dtype) for number in numbers]
    assert [(repr(one), getattr(one, "dtype", None)) for one in found] == [
        (repr(one), getattr(one, "dtype", None)) for one in one_by_one
    ]

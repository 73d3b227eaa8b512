"""The bounds on float sums: no order of summation leaves them, and they are no wider than the theory."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from specs.reductions.tolerance import LARGEST, UNIT_ROUNDOFF, SumBounds, sum_bounds

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")
QUICK = settings(deadline=None, database=None)
DTYPES = st.sampled_from(("float32", "float64"))
ENDS = (0.0, -0.0, 1.0, -1.0, 0.1, 1e16, -1e16, 5e-324, 1.4e-45, 3e38, -3e38, 1.7e308, -1.7e308)


@st.composite
def rows(draw: st.DrawFn, *, most: int = 40) -> np.ndarray:
    """Finite terms of both signs and all magnitudes, in one row."""
    dtype = draw(DTYPES)
    width = int(dtype[-2:])
    finite = st.floats(width=width, allow_nan=False, allow_infinity=False)
    ends = st.sampled_from([x for x in ENDS if abs(x) <= LARGEST[dtype]])
    return np.array([draw(st.lists(finite | ends | st.integers(-9, 9).map(float), max_size=most))], dtype)


def bounds(row: np.ndarray) -> SumBounds:
    return sum_bounds(np.atleast_2d(row), None, row.dtype.name)


def one_after_the_other(terms: np.ndarray) -> np.floating:
    total = terms.dtype.type(0)
    with np.errstate(all="ignore"):
        for term in terms:
            total = total + term
    return total


def in_halves(terms: np.ndarray) -> np.floating:
    if len(terms) < 2:
        return one_after_the_other(terms)
    with np.errstate(all="ignore"):
        return in_halves(terms[: len(terms) // 2]) + in_halves(terms[len(terms) // 2 :])


def theory(row: np.ndarray) -> tuple[Fraction, Fraction]:
    """The exact sum and the bound of n - 1 roundings, without any rounding."""
    terms = [Fraction(float(x)) for x in row.ravel() if x]
    nu = max(0, len(terms) - 1) * Fraction(UNIT_ROUNDOFF[row.dtype.name])
    return sum(terms, Fraction(0)), sum(map(abs, terms), Fraction(0)) * nu / (1 - nu)


def allows(told: SumBounds, value: np.floating) -> bool:
    wide = float(value)
    return bool(told.low[0] <= wide <= told.high[0] or (told.loose[0] and not math.isfinite(wide)))


@QUICK
@given(rows(), st.randoms(use_true_random=False))
def test_no_order_of_summation_leaves_the_bounds(row: np.ndarray, shuffling: random.Random) -> None:
    terms = row[0].tolist()
    shuffling.shuffle(terms)
    several = [row[0], row[0][::-1], np.sort(row[0]), np.array(terms, row.dtype)]
    for order in several:
        assert allows(bounds(row), one_after_the_other(order))
        assert allows(bounds(row), in_halves(order))


@QUICK
@given(rows())
def test_pairwise_summation_stays_within_its_narrower_bounds(row: np.ndarray) -> None:
    told, value = bounds(row), float(in_halves(row[0]))
    assert told.low[0] <= told.pairwise_low[0] <= told.pairwise_high[0] <= told.high[0]
    assert told.pairwise_low[0] <= value <= told.pairwise_high[0] or (told.loose[0] and not math.isfinite(value))


@QUICK
@given(rows())
@example(np.array([[2.0**901, 5e-324]]))
def test_the_bounds_hold_the_theory_and_little_more(row: np.ndarray) -> None:
    told = bounds(row)
    total, bound = theory(row)
    for side, edge in ((-1, told.low[0]), (1, told.high[0])):
        if not math.isfinite(edge):
            assert abs(total) + bound > Fraction(LARGEST["float64"]) * (1 - Fraction(1, 2**30))
            continue
        ulp = Fraction(math.ulp(edge))
        beyond = side * (Fraction(edge) - total)
        assert bound - ulp / 2 <= beyond <= bound * (1 + Fraction(1, 2**30)) + ulp


@QUICK
@given(st.lists(rows(most=6), min_size=1, max_size=5), DTYPES)
def test_many_rows_are_bounded_like_each_of_them(some: list[np.ndarray], dtype: str) -> None:
    with np.errstate(over="ignore"):
        table = np.array([np.resize(np.append(row[0], 0), 6) for row in some]).astype(dtype)
    table[~np.isfinite(table)] = 1
    many = sum_bounds(np.repeat(table, 400, axis=0), None, dtype)
    for number, row in enumerate(table):
        one, at = bounds(row), 400 * number
        for part in ("low", "high", "pairwise_low", "pairwise_high"):
            alone, among = float(getattr(one, part)[0]), float(getattr(many, part)[at])
            assert among == alone or abs(among - alone) <= 4 * math.ulp(alone)
        assert one.loose[0] == many.loose[at]


@QUICK
@given(rows(), st.data())
def test_missing_elements_do_not_count(row: np.ndarray, data: st.DataObject) -> None:
    present = np.array([data.draw(st.lists(st.booleans(), min_size=row.size, max_size=row.size))], bool)
    some, alone = sum_bounds(row, present, row.dtype.name), bounds(row[present])
    for part in ("nearest", "low", "high", "loose"):
        assert getattr(some, part).tolist() == getattr(alone, part).tolist()


def test_a_single_term_is_exact():
    for row in (np.array([0.1]), np.array([0.0, 0.1, -0.0]), np.array([5e-324]), np.array([1.7e308])):
        told = bounds(row)
        assert told.low == told.high == told.nearest == row.sum()
        assert not told.loose


def test_a_tiny_row_beside_a_huge_one_keeps_its_value():
    told = sum_bounds(np.array([[5e-324, 0.0], [1.7e308, 1.7e308]]), None, "float64")
    assert told.low[0] == told.high[0] == 5e-324
    assert told.loose.tolist() == [False, True]


def test_an_error_of_a_narrow_accumulator_is_told():
    row = np.full(100_000, 0.1)
    assert not allows(bounds(row), np.float64(one_after_the_other(row.astype(np.float32))))
    assert allows(bounds(row.astype(np.float32)), one_after_the_other(row.astype(np.float32)))


@pytest.mark.parametrize(
    ("terms", "low", "loose"),
    [
        ([np.inf, 1.0], np.inf, False),
        ([-np.inf, 1.0], -np.inf, False),
        ([np.inf, -np.inf], np.nan, False),
        ([np.nan, 1.0], np.nan, False),
        ([np.inf, -3e38, -3e38], np.inf, True),
        ([-np.inf, 3e38, 3e38], -np.inf, True),
        ([np.inf, 3e38, 3e38], np.inf, False),
        ([], 0.0, False),
    ],
)
def test_infinities_and_nan_come_to_what_they_must(terms, low, loose):
    told = sum_bounds(np.array([terms], np.float32), None, "float32")
    np.testing.assert_array_equal([told.low, told.high, told.nearest], [[low]] * 3)
    assert told.loose.tolist() == [loose]


@pytest.mark.parametrize(("dtype", "large"), [("float32", 3e38), ("float64", 1.7e308)])
def test_where_some_order_overflows_on_the_way_infinity_and_the_bound_are_allowed(dtype, large):
    told = bounds(np.array([large, large, -large], dtype))
    assert told.loose[0]
    assert told.low[0] <= large <= told.high[0]
    certain = bounds(np.array([large, large], dtype))
    assert certain.loose[0]
    assert not allows(certain, np.dtype(dtype).type(large))
    assert allows(certain, np.dtype(dtype).type(np.inf))


def test_signalling_nans_pass_without_a_warning():
    row = np.array([[0x7F800001, 0x3F800000]], np.uint32).view(np.float32)
    assert np.isnan(sum_bounds(row, None, "float32").low).all()


def of(told: SumBounds) -> list[list[float]]:
    parts = (told.nearest, told.low, told.high, told.pairwise_low, told.pairwise_high, told.loose)
    return [part.tolist() for part in parts]


@QUICK
@given(rows(), st.integers(0, 2**16))
def test_zeros_change_nothing_however_long_they_make_a_row(row: np.ndarray, seed: int) -> None:
    long = np.zeros((1, 3000), row.dtype)
    long[0, random.Random(seed).sample(range(3000), row.size)] = row[0]
    assert of(bounds(long)) == of(bounds(row))


@pytest.mark.parametrize("spread", [0, 1, 30, 200])
@pytest.mark.parametrize("length", [1025, 4096, 10_001])
def test_long_sums_are_the_exact_ones_correctly_rounded(length: int, spread: int) -> None:
    chance = np.random.default_rng(length + spread)
    row = np.ldexp(chance.random(length) - 0.5, chance.integers(-spread, spread + 1, length))
    total, bound = theory(row)
    told = bounds(row)
    assert told.nearest[0] == float(total)
    near = bound * Fraction(2.0**-30) + Fraction(math.ulp(float(total)))
    assert abs(Fraction(told.low[0]) - (total - bound)) <= near
    assert abs(Fraction(told.high[0]) - (total + bound)) <= near


def test_many_rows_of_one_term_are_certain_as_one_is() -> None:
    terms = np.array([*ENDS, 1.7976931348623157e308] * 40)[:, None]
    together, alone = sum_bounds(terms, None, "float64"), [bounds(one) for one in terms]
    assert of(together) == [[part[0] for part in parts] for parts in zip(*map(of, alone))]
    assert not together.loose.any()


@pytest.mark.parametrize("length", [0, 1, 2, 1024, 1025, 5000])
def test_no_rows_have_no_bounds_however_long_they_are(length: int) -> None:
    bounds = sum_bounds(np.zeros((0, length), "float64"), None, "float64")
    assert bounds.nearest.shape == bounds.low.shape == bounds.pairwise_high.shape == bounds.loose.shape == (0,)

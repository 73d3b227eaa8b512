"""JSON numbers mean the nearest value of the dtype, rounded once."""

import json
from collections.abc import Iterator
from decimal import Context, Decimal
from fractions import Fraction

import cbor2
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fuzz.subjects.reductions.reference_server.exact_numbers import nearest
from tests.unit.reference_asking import Asker, asking

# Beyond the digits of the usual context, in which even a minus sign rounds.
EXACT = Context(prec=200)
HAIR = Decimal("1e-30")
# Midway between 1 and the next float32; a hair to either side is more than float64 can tell.
MIDDLE = Decimal(1 + 2**-24)
LARGEST = 2**128 - 2**104
OVERFLOW = 2**128 - 2**103


def hair_above(number: int | Decimal) -> Decimal:
    return EXACT.add(Decimal(number), HAIR)


def hair_below(number: int | Decimal) -> Decimal:
    return EXACT.subtract(Decimal(number), HAIR)


def negative(number: Decimal) -> Decimal:
    return EXACT.minus(number)


@pytest.fixture(scope="module")
def asker() -> Iterator[Asker]:
    with asking() as asker:
        yield asker


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (Decimal("0.1"), np.float32(0.1)),
        (MIDDLE, 1.0),
        (hair_above(MIDDLE), 1 + 2**-23),
        (hair_below(MIDDLE), 1.0),
        (negative(hair_above(MIDDLE)), -1 - 2**-23),
        (negative(hair_below(MIDDLE)), -1.0),
        (2**24 + 1, 2.0**24),
        (2**60 + 2**36, 2.0**60),
        (2**60 + 2**36 + 1, 2.0**60 + 2.0**37),
        (2**60 + 2**36 - 1, 2.0**60),
        (Decimal(3 * 2.0**-150), 2.0**-148),
        (Decimal(2.0**-150), 0.0),
        (LARGEST, float(LARGEST)),
        (hair_below(OVERFLOW), float(LARGEST)),
        (negative(hair_below(OVERFLOW)), -float(LARGEST)),
        (OVERFLOW, None),
        (-OVERFLOW, None),
        (Decimal("1e400"), None),
        (10**4000, None),
    ],
)
def test_float32_is_rounded_once(number: int | Decimal, expected: float | None) -> None:
    value = nearest(number, "float32")
    assert value == expected
    assert expected is None or isinstance(value, np.float32)


def distance(number: Fraction, value: np.generic) -> Fraction:
    return abs(number - Fraction(float(value)))


@given(st.fractions(-1000, 1000, max_denominator=10**6), st.integers(0, 40), st.sampled_from(["float32", "float64"]))
@example(Fraction(1), 0, "float32")
def test_no_neighbour_is_nearer(number: Fraction, digits: int, dtype: str) -> None:
    decimal = Decimal(number.numerator * 10**digits // number.denominator).scaleb(-digits)
    exact = Fraction(decimal)
    value = nearest(decimal, dtype)
    assert value is not None
    for side in (-np.inf, np.inf):
        neighbour = np.nextafter(value, np.dtype(dtype).type(side))
        assert distance(exact, value) <= distance(exact, neighbour)


@pytest.mark.parametrize(
    ("number", "dtype", "fits"),
    [
        (2**31 - 1, "int32", True),
        (2**31, "int32", False),
        (-1, "uint32", False),
        (2**64 - 1, "uint64", True),
        (-(2**63), "int64", True),
        (2**63, "int64", False),
        (Decimal("1.0"), "int64", False),
        (Decimal("1e3"), "uint32", False),
        (2**1024, "float64", False),
        (2**53 + 1, "float64", True),
        (Decimal("1e-400"), "float64", True),
    ],
)
def test_numbers_are_representable_or_not(number: int | Decimal, dtype: str, fits: bool) -> None:
    assert (nearest(number, dtype) is not None) == fits


def ask_with_number(asker: Asker, data: np.ndarray, number: str) -> list[int]:
    """How many elements are left where this number, as it stands in the JSON text, is missing."""
    fields = asker.fields(data, missing={"missing_value": "NUMBER"})
    text = json.dumps(fields).replace('"NUMBER"', number)
    answer = asker.send("count", text.encode())
    assert answer.status == 200, answer.body
    counts: list[int] = cbor2.loads(answer.body)["count"]
    return counts


def test_large_integers_are_not_read_through_a_float(asker: Asker) -> None:
    data = np.array([2**63 + 1, 2**63], np.uint64)
    assert ask_with_number(asker, data, str(2**63 + 1)) == [1]
    assert ask_with_number(asker, np.array([2**53 + 1, 2**53], np.int64), str(2**53 + 1)) == [1]


def test_a_long_decimal_is_rounded_to_float32_from_its_text(asker: Asker) -> None:
    data = np.array([1, 1 + 2**-23], np.float32)
    assert ask_with_number(asker, data, str(hair_above(MIDDLE))) == [1]
    assert asker.values("sum", data[1:], missing={"missing_value": 1}) == [1 + 2**-23]
    assert ask_with_number(asker, data[:1], str(hair_above(MIDDLE))) == [1]
    assert ask_with_number(asker, data[:1], str(MIDDLE)) == [0]


def test_range_ends_that_round_to_the_same_value_are_accepted(asker: Asker) -> None:
    data = np.array([1, 2], np.float32)
    assert asker.counts("count", data, missing={"valid_range": [1, 1.00000001]}) == [1]

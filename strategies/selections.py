"""Selections: every kind of slice NumPy has."""

from __future__ import annotations

from functools import lru_cache

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

Slice = tuple[int, int, int]
FAR = 2**63 - 1


@lru_cache(4096)
def slices(length: int, *, empty: bool, negative_strides: bool = True) -> tuple[Slice, ...]:
    """Telling slices of a dimension, the simplest first; those that select nothing, or the others."""
    low, half, third = -length, length // 2, length // 3
    found: list[Slice] = [
        (0, length, 1), (0, 1, 1), (0, length - 1, 1), (1, length, 1), (half, length, 1), (0, half, 1),
        (third, length - third, 1), (length - 1, length, 1), (0, length, 2), (1, length, 2), (0, length, 3),
        (0, length, half + 1), (third, length, 3), (1, length, length), (0, length, length - 1 or 1),
        (0, length, length), (0, length, length + 1), (half, length, 1000), (low, length, 1), (-1, length, 1),
        (0, -1, 1), (1, -1, 1), (-half - 1, -1, 1), (low, -1, 2), (-half, length, 2), (0, length + 3, 1),
        (low - 2, length, 1), (low - 1, length + 1, 2), (half, length + 10**6, 1), (-length - 7, half, 1),
        (length - 1, low - 1, -1), (-1, low - 1, -1), (length, low - 5, -1), (-1, 0, -1), (length - 1, 0, -1),
        (half, low - 1, -1), (length - 1, low - 1, -2), (-1, low - 1, -3), (-2, low - 1, -2),
        (length + 4, half - 1, -2), (-1, third, -2), (length - 1, low - 1, -length - 1), (-1, low - 1, -1000),
        (length - 1, half - 1, -length), (0, 2**31, 1), (-(2**31) - 1, 2**32, 1), (0, FAR, 1), (-FAR - 1, FAR, 1),
        (0, FAR, FAR), (half, 2**40, 2**31), (FAR, -FAR - 1, -1), (2**32, -(2**32), -2), (FAR, -FAR - 1, -FAR - 1),
        (-1, -(2**33), -1), (2**31 + 1, low - 1, -FAR), (0, 0, 1), (length, length, 1), (half, half, 1),
        (length, 0, 1), (half + 1, half, 1), (-1, 0, 1), (-1, low, 1), (0, low, 1), (length, 2 * length, 1),
        (length + 5, length + 9, 2), (low - 9, low - 1, 1), (0, length, -1), (0, 0, -1), (low, -1, -1), (-1, -1, -1),
        (low - 3, length, -2), (2**40, 2**41, 1), (FAR, FAR, 1), (-FAR - 1, 0, 1), (0, FAR, -1), (FAR, 0, FAR),
        (-FAR - 1, -FAR, -FAR), (0, half, -3), (length, FAR, 2), (length + 1, length + 1, length + 2),
    ]  # fmt: skip
    kept = [one for one in dict.fromkeys(found) if negative_strides or one[2] > 0]
    return tuple(one for one in kept if (not selected(one, length)) is empty)


def selected(one: Slice, length: int) -> int:
    """How many elements a slice selects of a dimension."""
    return len(range(*slice(*one).indices(length)))


@lru_cache(4096)
def _tables(length: int, negative_strides: bool) -> tuple[SearchStrategy[Slice], SearchStrategy[Slice]]:
    some = slices(length, empty=False, negative_strides=negative_strides)
    none = slices(length, empty=True, negative_strides=negative_strides)
    return st.sampled_from(some), st.sampled_from(none)


MANNERS = ("telling",) * 6 + ("empty", "wild", "straight")
_MANNERS = st.sampled_from(MANNERS)


@lru_cache(4096)
def _between(low: int, high: int) -> SearchStrategy[int]:
    return st.integers(low, high)


@st.composite
def selections(
    draw: st.DrawFn, shape: tuple[int, ...], *, allow_empty: bool = True, negative_strides: bool = True
) -> list[list[int]]:
    """One `[start, end, stride]` per dimension; few of them select nothing at all."""
    manner = draw(_MANNERS)
    if not allow_empty and manner in ("empty", "wild"):
        manner = "telling"
    return in_manner(draw, shape, manner, negative_strides)


def in_manner(draw: st.DrawFn, shape: tuple[int, ...], manner: str, negative_strides: bool) -> list[list[int]]:
    """Telling slices, one of them empty, any numbers at all, or a straight sub-box."""
    if manner == "wild":
        return [_wild(draw, length, negative_strides) for length in shape]
    if manner == "straight":
        return _straight(draw, shape)
    found = [list(draw(_tables(length, negative_strides)[0])) for length in shape]
    if manner == "empty":
        where = draw(_between(0, len(shape) - 1))
        found[where] = list(draw(_tables(shape[where], negative_strides)[1]))
    return found


def _wild(draw: st.DrawFn, length: int, negative_strides: bool) -> list[int]:
    bounds = _between(-length - 3, length + 3)
    stride = draw(_between(-length - 2 if negative_strides else 0, length + 2))
    return [draw(bounds), draw(bounds), stride or 1]


def _straight(draw: st.DrawFn, shape: tuple[int, ...]) -> list[list[int]]:
    """A sub-box of the array, as clients ask for most."""
    found = []
    for length in shape:
        start = draw(_between(0, length - 1))
        found.append([start, draw(_between(start + 1, length)), 1])
    return found

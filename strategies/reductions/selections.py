"""Draw selections: every kind of slice that NumPy has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from strategies.drawing import Choice, Draw, composite, integers, sampled_from

Slice = tuple[int, int, int]
FAR = 2**63 - 1


BOUNDS = ("inside", "negative", "clamped", "far")
STRIDES = ("one", "wide", "beyond", "reversed", "reversed wide", "reversed beyond")
MOST_SLICES = 96


@dataclass(frozen=True, slots=True)
class SliceKind:
    """The kind of the slices of a selection.

    `empty` makes one of them select nothing; `whole` makes all select everything; `wild` draws any numbers.
    """

    bounds: str = "inside"
    stride: str = "one"
    empty: bool = False
    wild: bool = False
    whole: bool = False


def selected(one: Slice, length: int) -> int:
    """Count the elements that a slice selects of a dimension."""
    return len(range(*slice(*one).indices(length)))


def _bounds(length: int, kind: str) -> tuple[int, ...]:
    half, third, low = length // 2, length // 3, -length
    return {
        "inside": (0, length, 1, half, length - 1, third, length - third),
        "negative": (-1, low, -half - 1, -2, -third - 1),
        "clamped": (length + 3, low - 2, length + 10**6, low - 1, length + 1, low - 1000),
        "far": (2**31, -(2**31) - 1, 2**32, FAR, -FAR - 1, -(2**40)),
    }[kind]


def _strides(length: int, kind: str) -> tuple[int, ...]:
    return {
        "one": (1,),
        "wide": (2, 3, length // 2 + 1, length - 1, length),
        "beyond": (length + 1, length + 7, 2**31, FAR),
        "reversed": (-1,),
        "reversed wide": (-2, -3, -(length // 2) - 1, -length),
        "reversed beyond": (-length - 1, -length - 7, -(2**32), -FAR - 1),
    }[kind]


@lru_cache(256)
def slices(length: int, bounds: str, stride: str, *, empty: bool = False) -> tuple[Slice, ...]:
    """List slices of a kind that select something (or nothing), the simplest first; a plain one if there are none."""
    limits = {"wide": range(2, length + 1), "reversed wide": range(-length, -1)}
    steps = [one for one in _strides(length, stride) if one in limits.get(stride, (one,))]
    usual = [one for one in _bounds(length, "inside") if 0 <= one <= length]
    least = -length if bounds == "negative" else -FAR - 1
    odd = [*(one for one in _bounds(length, bounds) if bounds != "inside" and one >= least), *usual]
    pairs = [(start, end) for start in odd for end in odd]
    found = dict.fromkeys((start, end, step) for start, end in pairs for step in steps)
    if bounds != "inside":
        found = {one: None for one in found if one[0] not in usual or one[1] not in usual}
    counts = _counted(found, length)
    kept = [one for one in found if (not counts[one]) is empty]
    if not empty and stride == "one":
        kept.sort(key=lambda one: -counts[one])
    kept = kept[:: len(kept) // MOST_SLICES + 1]
    whole = [one for one in kept if counts[one] == length]
    often = (whole * len(kept))[: len(kept) // 4] if length > 1 else []
    return tuple(kept + often) or ((0, 0, 1) if empty else (0, length, 1),)


def _counted(slices: Iterable[Slice], length: int) -> dict[Slice, int]:
    """Count the elements that each slice selects of a dimension; most slices share their bounds with others."""
    ends: dict[tuple[int, bool], tuple[int, int]] = {}
    found = {}
    for one in slices:
        start, end, stride = one
        up = stride > 0
        for bound in (start, end):
            if (bound, up) not in ends:
                ends[bound, up] = slice(bound, bound, stride).indices(length)[:2]
        found[one] = len(range(ends[start, up][0], ends[end, up][1], stride))
    return found


@lru_cache(4096)
def _between(low: int, high: int) -> Choice[int]:
    return integers(low, high)


@lru_cache(4)
def slice_kinds(negative_strides: bool = True, empty: bool = True) -> tuple[SliceKind, ...]:
    """List every kind of bounds with every kind of stride, and some that select nothing, all, or anything."""
    strides = [one for one in STRIDES if negative_strides or not one.startswith("reversed")]
    found = [SliceKind(bounds, stride) for bounds in BOUNDS for stride in strides]
    if empty:
        found += [
            SliceKind(bounds, stride, empty=True) for bounds, stride in zip(BOUNDS, strides[::-2] * 2, strict=False)
        ]
        found += [SliceKind(wild=True)] * 2
    return (*found, *[SliceKind(whole=True)] * 2)


@lru_cache(4)
def _slice_kinds(negative_strides: bool, empty: bool) -> Choice[SliceKind]:
    return sampled_from(slice_kinds(negative_strides, empty))


@composite
def selections(
    draw: Draw, shape: tuple[int, ...], *, allow_empty: bool = True, negative_strides: bool = True
) -> list[list[int]]:
    """Draw one `[start, end, stride]` for each dimension; few selections select nothing at all."""
    return of_kind(draw, shape, draw(_slice_kinds(negative_strides, allow_empty)), negative_strides)


def of_kind(draw: Draw, shape: tuple[int, ...], kind: SliceKind, negative_strides: bool = True) -> list[list[int]]:
    """Draw the slices of a selection, all of a given kind."""
    if kind.wild:
        return [_wild(draw, length, negative_strides) for length in shape]
    if kind.whole:
        return [list(draw(_wholes(length, negative_strides))) for length in shape]
    found = [list(draw(_table(length, kind.bounds, kind.stride, False))) for length in shape]
    if kind.empty:
        where = draw(_between(0, len(shape) - 1)) if len(shape) > 1 else 0
        found[where] = list(draw(_table(shape[where], kind.bounds, kind.stride, True)))
    return found


@lru_cache(512)
def _wholes(length: int, negative_strides: bool) -> Choice[Slice]:
    """Draw slices that select everything."""
    strides = ("one", "reversed") if negative_strides else ("one",)
    every = [one for stride in strides for bounds in BOUNDS for one in slices(length, bounds, stride)]
    return sampled_from([one for one in dict.fromkeys(every) if selected(one, length) == length])


@lru_cache(2048)
def _table(length: int, bounds: str, stride: str, empty: bool) -> Choice[Slice]:
    return sampled_from(slices(length, bounds, stride, empty=empty))


def _wild(draw: Draw, length: int, negative_strides: bool) -> list[int]:
    bounds = _between(-length - 3, length + 3)
    stride = draw(_between(-length - 2 if negative_strides else 0, length + 2))
    return [draw(bounds), draw(bounds), stride or 1]

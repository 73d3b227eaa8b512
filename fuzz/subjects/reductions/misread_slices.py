"""Alter the selection of a request in ways in which servers misread slices: bounds one off, ends cut, walks turned."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from specs.reductions.steps import Send

Slice = tuple[int, int, int]
OTHER_SLICES = "the answer for the slices in reverse order"
OF_OTHER_LENGTHS = "the answer for slices counted by the length of another dimension"
PADDED = "the answer for whole dimensions where the selection is too short"


def other_selections(step: Send) -> Iterator[tuple[str, list[Any]]]:
    """Yield the selections that a server may have read in place of a request's, each with a description."""
    selection, shape = step.fields.get("selection"), step.fields.get("shape")
    if not isinstance(selection, list) or not all(map(_is_slice, selection)):
        return
    for words, other in _others(selection, shape if isinstance(shape, list) else []):
        if other != selection:
            yield words, other


def _is_slice(one: Any) -> bool:
    return isinstance(one, list) and len(one) == 3 and all(type(number) is int for number in one) and one[2] != 0


def _others(selection: list[Any], shape: list[Any]) -> Iterator[tuple[str, list[Any]]]:
    yield "the answer without the stride", [[start, end, 1 if stride > 0 else -1] for start, end, stride in selection]
    yield OTHER_SLICES, selection[::-1]
    left_out = shape[len(selection) :]
    if all(isinstance(length, int) for length in left_out):
        yield PADDED, [*selection, *([0, length, 1] for length in left_out)]
    if len(selection) == len(shape) and all(isinstance(length, int) and length > 0 for length in shape):
        for words, misread in MISREAD.items():
            slices = zip(selection, shape)
            yield words, [list(misread(start, end, stride, length)) for (start, end, stride), length in slices]
        # The length may be that of the first dimension of all, or of the first with the same slice.
        for others in ([shape[0]] * len(shape), [shape[selection.index(one)] for one in selection]):
            yield OF_OTHER_LENGTHS, [_counted_by(*several) for several in zip(others, selection, shape)]


def _counted_by(other: int, one: list[int], length: int) -> list[int]:
    """Return the slice that picks from a dimension what this one picks from another length, if all that is there."""
    picked = range(*slice(*one).indices(other))
    if not picked:
        return [0, 0, one[2]]
    if max(picked) >= length:
        return one
    end = picked[-1] + (1 if one[2] > 0 else -1)
    # One below the first index would be counted from the end.
    return [picked[0], end if end >= 0 else -length - 1, one[2]]


def _cut_short(start: int, end: int, stride: int, length: int) -> Slice:
    return min(start, length - 1), end if end <= length else length - 1, stride


def _stopping_before_the_first(start: int, end: int, stride: int, length: int) -> Slice:
    return start, 0 if stride < 0 and end < -length else end, stride


def _with_its_end(start: int, end: int, stride: int, length: int) -> Slice:
    last = end + (1 if stride > 0 else -1)
    # One more than -1 would be counted from the beginning.
    return start, last if 0 <= end < length and last >= 0 else end, stride


def _ascending(start: int, end: int, stride: int, length: int) -> Slice:
    walked = range(*slice(start, end, stride).indices(length))
    return (walked[-1], walked[0] + 1, -stride) if stride < 0 and walked else (start, end, stride)


def _negative_for_zero(start: int, end: int, stride: int, _length: int) -> Slice:
    return max(start, 0), max(end, 0), stride


# In these ways a server may misread a slice of a dimension of some length.
MISREAD: Mapping[str, Callable[[int, int, int, int], Slice]] = MappingProxyType(
    {
        "the answer for bounds beyond the end taken for the last index": _cut_short,
        "the answer for backward slices that stop before the first index": _stopping_before_the_first,
        "the answer for slices that hold their end": _with_its_end,
        "the answer for backward slices in ascending order": _ascending,
        "the answer for negative bounds taken for zero": _negative_for_zero,
    }
)

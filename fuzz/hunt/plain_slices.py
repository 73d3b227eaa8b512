"""Features of a scene's slices, and what they are like without each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from fuzz.hunt.plain_values import Simpler
from fuzz.hunt.scene import Scene

Triple = tuple[int, int, int]
FAR = 2**31


def _of_each_slice(change: Callable[[Triple, int], Triple]) -> Simpler:
    """A feature of the slices: plain in every dimension or not."""

    def simpler(scene: Scene) -> Scene | None:
        if scene.selection is None or scene.shape is None:
            return None
        changed = tuple(change(one, length) for one, length in zip(scene.selection, scene.shape))
        return replace(scene, selection=changed) if changed != scene.selection else None

    return simpler


def _empty_slice(one: Triple, length: int) -> Triple:
    """A slice of something, of the same sort as far as there is one."""
    if picked(one, length):
        return one

    def is_another_sort(other: Triple) -> bool:
        return (min(other[:2]) < 0, other[2] < 0) != (min(one[:2]) < 0, one[2] < 0)

    return min(slices_of_something(one, length), key=is_another_sort, default=one)


def slices_of_something(one: Triple, length: int) -> list[Triple]:
    """Slices that are somewhat like another, and pick some of a dimension."""
    start, end, stride = one
    backwards = ((start, 0, stride), (length - 1, 0, stride)) if stride < 0 else ()
    likely = ((start, end, -stride), (end, start, stride), *backwards, (0, max(1, length - 1), 1))
    return [other for other in likely if picked(other, length)]


def _reversed_slice(one: Triple, length: int) -> Triple:
    """The same elements forwards; bounds that lie outside stay there, and those counted from the end are still."""
    some = range(*slice(*one).indices(length))
    if one[2] > 0:
        return one
    if not some:
        return (one[1], one[0], -one[2])
    first, last = some[-1], some[0] + 1
    start = first - length if one[1] < 0 else first
    end = last - length if one[0] < 0 and last < length else last
    start = min(one[:2]) if first == 0 and min(one[:2]) < -length else start
    end = max(one[:2]) if last == length and max(one[:2]) > length else end
    return (start, end, -one[2])


def _wide_stride(one: Triple, length: int) -> Triple:
    del length
    return (one[0], one[1], 1 if one[2] > 0 else -1)


def _negative_bound(one: Triple, length: int) -> Triple:
    """The same bound counted from the front; one before the beginning is the beginning."""
    start, end = (max(bound + length, 0) if bound < 0 else bound for bound in one[:2])
    return (start, end, one[2])


def _near_bounds(one: Triple, length: int) -> Triple:
    """Bounds outside of the dimension by no more than one."""
    start, end = (bound if abs(bound) < FAR else length + 1 if bound > 0 else -length - 1 for bound in one[:2])
    return (start, end, one[2])


def _clamped_above(one: Triple, length: int) -> Triple:
    start, end, stride = one
    return (min(start, length if stride > 0 else length - 1), min(end, length), stride)


def _clamped_below(one: Triple, length: int) -> Triple:
    start, end, stride = one
    return (max(start, -length), max(end, -length if stride > 0 else -length - 1), stride)


def _part(one: Triple, length: int) -> Triple:
    """A slice of everything, the way round it was."""
    return (0, length, one[2]) if one[2] > 0 else one


def picked(one: Triple, length: int) -> int:
    return len(range(*slice(*one).indices(length)))


def still_outside(one: Triple, was: int, length: int) -> Triple:
    """The slice for a longer dimension: bounds outside of it are moved out as far as it grows."""
    more = length - was
    start, end = (bound + more * ((bound > was) - (bound < -was)) for bound in one[:2])
    return (start, end, one[2])


def more_of(one: Triple, length: int) -> Triple:
    """A slice of the same sort that picks more than one element."""
    start, end, stride = one
    sign = 1 if stride > 0 else -1
    for more in (
        (start, end + stride, stride),
        (start - stride, end, stride),
        (start, end + sign, sign),
        (start - sign, end, sign),
        (start, end, sign),
        (start, end + length // 3, stride),
    ):
        if picked(more, length) > 1 and (more[0] < 0) == (start < 0) and (more[1] < 0) == (end < 0):
            return more
    return (0, length, 1)


SLICE_FEATURES: Mapping[str, Simpler] = MappingProxyType(
    {
        "empty selection": _of_each_slice(_empty_slice),
        "bounds of more than 32 bits": _of_each_slice(_near_bounds),
        "bounds beyond the end": _of_each_slice(_clamped_above),
        "bounds before the beginning": _of_each_slice(_clamped_below),
        "negative bounds": _of_each_slice(_negative_bound),
        "reversed selection": _of_each_slice(_reversed_slice),
        "stride beyond one": _of_each_slice(_wide_stride),
        "part of a dimension": _of_each_slice(_part),
    }
)

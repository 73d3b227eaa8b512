"""Define the traits of a scene's slices, each as a function that returns the slice without the trait."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from fuzz.subjects.reductions.scene import FAR_BOUNDS, Scene, SimplerScene, with_elements
from specs.reductions.dtypes import ITEM_SIZES, Array

Triple = tuple[int, int, int]
PART = "part of a dimension"


def _of_each_slice(change: Callable[[Triple, int], Triple]) -> SimplerScene:
    """Return the function that drops a trait of slices in every dimension of a scene."""

    def simpler(scene: Scene) -> Scene | None:
        if scene.selection is None or scene.shape is None:
            return None
        changed = tuple(change(one, length) for one, length in zip(scene.selection, scene.shape))
        return replace(scene, selection=changed) if changed != scene.selection else None

    return simpler


def _empty_slice(one: Triple, length: int) -> Triple:
    """Return a slice that picks something in place of an empty one, with the same signs where possible."""
    if picked(one, length):
        return one

    def is_another_sort(other: Triple) -> bool:
        return (min(other[:2]) < 0, other[2] < 0) != (min(one[:2]) < 0, one[2] < 0)

    return min(slices_of_something(one, length), key=is_another_sort, default=one)


def slices_of_something(one: Triple, length: int) -> list[Triple]:
    """List slices that resemble the given one and pick at least one index of a dimension.

    In the last one bounds outside of the dimension stay outside.
    """
    start, end, stride = one
    low = min((bound for bound in (start, end) if bound < -length), default=0)
    high = max((bound for bound in (start, end) if bound > length), default=max(1, length - 1))
    backwards = ((start, 0, stride), (length - 1, 0, stride)) if stride < 0 else ()
    likely = ((start, end, -stride), (end, start, stride), *backwards, (low, high, 1))
    return [other for other in likely if picked(other, length)]


def _reversed_slice(one: Triple, length: int) -> Triple:
    """Return the slice that picks the same elements forwards.

    Bounds outside of the dimension stay outside, and bounds counted from the end stay so.
    """
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


def _stride_within(one: Triple, length: int) -> Triple:
    """Return the slice with a stride within the dimension in place of a longer one."""
    within = min(2, length)
    return (one[0], one[1], within if one[2] > 0 else -within) if abs(one[2]) > length else one


def _negative_bound(one: Triple, length: int) -> Triple:
    """Return the slice with its negative bounds counted from the front; bounds before the beginning become 0."""
    start, end = (max(bound + length, 0) if bound < 0 else bound for bound in one[:2])
    return (start, end, one[2])


def _near_bounds(one: Triple, length: int) -> Triple:
    """Return the slice with far-out bounds moved to one beyond the dimension."""
    start, end = (bound if abs(bound) < FAR_BOUNDS else length + 1 if bound > 0 else -length - 1 for bound in one[:2])
    return (start, end, one[2])


def _clamped_above(one: Triple, length: int) -> Triple:
    start, end, stride = one
    return (min(start, length if stride > 0 else length - 1), min(end, length), stride)


def _clamped_below(one: Triple, length: int) -> Triple:
    start, end, stride = one
    return (max(start, -length), max(end, -length), stride)


def _part(one: Triple, length: int) -> Triple:
    """Return a slice of everything in place of a slice whose only trait is that it picks a part."""
    start, end, stride = one
    return (0, length, 1) if stride == 1 and 0 <= start < end <= length else one


def picked(one: Triple, length: int) -> int:
    return len(range(*slice(*one).indices(length)))


def still_outside(one: Triple, was: int, length: int) -> Triple:
    """Return the slice for a dimension that has grown: bounds outside stay outside, far-out bounds do not move."""
    more = length - was
    start, end = (
        bound if abs(bound) >= FAR_BOUNDS else bound + more * ((bound > was) - (bound < -was)) for bound in one[:2]
    )
    return (start, end, one[2])


def of_like_selection(scene: Scene, lengths: tuple[int, ...]) -> Scene:
    """Return the scene with a similar selection, of the same traits, for other lengths."""
    if scene.selection is None or scene.shape is None:
        return scene
    slices = zip(scene.selection, scene.shape, lengths)
    return replace(scene, selection=tuple(_like_slice(*each) for each in slices))


def _like_slice(one: Triple, was: int, length: int) -> Triple:
    """Return a slice of a dimension of another length that is like the given one: with its bounds, or moved ones."""
    return with_traits(traits_of_slice(one, was), length, _moved(one, was, length))


def with_traits(names: frozenset[str], length: int, *likely: Triple) -> Triple:
    """Return the first of some slices that has all the traits, or else the plainest slice that has them."""
    kept = names - {PART}
    return next((one for one in likely if kept <= traits_of_slice(one, length)), None) or canonical(names, length)


def _moved(one: Triple, was: int, length: int) -> Triple:
    """Return a slice whose bounds lie where they lay in a dimension of another length."""
    start, end, stride = one
    if max(abs(start), abs(end)) <= length:
        return one

    def like(bound: int, more: int) -> int:
        if abs(bound) >= FAR_BOUNDS:
            return bound
        if not -was <= bound <= was:
            return length + 1 if bound > 0 else -length - 1
        moved = abs(bound) * length // was
        return max(0, min(moved + more, length)) if bound >= 0 else -max(moved - more, 1)

    moved = like(start, 0), max(like(end, 1 if stride > 0 else -1), -length - 1), stride
    if range(*slice(*moved).indices(length)):
        return moved
    outermost = (-length, 0) if stride > 0 else (-1, length - 1)
    return outermost[start >= 0], moved[1], stride


def more_of(one: Triple, was: int, length: int) -> Triple:
    """Return a slice of the same traits that picks more than one element, in a dimension that may have grown.

    A stride beyond the length always picks a single one.
    """
    start, end, stride = still_outside(one, was, length)
    sign = 1 if stride > 0 else -1
    likely = (
        (start, end + stride, stride),
        (start - stride, end, stride),
        (start, end + sign, sign),
        (start - sign, end, sign),
        (start, end, sign),
        (start, end + length // 3, stride),
    )
    several = (more for more in likely if picked(more, length) > 1)
    more = with_traits(traits_of_slice(one, was), length, *several)
    return more if picked(more, length) > 1 or abs(more[2]) > length else (0, length, 1)


def is_single(one: Triple, length: int) -> bool:
    """Say whether a dimension, or its slice, has exactly one index, unless a stride beyond the length sees to that."""
    return length == 1 or (picked(one, length) == 1 and abs(one[2]) <= length)


# Shorter dimensions have no room for slices that show mistakes.
LEAST_LENGTH = 4
# Neighbouring lengths differ, and the first ones, where strides are most likely, are odd.
PLAIN_LENGTHS = (5, 3, 4, 2, 3, 2, 2, 2)
RISING_LENGTHS = (3, 5, 4, 2, 3, 2, 2, 2)
FAR_BOUND = 2**40
# Traits of slices that have wider ones.
WIDER_SLICES: Mapping[str, str] = MappingProxyType(
    {"a stride beyond the length": "stride beyond one", "bounds before the beginning": "negative bounds"}
)


def _plain_bounds(scene: Scene) -> Scene | None:
    """Return the scene with each slice's bounds and stride as plain as its traits allow."""
    if scene.selection is None or scene.shape is None:
        return None
    plain = tuple(canonical(traits_of_slice(one, length), length) for one, length in zip(scene.selection, scene.shape))
    return None if plain == scene.selection else replace(scene, selection=plain)


def of_plain_lengths(scene: Scene) -> Scene | None:
    """Return the scene with short dimensions of different lengths, and slices of the same traits."""
    if not scene.elements.size:
        return None
    lengths = plain_lengths(scene.shape or (scene.elements.size,))
    if lengths == (scene.shape or (scene.elements.size,)) or len(lengths) < len(scene.shape or ()):
        return None
    if scene.shape is None:
        count = next(length for length in range(lengths[0], 2 * lengths[0] + 1) if _as_even(scene, length))
        return of_numbers(scene, scene.elements, count) if count != scene.elements.size else None
    plain = of_numbers(scene, scene.elements, math.prod(lengths))
    selection = scene.selection
    if selection is not None:
        like = of_like_selection(scene, lengths).selection or ()
        selection = tuple(
            canonical(traits_of_slice(one, was), length) if one == canonical(traits_of_slice(one, was), was) else near
            for one, near, was, length in zip(selection, like, scene.shape, lengths)
        )
    return replace(plain, shape=lengths, selection=selection)


def plain_lengths(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return short lengths of as many dimensions; the first is the longest if no other one is longer in the shape."""
    rises = shape[:1] < (max(shape, default=0),)
    return (RISING_LENGTHS if rises else PLAIN_LENGTHS)[: len(shape)]


def of_numbers(scene: Scene, numbers: Array, count: int) -> Scene:
    """Return the scene with as many different ones of the numbers as it has room for, in their order.

    The least and the greatest are among them. If some are missing, its last element stays the last.
    """
    found, first = np.unique(numbers, return_index=True)
    spread = np.linspace(0, found.size - 1, min(count, found.size)).round().astype(np.intp)
    elements = np.resize(numbers[np.sort(first[spread])], count)
    if scene.missing is not None:
        elements[-1] = scene.elements[-1]
    return with_elements(scene, elements)


def _as_even(scene: Scene, count: int) -> bool:
    """Say whether `count` elements divide by each filter's element_size if and only if the scene's own data does."""
    size, several = ITEM_SIZES[scene.dtype], [one.element_size for one in scene.filters if one.element_size]
    return all(bool(count * size % one) == bool(scene.elements.size * size % one) for one in several)


def traits_of_slice(one: Triple, length: int) -> frozenset[str]:
    return frozenset(name for name, change in SLICES.items() if change(one, length) != one)


def canonical(names: frozenset[str], length: int) -> Triple:
    """Return the plainest slice with the given traits on which a mistake about any of them shows."""
    stride = length + 1 if "a stride beyond the length" in names else 2 if "stride beyond one" in names else 1
    huge, before = "bounds of more than 32 bits" in names, "bounds before the beginning" in names
    # A bound far outside may lie before the beginning only.
    beyond = "bounds beyond the end" in names or (huge and not before)
    far = FAR_BOUND if huge else length + 1
    first = -FAR_BOUND if huge and not beyond else -length - 1
    negative = "negative bounds" in names
    if "empty selection" in names:
        low = first if before else -1 if negative and beyond else 1
        high = far if beyond else -1 if negative else 2
        return (low, high, -stride) if "reversed selection" in names else (high, low, stride)
    if "reversed selection" in names:
        start = far if beyond else -1 if negative else length - 1
        end = min(stride, 2, length - 1) - 1
        return (start, first - 1 if before else end - length * (beyond and negative), -stride)
    start = first if before else 0
    if negative and not before:
        start = -2 if stride == 1 else -3
    elif PART in names and not (before or beyond or stride > 1):
        start = 1
    return (start, far if beyond else length, stride)


SLICES: Mapping[str, Callable[[Triple, int], Triple]] = MappingProxyType(
    {
        "empty selection": _empty_slice,
        "bounds of more than 32 bits": _near_bounds,
        "bounds beyond the end": _clamped_above,
        "negative bounds": _negative_bound,
        "bounds before the beginning": _clamped_below,
        "reversed selection": _reversed_slice,
        "stride beyond one": _wide_stride,
        "a stride beyond the length": _stride_within,
        PART: _part,
    }
)


def _dropped(name: str) -> Callable[[Triple, int], Triple]:
    """Return the function that drops a trait of a slice; where the bounds were plain, they are plain again.

    A slice that picked a part of its dimension by that trait only still picks a part, in the plainest way. The other
    traits stay where that can be.
    """
    within = {name, *(one for one, wider in WIDER_SLICES.items() if wider == name)}

    def change(one: Triple, length: int) -> Triple:
        other, names = SLICES[name](one, length), traits_of_slice(one, length)
        if other == one:
            return one
        rest = names - within
        if length >= LEAST_LENGTH and one == canonical(names, length):
            picks_a_part = name != PART and 0 < picked(one, length) < length
            return canonical(rest or frozenset({PART} if picks_a_part else ()), length)
        plain = with_traits(rest, length, other)
        return plain if traits_of_slice(plain, length) <= rest else other

    return change


def _in_some_slice(name: str) -> Callable[[Scene], bool]:
    """Return the function that says whether a slice of a scene has a trait."""
    change = SLICES[name]

    def there(scene: Scene) -> bool:
        return any(change(one, length) != one for one, length in zip(scene.selection or (), scene.shape or ()))

    return there


PARTICULAR_BOUNDS = "particular bounds"
SLICE_FEATURES: Mapping[str, SimplerScene] = MappingProxyType(
    {PARTICULAR_BOUNDS: _plain_bounds, **{name: _of_each_slice(_dropped(name)) for name in SLICES}}
)
# Traits of slices that can be seen without dropping them; a bound beyond the end cannot always be dropped.
SLICES_THERE: Mapping[str, Callable[[Scene], bool]] = MappingProxyType(
    {name: _in_some_slice(name) for name in SLICES if name != "bounds beyond the end"}
)

"""What a case has beyond the plainest, and what of it is needed for it to fail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from fuzz.hunt.plain import (
    FEATURES,
    MANY,
    PLAIN_OPERATION,
    PRESENT,
    SMALL_FEATURES,
    few_elements,
    of_rank,
)
from fuzz.hunt.plain_slices import slices_of_something
from fuzz.hunt.plain_values import (
    PLAIN_DTYPE,
    VALUE_FEATURES,
    all_missing,
    greatest,
    mirrored,
    ranked,
    same_numbers,
    without_zeros,
)
from fuzz.hunt.scene import Scene, of_joined_axes, of_picked, repeated, with_elements, without_axes

MISSING = ("missing", "missing_values", "valid_range", "valid_max", "valid bounds")
SELECTION = (
    "selection", "empty selection", "bounds of more than 32 bits", "bounds beyond the end",
    "bounds before the beginning", "negative bounds", "reversed selection", "stride beyond one", "part of a dimension",
)  # fmt: skip
AXIS = ("axis", "several axes", "axis list", "axis []")
COMPRESSION = ("compression", "several gzip members", "more than two gzip members", "bytes after the stream")
FILTERS = ("filters", "two filters", "element_size not the item size", "shuffle_simd")
OFFSET = ("offset", "unaligned offset", "a far offset")
DIMENSIONS = ("shape", "several dimensions", "more than two dimensions")
MAGNITUDES = ("huge values", "large values")
TINY = ("subnormal numbers", "fractions")
NEAR = ("values near a missing one", "fractions", "huge values", "large values", "negative values")
REVERSED = "reversed selection"
NEGATIVE = "negative bounds"
EMPTY = "empty selection"
NO_DATA = "no data at all"
FEW = 3
MORE = 8
MOST_ELEMENTS = 2**17
ALL_FEATURES = {**FEATURES, **SMALL_FEATURES}
# Within a group the first is what all the others are about.
GROUPS = (MISSING, SELECTION, AXIS, COMPRESSION, FILTERS, OFFSET, DIMENSIONS, MAGNITUDES, TINY, NEAR)
ROOTS = frozenset(group[0] for group in GROUPS[:6])


def features(scene: Scene) -> tuple[str, ...]:
    """The features that a scene has."""
    return tuple(name for name in ALL_FEATURES if has(scene, name))


def has(scene: Scene, name: str) -> bool:
    """Whether a scene has a feature."""
    quick = PRESENT.get(name)
    return ALL_FEATURES[name](scene) is not None if quick is None else quick(scene)


def essentials(scene: Scene) -> tuple[str, ...]:
    """The features that a scene has, less those that others imply: the dtype and the operation first."""
    found = [] if scene.operation == PLAIN_OPERATION else [scene.operation]
    if scene.dtype != PLAIN_DTYPE:
        found.append(scene.dtype)
    present = [name for name in features(scene) if name in FEATURES]
    implied = {name for group in GROUPS for name in _implied(scene, [one for one in group if one in present])}
    return (*found, *(name for name in present if name not in implied), *_size(scene))


def _implied(scene: Scene, group: list[str]) -> Iterator[str]:
    """Features of a group that cannot be put back without taking a narrower one along."""
    left = {name: features(plain) for name in group if (plain := FEATURES[name](scene)) is not None}
    for place, name in enumerate(group):
        for other in group:
            takes_along = other != name and other not in left[name]
            if takes_along and name != REVERSED and (name in left[other] or place > group.index(other)):
                yield name
                break


def _size(scene: Scene) -> Iterator[str]:
    """How many elements it takes, by powers of four."""
    power = MANY
    while power * 4 < scene.elements.size:
        power *= 4
    if power > MANY:
        yield f"more than {power} elements"


def projections(scene: Scene, other: Scene, needed: set[str]) -> Iterator[Scene]:
    """The scene with nothing but the features of another, in each way to get there.

    Also as the other's operation, as a count, say, hardly depends on the elements; and without the axes that are
    reduced, where the other reduces none.
    """
    keep = set(features(other))
    yield from _with_only(scene, other, keep, needed)
    misread = other.missing is not None and needed & set(VALUE_FEATURES)
    same = same_numbers(scene, other.missing[0]) if other.missing is not None and misread else None
    if same is not None:
        yield from _with_only(same, other, keep, needed)
    for stretched in (*_stretched(scene), *_counted_forwards(scene, needed)):
        yield from _with_only(stretched, other, keep, needed)
    for nothing in _nothing_in_another_way(scene, needed):
        yield from _with_only(nothing, other, keep, needed)
    alone = of_picked(scene) if other.selection is None else None
    if alone is not None:
        yield from _with_only(alone, other, keep, needed)
    flat = without_axes(scene) if other.axis == [] else None
    if flat is not None:
        yield from _with_only(flat, other, keep, needed)
    if scene.operation != other.operation:
        yield from _with_only(replace(scene, operation=other.operation), other, keep, needed)


def _stretched(scene: Scene) -> Iterator[Scene]:
    """Where a selection picks nothing of short dimensions: longer ones, with slices that are like it in some way."""
    if scene.shape is None or scene.selection is None or not has(scene, EMPTY):
        return
    longer = repeated(scene, [FEW if length < FEW else 1 for length in scene.shape])
    for several in zip(*map(slices_of_something, scene.selection, longer.shape or ())):
        yield replace(longer, selection=several)


def _counted_forwards(scene: Scene, needed: set[str]) -> Iterator[Scene]:
    """Where what is counted from the end goes backwards in short dimensions: longer ones, of which a part is picked."""
    walks_back = has(scene, NEGATIVE) and has(scene, REVERSED)
    if not walks_back or NEGATIVE not in needed or REVERSED in needed or scene.shape is None or scene.selection is None:
        return
    longer = repeated(scene, [FEW if length < FEW else 1 for length in scene.shape])
    forwards = ((-FEW, -1, -one[2]) if one[2] < 0 else one for one in scene.selection)
    yield replace(longer, selection=tuple(forwards))


def _nothing_in_another_way(scene: Scene, needed: set[str]) -> Iterator[Scene]:
    """No data, nothing of it selected, and all of it missing come to the same."""
    if scene.elements.size and not has(scene, EMPTY) and not all_missing(scene):
        return
    one = np.ones(1, scene.dtype)
    bare = replace(scene, elements=one, axis=None, order="C", shape=None, selection=None, missing=None)
    if EMPTY in needed:
        yield replace(bare, shape=(1,), selection=((0, 0, 1),))
    if NO_DATA in needed:
        yield replace(bare, elements=one[:0])
    if MISSING[0] in needed:
        yield replace(bare, missing=("missing_value", 1))


def _with_only(scene: Scene, other: Scene, keep: set[str], needed: set[str]) -> Iterator[Scene]:
    whole = [scene] if scene.axis is None and len(scene.shape or ()) > 1 else []
    for cut in (*_cuts(scene, keep), *whole):
        plain = cut
        for name, simpler in FEATURES.items():
            simple = simpler(plain) if name not in keep else None
            plain = plain if simple is None else simple
        plain = _with_small_numbers(plain, other)
        if needed <= set(features(plain)):
            yield plain
            yield from _telling(plain)


def _telling(scene: Scene) -> Iterator[Scene]:
    """The scene with more elements, and numbers that show more: no zeros, something missing, all of them different."""
    if has(scene, "many elements"):
        yield from _with_more(scene)
    longer = SMALL_FEATURES["length one"](scene)
    if longer is not None:
        yield longer
    shifted = without_zeros(scene)
    if shifted is not None:
        yield shifted
    most = greatest(scene)
    if most is not None:
        yield most
    turned = mirrored(scene)
    if turned is not None and scene.missing is not None:
        yield turned
    if scene.missing is None:
        if not set(VALUE_FEATURES) & set(features(scene)):
            yield with_elements(scene, np.arange(scene.elements.size) % 100 + 1)
    elif scene.missing[0] == "missing_value" and scene.elements.size and scene.missing[1] == 1:
        yield with_elements(scene, np.where(np.arange(scene.elements.size) == 0, 1, scene.elements))


def _with_more(scene: Scene) -> Iterator[Scene]:
    """The scene with a few times as many elements."""
    if scene.elements.size > MOST_ELEMENTS // MORE:
        return
    if scene.shape is None:
        yield with_elements(scene, np.tile(scene.elements, MORE))
    elif scene.selection is None:
        yield repeated(scene, (MORE,))


def _cuts(scene: Scene, keep: set[str]) -> Iterator[Scene]:
    """The scene with as few dimensions and elements as the features to keep allow, in each way."""
    for flat in _flattened(scene, keep):
        if "many elements" in keep or flat.elements.size <= MANY:
            yield flat
            continue
        for last in (False, True):
            cut = few_elements(flat, last=last)
            if cut is not None:
                yield cut


def _flattened(scene: Scene, keep: set[str]) -> Iterator[Scene]:
    rank = len(scene.shape or (1,))
    wanted = rank if DIMENSIONS[2] in keep else 2 if DIMENSIONS[1] in keep else 1
    if rank <= wanted:
        yield scene
        return
    joined = of_joined_axes(scene)
    if joined is not None and len(joined.shape or ()) >= wanted:
        yield from _flattened(joined, keep)
    for kept in range(rank):
        flat = of_rank(scene, wanted, kept)
        if flat is not None:
            yield flat


def _with_small_numbers(scene: Scene, other: Scene) -> Scene:
    """The scene with small numbers, unless the other needs special ones."""
    if set(VALUE_FEATURES) & set(features(other)):
        return scene
    return ranked(scene) or scene

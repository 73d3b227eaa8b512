"""Take dimensions from a scene, those first that are least likely to matter."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from fuzz.subjects.reductions.scene import Scene, are_axes, without_dimension
from fuzz.subjects.reductions.traits.slices import PART, of_numbers, traits_of_slice, with_traits


def _interest(scene: Scene, dimension: int) -> tuple[int, int]:
    """Return a key to sort dimensions by importance: those whose slices have most traits, then longer ones."""
    length = (scene.shape or ())[dimension]
    return 0 if scene.selection is None else len(traits_of_slice(scene.selection[dimension], length)), length


def of_rank(scene: Scene, rank: int, kept: int | None = None) -> Scene | None:
    """Return the scene with its least important dimensions dropped, until `rank` are left.

    A dropped dimension is cut down to its first index. `kept` is a dimension that is dropped last; if it was not the
    last one, one of those behind it is kept too, as servers often mistake a dimension for the last one.
    """
    while scene.shape is not None and len(scene.shape) > rank:
        behind = () if kept is None else range(kept + 1, len(scene.shape))
        followed = len(behind) == 1
        order = sorted(
            range(len(scene.shape)), key=lambda i: (i == kept, followed and i in behind, *_interest(scene, i), -i)
        )
        cut = without_dimension(scene, order[0])
        if cut is None:
            return None
        if kept is not None:
            kept -= order[0] < kept
        scene = cut
    return scene


def _single_axis(scene: Scene) -> int | None:
    """Return the one dimension along which a scene is reduced, or which a select names as an axis."""
    axes = scene.axes
    # A select may name anything as its axis.
    return axes[0] if len(axes) == 1 and are_axes(axes) and 0 <= axes[0] < len(scene.shape or ()) else None


def _of_all_in(scene: Scene, rank: int) -> Scene | None:
    """Return the scene with all its elements in `rank` dimensions; None where it has a selection or an axis."""
    if scene.shape is None or scene.selection is not None or scene.axis is not None:
        return None
    return replace(scene, shape=(*scene.shape[: rank - 1], math.prod(scene.shape[rank - 1 :])))


def several_dimensions(scene: Scene) -> Scene | None:
    """Return the scene with one dimension, which is still reduced where the axis was a list that would be empty now."""
    if scene.shape is None or len(scene.shape) < 2:
        return None
    flat = _of_all_in(scene, 1) or _with_what_they_had(of_rank(scene, 1), scene)
    return replace(flat, axis=[0]) if flat is not None and flat.axis == [] and scene.axis != [] else flat


def has_several_dimensions(scene: Scene) -> bool:
    """Say whether a scene has several dimensions, and can be one with one dimension."""
    return scene.shape is not None and len(scene.shape) > 1 and _can_be_of_rank(scene, 1)


def has_more_than_two_dimensions(scene: Scene) -> bool:
    """Say whether a scene has more than two dimensions, and can be one with two."""
    return scene.shape is not None and len(scene.shape) > 2 and _can_be_of_rank(scene, 2, _single_axis(scene))


def _can_be_of_rank(scene: Scene, rank: int, kept: int | None = None) -> bool:
    return _of_all_in(scene, rank) is not None or of_rank(scene, rank, kept) is not None


def more_than_two_dimensions(scene: Scene) -> Scene | None:
    if scene.shape is None or len(scene.shape) < 3:
        return None
    return _of_all_in(scene, 2) or _with_what_they_had(of_rank(scene, 2, _single_axis(scene)), scene)


def _with_what_they_had(flat: Scene | None, scene: Scene) -> Scene | None:
    """Return a scene of fewer dimensions with the numbers and the traits of slices that are gone with others."""
    if flat is None or flat.shape is None:
        return flat
    if np.unique(flat.elements).size < min(np.unique(scene.elements).size, flat.elements.size):
        flat = of_numbers(flat, scene.elements, flat.elements.size)
    return _with_their_slices(flat, scene)


def _with_their_slices(flat: Scene, scene: Scene) -> Scene:
    """Return a scene of which the last slice also has those traits that are gone with other dimensions."""
    if flat.selection is None or flat.shape is None:
        return flat
    gone = _traits_of_slices(scene) - _traits_of_slices(flat)
    if not gone:
        return flat
    *others, last = flat.selection
    wanted = traits_of_slice(last, flat.shape[-1]) | gone
    return replace(flat, selection=(*others, with_traits(wanted, flat.shape[-1])))


def _traits_of_slices(scene: Scene) -> frozenset[str]:
    each = zip(scene.selection or (), scene.shape or ())
    return frozenset().union(*(traits_of_slice(one, length) - {PART} for one, length in each))

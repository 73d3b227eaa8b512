"""The traits of one valid request about one object: what it asks, and of how much data; all tables put together.

A trait's function gives the scene with the trait put back to its plain value, or None where it is plain already.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from fuzz.subjects.reductions.scene import (
    Scene,
    Simpler,
    are_axes,
    of_like_selection,
    repeated,
    with_elements,
    with_lengths,
    without_dimension,
)
from fuzz.subjects.reductions.several import of_scenes, scenes_of
from fuzz.subjects.reductions.traits.missing import missing_elements
from fuzz.subjects.reductions.traits.numbers import (
    PLAIN_DTYPE,
    VALUE_FEATURES,
    shown_missing,
    to_dtype,
)
from fuzz.subjects.reductions.traits.revealing import revealing, with_missing
from fuzz.subjects.reductions.traits.slices import (
    PARTICULAR_BOUNDS,
    PLAIN_LENGTHS,
    SLICE_FEATURES,
    more_of,
    of_plain_lengths,
    picked,
    still_outside,
)
from fuzz.subjects.reductions.traits.storage import (
    NULL_FOR,
    NULLS,
    SENDER,
    SENDERS,
    SENDERS_TOLD,
    STORAGE,
    null_told,
    to_codec,
    to_null,
    to_sender,
)
from fuzz.triage.trait import Trait
from fuzz.triage.trial import Trial
from specs.reductions.dtypes import NAMES
from specs.reductions.request import COMPRESSIONS
from specs.reductions.validity import BODY_FIELDS

OPERATIONS = ("select", "sum", "count", "min", "max")
PLAIN_OPERATION = OPERATIONS[0]
MANY = 16
# Of more elements nothing is made longer: a server may well refuse so large an object.
MOST_ELEMENTS = 2**16
PARTICULAR = "particular numbers"
PARTICULAR_LENGTHS = "particular lengths"
# What plainer values of the same traits may have again.
INCIDENTAL = frozenset({PARTICULAR, PARTICULAR_LENGTHS, PARTICULAR_BOUNDS})
WIDER_SLICES = {"a stride beyond the length": "stride beyond one"}
WIDER_NUMBERS = {"huge values": "large values", "subnormal numbers": "fractions"}


def _selection(scene: Scene) -> Scene | None:
    return replace(scene, selection=None) if scene.selection is not None else None


def _axis(scene: Scene) -> Scene | None:
    return replace(scene, axis=None) if scene.axis is not None else None


def _axis_list(scene: Scene) -> Scene | None:
    return replace(scene, axis=scene.axis[0]) if isinstance(scene.axis, list) and len(scene.axis) == 1 else None


def _several_axes(scene: Scene) -> Scene | None:
    return replace(scene, axis=scene.axis[:1]) if isinstance(scene.axis, list) and len(scene.axis) > 1 else None


def _no_axes(scene: Scene) -> Scene | None:
    """As many results, each of two equal elements along an axis of their own."""
    if scene.axis != [] or scene.shape is None:
        return None
    array = scene.elements.reshape(scene.shape, order=scene.order)
    twice = np.stack([array, array])
    selection = None if scene.selection is None else ((0, 2, 1), *scene.selection)
    elements = twice.ravel(order=scene.order)
    return replace(scene, elements=elements, shape=twice.shape, selection=selection, axis=[0])


def _shape(scene: Scene) -> Scene | None:
    if scene.shape is None or scene.selection is not None or scene.axis is not None:
        return None
    return replace(scene, shape=None, order="C", surplus=b"")


def _order(scene: Scene) -> Scene | None:
    return replace(scene, order="C") if scene.order != "C" else None


def _missing(scene: Scene) -> Scene | None:
    return replace(scene, missing=None) if scene.missing is not None else None


def _several_missing(scene: Scene) -> Scene | None:
    return shown_missing(scene, "missing_value") if scene.missing and scene.missing[0] == "missing_values" else None


def _valid_range(scene: Scene) -> Scene | None:
    return shown_missing(scene, "valid_min") if scene.missing and scene.missing[0] == "valid_range" else None


def _valid_min(scene: Scene) -> Scene | None:
    return shown_missing(scene, "missing_value") if scene.missing and scene.missing[0].startswith("valid_") else None


def _valid_max(scene: Scene) -> Scene | None:
    return shown_missing(scene, "valid_min") if scene.missing and scene.missing[0] == "valid_max" else None


def _nothing(scene: Scene) -> Scene | None:
    if scene.elements.size or scene.shape is not None:
        return None
    return with_elements(scene, np.ones(1, scene.dtype))


def _some_left(scene: Scene) -> Scene | None:
    """The scene with valid numbers, of which the first is missing where that leaves something for each result."""
    if not (is_of_nothing(scene) or everything_missing(scene)):
        return None
    plain = with_missing(scene, np.arange(scene.elements.size) == 0)
    return with_missing(scene, np.zeros(scene.elements.size, np.bool_)) if is_of_nothing(plain) else plain


def everything_missing(scene: Scene) -> bool:
    """Whether all elements are missing."""
    return _all_gone(scene, None)


def is_of_nothing(scene: Scene) -> bool:
    """Whether all that makes one of several results is missing."""
    axes = scene.axis if isinstance(scene.axis, list) else [scene.axis]
    # A select takes any axis, as it has no use for it.
    along = scene.axis is not None and scene.operation != PLAIN_OPERATION and are_axes(axes)
    return _all_gone(scene, tuple(axes) if along else None)


def _all_gone(scene: Scene, axes: tuple[int, ...] | None) -> bool:
    """Whether all that is selected for some result is missing."""
    if scene.missing is None or not scene.elements.size:
        return False
    gone = missing_elements(scene)
    if scene.shape is not None:
        gone = gone.reshape(scene.shape, order=scene.order)
        if scene.selection is not None:
            gone = gone[tuple(slice(*one) for one in scene.selection)]
    return bool(gone.size and np.any(np.all(gone, axis=axes)))


def _interest(scene: Scene, dimension: int) -> tuple[bool, int]:
    """How much a dimension has to say: a slice that is not everything, then its length."""
    length = (scene.shape or ())[dimension]
    whole = scene.selection is None or scene.selection[dimension] == (0, length, 1)
    return not whole, length


def of_rank(scene: Scene, rank: int, kept: int | None = None) -> Scene | None:
    """The scene with the dimensions of least interest cut down to their first index and dropped."""
    while scene.shape is not None and len(scene.shape) > rank:
        order = sorted(range(len(scene.shape)), key=lambda i: (i == kept, *_interest(scene, i)))
        cut = without_dimension(scene, order[0])
        if cut is None:
            return None
        if kept is not None:
            kept -= order[0] < kept
        scene = cut
    return scene


def _of_all_in(scene: Scene, rank: int) -> Scene | None:
    """The scene with as many elements in fewer dimensions, where nothing is asked of single dimensions."""
    if scene.shape is None or scene.selection is not None or scene.axis is not None:
        return None
    return replace(scene, shape=(*scene.shape[: rank - 1], math.prod(scene.shape[rank - 1 :])))


def _several_dimensions(scene: Scene) -> Scene | None:
    """The scene with one dimension, that is reduced where any was: without it there would be no axes left."""
    if scene.shape is None or len(scene.shape) < 2:
        return None
    flat = _of_all_in(scene, 1) or of_rank(scene, 1)
    return replace(flat, axis=[0]) if flat is not None and flat.axis == [] and scene.axis != [] else flat


def _more_than_two_dimensions(scene: Scene) -> Scene | None:
    if scene.shape is None or len(scene.shape) < 3:
        return None
    return _of_all_in(scene, 2) or of_rank(scene, 2)


def _longer(scene: Scene) -> Scene | None:
    """Dimensions of which one index is left made longer: by what their slices pick, or by repeating what they hold."""
    if scene.shape is None:
        return with_elements(scene, np.repeat(scene.elements, 3)) if scene.elements.size == 1 else None
    if not has_length_one(scene):
        return None
    slices = scene.selection
    left = scene.shape if slices is None else [picked(*each) for each in zip(slices, scene.shape)]
    # Threefold, so that a part of a dimension stays a part; and of a length of its own, so that dimensions differ.
    lengths = (length for length in range(2, 2 + 2 * len(scene.shape)) if length not in scene.shape)
    wanted = [next(lengths) if length == 1 else 3 for length in scene.shape]
    times = [many if one == 1 else 1 for one, many in zip(left, wanted)]
    if scene.elements.size * math.prod(times) > MOST_ELEMENTS:
        return None
    longer = repeated(scene, times)
    if slices is None:
        return longer
    grown = longer.shape or ()
    slices = tuple(still_outside(*each) for each in zip(slices, scene.shape, grown))
    more = (more_of(one, n) if was == 1 else one for one, was, n in zip(slices, left, grown))
    return replace(longer, selection=tuple(more))


def has_length_one(scene: Scene) -> bool:
    """Whether one index is left of some dimension."""
    if scene.shape is None:
        return scene.elements.size == 1
    if scene.selection is None:
        return 1 in scene.shape
    return any(picked(one, length) == 1 for one, length in zip(scene.selection, scene.shape))


def few_elements(scene: Scene, *, last: bool = False) -> Scene | None:
    """The scene cut down to its first (or last) few elements; an odd number of them where it was odd."""
    if scene.elements.size <= max(MANY, math.prod(PLAIN_LENGTHS[: len(scene.shape or ())])):
        return None
    if scene.shape is None:
        count = MANY - scene.elements.size % 2
        return with_elements(scene, scene.elements[-count:] if last else scene.elements[:count])
    lengths = list(scene.shape)
    # A dimension that is cut to one index would be another trait.
    while math.prod(lengths) > MANY and max(lengths) > 2:
        longest = lengths.index(max(lengths))
        lengths[longest] = (lengths[longest] + 1) // 2
    few = tuple(lengths)
    if few == scene.shape:
        return None
    return with_lengths(of_like_selection(scene, few), few, last=last)


def _dtype(scene: Scene) -> Scene | None:
    return to_dtype(scene, PLAIN_DTYPE)


def _operation(scene: Scene) -> Scene | None:
    return replace(scene, operation=PLAIN_OPERATION) if scene.operation != PLAIN_OPERATION else None


def _to_operation(scene: Scene, operation: str) -> Scene | None:
    return replace(scene, operation=operation) if scene.operation != operation else None


# The widest first: what stands within another is taken along where that is dropped. Lengths come before slices, which
# have no room in short dimensions.
FEATURES: Mapping[str, tuple[Simpler, str]] = MappingProxyType(
    {
        **STORAGE,
        "missing": (_missing, ""),
        "a result of nothing": (_some_left, "missing"),
        "missing_values": (_several_missing, "missing"),
        "valid_range": (_valid_range, "valid bounds"),
        "valid_max": (_valid_max, "valid bounds"),
        "valid bounds": (_valid_min, "missing"),
        "axis": (_axis, "shape"),
        "several axes": (_several_axes, "axis"),
        "axis list": (_axis_list, "axis"),
        "axis []": (_no_axes, "axis"),
        PARTICULAR_LENGTHS: (of_plain_lengths, ""),
        "many elements": (few_elements, PARTICULAR_LENGTHS),
        "length one": (_longer, PARTICULAR_LENGTHS),
        "selection": (_selection, "shape"),
        **{name: (simpler, WIDER_SLICES.get(name, "selection")) for name, simpler in SLICE_FEATURES.items()},
        "order F": (_order, "shape"),
        "shape": (_shape, ""),
        "no data at all": (_nothing, ""),
        "several dimensions": (_several_dimensions, "shape"),
        "more than two dimensions": (_more_than_two_dimensions, "several dimensions"),
        PARTICULAR: (revealing, ""),
        **{name: (simpler, WIDER_NUMBERS.get(name, PARTICULAR)) for name, simpler in VALUE_FEATURES.items()},
        "operation": (_operation, ""),
        "dtype": (_dtype, ""),
    }
)


def on_scene(name: str, simpler: Simpler, within: str) -> Trait:
    """The trait of a scene."""

    def drop(trial: Trial) -> Trial | None:
        if trial.scene is None:
            return _of_each(trial, simpler) if trial.several else None
        plain = simpler(trial.scene)
        return None if plain is None else trial.of_scene(plain)

    value, swap = VALUED.get(name, (None, None))
    return Trait(name, drop, simpler, within, value, swap)


def _of_each(trial: Trial, simpler: Simpler) -> Trial | None:
    """The trial with each of its requests plainer, about one object still."""
    scenes = scenes_of(trial)
    plain = [simpler(scene) or scene for scene in scenes]
    if not scenes or all(one is other for one, other in zip(scenes, plain)):
        return None
    return of_scenes(trial, plain)


def _of_scene(change: Callable[[Scene, str], Scene | None]) -> Callable[[Trial, str], Trial | None]:
    def swap(trial: Trial, value: str) -> Trial | None:
        scene = None if trial.scene is None else change(trial.scene, value)
        return None if scene is None else trial.of_scene(scene)

    return swap


def _told(tell: Callable[[Scene], str | None]) -> Callable[[Trial], str]:
    return lambda trial: (tell(trial.scene) if trial.scene is not None else None) or ""


# Traits of which a scene has one of several siblings.
VALUED: Mapping[str, tuple[Callable[[Trial], str], Callable[[Trial, str], Trial | None]]] = MappingProxyType(
    {
        "operation": (_told(lambda scene: scene.operation), _of_scene(_to_operation)),
        "dtype": (_told(lambda scene: scene.dtype), _of_scene(to_dtype)),
        "compression": (_told(lambda scene: scene.compression), _of_scene(to_codec)),
        NULLS: (_told(null_told), _of_scene(to_null)),
        SENDER: (_told(lambda scene: SENDERS_TOLD[scene.credentials]), _of_scene(to_sender)),
    }
)
SIBLINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "operation": OPERATIONS,
        "dtype": NAMES,
        "compression": COMPRESSIONS,
        NULLS: tuple(f"{NULL_FOR}{name}" for name in BODY_FIELDS if name != "dtype"),
        SENDER: tuple(SENDERS),
    }
)
SCENES: tuple[Trait, ...] = tuple(on_scene(name, *parts) for name, parts in FEATURES.items())


def of_numbers(name: str) -> bool:
    """Whether a trait says what numbers there are."""
    return name == PARTICULAR or name in VALUE_FEATURES


def traits_of(scene: Scene) -> frozenset[str]:
    """The names of the traits that a scene has."""
    return frozenset(name for name, (simpler, _) in FEATURES.items() if simpler(scene) is not None)

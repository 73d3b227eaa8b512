"""List all traits of one valid request about one object: those of its fields and data size, and the other tables.

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
    SimplerScene,
    are_axes,
    in_more_elements,
    repeated,
    with_elements,
    with_lengths,
)
from fuzz.subjects.reductions.several import of_scenes, scenes_of
from fuzz.subjects.reductions.traits.dimensions import (
    has_more_than_two_dimensions,
    has_several_dimensions,
    more_than_two_dimensions,
    several_dimensions,
)
from fuzz.subjects.reductions.traits.missing import missing_elements
from fuzz.subjects.reductions.traits.missing_kinds import shown_missing
from fuzz.subjects.reductions.traits.numbers import (
    PLAIN_DTYPE,
    VALUE_FEATURES,
    has_huge,
    to_dtype,
)
from fuzz.subjects.reductions.traits.revealing import extreme_at, extreme_inside, revealing, with_missing
from fuzz.subjects.reductions.traits.slices import (
    PARTICULAR_BOUNDS,
    SLICE_FEATURES,
    SLICES_THERE,
    WIDER_SLICES,
    is_single,
    more_of,
    of_like_selection,
    of_plain_lengths,
    plain_lengths,
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
from fuzz.subjects.reductions.traits.unusual import with_unusual_numbers_of
from fuzz.triage.trait import Trait
from fuzz.triage.trial import Trial
from specs.reductions.dtypes import NAMES
from specs.reductions.request import COMPRESSIONS
from specs.reductions.validity import BODY_FIELDS

OPERATIONS = ("select", "sum", "count", "min", "max")
PLAIN_OPERATION = OPERATIONS[0]
MANY = 16
# Buffers of servers, and what they cut, are often this large; smaller data has as many elements in another dtype.
MANY_BYTES = 65_000
# Dimensions do not grow beyond this many elements, as a server may refuse a larger object.
MOST_ELEMENTS = 2**16
PARTICULAR = "particular numbers"
EXTREME_AT_AN_END = "the extreme at an end"
PARTICULAR_LENGTHS = "particular lengths"
# Traits that do not count when other data is to have the same traits.
INCIDENTAL = frozenset({PARTICULAR, PARTICULAR_LENGTHS, PARTICULAR_BOUNDS})
WIDER_NUMBERS = {"huge values": "large values", "subnormal numbers": "fractions"}


def _selection(scene: Scene) -> Scene | None:
    return replace(scene, selection=None) if scene.selection is not None else None


def _axis(scene: Scene) -> Scene | None:
    return replace(scene, axis=None) if scene.axis is not None else None


def _axis_list(scene: Scene) -> Scene | None:
    return replace(scene, axis=scene.axis[0]) if isinstance(scene.axis, list) and len(scene.axis) == 1 else None


def _several_axes(scene: Scene) -> Scene | None:
    """Return the scene reduced along the first of its axes; each result is still made of many elements if it was."""
    if not isinstance(scene.axis, list) or len(scene.axis) < 2:
        return None
    plain = replace(scene, axis=scene.axis[:1])
    if scene.shape is None or scene.selection is not None or not are_axes(scene.axis) or scene.elements.size <= MANY:
        return plain
    times = [1] * len(scene.shape)
    times[scene.axis[0]] = math.prod(scene.shape[axis] for axis in scene.axis[1:])
    return plain if scene.elements.size * math.prod(times) > MOST_ELEMENTS else repeated(plain, times)


def _no_axes(scene: Scene) -> Scene | None:
    """Return the scene with a reduction along a new axis of two equal elements in place of one along no axes."""
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


def _is_missing_by(scene: Scene, kind: str) -> bool:
    """Say whether the scene says what is missing by a field whose name begins so."""
    return scene.missing is not None and scene.missing[0].startswith(kind)


def _several_missing(scene: Scene) -> Scene | None:
    return shown_missing(scene, "missing_value") if _is_missing_by(scene, "missing_values") else None


def _valid_range(scene: Scene) -> Scene | None:
    return shown_missing(scene, "valid_min") if _is_missing_by(scene, "valid_range") else None


def _valid_min(scene: Scene) -> Scene | None:
    return shown_missing(scene, "missing_value") if _is_missing_by(scene, "valid_") else None


def _valid_max(scene: Scene) -> Scene | None:
    return shown_missing(scene, "valid_min") if _is_missing_by(scene, "valid_max") else None


def _nothing(scene: Scene) -> Scene | None:
    if scene.elements.size or scene.shape is not None:
        return None
    return with_elements(scene, np.ones(1, scene.dtype))


def _some_left(scene: Scene) -> Scene | None:
    """Return the scene with valid elements for each result, and its first and last missing where that leaves some.

    Its numbers are as unusual as they were.
    """
    if not (is_of_nothing(scene) or everything_missing(scene)):
        return None
    numbers = np.arange(scene.elements.size)
    several = (with_missing(scene, np.isin(numbers, gone)) for gone in ([0, numbers.size - 1], [0]))
    some_left = next((one for one in several if not is_of_nothing(one)), None)
    return with_unusual_numbers_of(scene, some_left or with_missing(scene, np.zeros(numbers.size, np.bool_)))


def everything_missing(scene: Scene) -> bool:
    """Say whether all elements that are selected are missing."""
    return _all_gone(scene, None)


def is_of_nothing(scene: Scene) -> bool:
    """Say whether some result is made of missing elements only."""
    axes = scene.axes
    # A select ignores its axis, so the axis may be anything.
    along = scene.axis is not None and scene.operation != PLAIN_OPERATION and are_axes(axes)
    return _all_gone(scene, tuple(axes) if along else None)


def _all_gone(scene: Scene, axes: tuple[int, ...] | None) -> bool:
    """Say whether some result along these axes (one result, if None) has missing elements only."""
    if scene.missing is None or not scene.elements.size:
        return False
    gone = missing_elements(scene)
    if scene.shape is not None:
        gone = gone.reshape(scene.shape, order=scene.order)
        if scene.selection is not None:
            gone = gone[tuple(slice(*one) for one in scene.selection)]
    return bool(gone.size and np.any(np.all(gone, axis=axes)))


def _longer(scene: Scene) -> Scene | None:
    """Return the scene with several indices in each dimension that had one left: slices pick more, or data repeats."""
    if scene.shape is None:
        return with_elements(scene, np.repeat(scene.elements, 3)) if scene.elements.size == 1 else None
    if not has_length_one(scene):
        return None
    slices = scene.selection or tuple((0, length, 1) for length in scene.shape)
    single = [is_single(*each) for each in zip(slices, scene.shape)]
    # Longer dimensions are tripled, so that a part stays a part; dimensions of length one get lengths that differ.
    lengths = (length for length in range(2, 2 + 2 * len(scene.shape)) if length not in scene.shape)
    wanted = [next(lengths) if length == 1 else 3 for length in scene.shape]
    times = [many if one else 1 for one, many in zip(single, wanted)]
    if scene.elements.size * math.prod(times) > MOST_ELEMENTS:
        return None
    longer = repeated(scene, times)
    if scene.selection is None:
        return longer
    each = zip(scene.selection, scene.shape, longer.shape or (), single)
    more = (more_of(one, was, n) if picks_one else one for one, was, n, picks_one in each)
    return replace(longer, selection=tuple(more))


def has_length_one(scene: Scene) -> bool:
    """Say whether some dimension has, or its slice picks, exactly one index."""
    if scene.shape is None:
        return scene.elements.size == 1
    if scene.selection is None:
        return 1 in scene.shape
    return any(is_single(*each) for each in zip(scene.selection, scene.shape))


def few_elements(scene: Scene, *, last: bool = False, most: int = MANY) -> Scene | None:
    """Return the scene cut down to its first (or last) few elements; a flat scene keeps an odd or even count."""
    if scene.elements.size <= most or (scene.shape is not None and scene.shape == plain_lengths(scene.shape)):
        return None
    if scene.shape is None:
        count = most - scene.elements.size % 2
        return with_elements(scene, scene.elements[-count:] if last else scene.elements[:count])
    lengths = list(scene.shape)
    # A dimension that is cut to one index would be another trait.
    while math.prod(lengths) > most and max(lengths) > 2:
        longest = lengths.index(max(lengths))
        lengths[longest] = (lengths[longest] + 1) // 2
    few = tuple(lengths)
    if few == scene.shape:
        return None
    return with_lengths(of_like_selection(scene, few), few, last=last)


def _few_of_many(scene: Scene) -> Scene | None:
    """Return the scene cut down to a few elements, from the end at which the extreme stands that is asked for."""
    return few_elements(scene, last=(extreme_at(scene) or 0) > scene.elements.size // 2)


def _dtype(scene: Scene) -> Scene | None:
    """Return the scene with plain numbers; where it has many bytes, it has as many of them."""
    plain = to_dtype(scene, PLAIN_DTYPE)
    times = scene.elements.nbytes // max(1, 0 if plain is None else plain.elements.nbytes)
    if plain is None or times < 2 or scene.elements.nbytes < MANY_BYTES or plain.selection is not None:
        return plain
    return in_more_elements(plain, times) if plain.elements.size * times <= MOST_ELEMENTS else plain


def _operation(scene: Scene) -> Scene | None:
    return replace(scene, operation=PLAIN_OPERATION) if scene.operation != PLAIN_OPERATION else None


def _to_operation(scene: Scene, operation: str) -> Scene | None:
    return replace(scene, operation=operation) if scene.operation != operation else None


# Each trait with the wider trait that it belongs to: dropping the wider trait drops both, so wide traits come first.
# Lengths come before slices, as short dimensions have no room for slices.
FEATURES: Mapping[str, tuple[SimplerScene, str]] = MappingProxyType(
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
        "many elements": (_few_of_many, PARTICULAR_LENGTHS),
        "length one": (_longer, PARTICULAR_LENGTHS),
        "selection": (_selection, "shape"),
        **{name: (simpler, WIDER_SLICES.get(name, "selection")) for name, simpler in SLICE_FEATURES.items()},
        "order F": (_order, "shape"),
        "shape": (_shape, ""),
        "no data at all": (_nothing, ""),
        "several dimensions": (several_dimensions, "shape"),
        "more than two dimensions": (more_than_two_dimensions, "several dimensions"),
        EXTREME_AT_AN_END: (extreme_inside, ""),
        PARTICULAR: (revealing, ""),
        **{name: (simpler, WIDER_NUMBERS.get(name, PARTICULAR)) for name, simpler in VALUE_FEATURES.items()},
        "operation": (_operation, ""),
        "dtype": (_dtype, ""),
    }
)


# Traits that can be seen without changing all the numbers of a scene.
THERE: Mapping[str, Callable[[Scene], bool]] = MappingProxyType(
    {
        **SLICES_THERE,
        "operation": lambda scene: scene.operation != PLAIN_OPERATION,
        "dtype": lambda scene: scene.dtype != PLAIN_DTYPE,
        "huge values": has_huge,
        "several dimensions": has_several_dimensions,
        "more than two dimensions": has_more_than_two_dimensions,
        "valid bounds": lambda scene: _is_missing_by(scene, "valid_"),
        "valid_range": lambda scene: _is_missing_by(scene, "valid_range"),
        "valid_max": lambda scene: _is_missing_by(scene, "valid_max"),
    }
)


def on_scene(name: str, simpler: SimplerScene, within: str) -> Trait:
    """Return the trait of trials that drops a trait of their scenes."""

    def drop(trial: Trial) -> Trial | None:
        if trial.scene is None:
            return _of_each(trial, simpler) if trial.several else None
        plain = simpler(trial.scene)
        return None if plain is None else trial.of_scene(plain)

    value, swap = VALUED.get(name, (None, None))
    return Trait(name, drop, simpler, within, value, swap, THERE.get(name))


def _of_each(trial: Trial, simpler: SimplerScene) -> Trial | None:
    """Return the trial of several requests with the trait dropped in each; all are still about one object."""
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


# Traits with a value: how to read the value, and how to swap it for a sibling such as another dtype.
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


# The traits that are about the numbers in the data.
OF_NUMBERS = frozenset({PARTICULAR, *VALUE_FEATURES})


def traits_of(scene: Scene) -> frozenset[str]:
    """Return the names of the traits that a scene has."""
    return frozenset(one.name for one in SCENES if one.of(scene))

"""Make requests with the same traits about other data, or the same request with a default value written out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import numpy as np

from fuzz.subjects.reductions.scene import Scene, are_axes, with_elements
from fuzz.subjects.reductions.stakes import alike
from fuzz.subjects.reductions.traits.missing import missing_elements
from fuzz.subjects.reductions.traits.numbers import SMALL
from fuzz.subjects.reductions.traits.scenes import INCIDENTAL, MOST_ELEMENTS, traits_of
from fuzz.subjects.reductions.traits.slices import of_like_selection
from fuzz.triage.other_data import LEAST_VARIANTS
from fuzz.triage.trial import Trial
from specs.case import Case
from specs.fields import Json
from specs.reductions.dtypes import Array
from specs.reductions.model import expectations
from specs.reductions.request import OPTIONS
from specs.reductions.steps import Put, Send
from specs.store_facts import StoreFacts

MOST_VARIANTS = 6
# The values that a request means when it leaves a field out.
USUAL: tuple[tuple[str, Json], ...] = (
    ("byte_order", "little"), ("offset", 0), ("order", "C"),
    *((name, None) for name in ("byte_order", "axis", "selection", "missing", "compression", "filters", "size")),
    *((name, None) for name in OPTIONS),
)  # fmt: skip


def of_other_data(trial: Trial, facts: StoreFacts) -> Iterator[Trial]:
    """Yield trials with the same traits about other data.

    Where these are few, and for a trial to be kept as it stands, also yield trials with a default value written out.
    """
    several = list(_answered_otherwise(trial, facts))
    yield from several
    if len(several) < LEAST_VARIANTS and (trial.scene is not None or trial.as_it_stands):
        yield from islice(in_other_words(trial), MOST_VARIANTS)


def has_one_answer(trial: Trial, facts: StoreFacts) -> bool:
    """Say whether all data with a trial's traits has the same answer, as where nothing is selected."""
    return trial.scene is not None and next(_answered_otherwise(trial, facts), None) is None


def _answered_otherwise(trial: Trial, facts: StoreFacts) -> Iterator[Trial]:
    """Yield trials with the same traits about other data that has another answer."""
    several = [] if trial.scene is None else [trial.of_scene(scene) for scene in scenes_of_other_data(trial.scene)]
    yield from (one for one in several if not _answered_alike(trial, one, facts))


def in_other_words(trial: Trial) -> Iterator[Trial]:
    """Yield the trial with one default value written out, about the same bytes."""
    send = trial.last
    if not isinstance(send, Send):
        return
    for name, usual in USUAL:
        if name not in send.fields:
            told = replace(send, fields=send.fields.but(**{name: usual}))
            yield trial.of_steps(*trial.case.steps[:-1], told)


def _answered_alike(trial: Trial, other: Trial, facts: StoreFacts) -> bool:
    """Say whether the same values are expected for both trials, so that the other data changes no answer."""
    one, two = (expectations(each.case, each.profile, facts)[-1] for each in (trial, other))
    return one is not None and two is not None and alike(one, two)


def cut_to_its_data(trial: Trial) -> Case | None:
    """Return the case with its object cut to the bytes that the request reads, and no offset or size."""
    match trial.case.steps, trial.scene:
        case (Put() as put, Send() as send), Scene() as scene:
            data = put.data[len(scene.prefix) : len(put.data) - len(scene.suffix)]
            bare = replace(send, fields=send.fields.without("offset", "size"))
            return replace(trial.case, steps=(replace(put, data=data), bare))
    return None


def scenes_of_other_data(scene: Scene) -> Iterator[Scene]:
    """Yield scenes of the same traits with other numbers, in another order, or of other lengths."""
    traits = traits_of(scene) - INCIDENTAL
    numbers = (_of_other_numbers(scene, 1), _of_other_numbers(scene, 2), _in_another_order(scene))
    for other in (*numbers, _of_other_lengths(scene, 2), _of_other_lengths(scene, 4)):
        if other is not None and traits_of(other) - INCIDENTAL == traits:
            yield other


def _of_other_numbers(scene: Scene, by: int) -> Scene | None:
    """Return the scene with numbers a little farther from zero, or nearer where they are large; missing ones stay."""
    elements = scene.elements
    if not elements.size:
        return None
    little = np.array(by, elements.dtype)
    with np.errstate(all="ignore"):
        wide = elements.astype(np.float64)
        small = (np.abs(wide) < SMALL - by) & (wide != 0)
        up = np.where(small, wide > 0, wide < -SMALL - by)
        down = np.where(small, wide < 0, wide > SMALL + by)
        other = np.where(up, elements + little, np.where(down, elements - little, elements))
    if scene.missing is not None:
        other = np.where(missing_elements(scene), elements, other)
    return _if_other(scene, other)


def _in_another_order(scene: Scene) -> Scene | None:
    return _if_other(scene, np.roll(scene.elements, 1))


def _if_other(scene: Scene, elements: Array) -> Scene | None:
    same = elements.tobytes() == scene.elements.tobytes()
    return None if same else with_elements(scene, elements)


def _of_other_lengths(scene: Scene, by: int) -> Scene | None:
    """Return the scene with each dimension a little longer, and similar slices."""
    if not scene.elements.size:
        return None
    if scene.shape is None:
        return with_elements(scene, np.resize(scene.elements, scene.elements.size + by))
    lengths = tuple(length + by for length in scene.shape)
    if math.prod(lengths) > max(MOST_ELEMENTS, 4 * scene.elements.size):
        return None
    return _of_lengths(scene, lengths)


def of_its_lengths(trial: Trial, before: Trial) -> Iterator[Trial]:
    """Yield trials from which a trait was dropped with as much data as they had before, and a little more or less."""
    if trial.scene is not None and before.scene is not None:
        for count in _counts(trial.scene, before.scene):
            for scene in _of_count(trial.scene, count):
                yield trial.of_scene(scene)


def _counts(scene: Scene, before: Scene) -> list[int]:
    """List numbers of elements: as many as before, as many bytes, as many for each result; then one more or less."""
    as_many = (before.elements.size, before.elements.nbytes // scene.elements.itemsize, _of_each_result(before))
    several = [*as_many, *(count + 1 for count in as_many), *(count - 1 for count in as_many)]
    return [count for count in dict.fromkeys(several) if 0 < count <= MOST_ELEMENTS and count != scene.elements.size]


def _of_each_result(scene: Scene) -> int:
    axes = scene.axes
    if scene.shape is None or scene.axis is None or not are_axes(axes):
        return scene.elements.size
    return math.prod(scene.shape[axis] for axis in axes)


def _of_count(scene: Scene, count: int) -> Iterator[Scene]:
    """Yield the scene with that many elements, in one dimension after the other."""
    if scene.shape is None:
        yield with_elements(scene, np.resize(scene.elements, count))
        return
    for dimension, length in reversed(list(enumerate(scene.shape))):
        others = scene.elements.size // max(1, length)
        if others and count % others == 0 and scene.elements.size:
            lengths = tuple(count // others if i == dimension else n for i, n in enumerate(scene.shape))
            yield _of_lengths(scene, lengths)


def _of_lengths(scene: Scene, lengths: tuple[int, ...]) -> Scene:
    moved = of_like_selection(scene, lengths)
    return replace(with_elements(moved, np.resize(scene.elements, math.prod(lengths))), shape=lengths)

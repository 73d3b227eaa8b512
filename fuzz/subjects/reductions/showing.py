"""Find data and slices with which a mistake of a server would show: moved, mirrored, in another order, narrower."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from fuzz.subjects.reductions.reads_as import differ, shows
from fuzz.subjects.reductions.scene import Scene, with_elements
from fuzz.subjects.reductions.traits.missing import missing_numbers, with_numbers
from fuzz.subjects.reductions.traits.slices import Triple
from fuzz.triage.trial import Trial
from specs.reductions.dtypes import Array
from specs.store_facts import StoreFacts

MOST_TURNS = 4


def of_showing_data(words: str, trial: Trial, facts: StoreFacts) -> Iterator[Trial]:
    """Yield the trial with other data, where its answer differs from that of the altered request in words."""
    if trial.scene is not None:
        several = map(trial.of_scene, _of_other_data(trial.scene))
        yield from (other for other in several if shows(words, other, facts))


def telling_apart(words: str, others: str, trial: Trial, facts: StoreFacts) -> Iterator[Trial]:
    """Yield the trial with narrower slices, where the answers to two altered requests differ."""
    if trial.scene is not None and trial.scene.selection:
        several = (trial.of_scene(replace(trial.scene, selection=one)) for one in _narrower(trial.scene.selection))
        yield from (other for other in several if differ(words, others, other, facts))


def _narrower(selection: Sequence[Triple]) -> Iterator[tuple[Triple, ...]]:
    """Yield slices that begin one element later, and such that end one earlier."""
    steps = [1 if stride > 0 else -1 for _, _, stride in selection]
    yield tuple((start + step, stop, stride) for step, (start, stop, stride) in zip(steps, selection, strict=True))
    yield tuple((start, stop - step, stride) for step, (start, stop, stride) in zip(steps, selection, strict=True))


def _of_other_data(scene: Scene) -> Iterator[Scene]:
    """Yield scenes with their elements and missing numbers changed alike, each in several orders."""
    numbers = np.append(scene.elements, np.array(missing_numbers(scene), scene.dtype))
    if not scene.elements.size or not np.isfinite(numbers).all():
        return
    mirrored = partial(_mirrored, least=numbers.min(), greatest=numbers.max())
    for change in (_moved, mirrored, lambda some: _moved(mirrored(some))):
        changed = with_numbers(scene, change)
        for turn in range(min(MOST_TURNS, scene.elements.size)):
            if changed is not None:
                yield with_elements(changed, np.roll(changed.elements, turn))


def _moved(numbers: Array) -> Array:
    with np.errstate(over="ignore"):
        moved: Array = numbers + numbers.dtype.type(1)
    return moved


def _mirrored(numbers: Array, least: np.generic, greatest: np.generic) -> Array:
    """Return for each number the one that is as far from the greatest as this is from the least."""
    with np.errstate(over="ignore"):
        mirrored: Array = greatest - (numbers - least)
    return mirrored.astype(numbers.dtype)

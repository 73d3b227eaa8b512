"""Convert a request into plainer ones that test the same thing, such as one missing element in place of many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from fuzz.subjects.reductions.scene import Scene, with_elements
from fuzz.subjects.reductions.traits.scenes import SCENES, everything_missing, is_of_nothing
from fuzz.triage.trial import Trial

# Traits whose plainer form does the same in another way: several results, or a part of an object or a dimension.
CONVERTED = ("axis []", "offset", "negative bounds", "stride beyond one", "reversed selection")
# A store that serves this page for every object acts as if it had no object.
NOT_THERE = "missing-page"


def come_to_the_same(trial: Trial) -> Iterator[Trial]:
    """Yield plainer trials that come to the same result as the given one, each conversion on top of the one before."""
    if trial.scene is None:
        return
    for scene in in_other_ways(trial.scene):
        yield trial.of_scene(scene)
    if trial.scene.served == NOT_THERE:
        yield trial.of_steps(trial.case.steps[-1])
    by_name = {one.name: one for one in SCENES}
    for name in CONVERTED:
        plain = by_name[name].drop(trial)
        if plain is not None:
            trial = plain
            yield trial


def in_other_ways(scene: Scene) -> Iterator[Scene]:
    """Yield plainer scenes with an empty result: one missing element in place of many, or nothing selected."""
    one = with_elements(scene, np.ones(1, scene.dtype))
    bare = replace(one, shape=None, selection=None, axis=None, order="C", missing=None)
    bare = replace(bare, sized=False, surplus=b"", suffix=b"")
    none_selected = replace(bare, shape=(1,), selection=((0, 0, 1),))
    if is_of_nothing(scene):
        if not everything_missing(scene):
            yield replace(bare, missing=("missing_value", 1))
        yield none_selected
    elif not scene.elements.size and scene.shape is None:
        yield none_selected

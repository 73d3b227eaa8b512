"""Simpler variants of several requests about one object: what is made plain is made plain for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from fuzz.hunt.plain import FEATURES, PLAIN_OPERATION
from fuzz.hunt.plain_values import PLAIN_DTYPE, VALUE_FEATURES, to_dtype
from fuzz.hunt.scene import Scene, case_of, scene_of, with_elements, with_lengths
from specs.case import Case, Put, Send, Step
from specs.profile import Profile

Simpler = Callable[[Scene], Scene | None]
LENGTHS = (1, 2, 3, 6, 12)
FEW = 12


def simpler_histories(case: Case, profile: Profile) -> Iterator[Case]:
    """The case with a feature less in every request that has it, the object shared as before."""
    scenes = _scenes(case, profile)
    if not scenes:
        return
    for simpler in (*FEATURES.values(), *_SHORTER, _to_plain_operation, _to_plain_dtype, _to_plain_elements):
        plain = [simpler(scene) or scene for scene in scenes]
        for shared in _sharing(plain):
            steps = _steps(shared, case.property)
            if steps is not None and steps != case.steps:
                yield replace(case, steps=steps)
                break


def _scenes(case: Case, profile: Profile) -> list[Scene]:
    """The scene of each request, where there is one object and every request is valid and about it."""
    put, *asked = case.steps
    if not isinstance(put, Put) or len(asked) < 2:
        return []
    several = [scene_of(Case(case.property, (put, step)), profile) for step in asked if isinstance(step, Send)]
    scenes = [scene for scene in several if scene is not None]
    return scenes if len(scenes) == len(asked) else []


def _sharing(scenes: list[Scene]) -> Iterator[list[Scene]]:
    """The scenes as they are, or with the elements of one of them in all."""
    yield scenes
    for one in scenes:
        if all(other.elements.size == one.elements.size and other.dtype == one.dtype for other in scenes):
            yield [replace(other, elements=one.elements) for other in scenes]


def _steps(scenes: list[Scene], name: str) -> tuple[Step, ...] | None:
    """The steps of scenes that are about one object; None where they are not."""
    cases = [case_of(scene, name) for scene in scenes]
    puts = {one.steps[0] for one in cases}
    return (puts.pop(), *(one.steps[1] for one in cases)) if len(puts) == 1 else None


def _shorter(length: int) -> Simpler:
    def simpler(scene: Scene) -> Scene | None:
        if scene.shape is None:
            return with_elements(scene, scene.elements[:length]) if length < scene.elements.size else None
        lengths = tuple(min(length, one) for one in scene.shape)
        return with_lengths(scene, lengths) if lengths != scene.shape else None

    return simpler


_SHORTER = tuple(_shorter(length) for length in LENGTHS)


def _to_plain_operation(scene: Scene) -> Scene:
    return replace(scene, operation=PLAIN_OPERATION)


def _to_plain_dtype(scene: Scene) -> Scene | None:
    return to_dtype(scene, PLAIN_DTYPE)


def _to_plain_elements(scene: Scene) -> Scene | None:
    """Numbers from 1 on, of which the first is missing where something is."""
    if scene.elements.size > FEW or any(VALUE_FEATURES[name](scene) for name in ("NaN", "infinity")):
        return None
    numbered = with_elements(scene, np.arange(1, scene.elements.size + 1))
    if scene.missing is not None:
        kind, value = scene.missing
        if kind not in ("missing_value", "missing_values"):
            return None
        numbered = replace(numbered, missing=(kind, [1] if isinstance(value, list) else 1))
    return numbered

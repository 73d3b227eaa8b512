"""Let the same elements of a scene be missing by another kind of `missing` field."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fuzz.subjects.reductions.scene import Scene
from fuzz.subjects.reductions.traits.missing import Number, missing_elements
from fuzz.subjects.reductions.traits.numbers import SMALL
from fuzz.subjects.reductions.traits.unusual import with_unusual_numbers_of

MOST_VALID = SMALL - 2


def shown_missing(scene: Scene, kind: str) -> Scene | None:
    """Return the scene with the same elements missing by another kind of `missing` field; None where that cannot be.

    Its numbers are as unusual as they were.
    """
    if scene.missing is None or scene.missing[0] == kind:
        return None
    if scene.missing[0] == "missing_values" and kind == "missing_value" and len(scene.missing[1]) == 1:
        return replace(scene, missing=(kind, scene.missing[1][0]))
    left_out, valid = missing_elements(scene), _valid_numbers(scene)
    gone_values = set(scene.elements[left_out].tolist())
    if kind == "missing_value" and len(gone_values) == 1 and scene.missing[0] == "missing_values":
        told = next((one for one in scene.missing[1] if one in gone_values), scene.missing[1][0])
        return replace(scene, missing=(kind, told))
    # Missing elements are 1 and not 0, as a server may itself write 0 for them.
    shared = max(1, -(-len(valid) // MOST_VALID))
    ranks = {one: 2 + place // shared for place, one in enumerate(valid)}
    elements = [1 if gone else ranks.get(one, one) for one, gone in zip(scene.elements.tolist(), left_out)]
    plain = np.array(elements, scene.dtype)
    return with_unusual_numbers_of(scene, replace(scene, elements=plain, missing=(kind, 1 + (kind == "valid_min"))))


def _valid_numbers(scene: Scene) -> list[Number]:
    valid = scene.elements[~missing_elements(scene) & np.isfinite(scene.elements)]
    return list(np.unique(valid).tolist())

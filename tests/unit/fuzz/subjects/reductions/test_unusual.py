"""A scene that says in another way what is missing keeps its missing elements and its unusual numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from fuzz.subjects.reductions.scene import Scene
from fuzz.subjects.reductions.traits.missing import missing_elements
from fuzz.subjects.reductions.traits.missing_kinds import shown_missing
from fuzz.subjects.reductions.traits.scenes import FEATURES, is_of_nothing, traits_of
from specs.reductions.request import MISSING_KINDS

UNUSUAL = {"huge values", "large values", "negative values", "subnormal numbers"}
NUMBERS = {
    "int32": st.sampled_from([1, 5, 1001, -7, -1002, 2**31 - 2, -(2**31) + 5]),
    "uint64": st.sampled_from([1, 5, 1001, 2**53 + 1, 2**64 - 1]),
    "int64": st.sampled_from([1, 5, 1001, -7, 2**53 + 1, -(2**63) + 3]),
    "float64": st.sampled_from([1.0, 0.5, -0.5, 1001.0, 1e300, -1e300, 5e-324, 1e-310]),
    "float32": st.sampled_from([1.0, 0.5, -0.5, 1001.0, 2.0**40, -(2.0**40), 2.0**-140]),
}


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    dtype = draw(st.sampled_from(sorted(NUMBERS)))
    elements = np.array(draw(st.lists(NUMBERS[dtype], min_size=2, max_size=12)), dtype)
    several = sorted(set(elements.tolist()))
    kind = draw(st.sampled_from(MISSING_KINDS))
    low, high = draw(st.sampled_from(several)), draw(st.sampled_from(several))
    assume(kind != "valid_range" or low < high)
    told = {"missing_values": [low], "valid_range": [low, high]}.get(kind, low)
    return Scene("sum", dtype, elements, missing=(kind, told))


def unusual(scene: Scene) -> set[str]:
    """List what is unusual about the numbers, each in the least unusual way in which all are kept together."""
    found = UNUSUAL & traits_of(scene)
    return found - ({"large values", "huge values"} if "subnormal numbers" in found else set())


@given(scenes(), st.sampled_from(MISSING_KINDS))
def test_the_same_elements_are_missing_by_another_kind(scene: Scene, kind: str) -> None:
    assume(kind in ("missing_value", "valid_min"))
    other = shown_missing(scene, kind)
    assume(other is not None)
    assert other is not None
    assert other.missing is not None
    assert other.missing[0] == kind
    assert missing_elements(other).tolist() == missing_elements(scene).tolist()
    assert unusual(scene) <= traits_of(other)


@given(scenes())
def test_where_nothing_was_left_something_is_and_it_is_as_unusual(scene: Scene) -> None:
    each_alone = replace(scene, shape=scene.elements.shape, axis=[])
    assume(is_of_nothing(each_alone))
    other = FEATURES["a result of nothing"][0](each_alone)
    assert other is not None
    assert not is_of_nothing(other)
    assert unusual(scene) <= traits_of(other)

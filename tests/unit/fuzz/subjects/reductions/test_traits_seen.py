"""Traits of dimensions are seen without being dropped, where they can be dropped and nowhere else."""

from __future__ import annotations

from hypothesis import assume, given

from fuzz.subjects.reductions.scene import scene_of
from fuzz.subjects.reductions.traits.dimensions import (
    has_more_than_two_dimensions,
    has_several_dimensions,
    more_than_two_dimensions,
    several_dimensions,
)
from specs.case import Case
from specs.reductions import profile as profiles
from strategies.drawing import strategy_of
from strategies.reductions import cases

PROFILE = profiles.load("reference")


@given(strategy_of(cases.reductions(PROFILE)))
def test_a_trait_of_dimensions_is_seen_where_it_can_be_dropped(case: Case) -> None:
    put = next(one for one in case.steps if not one.asks)
    several = (scene_of(Case(case.property, (put, one)), PROFILE) for one in case.steps if one.asks)
    scene = next((one for one in several if one is not None and one.shape is not None), None)
    assume(scene is not None)
    assert has_several_dimensions(scene) == (several_dimensions(scene) is not None)
    assert has_more_than_two_dimensions(scene) == (more_than_two_dimensions(scene) is not None)

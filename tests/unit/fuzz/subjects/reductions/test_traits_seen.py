"""Traits are seen where they can be dropped; without any of them a trial can be asked what it would be right for."""

from __future__ import annotations

from hypothesis import assume, given, settings

from fuzz.subjects.reductions.reading import Reading
from fuzz.subjects.reductions.reads_as import shows
from fuzz.subjects.reductions.scene import scene_of
from fuzz.subjects.reductions.traits.dimensions import (
    has_more_than_two_dimensions,
    has_several_dimensions,
    more_than_two_dimensions,
    several_dimensions,
)
from fuzz.triage.traits import present, without
from fuzz.triage.trial import trial_of
from specs.case import Case
from specs.fields import Fields
from specs.reductions import profile as profiles
from specs.reductions.steps import Put, Send
from specs.store_facts import StoreFacts
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


@settings(max_examples=40)
@given(strategy_of(cases.reductions(PROFILE)))
def test_without_any_of_its_traits_a_trial_has_altered_requests_that_can_be_answered(case: Case) -> None:
    put = next(one for one in case.steps if not one.asks)
    for step in (one for one in case.steps if one.asks):
        trial = trial_of(Case(case.property, (put, step)), Reading(PROFILE))
        plainer = (without(trial, name) for name in present(trial)) if trial.scene is not None else ()
        for one in (trial, *plainer):
            assert one is None or shows("the answer to another question", one, StoreFacts()) is False


def test_a_select_may_name_axes_that_are_no_dimensions() -> None:
    send = Send("select", Fields({"dtype": "int32", "shape": [2, 3], "axis": [5, -1]}), "a")
    trial = trial_of(Case("reduction", (Put("a", bytes(24)), send)), Reading(PROFILE))
    assert trial.scene is not None
    assert not shows("the answer to another question", trial, StoreFacts())

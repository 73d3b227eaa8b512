"""A slice without one of its traits keeps the others, and a slice for another length has the same traits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fuzz.subjects.reductions.scene import Scene
from fuzz.subjects.reductions.traits.slices import (
    LEAST_LENGTH,
    PART,
    SLICE_FEATURES,
    SLICES,
    WIDER_SLICES,
    Triple,
    canonical,
    of_like_selection,
    traits_of_slice,
)

FAR = (2**31, 2**40, 2**63)
BOUNDS = st.integers(-12, 12) | st.sampled_from([*FAR, *(-one for one in FAR)])
TRIPLES: st.SearchStrategy[Triple] = st.tuples(BOUNDS, BOUNDS, BOUNDS.filter(bool))
LENGTHS = st.integers(3, 9)
# A bound of more than 32 bits lies outside of any dimension, so it goes with the trait of lying there.
OUTSIDE = {"bounds beyond the end", "bounds before the beginning", "negative bounds"}
FAR_OUT = "bounds of more than 32 bits"


def scene_of(one: Triple, length: int) -> Scene:
    return Scene("select", "int32", np.arange(length, dtype="int32"), (length,), selection=(one,))


def traits_in(scene: Scene) -> frozenset[str]:
    assert scene.selection is not None
    assert scene.shape is not None
    return traits_of_slice(scene.selection[0], scene.shape[0]) - {PART}


@given(TRIPLES, LENGTHS, LENGTHS)
def test_the_plainest_slice_has_exactly_the_traits_that_are_asked_for(one: Triple, was: int, length: int) -> None:
    wanted = traits_of_slice(one, was) - {PART}
    plain = canonical(wanted, length)
    found = traits_of_slice(plain, length)
    assert found - {PART} == wanted
    assert canonical(found, length) == plain


@pytest.mark.parametrize("name", SLICES)
def test_the_plainest_slice_of_one_trait_has_hardly_any_other(name: str) -> None:
    implied = {name, WIDER_SLICES.get(name), "bounds beyond the end", "stride beyond one", PART}
    for length in range(LEAST_LENGTH, 10):
        assert {name} <= traits_of_slice(canonical(frozenset({name}), length), length) <= implied


@given(TRIPLES, LENGTHS, LENGTHS)
def test_a_selection_for_another_length_keeps_its_traits(one: Triple, was: int, length: int) -> None:
    other = of_like_selection(scene_of(one, was), (length,))
    assert traits_in(scene_of(one, was)) <= traits_of_slice((other.selection or ())[0], length)


@given(TRIPLES, LENGTHS, st.sampled_from(sorted(set(SLICES) - {PART})))
def test_a_slice_without_one_trait_keeps_the_others(one: Triple, length: int, name: str) -> None:
    before = scene_of(one, length)
    assume(name in traits_in(before))
    after = SLICE_FEATURES[name](before)
    assume(after is not None)
    assert after is not None
    within = {name, *(inner for inner, wider in WIDER_SLICES.items() if wider == name)}
    implied = {FAR_OUT} if name in OUTSIDE else OUTSIDE if name == FAR_OUT else set[str]()
    assert traits_in(before) - within - implied <= traits_in(after)

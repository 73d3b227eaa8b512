"""A slice without one of its traits keeps the others, and a slice for another length has the same traits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fuzz.subjects.reductions.scene import Scene
from fuzz.subjects.reductions.traits.dimensions import more_than_two_dimensions
from fuzz.subjects.reductions.traits.slices import (
    LEAST_LENGTH,
    PART,
    PLAIN_LENGTHS,
    RISING_LENGTHS,
    SLICE_FEATURES,
    SLICES,
    WIDER_SLICES,
    Triple,
    canonical,
    of_like_selection,
    of_plain_lengths,
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


@given(st.integers(3, 9), st.integers(-3, -1))
def test_a_slice_back_to_the_first_index_has_a_bound_before_the_beginning(length: int, stride: int) -> None:
    # Counted from the end, the bound behind the first index lies before it.
    assert "bounds before the beginning" in traits_of_slice((length - 1, -length - 1, stride), length)
    assert "bounds before the beginning" not in traits_of_slice((length - 1, -length, stride), length)


@given(st.lists(st.integers(1, 9), min_size=2, max_size=5))
def test_plain_lengths_begin_with_the_longest_if_the_others_did(lengths: list[int]) -> None:
    shape = tuple(lengths)
    scene = Scene("select", "int32", np.arange(math.prod(shape), dtype="int32"), shape)
    plain = of_plain_lengths(scene)
    assert plain is not None or shape in (PLAIN_LENGTHS[: len(shape)], RISING_LENGTHS[: len(shape)])
    if plain is not None:
        assert plain.shape is not None
        assert (plain.shape[0] == max(plain.shape)) == (shape[0] == max(shape))


@given(rank=st.integers(3, 8), place=st.integers(0, 7))
def test_the_longest_of_many_dimensions_stays_the_first_of_two_or_a_later_one(rank: int, place: int) -> None:
    shape = tuple(2 if at == place % rank else 1 for at in range(rank))
    scene = Scene("select", "int32", np.arange(2, dtype="int32"), shape, selection=tuple((0, one, 1) for one in shape))
    plain = more_than_two_dimensions(scene)
    assert plain is not None
    assert plain.shape == ((2, 1) if shape[0] == 2 else (1, 2))

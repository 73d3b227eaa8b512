"""Arrays, selections, axes, missing data, encodings and keys keep what they promise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, find, given, settings
from hypothesis import strategies as st

from specs.fields import Json
from specs.reductions import dtypes
from specs.reductions.decoding import decode
from specs.reductions.profile import load
from specs.reductions.request import MISSING_KINDS, Request
from specs.reductions.rules import Rule
from strategies.drawing import Chance
from strategies.reductions import arrays, selections
from strategies.reductions.axes import axes
from strategies.reductions.contents import contents
from strategies.reductions.encodings import MANY_BYTES, QUICK_LEVEL, encodings
from strategies.reductions.keys import LONGEST_BYTES, keys
from strategies.reductions.missing import missings
from strategies.reductions.requests import mirrored, shapes

REFERENCE = load("reference")
NAMES = st.sampled_from(dtypes.NAMES)
SHAPES = st.lists(st.integers(1, 9), min_size=1, max_size=4).map(tuple)


@settings(deadline=None)
@given(st.data(), NAMES)
def test_an_array_is_of_its_dtype_and_not_empty(data: st.DataObject, dtype: str) -> None:
    array = data.draw(arrays.arrays(dtype, longest=500).strategy)
    assert array.dtype == np.dtype(dtype)
    assert array.ndim == 1
    assert 1 <= array.size <= 500


@settings(deadline=None)
@given(st.data(), NAMES)
def test_a_recipe_gives_the_same_array_every_time(data: st.DataObject, dtype: str) -> None:
    recipe = data.draw(arrays.recipes(dtype, longest=2000).strategy)
    first, second = arrays.expanded(recipe), arrays.expanded(recipe)
    assert first.size == recipe.length
    assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize("dtype", dtypes.NAMES)
@pytest.mark.parametrize("layout", ["ramp", "descending", "permutation"])
def test_a_ramp_has_no_value_twice(dtype: str, layout: str) -> None:
    array = arrays.expanded(arrays.Recipe(dtype, "small", layout, 720, 3))
    assert len(np.unique(array)) == 720


@pytest.mark.parametrize("dtype", dtypes.FLOATS)
def test_the_special_floats_are_among_the_values(dtype: str) -> None:
    every = np.concatenate([arrays.pool(dtype, theme) for theme in arrays.themes(dtype)])
    bits = every.view(f"u{every.dtype.itemsize}")
    assert len({int(one) for one in bits[np.isnan(every)]}) >= 3
    assert np.isposinf(every).any()
    assert np.isneginf(every).any()
    assert ((every == 0) & np.signbit(every)).any()
    assert (every == np.finfo(dtype).smallest_subnormal).any()


@pytest.mark.parametrize("length", [1, 2, 3, 7, 64, 1000])
@pytest.mark.parametrize("bounds", selections.BOUNDS)
@pytest.mark.parametrize("stride", selections.STRIDES)
def test_slices_select_something_unless_asked_for_nothing(length: int, bounds: str, stride: str) -> None:
    assert all(selections.selected(one, length) for one in selections.slices(length, bounds, stride))
    assert not any(selections.selected(one, length) for one in selections.slices(length, bounds, stride, empty=True))


@settings(deadline=None)
@given(st.data(), SHAPES)
def test_a_selection_fits_its_shape_and_numpy_takes_it(data: st.DataObject, shape: tuple[int, ...]) -> None:
    selection = data.draw(selections.selections(shape).strategy)
    assert len(selection) == len(shape)
    assert all(stride for _, _, stride in selection)
    picked = np.zeros(shape)[tuple(slice(*one) for one in selection)]
    assert picked.shape == tuple(selections.selected((a, b, c), n) for (a, b, c), n in zip(selection, shape))


@settings(deadline=None)
@given(st.data(), SHAPES)
def test_a_selection_without_empty_ones_selects_something(data: st.DataObject, shape: tuple[int, ...]) -> None:
    selection = data.draw(selections.selections(shape, allow_empty=False, negative_strides=False).strategy)
    assert all(stride > 0 for _, _, stride in selection)
    assert all(len(range(*slice(*one).indices(length))) for one, length in zip(selection, shape))


@settings(deadline=None)
@given(st.data(), st.integers(1, 6))
def test_axes_are_distinct_ascending_and_within_the_rank(data: st.DataObject, rank: int) -> None:
    axis = data.draw(axes(rank).strategy)
    assume(axis is not None)
    several = axis if isinstance(axis, list) else [axis]
    assert several == sorted(set(several))
    assert all(0 <= one < rank for one in several)


@settings(deadline=None)
@given(st.data(), NAMES, st.sampled_from(MISSING_KINDS))
def test_missing_values_can_be_represented_and_ranges_ascend(data: st.DataObject, dtype: str, kind: str) -> None:
    array = data.draw(arrays.arrays(dtype, longest=60).strategy)
    missing = data.draw(missings(dtype, array, kinds=(kind,)).strategy)
    (told,) = missing.values()
    values = told if isinstance(told, list) else [told]
    rounded = [dtypes.nearest(one, dtype) for one in values]
    assert None not in rounded
    assert values
    if kind == "valid_range":
        assert rounded[0] < rounded[1]


@settings(deadline=None)
@given(st.data(), NAMES)
def test_what_is_encoded_can_be_decoded(data: st.DataObject, dtype: str) -> None:
    array = data.draw(arrays.arrays(dtype, longest=200).strategy)
    how = data.draw(encodings(REFERENCE, array.dtype.itemsize, array.nbytes).strategy)
    stored = how.stored(array)
    request = Request(
        "select", dtype, how.byte_order, shape=(array.size,), compression=how.compression, filters=how.filters
    )
    read = decode(request, stored)
    assert read.array.tobytes() == array.tobytes()
    assert set(read.doubts) <= {Rule.ELEMENT_SIZE_DOES_NOT_DIVIDE}


@pytest.mark.parametrize("compression", ["gzip", "zlib"])
def test_more_bytes_than_many_are_deflated_at_a_quick_level(compression: str) -> None:
    levels = {}
    for length in (MANY_BYTES, MANY_BYTES + 8):
        drawn = encodings(REFERENCE, 8, length).filter(lambda how: how.compression == compression)
        levels[length] = {drawn.by_chance(Chance(seed)).level for seed in range(200)}
    assert max(levels[MANY_BYTES]) == 9
    assert max(levels[MANY_BYTES + 8]) == QUICK_LEVEL


@settings(deadline=None)
@given(contents(REFERENCE, longest=100).strategy)
def test_a_segment_is_where_it_is_said_to_be(content: object) -> None:
    for segment in content.segments:  # type: ignore[attr-defined]
        data = content.data  # type: ignore[attr-defined]
        assert data[segment.start :][: segment.size] == segment.encoding.stored(segment.values)
        assert segment.start + segment.size + segment.after == len(data)


@given(keys().strategy)
def test_a_key_is_legal_and_names_the_same_object_in_a_url(key: str) -> None:
    assert 1 <= len(key.encode()) <= LONGEST_BYTES
    assert key.isprintable()
    assert not any(part in ("", ".", "..") for part in key.split("/"))


@pytest.mark.parametrize("length", [1, 2, 12, 64, 65, 127, 720, 8193])
@pytest.mark.parametrize("rank", [1, 2, 3, 4, 5, 6])
def test_shapes_hold_all_elements(length: int, rank: int) -> None:
    some = shapes(length, rank)
    assert some
    assert all(len(shape) == rank and math.prod(shape) == length for shape in some)
    assert len(set(some)) == len(some)


def test_some_shapes_are_the_same_backwards() -> None:
    assert mirrored(18, 3) == ((3, 2, 3),)
    assert (2, 3, 2) in mirrored(12, 3)
    assert mirrored(7, 3) == ()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_missing_values_lie_where_rounding_twice_goes_wrong(dtype: str) -> None:
    """By way of a double, or of an integer's first digits, some come out as another value than the nearest."""
    values = np.array([0.1, 3e8, 2.0**60, -(2.0**63)], dtype)

    def rounded_twice(missing: dict[str, Json]) -> bool:
        number = missing["missing_value"]
        return dtypes.nearest(number, dtype) != np.dtype(dtype).type(np.float64(number))

    found = missings(dtype, values, kinds=("missing_value",)).strategy
    assert find(found, lambda missing: not rounded_twice(missing))
    if dtype == "float32":
        assert find(found, rounded_twice, settings=settings(max_examples=5000, database=None))

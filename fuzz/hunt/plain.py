"""Features of a scene, and what it is like without each: the counterfactuals of shrinking and of triage.

A feature's function gives the scene with the feature put back to its plain value, or None where it is plain already.
What is left in a smallest case cannot be put back without losing the failure: those are the features it needs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from fuzz.hunt.plain_slices import SLICE_FEATURES, more_of, picked, still_outside
from fuzz.hunt.plain_values import VALUE_FEATURES, Simpler, has_huge, has_large, shown_missing
from fuzz.hunt.scene import Scene, of_like_selection, repeated, with_elements, with_lengths, without_dimension
from specs.case import Manner
from specs.dtypes import ITEM_SIZES
from specs.manners import MANNERS, a_store
from specs.request import Filter

OPERATIONS = ("select", "sum", "count", "min", "max")
PLAIN_OPERATION = OPERATIONS[0]
MANY = 16
WIDEST = max(ITEM_SIZES.values())
FAR = 256


def _interface(scene: Scene) -> Scene | None:
    return replace(scene, interface="s3") if scene.interface != "s3" else None


def _anonymous(scene: Scene) -> Scene | None:
    return replace(scene, credentials="owner") if scene.credentials != "owner" else None


def _bucket(scene: Scene) -> Scene | None:
    return replace(scene, bucket="private") if scene.bucket != "private" and scene.credentials == "owner" else None


def _key(scene: Scene) -> Scene | None:
    return replace(scene, key="a") if scene.key != "a" else None


def _served(manner: Manner) -> Simpler:
    def simpler(scene: Scene) -> Scene | None:
        return replace(scene, served=MANNERS[manner].plainer) if scene.served == manner else None

    return simpler


def _option(name: str) -> Simpler:
    def simpler(scene: Scene) -> Scene | None:
        rest = tuple(pair for pair in scene.options if pair[0] != name)
        return replace(scene, options=rest) if len(rest) < len(scene.options) else None

    return simpler


def _byte_order(scene: Scene) -> Scene | None:
    return replace(scene, byte_order=None) if scene.byte_order is not None else None


def _compression(scene: Scene) -> Scene | None:
    return replace(scene, compression=None, members=1, tail=b"") if scene.compression else None


def _members(scene: Scene) -> Scene | None:
    return replace(scene, members=1) if scene.members > 1 else None


def _many_members(scene: Scene) -> Scene | None:
    return replace(scene, members=2) if scene.members > 2 else None


def _filters(scene: Scene) -> Scene | None:
    return replace(scene, filters=()) if scene.filters else None


def _second_filter(scene: Scene) -> Scene | None:
    """The unusual one of them, if there is one."""
    if len(scene.filters) < 2:
        return None
    unusual = [one for one in scene.filters if one.element_size != ITEM_SIZES[scene.dtype]]
    return replace(scene, filters=tuple((unusual or scene.filters)[:1]))


def _element_size(scene: Scene) -> Scene | None:
    usual = tuple(Filter(one.id, ITEM_SIZES[scene.dtype]) for one in scene.filters)
    return replace(scene, filters=usual) if usual != scene.filters else None


def _simd(scene: Scene) -> Scene | None:
    usual = tuple(Filter("shuffle", one.element_size) for one in scene.filters)
    return replace(scene, filters=usual) if usual != scene.filters else None


def _offset(scene: Scene) -> Scene | None:
    return replace(scene, prefix=b"") if scene.prefix else None


def _unaligned(scene: Scene) -> Scene | None:
    """An offset as far on, that fits the widest item."""
    over = len(scene.prefix) % WIDEST
    return replace(scene, prefix=bytes(len(scene.prefix) - over or WIDEST)) if over else None


def _far(scene: Scene) -> Scene | None:
    """An offset close to the beginning, as well aligned."""
    return replace(scene, prefix=bytes(WIDEST + len(scene.prefix) % WIDEST)) if len(scene.prefix) > FAR else None


def _trailing(scene: Scene) -> Scene | None:
    return replace(scene, suffix=b"") if scene.suffix else None


def _surplus(scene: Scene) -> Scene | None:
    return replace(scene, surplus=b"") if scene.surplus else None


def _size(scene: Scene) -> Scene | None:
    return replace(scene, sized=False) if scene.sized and not scene.suffix else None


def _selection(scene: Scene) -> Scene | None:
    return replace(scene, selection=None) if scene.selection is not None else None


def _axis(scene: Scene) -> Scene | None:
    return replace(scene, axis=None) if scene.axis is not None else None


def _axis_list(scene: Scene) -> Scene | None:
    return replace(scene, axis=scene.axis[0]) if isinstance(scene.axis, list) and len(scene.axis) == 1 else None


def _several_axes(scene: Scene) -> Scene | None:
    return replace(scene, axis=scene.axis[:1]) if isinstance(scene.axis, list) and len(scene.axis) > 1 else None


def _no_axes(scene: Scene) -> Scene | None:
    return replace(scene, axis=[0]) if scene.axis == [] else None


def _shape(scene: Scene) -> Scene | None:
    if scene.shape is None or scene.selection is not None or scene.axis is not None:
        return None
    return replace(scene, shape=None, order="C", surplus=b"")


def _order(scene: Scene) -> Scene | None:
    return replace(scene, order="C") if scene.order != "C" else None


def _missing(scene: Scene) -> Scene | None:
    return replace(scene, missing=None) if scene.missing is not None else None


def _several_missing(scene: Scene) -> Scene | None:
    return shown_missing(scene, "missing_value") if scene.missing and scene.missing[0] == "missing_values" else None


def _valid_range(scene: Scene) -> Scene | None:
    return shown_missing(scene, "valid_min") if scene.missing and scene.missing[0] == "valid_range" else None


def _valid_min(scene: Scene) -> Scene | None:
    return shown_missing(scene, "missing_value") if scene.missing and scene.missing[0].startswith("valid_") else None


def _valid_max(scene: Scene) -> Scene | None:
    return shown_missing(scene, "valid_min") if scene.missing and scene.missing[0] == "valid_max" else None


def _tail(scene: Scene) -> Scene | None:
    return replace(scene, tail=b"") if scene.tail else None


def _nothing(scene: Scene) -> Scene | None:
    if scene.elements.size or scene.shape is not None:
        return None
    return with_elements(scene, np.ones(1, scene.dtype))


def _interest(scene: Scene, dimension: int) -> tuple[bool, int]:
    """How much a dimension has to say: a slice that is not everything, then its length."""
    length = (scene.shape or ())[dimension]
    whole = scene.selection is None or scene.selection[dimension] == (0, length, 1)
    return not whole, length


def of_rank(scene: Scene, rank: int, kept: int | None = None) -> Scene | None:
    """The scene with the dimensions of least interest cut down to their first index and dropped."""
    while scene.shape is not None and len(scene.shape) > rank:
        order = sorted(range(len(scene.shape)), key=lambda i: (i == kept, *_interest(scene, i)))
        cut = without_dimension(scene, order[0])
        if cut is None:
            return None
        if kept is not None:
            kept -= order[0] < kept
        scene = cut
    return scene


def _several_dimensions(scene: Scene) -> Scene | None:
    return of_rank(scene, 1) if scene.shape is not None and len(scene.shape) > 1 else None


def _more_than_two_dimensions(scene: Scene) -> Scene | None:
    return of_rank(scene, 2) if scene.shape is not None and len(scene.shape) > 2 else None


def _longer(scene: Scene) -> Scene | None:
    """Dimensions of which one index is left made longer: by what their slices pick, or by repeating what they hold."""
    if scene.shape is None:
        return with_elements(scene, np.repeat(scene.elements, 3)) if scene.elements.size == 1 else None
    if not has_length_one(scene):
        return None
    slices = scene.selection
    left = scene.shape if slices is None else [picked(*each) for each in zip(slices, scene.shape)]
    # Threefold, so that a part of a dimension stays a part; and of a length of its own, so that dimensions differ.
    lengths = (length for length in range(2, 2 + 2 * len(scene.shape)) if length not in scene.shape)
    times = [next(lengths) if length == 1 else 3 for length in scene.shape]
    longer = repeated(scene, [many if one == 1 else 1 for one, many in zip(left, times)])
    if slices is None:
        return longer
    grown = longer.shape or ()
    slices = tuple(still_outside(*each) for each in zip(slices, scene.shape, grown))
    more = (more_of(one, n) if was == 1 else one for one, was, n in zip(slices, left, grown))
    return replace(longer, selection=tuple(more))


def has_length_one(scene: Scene) -> bool:
    """Whether one index is left of some dimension."""
    if scene.shape is None:
        return scene.elements.size == 1
    if scene.selection is None:
        return 1 in scene.shape
    return any(picked(one, length) == 1 for one, length in zip(scene.selection, scene.shape))


def few_elements(scene: Scene, *, last: bool = False) -> Scene | None:
    """The scene cut down to its first (or last) few elements; an odd number of them where it was odd."""
    if scene.elements.size <= MANY:
        return None
    if scene.shape is None:
        count = MANY - scene.elements.size % 2
        return with_elements(scene, scene.elements[-count:] if last else scene.elements[:count])
    lengths = list(scene.shape)
    while math.prod(lengths) > MANY:
        longest = lengths.index(max(lengths))
        lengths[longest] = (lengths[longest] + 1) // 2
    few = tuple(lengths)
    return with_lengths(of_like_selection(scene, few), few, last=last)


# Features that shrinking brings about: needed only where the server, asked at the end, says so.
SMALL_FEATURES: Mapping[str, Simpler] = MappingProxyType({"length one": _longer})
FEATURES: Mapping[str, Simpler] = MappingProxyType(
    {
        **{a_store(manner): _served(manner) for manner in reversed(tuple(MANNERS))},
        "interface http": _interface,
        "anonymous": _anonymous,
        "public bucket": _bucket,
        "an unusual key": _key,
        "option_disable_chunk_cache": _option("option_disable_chunk_cache"),
        "option_shape_as_bytes": _option("option_shape_as_bytes"),
        "option_count_as_bytes": _option("option_count_as_bytes"),
        "trailing bytes": _trailing,
        "surplus data": _surplus,
        "offset": _offset,
        "unaligned offset": _unaligned,
        "a far offset": _far,
        "size": _size,
        "compression": _compression,
        "several gzip members": _members,
        "more than two gzip members": _many_members,
        "bytes after the stream": _tail,
        "filters": _filters,
        "two filters": _second_filter,
        "element_size not the item size": _element_size,
        "shuffle_simd": _simd,
        "byte_order": _byte_order,
        "missing": _missing,
        "missing_values": _several_missing,
        "valid_range": _valid_range,
        "valid_max": _valid_max,
        "valid bounds": _valid_min,
        "axis": _axis,
        "several axes": _several_axes,
        "axis list": _axis_list,
        "axis []": _no_axes,
        "selection": _selection,
        **SLICE_FEATURES,
        "order F": _order,
        "shape": _shape,
        "no data at all": _nothing,
        "several dimensions": _several_dimensions,
        "more than two dimensions": _more_than_two_dimensions,
        "many elements": few_elements,
        **VALUE_FEATURES,
    }
)


def plain_operations(scene: Scene) -> Iterator[Scene]:
    """The same scene asked for a plainer operation, plainest first."""
    for operation in OPERATIONS[: OPERATIONS.index(scene.operation)]:
        yield replace(scene, operation=operation)


# Whether a scene has a feature, where that is much quicker to tell than what it is like without.
PRESENT: Mapping[str, Callable[[Scene], bool]] = MappingProxyType(
    {
        "huge values": has_huge,
        "large values": has_large,
        "missing_values": lambda scene: scene.missing is not None and scene.missing[0] == "missing_values",
        "valid_range": lambda scene: scene.missing is not None and scene.missing[0] == "valid_range",
        "valid_max": lambda scene: scene.missing is not None and scene.missing[0] == "valid_max",
        "valid bounds": lambda scene: scene.missing is not None and scene.missing[0].startswith("valid_"),
        "several dimensions": lambda scene: len(scene.shape or ()) > 1,
        "more than two dimensions": lambda scene: len(scene.shape or ()) > 2,
        "many elements": lambda scene: scene.elements.size > MANY,
        "length one": has_length_one,
    }
)

"""Simpler variants of a scene or a request, the boldest first."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from fuzz.hunt.histories import alike, differing, less_of_all
from fuzz.hunt.needs import GROUPS
from fuzz.hunt.plain import FAR, FEATURES, WIDEST, plain_operations
from fuzz.hunt.plain_values import mirrored, plain_dtypes, ranked
from fuzz.hunt.scene import Scene, of_picked, with_elements, with_lengths, without_axes, without_dimension
from specs.case import Case, Put, Send, SendRaw
from specs.dtypes import ITEM_SIZES
from specs.fields import Fields
from specs.json_text import nests_too_deeply
from specs.manners import WELL, plainer
from strategies.malformed import with_body
from strategies.raw_requests import named_by

FEW = 12
MANY_TO_TRY = 2**13
# Of whole elements of every dtype; the longer for requests that begin a little later.
PLAIN_LENGTHS = (8, 16)
MOST_BYTES_MEANT = 4096
DEEPEST = 40


def simpler_scenes(scene: Scene) -> Iterator[Scene]:
    """Scenes without a feature, of fewer dimensions or elements, with plainer values; served well before all else."""
    yield from _better_served(scene)
    for simpler in FEATURES.values():
        plain = simpler(scene)
        if plain is not None:
            yield plain
            turned = mirrored(plain) if plain.missing != scene.missing else None
            if turned is not None:
                yield turned
    yield from _fewer_dimensions(scene)
    yield from _shorter(scene)
    yield from plain_operations(scene)
    yield from plain_dtypes(scene)
    yield from _plainer_slices(scene)
    yield from _plainer_missing(scene)
    yield from _plainer_surroundings(scene)
    yield from _plainer_elements(scene)


def _better_served(scene: Scene) -> Iterator[Scene]:
    """Scenes served well, or in a plainer manner: with other bytes around the data too, which some manners take."""
    if scene.served == WELL:
        return
    yield replace(scene, served=WELL)
    for manner in plainer(scene.served):
        yield replace(scene, served=manner)
        if not scene.suffix:
            yield replace(scene, served=manner, suffix=b"\1" * FAR, sized=True)


def bare_scenes(scene: Scene) -> Iterator[Scene]:
    """Scenes with one of the features at most, and what it stands in."""
    bare = scene
    for simpler in FEATURES.values():
        bare = simpler(bare) or bare
    yield bare
    for group in (*GROUPS, *((name,) for name in FEATURES if not any(name in one for one in GROUPS))):
        kept = scene
        for name, simpler in FEATURES.items():
            kept = kept if name in group else simpler(kept) or kept
        if any(FEATURES[name](kept) is not None for name in group):
            yield from list(plain_operations(kept))[:1]
            yield kept


def _fewer_dimensions(scene: Scene) -> Iterator[Scene]:
    picked = of_picked(scene)
    if picked is not None:
        yield picked
    for dimension in range(len(scene.shape or ())):
        rest = without_dimension(scene, dimension)
        if rest is not None:
            yield rest
    if scene.shape is not None and len(scene.shape) > 1 and scene.selection is None and scene.axis is None:
        yield replace(scene, shape=(scene.elements.size,), order="C")
    flat = without_axes(scene)
    if flat is not None:
        yield flat
    if isinstance(scene.axis, list):
        for one in scene.axis:
            yield replace(scene, axis=[other for other in scene.axis if other != one])


def shorter_scenes(scene: Scene) -> Iterator[Scene]:
    """Scenes of fewer elements, where there are so many that each try takes its time."""
    if scene.elements.size > MANY_TO_TRY:
        yield from _shorter(scene)


def _shorter(scene: Scene) -> Iterator[Scene]:
    if scene.shape is None:
        size = scene.elements.size
        for length in _shorter_lengths(size):
            yield with_elements(scene, scene.elements[:length])
            yield with_elements(scene, scene.elements[size - length :])
        return
    for dimension, size in enumerate(scene.shape):
        for length in _shorter_lengths(size):
            lengths = tuple(length if i == dimension else n for i, n in enumerate(scene.shape))
            for last in (False, True):
                cut = with_lengths(scene, lengths, last=last)
                if cut is not None:
                    yield cut


def _shorter_lengths(size: int) -> list[int]:
    return sorted({length for length in (1, 2, 3, size // 2, size * 3 // 4, size - 1) if 0 < length < size})


def _plainer_slices(scene: Scene) -> Iterator[Scene]:
    if scene.selection is None or scene.shape is None:
        return
    for dimension, ((start, end, stride), length) in enumerate(zip(scene.selection, scene.shape)):
        plainer = (
            (0, length, 1), (0, length - 1, 1), (0, 1, 1), (end, start, -stride), (0, length, stride),
            (start, length, stride), (0, end, stride), (start, end, 1), (start, end, 2), (start, end, -1),
            (1, end, stride), (start, length - 1, stride), (start, length + 1, stride), (-1, end, stride),
            (start, -1, stride),
        )  # fmt: skip
        now = (start, end, stride)
        for one in plainer[: plainer.index(now) if now in plainer else len(plainer)]:
            if _weight(one, length) < _weight(now, length):
                slices = tuple(one if i == dimension else s for i, s in enumerate(scene.selection))
                yield replace(scene, selection=slices)


def _weight(one: tuple[int, int, int], length: int) -> tuple[bool, bool, int, int]:
    """Slices of nothing weigh most, then those that walk backwards."""
    empty = not range(*slice(*one).indices(length))
    return empty, one[2] < 0, sum(abs(number) for number in one), sum(number < 0 for number in one)


def _plainer_missing(scene: Scene) -> Iterator[Scene]:
    if scene.missing is None:
        return
    kind, value = scene.missing
    if kind == "missing_values":
        for number in range(len(value)):
            if len(value) > 1:
                yield replace(scene, missing=(kind, value[:number] + value[number + 1 :]))
    elif kind == "valid_range":
        for low, high in ((0, 1), (1, 2), (value[0], value[0] + 1), (0, value[1]), (value[0], int(value[1]) + 1)):
            if low < high and abs(low) + abs(high) < abs(value[0]) + abs(value[1]):
                yield replace(scene, missing=(kind, [low, high]))
    elif abs(value) > 1 or isinstance(value, float):
        for plain in (0, 1, int(value) if abs(value) < 1e9 else 2):
            yield replace(scene, missing=(kind, plain))


def _plainer_surroundings(scene: Scene) -> Iterator[Scene]:
    size = ITEM_SIZES[scene.dtype]
    for length in (1, size, WIDEST, WIDEST + 1, WIDEST + size, FAR + WIDEST, FAR + WIDEST + size):
        if length < len(scene.prefix) and (length % WIDEST == 0 or len(scene.prefix) % WIDEST):
            yield replace(scene, prefix=bytes(length))
    for length in (1, size, 2 * size):
        if length < len(scene.suffix):
            yield replace(scene, suffix=bytes(length))
        if length < len(scene.surplus):
            yield replace(scene, surplus=bytes(length))
        if length < len(scene.tail):
            yield replace(scene, tail=scene.tail[:length])
            yield replace(scene, tail=b"\1" * length)
    if any(scene.prefix):
        yield replace(scene, prefix=bytes(len(scene.prefix)))
    if any(scene.suffix):
        yield replace(scene, suffix=bytes(len(scene.suffix)))


def _plainer_elements(scene: Scene) -> Iterator[Scene]:
    elements = scene.elements
    for small in (ranked(scene, dense=True), ranked(scene)):
        if small is not None and _elements_weight(small.elements) < _elements_weight(elements):
            yield small
    if elements.size > FEW:
        # Numbers that all differ weigh more, yet let a case get shorter.
        yield with_elements(scene, _ramp(elements))
    for pattern in (np.zeros_like(elements), np.ones_like(elements), _ramp(elements)):
        if _elements_weight(pattern) < _elements_weight(elements):
            yield with_elements(scene, pattern)
    if elements.size > FEW:
        return
    for number, value in enumerate(elements.tolist()):
        for plain in (0, 1, 2, 3):
            if value != value or abs(value) > plain or (plain == 0 and value and abs(value) < 1):
                changed = elements.copy()
                changed[number] = plain
                yield with_elements(scene, changed)


def _ramp(elements: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return (np.arange(elements.size) % 100 + 1).astype(elements.dtype)


def _elements_weight(elements: np.ndarray[Any, Any]) -> tuple[bool, float]:
    """NaN weighs most, then large magnitudes."""
    with np.errstate(all="ignore"):
        wide = np.abs(elements.astype(np.float64))
        return bool(np.isnan(wide).any()), float(np.nansum(np.log1p(wide)))


def simpler_requests(case: Case) -> Iterator[Case]:
    """Cases with a field less, a shorter list or shorter data, for requests that are no scene.

    Several requests never come to differ in more than they did.
    """
    yield from _of_plain_data(case)
    yield from alike(case)
    yield from less_of_all(case)
    most = set(differing(case))
    for number, step in enumerate(case.steps):
        for simpler in _simpler_steps(step):
            plain = replace(case, steps=(*case.steps[:number], simpler, *case.steps[number + 1 :]))
            if most.issuperset(differing(plain)):
                yield plain


def _of_plain_data(case: Case) -> Iterator[Case]:
    """Cases with a field or a dimension less, and data that fits: without its codec, what was stored means nothing."""
    match case.steps:
        case (Put() as put, Send() as send) if (put.key, put.bucket) == (send.key, send.bucket):
            less = [send.fields.without(name) for name in send.fields]
            less += [Fields({**send.fields, "shape": shape}) for shape in _simpler_json(send.fields.get("shape"))]
            for fields in less:
                for length in (*PLAIN_LENGTHS, _length_meant(fields)):
                    yield replace(case, steps=(replace(put, data=bytes(length)), replace(send, fields=fields)))


def _length_meant(fields: Fields) -> int:
    """Bytes that a shape calls for, read as leniently as a server might."""
    shape: Any = fields.get("shape")
    dtype: Any = fields.get("dtype")
    try:
        length = math.prod(int(one) for one in shape) * ITEM_SIZES[dtype]
    except (TypeError, ValueError, OverflowError, KeyError):
        return 0
    return length if 0 <= length <= MOST_BYTES_MEANT else 0


def _simpler_steps(step: Any) -> Iterator[Any]:
    if isinstance(step, Put):
        if step.served != WELL:
            yield replace(step, served=WELL)
        for length in (0, 4, 8, len(step.data) // 2):
            if length < len(step.data):
                yield replace(step, data=step.data[:length])
        if any(step.data) and len(step.data) <= 4096:
            yield replace(step, data=bytes(len(step.data)))
    elif isinstance(step, Send):
        for name in step.fields:
            yield replace(step, fields=step.fields.without(name))
        for name, value in step.fields.items():
            for plain in _simpler_json(value):
                yield replace(step, fields=Fields({**step.fields, name: plain}))
        if step.interface != "s3":
            yield replace(step, interface="s3")
    elif isinstance(step, SendRaw):
        yield from _by_fields(step)
        for number in range(len(step.headers)):
            yield replace(step, headers=step.headers[:number] + step.headers[number + 1 :])
        for length in (0, 1, len(step.body) // 2, len(step.body) - 1):
            if 0 <= length < len(step.body):
                yield replace(step, body=step.body[:length])


def _by_fields(raw: SendRaw) -> Iterator[Send]:
    """The request of the fields that a raw body spells in a way of its own."""
    named = named_by(raw.path)
    if named is None or raw.method != "POST" or nests_too_deeply(raw.body.decode("utf-8", "replace")):
        return
    api, operation = named
    try:
        body = json.loads(raw.body)
    except ValueError:
        return
    if isinstance(body, dict):
        send = Send(operation, Fields({}), raw.key, raw.bucket, credentials=raw.credentials)
        yield with_body(send, body, api)


def _simpler_json(value: Any, depth: int = 0) -> Iterator[Any]:
    if depth > DEEPEST:
        return
    if isinstance(value, list):
        for number in range(len(value)):
            yield value[:number] + value[number + 1 :]
        for number, one in enumerate(value[:FEW]):
            for plain in _simpler_json(one, depth + 1):
                yield [*value[:number], plain, *value[number + 1 :]]
    elif isinstance(value, dict):
        for name in value:
            yield {other: one for other, one in value.items() if other != name}
    elif isinstance(value, str) and len(value) > 8:
        yield value[: len(value) // 2]
    elif isinstance(value, int) and not isinstance(value, bool):
        for plain in (0, 1, 2, value // 2):
            if abs(plain) < abs(value):
                yield plain

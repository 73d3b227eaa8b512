"""Make plainer variants of a trial: shorter data and smaller numbers, the largest changes first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from fuzz.subjects.reductions.scene import (
    Scene,
    of_picked,
    with_elements,
    with_lengths,
    without_axes,
    without_dimension,
)
from fuzz.subjects.reductions.traits.numbers import ranked
from fuzz.subjects.reductions.traits.requests import NO_STREAM
from fuzz.subjects.reductions.traits.revealing import ascending
from fuzz.subjects.reductions.traits.storage import FAR, WIDEST
from fuzz.triage.trial import Trial
from specs.fields import Fields
from specs.reductions.dtypes import ITEM_SIZES
from specs.reductions.steps import Put, Send, SendRaw

# This few elements are made plain one by one.
FEW = 12
# Of a value that nests deeper, the outer levels alone are made plainer: they can be dropped with all within them.
MOST_NESTED_MADE_PLAINER = 40
LONG_TEXT = 8


def plainer(trial: Trial) -> Iterator[Trial]:
    """Yield the trial with less data, or with plainer values in its requests."""
    if trial.scene is not None:
        for scene in plainer_scenes(trial.scene):
            yield trial.of_scene(scene)
        return
    for number, step in enumerate(trial.case.steps):
        for plain in _plainer_steps(step):
            steps = (*trial.case.steps[:number], plain, *trial.case.steps[number + 1 :])
            yield trial.of_steps(*steps)


def plainer_scenes(scene: Scene) -> Iterator[Scene]:
    """Yield scenes with fewer dimensions or elements, or plainer slices, surroundings or numbers."""
    yield from _fewer_dimensions(scene)
    yield from _shorter(scene)
    yield from _plainer_slices(scene)
    yield from _plainer_missing(scene)
    yield from _plainer_surroundings(scene)
    yield from _plainer_elements(scene)


def _fewer_dimensions(scene: Scene) -> Iterator[Scene]:
    picked = of_picked(scene)
    if picked is not None:
        yield picked
    for dimension in range(len(scene.shape or ())):
        rest = without_dimension(scene, dimension)
        if rest is not None:
            yield rest
    flat = without_axes(scene)
    if flat is not None:
        yield flat
    if isinstance(scene.axis, list):
        for one in scene.axis:
            others = [other for other in scene.axis if other != one]
            if len(others) == 1:
                yield replace(scene, axis=others[0])
            yield replace(scene, axis=others)


def _shorter(scene: Scene) -> Iterator[Scene]:
    if scene.shape is None:
        size = scene.elements.size
        for length in _shorter_lengths(size, 3):
            yield with_elements(scene, scene.elements[:length])
            yield with_elements(scene, scene.elements[size - length :])
        return
    least = 3 if len(scene.shape) == 1 else 2
    for dimension, size in enumerate(scene.shape):
        for length in _shorter_lengths(size, least):
            lengths = tuple(length if i == dimension else n for i, n in enumerate(scene.shape))
            for last in (False, True):
                cut = with_lengths(scene, lengths, last=last)
                if cut is not None:
                    yield cut


def _shorter_lengths(size: int, least: int) -> list[int]:
    """Return the lengths to try; at `least` this length, dropped, repeated or reordered elements still show."""
    return sorted({length for length in (least, least + 1, size // 2, size - 1) if least <= length < size})


def _plainer_slices(scene: Scene) -> Iterator[Scene]:
    if scene.selection is None or scene.shape is None:
        return
    for dimension, ((start, end, stride), length) in enumerate(zip(scene.selection, scene.shape)):
        several = (
            (0, length, 1), (0, length - 1, 1), (0, length, stride), (start, length, stride), (0, end, stride),
            (start, end, 2), (start, end, -1), (1, end, stride), (-1, end, stride), (start, -1, stride),
        )  # fmt: skip
        now = (start, end, stride)
        for one in several[: several.index(now) if now in several else len(several)]:
            if _weight(one, length) < _weight(now, length):
                slices = tuple(one if i == dimension else s for i, s in enumerate(scene.selection))
                yield replace(scene, selection=slices)


def _weight(one: tuple[int, int, int], length: int) -> tuple[bool, bool, int, int]:
    """Return a key that sorts slices from plain to odd: empty slices come last, then backward ones."""
    empty = not range(*slice(*one).indices(length))
    return empty, one[2] < 0, sum(abs(number) for number in one), sum(number < 0 for number in one)


def _plainer_missing(scene: Scene) -> Iterator[Scene]:
    if scene.missing is not None and scene.missing[0] == "missing_values":
        kind, value = scene.missing
        for number in range(len(value)):
            if len(value) > 1:
                yield replace(scene, missing=(kind, value[:number] + value[number + 1 :]))


def _plainer_surroundings(scene: Scene) -> Iterator[Scene]:
    for name in scene.nulls if len(scene.nulls) > 1 else ():
        yield replace(scene, nulls=tuple(one for one in scene.nulls if one != name))
    for number in range(len(scene.filters)) if len(scene.filters) > 1 else ():
        yield replace(scene, filters=scene.filters[:number] + scene.filters[number + 1 :])
    size = ITEM_SIZES[scene.dtype]
    for length in (size, WIDEST, WIDEST + 1, WIDEST + size, FAR + WIDEST, FAR + WIDEST + size):
        if length < len(scene.prefix) and (length % WIDEST == 0 or len(scene.prefix) % WIDEST):
            yield replace(scene, prefix=bytes(length))
    if len(scene.suffix) > size:
        yield replace(scene, suffix=bytes(size))
    if len(scene.surplus) > size:
        yield replace(scene, surplus=bytes(size))
    if len(scene.tail) > 1:
        yield replace(scene, tail=scene.tail[:1])


def _plainer_elements(scene: Scene) -> Iterator[Scene]:
    plain = ascending(scene)
    if plain is not None:
        yield plain
    small = ranked(scene, dense=True)
    if small is not None:
        yield small
    if scene.elements.size > FEW:
        return
    for number, value in enumerate(scene.elements.tolist()):
        if value != number + 1 and number + 1 not in scene.elements:
            changed = scene.elements.copy()
            changed[number] = number + 1
            yield with_elements(scene, changed)


def _plainer_steps(step: Any) -> Iterator[Any]:
    match step:
        case Put(data=data):
            if data != NO_STREAM:
                for length in (4, 8, len(data) // 2):
                    if length < len(data):
                        yield replace(step, data=data[:length])
        case Send(fields=fields):
            for name, value in fields.items():
                for plain in _plainer_json(value):
                    # What is answered for no elements is answered alike by many servers.
                    if name != "selection" or _empty_slices(plain) <= _empty_slices(value):
                        yield replace(step, fields=Fields({**fields, name: plain}))
        case SendRaw(body=body):
            for length in (0, 1, len(body) // 2, len(body) - 1):
                if 0 <= length < len(body):
                    yield replace(step, body=body[:length])


def _empty_slices(selection: Any) -> int:
    """Count the slices of a selection that start where they end."""
    several = selection if isinstance(selection, list) else []
    return sum(isinstance(one, list) and len(one) == 3 and one[0] == one[1] for one in several)


def _plainer_json(value: Any, depth: int = 0) -> Iterator[Any]:
    if depth > MOST_NESTED_MADE_PLAINER:
        return
    if isinstance(value, list):
        for number in range(len(value)):
            yield value[:number] + value[number + 1 :]
        for number, one in enumerate(value[:FEW]):
            for plain in _plainer_json(one, depth + 1):
                yield [*value[:number], plain, *value[number + 1 :]]
    elif isinstance(value, dict):
        for name in value:
            yield {other: one for other, one in value.items() if other != name}
    elif isinstance(value, str) and len(value) > LONG_TEXT:
        yield value[: len(value) // 2]
    elif isinstance(value, int) and not isinstance(value, bool):
        for plain in (0, 1, 2, -1, value // 2):
            if abs(plain) < abs(value):
                yield plain

"""Draw histories: objects stored, asked about, overwritten, deleted, and asked about again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from specs.case import Case
from specs.fields import Fields, Json
from specs.reductions import encoding
from specs.reductions.dtypes import ITEM_SIZES, Array
from specs.reductions.profile import Profile
from specs.reductions.steps import Bucket, Delete, Put, Send, Step
from strategies.drawing import Draw, booleans, composite, integers, sampled_from
from strategies.reductions.arrays import pool, themes
from strategies.reductions.axes import axes
from strategies.reductions.contents import buckets
from strategies.reductions.keys import LOOKALIKES
from strategies.reductions.requests import below, sampled

MOST_STEPS = 14
LENGTHS = (1, 2, 6, 12, 24)
_TURNS = sampled_from(("end", *("ask",) * 7, "ask again", "ask again", "put", "put", "put back", "delete", "resize"))
_NAMES = sampled_from((("a", "b", "c"),) * 36 + LOOKALIKES)
LENGTHS_WHILE_CHANGING = (6, 24, 4096, 60_000)
MOST_READERS = 4
CHANGES_LANE = 1
_THERE = sampled_from((True, True, True, False))
_CHANGES = sampled_from(("put", "put", "put", "in parts", "in parts", "delete"))
_CACHING = sampled_from((None, None, False, True))


class _History:
    """The steps so far, and all contents that each object has held."""

    def __init__(self, profile: Profile, dtype: str, bucket: Bucket) -> None:
        self.profile, self.dtype, self.bucket = profile, dtype, bucket
        self.steps: list[Step] = []
        self.held: dict[str, list[bytes]] = {}
        self.sends: list[Send] = []

    def put(self, key: str, data: bytes) -> None:
        self.held.setdefault(key, []).append(data)
        self.steps.append(Put(key, data, self.bucket))

    def ask(self, send: Send) -> None:
        self.sends.append(send)
        self.steps.append(send)


@composite
def histories(draw: Draw, profile: Profile, *, most_steps: int = MOST_STEPS) -> Case:
    """Draw programs over a few keys; every request suits an object as long as the first content of its key."""
    history = _History(profile, draw(sampled(profile.dtypes)), draw(sampled(buckets(profile))))
    length = draw(sampled(LENGTHS))
    names = draw(_NAMES)
    keys = names[: 1 + draw(below(len(names)))]
    history.put(keys[0], _bytes(draw, history, length))
    _ask(draw, history, keys[0], length)
    while len(history.steps) < most_steps and (turn := draw(_TURNS)) != "end":
        _turn(draw, history, turn, keys[draw(below(len(keys)))], length)
    return Case("history", tuple(history.steps))


@composite
def changing(draw: Draw, profile: Profile) -> Case:
    """Draw an object that is overwritten, completed from parts and deleted while requests about it are under way."""
    history = _History(profile, draw(sampled(profile.dtypes)), draw(sampled(buckets(profile))))
    length = draw(sampled(LENGTHS_WHILE_CHANGING))
    if draw(_THERE):
        history.put("a", _bytes(draw, history, length))
    steps = [*history.steps, *(_change(draw, history, length) for _ in range(1 + draw(below(4))))]
    for lane in range(CHANGES_LANE + 1, CHANGES_LANE + 2 + draw(below(MOST_READERS))):
        for _ in range(1 + draw(below(3))):
            _ask(draw, history, "a", length)
            steps.append(replace(history.sends[-1], lane=lane))
    _ask(draw, history, "a", length)
    return Case("changing", (*steps, history.sends[-1]))


def _change(draw: Draw, history: _History, length: int) -> Step:
    how = draw(_CHANGES)
    if how == "delete":
        return Delete("a", history.bucket, CHANGES_LANE)
    return Put("a", _bytes(draw, history, length), history.bucket, in_parts=how == "in parts", lane=CHANGES_LANE)


def _turn(draw: Draw, history: _History, turn: str, key: str, length: int) -> None:
    if turn == "ask":
        _ask(draw, history, key, length)
    elif turn == "ask again":
        history.ask(history.sends[draw(below(len(history.sends)))])
    elif turn == "delete":
        history.steps.append(Delete(key, history.bucket))
    elif turn == "put back" and history.held.get(key):
        history.put(key, history.held[key][0])
    else:
        other = draw(sampled(LENGTHS)) if turn == "resize" else length
        history.put(key, _bytes(draw, history, other))


def _bytes(draw: Draw, history: _History, length: int) -> bytes:
    return encoding.plain(_values(draw, history.dtype, length), history.profile.native_byte_order)


def _values(draw: Draw, dtype: str, length: int) -> Array:
    """Draw an array by few choices, yet hardly ever the same content twice."""
    some = pool(dtype, draw(sampled(themes(dtype)[:3])))
    start = draw(integers(0, 99))
    values: Array = np.resize(np.roll(some, -start), length)
    values[start % length] = np.array(start, dtype)
    return values


def _ask(draw: Draw, history: _History, key: str, length: int) -> None:
    profile = history.profile
    fields: dict[str, Json] = {"dtype": history.dtype}
    shape = (None, [length], [2, length // 2] if length % 2 == 0 else [length, 1])[draw(below(3))]
    if shape is not None:
        fields["shape"] = shape
        axis = draw(axes(len(shape), forms=profile.axis_forms))
        if axis is not None:
            fields["axis"] = axis
    if draw(booleans()):
        fields["size"] = length * ITEM_SIZES[history.dtype]
    caching = draw(_CACHING) if "option_disable_chunk_cache" in profile.options else None
    if caching is not None:
        fields["option_disable_chunk_cache"] = caching
    history.ask(Send(draw(sampled(profile.operations)), Fields(fields), key, history.bucket))

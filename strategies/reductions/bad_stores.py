"""Draw objects that the store serves badly: the same bytes in several manners, and requests about parts of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from specs.case import Case
from specs.fields import Fields
from specs.manners import MANNERS, WELL, Manner
from specs.reductions.profile import Profile
from specs.reductions.steps import Put, Send
from strategies.drawing import Draw, composite
from strategies.reductions.contents import Content, Segment, buckets, placed
from strategies.reductions.encodings import Encoding
from strategies.reductions.requests import accesses, below, sampled, shapes

KEYS = "abcdefghijklmnopqrstuvwxyz"
COUNTS = (2, 4, 6, 8, 12, 16, 24, 40, 1)
# Bytes before and after the numbers. A multiple of 8 comes after, as these bytes may be read as numbers too.
SURROUNDINGS = ((8, 8), (16, 64), (64, 16), (3, 24), (24, 0), (0, 16), (0, 0))
BOTH = ("offset", "size")
WINDOWS = (BOTH, BOTH, ("offset",), ("offset",), ("size",), (), ())
RANKS = (1, 1, 2)
# Clients wait and try again after these manners, which takes long, so a case has only two of them.
TRIED_AGAIN: tuple[Manner, ...] = ("failing", "slow-down", "hung-up")
MANY: tuple[Manner, ...] = (WELL, *(name for name in MANNERS if name not in TRIED_AGAIN))


@composite
def bad_stores(draw: Draw, profile: Profile) -> Case:
    """Draw one object in many manners, and requests about each, mostly about a part, without or with a shape."""
    content = _content(draw, profile)
    first, again = draw(below(len(MANY))), draw(below(len(TRIED_AGAIN)))
    several = (*MANY[first:], *MANY[:first], TRIED_AGAIN[again], TRIED_AGAIN[again - 1])
    ways = accesses(content.bucket, profile.interfaces, profile.anonymous)
    steps: list[Put | Send] = []
    for key, manner in zip(KEYS, several):
        steps.append(Put(key, content.data, content.bucket, manner))
        for reading in READINGS[: 1 if manner in TRIED_AGAIN else None]:
            operation, (interface, credentials) = draw(sampled(profile.operations)), draw(sampled(ways))
            fields = Fields(reading(draw, content.segments[0], profile))
            steps.append(Send(operation, fields, key, content.bucket, interface, credentials))
    return Case("bad-store", tuple(steps))


def _content(draw: Draw, profile: Profile) -> Content:
    """Draw an object of distinct numbers, mostly among other bytes."""
    values = np.arange(1, 1 + draw(sampled(COUNTS)), dtype=draw(sampled(profile.dtypes)))
    codecs = (None,) * (3 * len(profile.compressions) or 1) + profile.compressions
    how = Encoding(profile.native_byte_order, compression=draw(sampled(codecs)))
    before, after = draw(sampled(SURROUNDINGS))
    return placed("a", draw(sampled(buckets(profile))), [(before, values, how)], after)


def _as_it_comes(draw: Draw, segment: Segment, _: Profile) -> dict[str, Any]:
    """Draw a request without a shape; if the numbers are uncompressed, it may read the bytes around them too."""
    window = BOTH if segment.encoding.compression or segment.start % 8 else draw(sampled(WINDOWS))
    return _read(segment, window)


def _in_shape(draw: Draw, segment: Segment, profile: Profile) -> dict[str, Any]:
    """Draw a request with a shape, and at times a selection."""
    shape = shapes(len(segment.values), draw(sampled(RANKS)))[0]
    fields = {**_read(segment, BOTH), "shape": list(shape)}
    if profile.selections and draw(below(2)):
        fields["selection"] = [[0, length, 1 + draw(below(2))] for length in shape]
    return fields


def _read(segment: Segment, window: tuple[str, ...]) -> dict[str, Any]:
    place = {"offset": segment.start, "size": segment.size}
    fields: dict[str, Any] = {"dtype": segment.dtype, **{name: place[name] for name in window if place[name]}}
    if segment.encoding.compression is not None:
        fields["compression"] = {"id": segment.encoding.compression}
    return fields


READINGS = (_as_it_comes, _as_it_comes, _in_shape)

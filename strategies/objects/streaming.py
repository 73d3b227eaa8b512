"""Draw copies that are read and written as they come: in one body or in parts, broken off, refused, or a batch."""

from __future__ import annotations

from dataclasses import replace

from specs.objects.content import Content
from specs.objects.steps import STAYS, CopyObject, ListUploads, Pairs, PutObject, Step, StreamCopy
from strategies.objects.drawing import Draw
from strategies.objects.single import attributes, survey

LEAST_PART = 5 * 2**20
# Larger than what lies between a store and a client that does not read on.
LARGE = 16 * 2**20
MOST_WORKERS = 4


def streams(draw: Draw) -> list[Step]:
    """Draw one copy with all that may happen to it, or a batch of copies by several workers."""
    return batch(draw) if draw.chance(0.2) else _single(draw)


def _single(draw: Draw) -> list[Step]:
    large = draw.chance(0.25)
    content = Content(b"source", LARGE + draw.between(0, 5000) if large else draw.one((0, 1, 5000, 70_000, 300_000)), 6)
    steps: list[Step] = [PutObject(key="source", content=content, headers=attributes(draw))]
    onto = "source" if draw.chance(0.3) else "k"
    if onto == "k" and draw.chance(0.5):
        steps.append(PutObject(key="k", content=Content(b"before")))
    source = "missing" if draw.chance(0.1) else "source"
    copy = StreamCopy(key=onto, source_key=source, headers=_headers(draw, large))
    copy = replace(copy, part_bytes=LEAST_PART if draw.profile.can("multipart") and draw.chance(0.4) else 0)
    if draw.chance(0.3):
        copy = replace(copy, leaves=draw.one((0, 1, content.size // 2, content.size - 1)), headers=())
    steps += [copy, *survey([onto] if onto == "source" else [onto, "source"])]
    if copy.part_bytes and draw.profile.list_uploads == "full":
        steps.append(ListUploads())
    # What the store copies by itself is the same.
    return [*steps, CopyObject(key="copied", source_key="source"), *survey(["copied"])] if draw.chance(0.3) else steps


def _headers(draw: Draw, large: bool) -> Pairs:
    """Draw a condition that may refuse the destination; large bodies that are refused may be left unread."""
    if large or not (draw.profile.can("conditional-put") and draw.profile.can("conditional-complete")):
        return ()
    return (("If-None-Match", "*"),) if draw.chance(0.2) else ()


def batch(draw: Draw) -> list[Step]:
    """Draw objects that several workers copy beside each other, each under a key of its own."""
    keys = [f"source{number}" for number in range(draw.between(2, 6))]
    steps: list[Step] = [
        PutObject(key=key, content=Content(key.encode(), draw.one((0, 100, 70_000, 2_000_000)), number))
        for number, key in enumerate(keys)
    ]
    workers = draw.between(2, MOST_WORKERS)
    copies = [
        StreamCopy(key=f"copy{number}", source_key=key, leaves=STAYS, lane=number % workers + 1)
        for number, key in enumerate(keys)
    ]
    return [*steps, *copies, *survey([*keys, *(one.key for one in copies)])]

"""Draw requests at the same time: writers beside readers, conditional writes, deletes and lists under change."""

from __future__ import annotations

from specs.objects.content import Content
from specs.objects.steps import DeleteObject, GetObject, HeadObject, ListObjects, Pairs, PutObject, Step
from strategies.objects.drawing import Draw
from strategies.objects.single import survey

MOST_LANES = 8


def races(draw: Draw) -> list[Step]:
    """Draw a few clients on one or two keys, with what each key holds read at the end."""
    keys = draw.some(("k", "dir/k", "other"), 1, 2)
    steps: list[Step] = [
        PutObject(key=key, content=Content(b"before"), called=f"before {key}") for key in keys if draw.chance(0.5)
    ]
    conditional = draw.profile.can("conditional-put") and draw.chance(0.5)
    for lane in range(1, draw.between(2, MOST_LANES) + 1):
        steps += [_beside(draw, draw.one(keys), lane, number, conditional) for number in range(draw.between(1, 3))]
    return [*steps, *survey(keys)]


def _beside(draw: Draw, key: str, lane: int, number: int, conditional: bool) -> Step:
    kind = draw.random.random()
    if kind < 0.5 or (conditional and kind < 0.7):
        headers: Pairs = ()
        if conditional:
            headers = draw.one(((("If-None-Match", "*"),), (("If-Match", f"{{etag before {key}}}"),)))
        # Each write has another content, so that a read tells whose it is.
        content = Content(f"{lane}-{number}".encode(), draw.one((0, 0, 0, 70_000)), lane * 10 + number)
        return PutObject(key=key, content=content, headers=headers, lane=lane)
    if kind < 0.85:
        return (HeadObject if draw.chance(0.2) else GetObject)(key=key, lane=lane)
    return DeleteObject(key=key, lane=lane) if kind < 0.95 else ListObjects(lane=lane)

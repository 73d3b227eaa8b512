"""Draw requests at the same time: writers beside readers, conditional writes, completions, copies, deletes, lists."""

from __future__ import annotations

from specs.objects.content import Content
from specs.objects.steps import (
    AbortUpload,
    CompleteUpload,
    CopyObject,
    CreateUpload,
    DeleteObject,
    GetObject,
    HeadObject,
    ListObjects,
    ListParts,
    Pairs,
    Part,
    PutObject,
    Step,
    UploadPart,
)  # fmt: skip
from strategies.objects.drawing import Draw
from strategies.objects.single import survey

MOST_LANES = 8


def races(draw: Draw) -> list[Step]:
    """Draw a few clients on one or two keys, with what each key holds read at the end."""
    if draw.profile.can("multipart") and draw.profile.rules("etag-multipart") and draw.chance(0.3):
        return _completions(draw)
    if draw.chance(0.1):
        return _readers(draw)
    keys = draw.some(("k", "dir/k", "other"), 1, 2)
    steps: list[Step] = [
        PutObject(key=key, content=Content(b"before"), called=f"before {key}") for key in keys if draw.chance(0.5)
    ]
    conditional = draw.profile.can("conditional-put") and draw.chance(0.5)
    for lane in range(1, draw.between(2, MOST_LANES) + 1):
        steps += [_beside(draw, draw.one(keys), lane, number, conditional) for number in range(draw.between(1, 3))]
    copied = ["copy"] if any(isinstance(one, CopyObject) for one in steps) else []
    return [*steps, *survey([*keys, *copied])]


def interruptions(draw: Draw) -> list[Step]:
    """Draw bodies that break off, of objects and of parts, over what was there before."""
    content = Content(b"broken off", draw.one((1, 5000, 70_000, 300_000)), 3)
    leaves = draw.one((0, 1, 4096, content.size // 2, content.size - 1))
    before: list[Step] = [PutObject(key="k", content=Content(b"before"))] if draw.chance(0.6) else []
    if draw.profile.can("multipart") and draw.chance(0.3):
        steps: list[Step] = [*before, CreateUpload(key="k", called="u")]
        steps.append(UploadPart(key="k", upload="u", content=Content(b"whole"), called="p1"))
        steps.append(UploadPart(key="k", upload="u", content=content, leaves=leaves))
        listed = (Part("1", "{etag p1}"),)
        return [
            *steps,
            ListParts(key="k", upload="u"),
            CompleteUpload(key="k", upload="u", parts=listed),
            *survey(["k"]),
        ]
    put = PutObject(key="k", content=content, leaves=leaves)
    return [*before, draw.sending(put, writes=True), *survey(["k"])]


def _beside(draw: Draw, key: str, lane: int, number: int, conditional: bool) -> Step:
    kind = draw.random.random()
    if kind < 0.5 or (conditional and kind < 0.7):
        headers: Pairs = ()
        if conditional:
            headers = draw.one(((("If-None-Match", "*"),), (("If-Match", f"{{etag before {key}}}"),)))
        # Each write has another content, so that a read tells whose it is.
        content = Content(f"{lane}-{number}".encode(), draw.one((0, 0, 0, 70_000)), lane * 10 + number)
        return PutObject(key=key, content=content, headers=headers, lane=lane)
    if kind < 0.82:
        return (HeadObject if draw.chance(0.2) else GetObject)(key=key, lane=lane)
    if kind < 0.87:
        return CopyObject(key="copy", source_key=key, lane=lane)
    return DeleteObject(key=key, lane=lane) if kind < 0.95 else ListObjects(lane=lane)


def _readers(draw: Draw) -> list[Step]:
    """Draw clients that read one object, most of them a range of their own."""
    size = draw.one((10, 1000, 70_000))
    steps: list[Step] = [PutObject(key="k", content=Content(b"0123456789", size - 10, 5))]
    for lane in range(1, draw.between(2, MOST_LANES) + 1):
        first = draw.between(0, size - 1)
        part: Pairs = (("Range", f"bytes={first}-{draw.between(first, size - 1)}"),)
        steps.append(GetObject(key="k", headers=() if draw.chance(0.2) else part, lane=lane))
    return steps


def _completions(draw: Draw) -> list[Step]:
    """Draw completions beside others of the same or another upload, aborts, parts sent anew, writes and reads."""
    steps: list[Step] = [PutObject(key="k", content=Content(b"before"), called="before")] if draw.chance(0.5) else []
    uploads = ["u"] if draw.chance(0.4) else ["u", "v"]
    for name in uploads:
        # A part that is sent anew has the same length, and other bytes.
        part = UploadPart(key="k", upload=name, content=Content(f"{name}-old".encode()), called=f"part of {name}")
        steps += [CreateUpload(key="k", called=name), part]
    headers: Pairs = ()
    if draw.profile.can("conditional-complete") and draw.chance(0.6):
        # The condition holds, until the first of them has changed the key.
        headers = (("If-Match", "{etag before}") if steps[0].called == "before" else ("If-None-Match", "*"),)
    for lane in range(1, draw.between(2, 5) + 1):
        name = uploads[lane % len(uploads)]
        listed = (Part("1", f"{{etag part of {name}}}"),)
        complete = CompleteUpload(key="k", upload=name, parts=listed, headers=headers, lane=lane)
        other = draw.one((
            complete, complete, complete, AbortUpload(key="k", upload=name, lane=lane),
            UploadPart(key="k", upload=name, content=Content(f"{name}-new".encode()), lane=lane),
            PutObject(key="k", content=Content(f"{lane}-put".encode()), lane=lane),
        ))  # fmt: skip
        steps.append(complete if lane == 1 else other)
        if draw.chance(0.5):
            steps.append(GetObject(key="k", lane=lane))
    return [*steps, *survey(["k"])]

"""Judge copies that a client makes by reading an object and writing what comes."""

from __future__ import annotations

from dataclasses import replace

from specs.objects.answers import Alternative
from specs.objects.content import Content
from specs.objects.model import objects, uploads
from specs.objects.model.asked import Asked, attributes
from specs.objects.state import StoredPart, Upload, md5_etag
from specs.objects.steps import CompleteUpload, CreateUpload, GetObject, Pairs, Part, PutObject

# The name and the id of the upload that a copy in parts makes; nothing else knows it.
STREAMED = "streamed"


def stream(at: Asked) -> list[Alternative]:
    """Read an object and write its content under a key: first the read may be refused, then the write."""
    step = at.step
    read = replace(at, step=GetObject(bucket=step.source_bucket, key=step.source_key))
    source = None if read.bucket is None else read.bucket.newest(step.source_key)
    if source is None:
        return objects.get(read)
    several = _in_parts(at, source.content) if step.part_bytes else _at_once(at, source.content)
    return [one if one.refuses else replace(one, requirement="streams") for one in several]


def _at_once(at: Asked, content: bytes) -> list[Alternative]:
    step = at.step
    return objects.put(
        replace(at, step=PutObject(bucket=step.bucket, key=step.key, content=Content(content), headers=step.headers))
    )


def _in_parts(at: Asked, content: bytes) -> list[Alternative]:
    step = at.step
    conditions, rest = split(step.headers)
    begun = replace(at, step=CreateUpload(bucket=step.bucket, key=step.key, headers=rest))
    refusals = [one for one in uploads.create(begun) if one.refuses]
    bucket = begun.bucket
    if bucket is None or any(one.grade == "right" for one in refusals) or not at.profile.can("multipart"):
        return refusals
    cut = [content[start : start + size] for start, size in plan(len(content), step.part_bytes)]
    known = at.profile.rules("etag-md5")
    parts = {number: StoredPart(one, md5_etag(one) if known else None) for number, one in enumerate(cut, 1)}
    sent = bucket.uploading(STREAMED, Upload(step.key, attributes(begun)[0], parts))
    listed = tuple(Part(str(number), one.etag or "") for number, one in parts.items())
    ended = Asked(
        CompleteUpload(bucket=step.bucket, key=step.key, upload=STREAMED, parts=listed, headers=conditions),
        at.state.holding(step.bucket, sent),
        at.profile,
        at.memory.with_told(STREAMED, {"upload": STREAMED}),
        at.now,
    )
    # A copy whose completion is refused ends its upload, so that all is as it was.
    done = uploads.complete(ended)
    return [*(replace(one, then=at.state) if one.refuses else one for one in done), *refusals]


def plan(size: int, part_bytes: int) -> list[tuple[int, int]]:
    """Return where each part of a content begins and how long it is; there is at least one."""
    starts = range(0, size, part_bytes) or (0,)
    return [(start, min(part_bytes, size - start)) for start in starts]


def split(headers: Pairs) -> tuple[Pairs, Pairs]:
    """Return the headers that say a condition, and all others."""
    conditions = tuple(pair for pair in headers if pair[0].lower().startswith("if-"))
    return conditions, tuple(pair for pair in headers if pair not in conditions)

"""Give histories whose writes are made in plainer ways: sent, not copied; at once, not in parts; one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from fuzz.triage.trial import Trial
from specs.objects import steps
from specs.objects.content import Content

UNKNOWN = steps.PutObject(key="", content=Content(b"x"))
UPLOAD, PART = "copied", "part-copied"


def come_to_the_same(trial: Trial) -> Iterator[Trial]:
    """List plainer forms of a history, each with one more kind of write made in a plainer way."""
    made = trial.case.steps
    for plainly in (_parts, _streams, _copies, _batches, _uploads):
        plainer = tuple(chain.from_iterable(plainly(made, number) for number in range(len(made))))
        if plainer != made:
            made = plainer
            yield trial.of_steps(*made)


def _source(several: Sequence[Any], number: int) -> steps.PutObject:
    """Return the put of what a step copies, as far as that is in the history."""
    step = several[number]
    place = step.source_bucket, step.source_key
    puts = [one for one in several[:number] if isinstance(one, steps.PutObject) and (one.bucket, one.key) == place]
    return puts[-1] if puts else UNKNOWN


def _parts(several: Sequence[Any], number: int) -> Iterator[Any]:
    """Send a part that is copied."""
    step = several[number]
    if not isinstance(step, steps.UploadPartCopy):
        yield step
        return
    content = _source(several, number).content
    yield steps.UploadPart(
        bucket=step.bucket, key=step.key, upload=step.upload, number=step.number, content=content, called=step.called,
        lane=step.lane,
    )  # fmt: skip


def _streams(several: Sequence[Any], number: int) -> Iterator[Any]:
    """Write what is read from one object and written to another as any other content."""
    step = several[number]
    if not isinstance(step, steps.StreamCopy) or step.leaves != steps.STAYS:
        yield step
        return
    content = _source(several, number).content
    place: dict[str, Any] = {"bucket": step.bucket, "key": step.key, "lane": step.lane}
    if not step.part_bytes:
        yield steps.PutObject(**place, content=content, headers=step.headers, called=step.called)
        return
    yield steps.CreateUpload(**place, headers=step.headers, called=UPLOAD)
    yield steps.UploadPart(**place, upload=UPLOAD, number="1", content=content, called=PART)
    yield steps.CompleteUpload(**place, upload=UPLOAD, parts=(steps.Part("1", f"{{etag {PART}}}"),), called=step.called)


def _copies(several: Sequence[Any], number: int) -> Iterator[Any]:
    """Put an object that is copied, with the headers that its copy has."""
    step = several[number]
    if not isinstance(step, steps.CopyObject) or step.source_version:
        yield step
        return
    source = _source(several, number)
    own = tuple(pair for pair in step.headers if not pair[0].lower().startswith(("x-amz-copy-", "x-amz-metadata-d")))
    replaces = any(name.lower() == "x-amz-metadata-directive" and value == "REPLACE" for name, value in step.headers)
    headers = own if replaces else source.headers
    yield steps.PutObject(
        bucket=step.bucket, key=step.key, content=source.content, headers=headers, called=step.called, lane=step.lane
    )


def _batches(several: Sequence[Any], number: int) -> Iterator[Any]:
    """Delete the keys of a batch one after the other."""
    step = several[number]
    if not isinstance(step, steps.DeleteObjects) or not step.keys:
        yield step
        return
    for one in step.keys:
        query = (("versionId", one.version),) if one.version else ()
        yield steps.DeleteObject(bucket=step.bucket, key=one.key, query=query, lane=step.lane)


def _uploads(several: Sequence[Any], number: int) -> Iterator[Any]:
    """Put an object that is uploaded as one part, where nothing else is done with the upload."""
    step = several[number]
    name = step.called if isinstance(step, steps.CreateUpload) else getattr(step, "upload", "")
    about = [one for one in several if getattr(one, "upload", "") == name or _begins(one, name)] if name else []
    if [type(one) for one in about] != [steps.CreateUpload, steps.UploadPart, steps.CompleteUpload]:
        yield step
        return
    begun, part, ended = about
    if step is ended:
        yield steps.PutObject(
            bucket=step.bucket, key=step.key, content=part.content, headers=(*begun.headers, *step.headers),
            called=step.called, lane=step.lane,
        )  # fmt: skip


def _begins(step: Any, name: str) -> bool:
    return isinstance(step, steps.CreateUpload) and step.called == name

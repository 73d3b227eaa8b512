"""Give histories whose writes are made in plainer ways: sent, not copied; at once, not in parts; one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, takewhile
from typing import Any

from fuzz.subjects.objects.lists import CONTENT, OF_LISTS
from fuzz.triage.trial import Trial
from specs.objects import steps
from specs.objects.checksums import HEADERS as CHECKSUMS
from specs.objects.content import Content
from specs.objects.state import STANDARD_HEADERS
from specs.objects.steps import PLAINLY, STAYS, Pairs

UNKNOWN = steps.PutObject(key="", content=CONTENT)
ABOUT_A_KEY = (steps.HeadObject, steps.DeleteObject, steps.CopyObject, steps.CreateUpload)
MAKING = (steps.CopyObject, steps.CreateUpload)
OF_OTHERS = (steps.PutObject, steps.DeleteObject, steps.HeadObject, steps.GetObject)
READS, WRITES, DELETES = OBJECT_ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
ACTIONS = {steps.PutObject: WRITES, steps.DeleteObject: DELETES}
OVERRIDES = tuple(f"response-{name}" for name in STANDARD_HEADERS)
ABOUT_BUCKETS = (steps.DeleteBucket, steps.HeadBucket, steps.ListBuckets)
PLAIN_BUCKET = "a"
WHOLE = ("Range", "bytes=0-")
OF_SOURCES = ("x-amz-copy-", "x-amz-metadata-d")
UPLOAD, PART = "copied", "part-copied"


def come_to_the_same(trial: Trial) -> Iterator[Trial]:
    """List plainer forms of a history: with one kind of request made in a plainer way, then with more of them.

    The first forms ask the same of a store by a plainer request, such as to refuse a wrong digest, with another effect.
    """
    ways = (_buckets, _part_numbers, _parts, _streams, _uploads, _batches, _keys, _copies)
    told = {trial.case.steps}
    made = trial.case.steps
    alone = [_plainly(way, made) for way in (*OF_THE_LAST, *ways)]
    alone += [in_turn(made)] if made[-1].lane or any(one.lane for one in made) else []
    together = [made := _plainly(way, made) for way in ways]
    for steps_of_form in (*alone, *together):
        if steps_of_form not in told:
            told.add(steps_of_form)
            yield trial.of_steps(*steps_of_form)


def _plainly(way: Callable[[Sequence[Any], int], Iterator[Any]], several: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(chain.from_iterable(way(several, number) for number in range(len(several))))


def in_turn(several: Sequence[Any]) -> tuple[Any, ...]:
    """Return the conditional writes of a race one after the other, after what came before; all, if there are none."""
    before = tuple(takewhile(lambda one: not one.lane, several))
    racing = [replace(one, lane=0) for one in several[len(before) :] if one.lane and one.headers and _writes_one(one)]
    return (*before, *racing) if racing else tuple(several)


def _writes_one(step: Any) -> bool:
    return isinstance(step, steps.WRITES)


def _buckets(several: Sequence[Any], number: int) -> Iterator[Any]:
    """Use the bucket that is there from the start in place of one that is created, and only used."""
    step = several[number]
    made = {one.bucket for one in several if isinstance(one, steps.CreateBucket)}
    used = {one.bucket for one in several if not isinstance(one, steps.CreateBucket)}
    about = any(isinstance(one, ABOUT_BUCKETS) for one in several) or isinstance(several[-1], steps.CreateBucket)
    if about or len(made) != 1 or used != made:
        yield step
    elif not isinstance(step, steps.CreateBucket):
        own = {"source_bucket": PLAIN_BUCKET} if getattr(step, "source_bucket", "") in made else {}
        yield replace(step, bucket=PLAIN_BUCKET, **own)


def _part_numbers(several: Sequence[Any], number: int) -> Iterator[Any]:
    """Read a range where the last request reads a part by its number: both are answered by a piece of the object."""
    step = several[number]
    rest = tuple(pair for pair in step.query if pair[0] != "partNumber")
    reads = isinstance(step, steps.GetObject | steps.HeadObject) and step is several[-1]
    yield replace(step, query=rest, headers=(*step.headers, WHOLE)) if reads and rest != step.query else step


def _others(several: Sequence[Any], number: int) -> Iterator[Any]:
    """Read an object that is there where another account asks for a key, and let the policy be about reads."""
    step, last = several[number], several[-1]
    if not isinstance(last, OF_OTHERS) or last.sent.by == "owner" or _is_put_before(last, several):
        yield step
    elif isinstance(step, steps.PutPolicy) and step.statements:
        yield steps.PutObject(bucket=last.bucket, key=last.key, content=CONTENT)
        action = ACTIONS.get(type(last), READS)
        yield replace(step, statements=tuple(_about_reads(action, one) for one in step.statements))
    elif step is last:
        yield steps.GetObject(bucket=last.bucket, key=last.key, sent=last.sent)
    else:
        yield step


def _is_put_before(last: Any, several: Sequence[Any]) -> bool:
    """Say whether the last request is a read of a key that was put."""
    puts = (one.about for one in several[:-1] if isinstance(one, steps.PutObject))
    return isinstance(last, steps.GetObject) and last.about in puts


def _about_reads(action: str, statement: steps.Statement) -> steps.Statement:
    """Return a statement that is about reads if it was about an action, and about deletes if it was about others."""
    plain = READS if action in statement.actions else DELETES
    actions = (plain if one in OBJECT_ACTIONS else one for one in statement.actions)
    return replace(statement, actions=tuple(dict.fromkeys(actions)))


def source_of(several: Sequence[Any], number: int) -> steps.PutObject:
    """Return the put of what a step copies, as far as that is in the history."""
    step = several[number]
    place = step.source_bucket, step.source_key
    puts = [one for one in several[:number] if isinstance(one, steps.PutObject) and (one.bucket, one.key) == place]
    named = getattr(step, "source_version", "")
    if named:
        puts = [one for one in puts if one.called and named == f"{{version {one.called}}}"]
    return puts[-1] if puts else UNKNOWN


def own_headers(step: Any) -> Pairs:
    """Return the headers of a copy that it has as any other write: those that are not about its source."""
    return tuple(pair for pair in step.headers if not pair[0].lower().startswith(OF_SOURCES))


def _parts(several: Sequence[Any], number: int) -> Iterator[Any]:
    """Send a part that is copied."""
    step = several[number]
    if not isinstance(step, steps.UploadPartCopy):
        yield step
        return
    content = source_of(several, number).content
    yield steps.UploadPart(
        bucket=step.bucket, key=step.key, upload=step.upload, number=step.number, content=content, called=step.called,
        lane=step.lane,
    )  # fmt: skip


def _streams(several: Sequence[Any], number: int) -> Iterator[Any]:
    """Write what is read from one object and written to another as any other content."""
    step = several[number]
    if not isinstance(step, steps.StreamCopy) or step.leaves != STAYS:
        yield step
        return
    content = source_of(several, number).content
    place: dict[str, Any] = {"bucket": step.bucket, "key": step.key, "lane": step.lane}
    if not step.part_bytes:
        yield steps.PutObject(**place, content=content, headers=step.headers, called=step.called)
        return
    yield steps.CreateUpload(**place, headers=step.headers, called=UPLOAD)
    yield steps.UploadPart(**place, upload=UPLOAD, number="1", content=content, called=PART)
    yield steps.CompleteUpload(**place, upload=UPLOAD, parts=(steps.Part("1", f"{{etag {PART}}}"),), called=step.called)


def _broken_off(several: Sequence[Any], number: int) -> Iterator[Any]:
    """Abort an upload of one part where a copy in parts breaks off, or has a condition for which it may."""
    step = several[number]
    copies = isinstance(step, steps.StreamCopy) and bool(step.part_bytes) and step is not several[-1]
    if not copies or (step.leaves == STAYS and not any(name.lower().startswith("if-") for name, _ in step.headers)):
        yield step
        return
    place: dict[str, Any] = {"bucket": step.bucket, "key": step.key, "lane": step.lane}
    yield steps.CreateUpload(**place, called=UPLOAD)
    yield steps.UploadPart(**place, upload=UPLOAD, number="1", content=source_of(several, number).content)
    yield steps.AbortUpload(**place, upload=UPLOAD)


def _copies(several: Sequence[Any], number: int) -> Iterator[Any]:
    """Put an object that is copied, with the headers that its copy has."""
    step = several[number]
    source = source_of(several, number) if isinstance(step, steps.CopyObject) else None
    if source is None or (step.source_version and source is UNKNOWN):
        yield step
        return
    own = own_headers(step)
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
    """Put an object that is uploaded in parts, where nothing else is done with the upload; its size stays."""
    step = several[number]
    name = step.called if isinstance(step, steps.CreateUpload) else getattr(step, "upload", "")
    about = [one for one in several if getattr(one, "upload", "") == name or _begins(one, name)] if name else []
    if not _is_whole_upload(about):
        yield step
        return
    begun, *parts, ended = about
    if step is ended:
        yield steps.PutObject(
            bucket=step.bucket, key=step.key, content=_joined(parts, ended), headers=(*begun.headers, *step.headers),
            called=step.called, lane=step.lane,
        )  # fmt: skip


def _is_whole_upload(about: Sequence[Any]) -> bool:
    """Say whether these steps begin an upload, send parts, and complete it."""
    kinds = [type(one) for one in about]
    sends = set(kinds[1:-1]) == {steps.UploadPart}
    return sends and kinds[0] is steps.CreateUpload and kinds[-1] is steps.CompleteUpload


def _joined(parts: Sequence[Any], ended: Any) -> Content:
    """Return the content of the listed part, or of several a content of the same size."""
    listed = [one for one in parts if f"{{etag {one.called}}}" in {part.etag for part in ended.parts}] or parts[:1]
    if len(listed) == 1:
        content: Content = listed[0].content
        return content
    return Content(fill=sum(one.content.size for one in listed), seed=listed[0].content.seed)


def _begins(step: Any, name: str) -> bool:
    return isinstance(step, steps.CreateUpload) and step.called == name


def _keys(several: Sequence[Any], number: int) -> Iterator[Any]:
    """Use another key that has the same odd character, if a key has a single one and no other key has it."""
    step = several[number]
    keys = {key: _plain_key(key) for one in several for key in _keys_of(one)}
    plain = {key: other for key, other in keys.items() if list(keys.values()).count(other) == 1}
    changes: dict[str, Any] = {
        name: plain.get(getattr(step, name), getattr(step, name))
        for name in ("key", "source_key")
        if getattr(step, name, "")
    }
    if isinstance(step, steps.DeleteObjects):
        changes["keys"] = tuple(replace(one, key=plain.get(one.key, one.key)) for one in step.keys)
    yield replace(step, **changes)


def _digests(several: Sequence[Any], number: int) -> Iterator[Any]:
    """Put an object with a digest in a header, where the digest is that of a batch, a part, or a body in chunks."""
    step = several[number]
    sent: Any = getattr(step, "sent", PLAINLY)
    place: dict[str, Any] = {"bucket": step.bucket, "lane": step.lane}
    if isinstance(step, steps.DeleteObjects) and step.digest.startswith("wrong "):
        kind = step.digest.removeprefix("wrong ")
        name = "Content-MD5" if kind == "md5" else f"x-amz-checksum-{kind}"
        yield steps.PutObject(**place, key="k", content=CONTENT, headers=((name, f"{{{step.digest}}}"),))
    elif isinstance(step, steps.PutObject | steps.UploadPart) and sent.fault == "trailer-checksum":
        yield replace(step, headers=(*step.headers, ("x-amz-checksum-crc32", "{wrong crc32}")), sent=PLAINLY)
    elif isinstance(step, steps.UploadPart) and step is several[-1] and _has_digest(step):
        yield steps.PutObject(**place, key=step.key, content=step.content, headers=step.headers, sent=sent)
    else:
        yield step


def _alone(several: Sequence[Any], number: int) -> Iterator[Any]:
    """Put what the last request sends as a part or says of a copy, or list the bucket in its way of sending, alone.

    What is stored, and the ETag that is told of it, should be the same for a part.
    """
    step, last = several[number], several[-1]
    if isinstance(last, steps.CopyObject) and own_headers(last):
        if step is last:
            yield from _writes([step], 0)
    elif isinstance(last, steps.UploadPart):
        if step is last:
            place: dict[str, Any] = {"bucket": step.bucket, "key": step.key, "lane": step.lane}
            yield steps.PutObject(**place, content=step.content, headers=step.headers, sent=step.sent)
    elif isinstance(last, steps.GetObject | steps.HeadObject) and last.sent != PLAINLY:
        if step is last:
            yield steps.ListObjects(bucket=step.bucket, sent=step.sent, lane=step.lane)
    else:
        yield step


def _sources(several: Sequence[Any], number: int) -> Iterator[Any]:
    """Read an object where the last request copies it by reading it, or copies a version of it."""
    step = several[number]
    last = step is several[-1]
    place: dict[str, Any] = {"sent": getattr(step, "sent", PLAINLY), "lane": step.lane}
    if last and isinstance(step, steps.StreamCopy) and step.leaves == STAYS:
        yield steps.GetObject(bucket=step.source_bucket, key=step.source_key, **place)
    elif last and isinstance(step, steps.CopyObject) and step.source_version:
        query = (("versionId", step.source_version),)
        yield steps.GetObject(bucket=step.source_bucket, key=step.source_key, query=query, **place)
    else:
        yield step


def _has_digest(step: Any) -> bool:
    return any(name.lower() == "content-md5" or name.lower() in CHECKSUMS for name, _ in step.headers)


def _markers(several: Sequence[Any], number: int) -> Iterator[Any]:
    """Put another version where the latest one is a marker; both are versions."""
    step = several[number]
    versioned = any(isinstance(one, steps.PutVersioning) for one in several[:number])
    place: dict[str, Any] = {"bucket": step.bucket, "content": CONTENT, "lane": step.lane}
    if not versioned or step is several[-1]:
        yield step
    elif isinstance(step, steps.DeleteObject) and not step.query:
        yield steps.PutObject(**place, key=step.key, called=step.called)
    elif isinstance(step, steps.DeleteObjects) and step.keys and not any(one.version for one in step.keys):
        yield from (steps.PutObject(**place, key=one.key) for one in step.keys)
    else:
        yield step


def _written(several: Sequence[Any], number: int) -> Iterator[Any]:
    """Read what the last request puts, without versions: what is not put has no version."""
    step, last = several[number], several[-1]
    versioned = any(isinstance(one, steps.PutVersioning) for one in several)
    if not versioned or not isinstance(last, steps.PutObject):
        yield step
    elif not isinstance(step, steps.PutVersioning):
        yield step
        if step is last:
            yield steps.GetObject(bucket=step.bucket, key=step.key, lane=step.lane)


def _tags(several: Sequence[Any], number: int) -> Iterator[Any]:
    """Set no tags where they are removed."""
    step = several[number]
    if isinstance(step, steps.DeleteTagging):
        yield steps.PutTagging(bucket=step.bucket, key=step.key, query=step.query, sent=step.sent, lane=step.lane)
    else:
        yield step


def _overrides(several: Sequence[Any], number: int) -> Iterator[Any]:
    """Put an object with the headers that the last request asks for in its query."""
    step, last = several[number], several[-1]
    asked = tuple((name.removeprefix("response-"), value) for name, value in last.query if name in OVERRIDES)
    if asked and step is last:
        yield replace(step, query=tuple(pair for pair in step.query if pair[0] not in OVERRIDES))
    elif asked and isinstance(step, steps.PutObject) and (step.bucket, step.key) == last.about:
        yield replace(step, headers=asked)
    else:
        yield step


def _first_parts(several: Sequence[Any], number: int) -> Iterator[Any]:
    """Send a part where the last request copies an object in parts."""
    step = several[number]
    if step is several[-1] and isinstance(step, steps.StreamCopy) and step.part_bytes and step.leaves == STAYS:
        place: dict[str, Any] = {"bucket": step.bucket, "key": step.key, "lane": step.lane}
        yield steps.CreateUpload(**place, headers=step.headers, called=UPLOAD)
        yield steps.UploadPart(**place, upload=UPLOAD, number="1", content=source_of(several, number).content)
    else:
        yield step


def _writes(several: Sequence[Any], number: int) -> Iterator[Any]:
    """Put an object under the key that the last request is about; a key that is refused is so by any request.

    What describes the object to come may be refused by any request, too.
    """
    step = several[number]
    if step is several[-1] and isinstance(step, ABOUT_A_KEY):
        place: dict[str, Any] = {"bucket": step.bucket, "key": step.key, "sent": step.sent, "lane": step.lane}
        yield steps.PutObject(**place, content=CONTENT, headers=own_headers(step) if isinstance(step, MAKING) else ())
    else:
        yield step


def _keys_of(step: Any) -> list[str]:
    return [getattr(step, name, "") for name in ("key", "source_key")] + [one.key for one in getattr(step, "keys", ())]


def _plain_key(key: str) -> str:
    odd = {letter for letter in key[1:-1] if not (letter.isascii() and letter.isalnum())}
    ends = key[:1] + key[-1:]
    return f"a{odd.pop()}b" if len(odd) == 1 and ends.isascii() and ends.isalnum() else key


# These ways are taken one at a time.
OF_THE_LAST = (
    _alone, _sources, _digests, _markers, _writes, _tags, _overrides, _first_parts, _others, _broken_off, _written,
    *OF_LISTS,
)  # fmt: skip

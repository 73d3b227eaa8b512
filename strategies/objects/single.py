"""Draw histories of single objects: puts, reads, deletes, ranges, conditions, metadata, digests, keys."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

from specs.objects.checksums import KINDS
from specs.objects.content import Content
from specs.objects.steps import (
    CopyObject,
    CreateUpload,
    DeleteObject,
    GetObject,
    HeadObject,
    ListObjects,
    ListParts,
    Pairs,
    PutObject,
    Step,
    UploadPart,
)  # fmt: skip
from strategies.objects.drawing import Draw, claimed_keys

METADATA: tuple[Pairs, ...] = (
    (("x-amz-meta-color", "blue"),),
    (("x-amz-meta-a", "1"), ("x-amz-meta-b", "two words")),
    (("X-Amz-Meta-Mixed", "Case"),),
    (("x-amz-meta-long", "v" * 1900),),
    (("x-amz-meta-with-dash", "a=b; c=d, e"),),
    (("x-amz-meta-quoted", '"in quotes"'),),
    (("x-amz-meta-escaped", "a%20b%2Fc"),),
)
HEADERS: tuple[Pairs, ...] = (
    (("Content-Type", "text/plain"),),
    (("Content-Type", "application/x-odd"), ("Cache-Control", "max-age=7")),
    (("Content-Disposition", 'attachment; filename="x.bin"'),),
    (("Content-Disposition", "inline"),),
    (("Content-Encoding", "gzip"),),
    (("Content-Language", "de"),),
    (("Expires", "Wed, 01 Dec 2094 16:00:00 GMT"),),
    (("Content-Type", "image/png"), ("Content-Language", "en-GB"), ("Cache-Control", "no-store")),
)
PACKED = Content(gzip.compress(b"a text that is packed", mtime=0))
RESPONSES: Pairs = (
    ("response-content-type", "text/x-other"), ("response-content-language", "fr"),
    ("response-cache-control", "no-cache"),
    ("response-content-disposition", "inline"), ("response-content-encoding", "identity"),
    ("response-expires", "Thu, 02 Dec 2094 16:00:00 GMT"),
)  # fmt: skip
# Most of them name the other bucket as it is really called.
CLIMBING = (
    "../~bucket-b~/k", "x/../../~bucket-b~/k", "..\\~bucket-b~\\k", "%2e%2e/~bucket-b~/k", "%2e%2e/k", "a/../../k",
)  # fmt: skip


def attributes(draw: Draw) -> Pairs:
    """Draw headers and metadata of an object, often none."""
    found: Pairs = ()
    if draw.chance(0.4):
        found += draw.one(HEADERS)
    if draw.chance(0.4):
        found += draw.one(METADATA)
    return found


def content_with(draw: Draw, headers: Pairs) -> Content:
    """Draw a content for an object with these headers; one that says that it is packed often is."""
    return PACKED if ("Content-Encoding", "gzip") in headers and draw.chance(0.7) else draw.content()


def read(draw: Draw, key: str, **more: str) -> Step:
    """Draw a read of a whole object by GET or HEAD."""
    headers: Pairs = (("Accept-Encoding", "gzip"),) if draw.chance(0.1) else ()
    kind = HeadObject if draw.chance(0.35) else GetObject
    return draw.sending(kind(key=key, headers=headers, **more))  # type: ignore[arg-type]


def survey(keys: list[str], bucket: str = "a") -> Iterator[Step]:
    """List the bucket and read each key, so that what was done shows."""
    yield ListObjects(bucket=bucket)
    yield from (GetObject(key=key, bucket=bucket) for key in keys)


def objects(draw: Draw) -> list[Step]:
    """Draw a history of a few keys."""
    keys = draw.keys()
    steps: list[Step] = []
    for _ in range(draw.between(2, 9)):
        key = draw.one(keys)
        kind = draw.random.random()
        if kind < 0.45:
            headers = attributes(draw)
            put = PutObject(key=key, content=content_with(draw, headers), headers=headers)
            steps.append(draw.sending(put, writes=True))
        elif kind < 0.75:
            steps.append(read(draw, key))
        elif kind < 0.87:
            steps.append(draw.sending(DeleteObject(key=key)))
        elif kind < 0.9:
            # Another bucket has no such key.
            steps.append(read(draw, key, bucket="b"))
        else:
            steps.append(draw.sending(ListObjects(v2=draw.chance(0.7))))
    return [*steps, *survey(keys)]


def ranges(draw: Draw) -> list[Step]:
    """Draw reads of ranges of an object."""
    size = draw.one((0, 1, 2, 3, 10, 100, 1000, 70_000))
    content = Content(b"0123456789"[:size], max(0, size - 10), 5)
    steps: list[Step] = [PutObject(key="k", content=content, headers=attributes(draw))]
    for _ in range(draw.between(2, 5)):
        step = (HeadObject if draw.chance(0.1) else GetObject)(key="k", headers=(("Range", range_text(draw, size)),))
        steps.append(draw.sending(step))
    return steps


def range_text(draw: Draw, size: int) -> str:
    """Draw a Range header for an object of that size."""
    near = [0, 1, size - 1, size, size + 1, size // 2, size * 2 + 7]
    first, last = draw.one(near), draw.one(near)
    odd = (
        "bytes=5-2",
        "bytes=a-b",
        "bytes=-",
        "bytes=3",
        "bytes=",
        "bytes=+1-2",
        "bytes= 0-1",
        "items=0-1",
        "0-1",
        "bytes=0-0,2-2",
        "bytes=0-18446744073709551616",
        "bytes=99999999999999999999-",
    )
    kind = draw.random.random()
    if kind < 0.45:
        return f"bytes={max(0, min(first, last))}-{max(0, first, last)}"
    if kind < 0.65:
        return f"bytes={max(0, first)}-"
    if kind < 0.85:
        return f"bytes=-{max(0, first)}"
    return draw.one(odd)


def conditions(draw: Draw) -> list[Step]:
    """Draw conditional reads and writes of an object that is overwritten."""
    steps: list[Step] = []
    if draw.chance(0.8):
        steps.append(PutObject(key="k", content=Content(b"first"), called="first"))
    if draw.chance(0.5):
        steps.append(PutObject(key="k", content=Content(b"second"), called="second"))
    if draw.chance(0.5):
        steps.append(HeadObject(key="k", called="looked"))
    steps += [_conditional(draw) for _ in range(draw.between(1, 4))]
    return [*steps, *survey(["k"])]


def _conditional(draw: Draw) -> Step:
    kind = draw.random.random()
    if kind < 0.55:
        headers = _conditions_of_read(draw)
        if draw.chance(0.25):
            # Where the conditions hold, the range is what is read.
            span = draw.one(("bytes=1-2", "bytes=-2", "bytes=99-"))
            return draw.sending(GetObject(key="k", headers=(*headers, ("Range", span))))
        kind_of_read = HeadObject if draw.chance(0.3) else GetObject
        return draw.sending(kind_of_read(key="k", headers=headers))
    key = draw.one(("k", "k", "new"))
    if kind < 0.8 and draw.profile.can("conditional-put"):
        put = PutObject(key=key, content=draw.content(), headers=_condition_of_write(draw), called=draw.name("w"))
        return draw.sending(put, writes=True)
    if kind < 0.87 and draw.profile.can("conditional-delete"):
        return DeleteObject(key=key, headers=(("If-Match", _etag(draw)),))
    if draw.profile.can("conditional-copy-target") and draw.chance(0.4):
        headers = (*_condition_of_write(draw), ("x-amz-metadata-directive", "REPLACE"))
        return CopyObject(key=key, source_key="k", headers=headers, called=draw.name("w"))
    if draw.profile.can("conditional-copy"):
        return CopyObject(
            key="copy",
            source_key="k",
            headers=tuple((f"x-amz-copy-source-{name}", value) for name, value in _conditions_of_read(draw)),
        )
    return GetObject(key="k")


def _condition_of_write(draw: Draw) -> Pairs:
    return draw.one(((("If-None-Match", "*"),), (("If-Match", _etag(draw)),)))


def _etag(draw: Draw) -> str:
    return draw.one(("{etag first}", "{etag second}", '"d41d8cd98f00b204e9800998ecf8427e"'))


def _conditions_of_read(draw: Draw) -> Pairs:
    names = draw.some(("If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"), 1, 2)
    if draw.chance(0.2):
        # Of a condition on the ETag and one on the date the first one counts.
        names = list(draw.one((("If-Match", "If-Unmodified-Since"), ("If-None-Match", "If-Modified-Since"))))
    past, odd = "{now -86400}", ("{now 86400}", "yesterday", "{now 0}")
    if names == ["If-None-Match", "If-Modified-Since"] and draw.chance(0.3):
        # Where the ETag differs, no date says that nothing is new.
        past = "{now 86400}"
    if draw.chance(0.25):
        # The date that was told is the one that clients send; at that very date nothing has changed since.
        past = "{modified looked}"
    pairs = []
    for name in names:
        if name.endswith("Since"):
            pairs.append((name, past if draw.chance(0.9) else draw.one(odd)))
        else:
            pairs.append((name, _etag(draw) if draw.chance(0.93) else draw.one(("*", "W/{etag first}", "plain"))))
    return tuple(pairs)


def metadata(draw: Draw) -> list[Step]:
    """Draw objects with headers and metadata that are written over by others."""
    steps: list[Step] = []
    for _ in range(draw.between(1, 3)):
        headers = draw.one(METADATA) + (draw.one(HEADERS) if draw.chance(0.6) else ())
        headers = headers if draw.chance(0.8) else ()
        put = PutObject(key="k", content=content_with(draw, headers), headers=headers)
        steps += [draw.sending(put, writes=True), read(draw, "k")]
    if draw.chance(0.4):
        query = tuple(draw.some(RESPONSES, 1, 3))
        steps.append(GetObject(key="k", query=query))
    if draw.chance(0.4):
        replacing = (("x-amz-metadata-directive", "REPLACE"), *draw.one(METADATA))
        steps += [
            CopyObject(key="copy", source_key="k", headers=replacing if draw.chance(0.5) else ()),
            GetObject(key="copy"),
        ]
    return steps


def digests(draw: Draw) -> list[Step]:
    """Draw puts with digests that are right, wrong or malformed, over an object that must stay if they are wrong."""
    steps: list[Step] = []
    if draw.chance(0.6):
        steps.append(PutObject(key="k", content=Content(b"before")))
    kinds = [kind for kind in KINDS if kind in draw.profile.digests]
    for _ in range(draw.between(1, 3)):
        kind = draw.one(kinds)
        name = "Content-MD5" if kind == "md5" else f"x-amz-checksum-{kind}"
        value = draw.one((f"{{{kind}}}", f"{{{kind}}}", f"{{wrong {kind}}}", "not base64!", "AAAA"))
        headers: Pairs = ((name, value),)
        if draw.chance(0.15) and kind not in ("md5", "sha1"):
            headers += (("x-amz-checksum-sha1", "{sha1}"),)
        steps.append(PutObject(key="k", content=draw.content(), headers=headers))
        steps.append(GetObject(key="k", headers=(("x-amz-checksum-mode", "ENABLED"),) if draw.chance(0.6) else ()))
    if draw.chance(0.25) and draw.profile.can("multipart") and draw.profile.can("list-parts"):
        kind = draw.one(kinds)
        name = "Content-MD5" if kind == "md5" else f"x-amz-checksum-{kind}"
        digest = ((name, draw.one((f"{{{kind}}}", f"{{wrong {kind}}}"))),)
        part = UploadPart(key="k", upload="u", content=Content(b"part"), headers=digest)
        steps += [CreateUpload(key="k", called="u"), part, ListParts(key="k", upload="u")]
    return [*steps, *survey(["k"])]


def odd_keys(draw: Draw) -> list[Step]:
    """Draw objects under keys of every kind that the profile claims, beside keys that differ in little."""
    keys = draw.together(draw.some(claimed_keys(draw.profile), 1, 3))
    steps: list[Step] = [draw.sending(PutObject(key=key, content=draw.content()), writes=True) for key in keys]
    for key in keys:
        kind = draw.random.random()
        if kind < 0.4:
            steps.append(read(draw, key))
        elif kind < 0.6:
            steps.append(CopyObject(key="copied", source_key=key))
            steps.append(GetObject(key="copied"))
        elif kind < 0.75:
            steps.append(ListObjects(prefix=key, v2=draw.chance(0.6)))
        elif kind < 0.9:
            steps.append(draw.sending(DeleteObject(key=key)))
    if draw.chance(0.1):
        steps.append(PutObject(key="z" * 1025, content=Content(b"x")))
    if draw.chance(0.25):
        # What keys are without an encoding is told by the XML alone.
        steps.append(ListObjects(url=False))
    return [*steps, *survey(keys)]


def neighbours(draw: Draw) -> list[Step]:
    """Draw keys that climb out of their bucket, and look whether another bucket is touched or read."""
    key = draw.one(CLIMBING)
    steps: list[Step] = [PutObject(key="k", bucket="b", content=Content(b"untouched"))]
    if draw.chance(0.5):
        steps.append(PutObject(key=key, content=Content(b"intruder")))
    steps.append(draw.one((GetObject(key=key), HeadObject(key=key), DeleteObject(key=key))))
    return [*steps, *survey(["k"], "b")]

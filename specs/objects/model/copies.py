"""Copy objects, and parts of uploads from objects."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from specs.objects import answers
from specs.objects.answers import Alternative, wrong
from specs.objects.conditions import OF_COPIES, READS
from specs.objects.model.asked import Asked, attributes, key_faults, missing_bucket, with_version
from specs.objects.model.conditional import read_faults, write_faults
from specs.objects.model.objects import faults_of_listed_time, version_faults, version_told
from specs.objects.reading import document, same_etag, window
from specs.objects.rules import Rule
from specs.objects.state import Bucket, State, Stored, StoredPart, md5_etag
from specs.objects.words import quoted
from specs.objects.xml import text_of
from specs.outcome import Reply
from specs.violation import Violation

RANGE = re.compile(r"bytes=([0-9]{1,18})-([0-9]{1,18})")
REPLACE, COPY = "REPLACE", "COPY"


def source(at: Asked) -> tuple[Stored | None, list[Alternative]]:
    """Return the version that is copied, or the refusals if there is none or a condition on it fails."""
    bucket = at.state.bucket(at.step.source_bucket)
    if bucket is None:
        return None, [at.refuse("missing-things", Rule.NO_SUCH_BUCKET)]
    version = at.fill(at.step.source_version)
    one = bucket.version(at.step.source_key, version) if version else bucket.newest(at.step.source_key)
    if version and (one is None or one.marker):
        return None, [at.refuse("versioning", Rule.NO_SUCH_VERSION)]
    if one is None:
        return None, [at.refuse("missing-things", Rule.NO_SUCH_KEY)]
    return one, []


def copy(at: Asked) -> list[Alternative]:
    """Copy one version of an object to a key."""
    bucket = at.bucket
    if bucket is None:
        return missing_bucket(at)
    one, missing = source(at)
    if one is None:
        return [*missing, *key_faults(at, at.step.key)]
    failed, opened = read_faults(at, one, of_copy=True)
    refusals, unclear, forbidden = write_faults(at, bucket.newest(at.step.key), "conditional-copy-target")
    given, wrong_attributes, loose = attributes(at)
    found = [*failed, *refusals, *wrong_attributes, *key_faults(at, at.step.key)]
    if found:
        return found
    target = replace(one, version=None, etag=_etag(at, one), modified=None, parts=(), checksums=())
    directive = at.headers.get("x-amz-metadata-directive", COPY)
    if directive == REPLACE:
        target = target.attributes_of(given)
    if at.headers.get("x-amz-tagging-directive", COPY) == REPLACE:
        target = replace(target, tags=given.tags)
    allowed = [at.may_refuse("copies")] if opened or unclear or loose or _odd(at) else []
    if opened:
        # A condition whose meaning is left open may be taken for one that fails.
        allowed.append(at.refuse("read-conditions", Rule.NOT_MODIFIED, grade="allowed"))
    allowed += _onto_itself(at, one, bucket)
    return allowed if forbidden else [copied(at, bucket, target), *allowed]


def _odd(at: Asked) -> bool:
    """Say whether a directive is one that the API does not know, or a checksum is sent with the copy."""
    directives = [at.headers.get(f"x-amz-{name}-directive", COPY) for name in ("metadata", "tagging")]
    return any(one not in (COPY, REPLACE) for one in directives) or any("checksum" in name for name in at.headers)


def _etag(at: Asked, one: Stored) -> str | None:
    """Return the ETag of a copy; that of an object of parts may be its source's, an MD5 or any other."""
    if one.parts or not at.profile.rules("etag-md5"):
        return None
    return md5_etag(one.content)


def _onto_itself(at: Asked, one: Stored, bucket: Bucket) -> list[Alternative]:
    """Return the refusal of a copy of an object's newest version onto itself that changes nothing."""
    step = at.step
    replacing = REPLACE in (at.headers.get("x-amz-metadata-directive"), at.headers.get("x-amz-tagging-directive"))
    if (step.source_bucket, step.source_key) != (step.bucket, step.key) or replacing:
        return []
    return [at.refuse("copies", Rule.SELF_COPY, grade="allowed")] if one is bucket.newest(step.key) else []


def copied(at: Asked, bucket: Bucket, one: Stored) -> Alternative:
    """Return the alternative of a copy that is done."""
    one = with_version(one, bucket)

    def looks(reply: Reply) -> Iterator[Violation]:
        yield from _result(at, reply, "CopyObjectResult", one)
        yield from version_faults(bucket, reply)

    def learns(reply: Reply) -> State:
        known = replace(
            one,
            etag=_told_etag(reply, "CopyObjectResult") or one.etag,
            modified=window(reply),
            version=version_told(one, reply),
        )
        return at.holding(bucket.writing(at.step.key, known))

    then = at.holding(bucket.writing(at.step.key, one))
    return at.done("copies", 200, then=then, looks=looks, learns=learns, tells=(("etag", one.etag or ""),))


def _result(at: Asked, reply: Reply, name: str, one: Stored) -> Iterator[Violation]:
    root, faults = document(reply, name, ("ETag", "LastModified"))
    yield from faults
    if root is None or faults:
        return
    if not same_etag(one.etag, text_of(root, "ETag")):
        yield wrong(
            "etag", "a copy with another ETag", str(one.etag), str(text_of(root, "ETag")), answers.ETAG, reply=reply
        )
    yield from faults_of_listed_time(replace(one, modified=window(reply)), text_of(root, "LastModified"), at)


def _told_etag(reply: Reply, name: str) -> str | None:
    root, _ = document(reply, name)
    text = None if root is None else text_of(root, "ETag")
    return None if text is None else quoted(text)


def copy_part(at: Asked) -> list[Alternative]:
    """Make a part of an upload from an object, or from a range of it."""
    from specs.objects.model.uploads import number_faults, upload_of, with_part

    bucket = at.bucket
    if bucket is None:
        return missing_bucket(at)
    if not at.profile.can("part-copy"):
        return [at.may_refuse("uploads", "a refusal, as the store does not claim it")]
    upload_id, upload, found = upload_of(at, bucket)
    one, missing = source(at)
    found = [*found, *missing, *number_faults(at)]
    if one is None or upload is None or found:
        return found
    failed, opened = read_faults(at, one, of_copy=True)
    start, end, faulty, unclear = _span(at, len(one.content))
    if failed or faulty:
        return [*failed, *faulty]
    part = StoredPart(
        one.content[start:end], md5_etag(one.content[start:end]) if at.profile.rules("etag-md5") else None
    )
    done = with_part(at, bucket, upload_id, upload, part)
    shown = Stored(etag=part.etag)

    def looks(reply: Reply) -> Iterator[Violation]:
        yield from _result(at, reply, "CopyPartResult", shown)

    def learns(reply: Reply) -> State:
        known = replace(part, etag=_told_etag(reply, "CopyPartResult") or part.etag)
        return with_part(at, bucket, upload_id, upload, known)

    unclear = unclear or opened or any(OF_COPIES + name in at.headers for name in READS)
    allowed = [at.may_refuse("uploads")] if unclear else []
    allowed += [at.refuse("read-conditions", Rule.NOT_MODIFIED, grade="allowed")] if opened else []
    told = (("etag", part.etag or ""),)
    return [at.done("uploads", 200, then=done, looks=looks, learns=learns, tells=told), *allowed]


def _span(at: Asked, size: int) -> tuple[int, int, list[Alternative], bool]:
    """Return the range that a part copy is about, its faults, and whether a refusal is left open."""
    text = at.headers.get("x-amz-copy-source-range")
    if text is None:
        return 0, size, [], False
    match = RANGE.fullmatch(text)
    if match is None or not int(match[1]) <= int(match[2]) < size:
        faults = [at.refuse("ranges", Rule.ARGUMENT), at.refuse("ranges", Rule.RANGE, loose=True, grade="allowed")]
        return 0, 0, faults, False
    # AWS copies ranges only of sources beyond 5 MiB.
    return int(match[1]), int(match[2]) + 1, [], size <= 5 * 2**20

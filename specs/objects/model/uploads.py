"""Upload objects in parts: begin, send parts, complete, abort."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

from specs.objects import answers
from specs.objects.answers import Alternative, wrong
from specs.objects.model.asked import (
    Asked,
    attributes,
    checksums_of,
    digest_faults,
    key_faults,
    missing_bucket,
    with_version,
)  # fmt: skip
from specs.objects.model.conditional import write_faults
from specs.objects.model.objects import told_object, version_faults, version_told
from specs.objects.reading import document, faults_of_etag, same_etag, window
from specs.objects.rules import Rule
from specs.objects.state import Bucket, Ended, State, Stored, StoredPart, Upload, joined_etag, md5_etag
from specs.objects.words import quoted
from specs.objects.xml import text_of
from specs.outcome import Reply
from specs.violation import Violation

MOST_NUMBER = 10_000


def create(at: Asked) -> list[Alternative]:
    """Begin an upload."""
    bucket, step = at.bucket, at.step
    if bucket is None:
        return missing_bucket(at)
    if not at.profile.can("multipart"):
        return [at.may_refuse("uploads", "a refusal, as the store does not claim it")]
    future, found, opened = attributes(at)
    found = [*found, *key_faults(at, step.key)]
    if found:
        return found

    def looks(reply: Reply) -> Iterator[Violation]:
        root, faults = document(reply, "InitiateMultipartUploadResult", ("Bucket", "Key", "UploadId"))
        yield from faults
        told = None if root is None else text_of(root, "UploadId")
        if told is not None and (not told or told in bucket.uploads or told in bucket.ended):
            yield wrong("uploads", "an upload's id that is not fresh", "a new id", told, answers.DOCUMENT, reply=reply)

    def learns(reply: Reply) -> State:
        root, _ = document(reply, "InitiateMultipartUploadResult")
        told = None if root is None else text_of(root, "UploadId")
        begun = replace(future, modified=window(reply))
        if not told:
            return at.holding(replace(bucket, hazy_uploads=True))
        return at.holding(bucket.uploading(told, Upload(step.key, begun)))

    named = f"upload-{step.called}"
    then = at.holding(
        bucket.uploading(named, Upload(step.key, future)) if step.called else replace(bucket, hazy_uploads=True)
    )
    allowed = [at.may_refuse("uploads")] if opened or any("checksum" in name for name in at.headers) else []
    return [at.done("uploads", 200, then=then, looks=looks, learns=learns, tells=(("upload", named),)), *allowed]


def upload_of(at: Asked, bucket: Bucket) -> tuple[str, Upload | None, list[Alternative]]:
    """Return the upload that a step is about, or the refusals if it is not in progress."""
    told = at.id_of("upload", at.step.upload)
    upload = bucket.uploads.get(told)
    if upload is None or upload.key != at.step.key:
        return told, None, [at.refuse("missing-things", Rule.NO_SUCH_UPLOAD)]
    return told, upload, []


def number_faults(at: Asked) -> list[Alternative]:
    """Return the refusal of a part's number that is out of range."""
    text = at.step.number
    legal = text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_NUMBER
    if legal:
        return []
    return [at.refuse("uploads", Rule.PART_NUMBER)]


def with_part(at: Asked, bucket: Bucket, told: str, upload: Upload, part: StoredPart) -> State:
    """Return the state with one more part of an upload, or another one in its place."""
    parts = {**upload.parts, int(at.step.number): part}
    return at.holding(bucket.uploading(told, replace(upload, parts=parts)))


def put_part(at: Asked) -> list[Alternative]:
    """Send a part."""
    bucket = at.bucket
    if bucket is None:
        return missing_bucket(at)
    if not at.profile.can("multipart"):
        return [at.may_refuse("uploads", "a refusal, as the store does not claim it")]
    told, upload, found = upload_of(at, bucket)
    wrong_digests, opened = digest_faults(at)
    found = [*found, *wrong_digests, *number_faults(at)]
    if upload is None or found:
        return found
    part = StoredPart(at.body, md5_etag(at.body) if at.profile.rules("etag-md5") else None)

    def looks(reply: Reply) -> Iterator[Violation]:
        yield from faults_of_etag(part.etag, reply)
        for name, value in checksums_of(at):
            if reply.header(name) != value:
                yield wrong(
                    "digests",
                    f"{name} does not come back",
                    value,
                    str(reply.header(name)),
                    answers.CHECKSUM,
                    reply=reply,
                    warning=reply.header(name) is None,
                )

    def learns(reply: Reply) -> State:
        return with_part(at, bucket, told, upload, replace(part, etag=reply.header("etag") or part.etag))

    done = at.done(
        "uploads",
        200,
        then=with_part(at, bucket, told, upload, part),
        looks=looks,
        learns=learns,
        tells=(("etag", part.etag or ""),),
    )
    return [done, at.may_refuse("uploads")] if opened else [done]


def abort(at: Asked) -> list[Alternative]:
    """End an upload without an object."""
    bucket = at.bucket
    if bucket is None:
        return missing_bucket(at)
    told, upload, missing = upload_of(at, bucket)
    done = at.done("uploads", 204, then=at.holding(bucket.uploading(told, None)))
    if upload is None:
        # With another key the id is unknown; the upload that has it is not aborted.
        return [*missing, at.done("uploads", 204, grade="allowed")]
    return [done]


def complete(at: Asked) -> list[Alternative]:
    """Make an object of the listed parts."""
    bucket, step = at.bucket, at.step
    if bucket is None:
        return missing_bucket(at)
    told, upload, found = upload_of(at, bucket)
    listed = tuple((one.number, at.fill(one.etag)) for one in step.parts)
    if upload is None:
        return [*found, *_again(at, bucket, told, listed)]
    failed, opened, forbidden = write_faults(at, bucket.newest(step.key), "conditional-complete")
    wrong_list, unclear = _faults_of_list(at, upload, listed)
    found = [*failed, *wrong_list]
    if found:
        return found
    numbers = [int(number) for number, _ in listed]
    joined = [upload.parts[number] for number in numbers]
    etag = joined_etag(joined) if at.profile.rules("etag-multipart") else None
    one = replace(
        upload.future, content=b"".join(part.content for part in joined), etag=etag, modified=None,
        parts=tuple(len(part.content) for part in joined),
    )  # fmt: skip
    if numbers != list(range(1, len(numbers) + 1)):
        one = replace(one, free=one.free | {"part-numbers"})
    sent = any("checksum" in name or name == "x-amz-mp-object-size" for name in at.headers)
    unlisted = set(upload.parts) != set(numbers) or numbers != list(range(1, len(numbers) + 1))
    lax = opened or unclear or sent or (unlisted and not at.profile.rules("unlisted-parts"))
    allowed = [at.may_refuse("completion")] if lax else []
    return allowed if forbidden else [_completed(at, bucket, told, upload, one, listed), *allowed]


def _again(at: Asked, bucket: Bucket, told: str, listed: tuple[tuple[str, str], ...]) -> list[Alternative]:
    """Return the alternative of a Complete that is repeated with the same list."""
    ended = bucket.ended.get(told)
    if ended is None or ended.key != at.step.key or ended.listed != listed:
        return []

    def looks(reply: Reply) -> Iterator[Violation]:
        yield from document(reply, "CompleteMultipartUploadResult")[1]

    return [at.done("completion", 200, looks=looks, grade="allowed", says="200 as before")]


def _faults_of_list(at: Asked, upload: Upload, listed: tuple[tuple[str, str], ...]) -> tuple[list[Alternative], bool]:
    """Return the refusals of a list of parts, and whether a refusal is left open."""
    if not listed:
        return [at.refuse("completion", Rule.XML)], False
    if any(not (number.isascii() and number.isdigit()) for number, _ in listed):
        return [at.refuse("completion", Rule.XML)], False
    found: list[Alternative] = []
    numbers = [int(number) for number, _ in listed]
    if any(one >= other for one, other in itertools.pairwise(numbers)):
        if not at.profile.rules("part-order"):
            return [answers.anything("completion", at.state, "the store is not held to the order of parts")], True
        found.append(at.refuse("completion", Rule.PART_ORDER))
    parts = [upload.parts.get(number) for number in numbers]
    if any(not same_etag(part.etag, etag) if part else True for part, (_, etag) in zip(parts, listed)):
        found.append(at.refuse("completion", Rule.PART))
    least = at.profile.least_part_bytes if at.profile.rules("part-size") else 0
    if any(part is not None and len(part.content) < least for part in parts[:-1]):
        found.append(at.refuse("completion", Rule.PART_TOO_SMALL))
    return found, any(not quoted(etag).endswith('"') for _, etag in listed)


def _completed(
    at: Asked, bucket: Bucket, told: str, upload: Upload, one: Stored, listed: tuple[tuple[str, str], ...]
) -> Alternative:
    one = with_version(one, bucket)
    key = at.step.key

    def looks(reply: Reply) -> Iterator[Violation]:
        root, faults = document(reply, "CompleteMultipartUploadResult", ("Bucket", "Key", "ETag"))
        yield from faults
        if root is not None and not same_etag(one.etag, text_of(root, "ETag")):
            yield wrong(
                "etag",
                "another ETag of an object of parts",
                str(one.etag),
                str(text_of(root, "ETag")),
                answers.ETAG,
                reply=reply,
            )
        yield from version_faults(bucket, reply) if bucket.versioning == "Enabled" else ()

    def after(known: Stored) -> State:
        ended = {**bucket.ended, told: Ended(key, listed, known.etag)}
        return at.holding(replace(bucket.uploading(told, None).writing(key, known), ended=ended))

    def learns(reply: Reply) -> State:
        root, _ = document(reply, "CompleteMultipartUploadResult")
        said = None if root is None else text_of(root, "ETag")
        end, begun = window(reply), upload.future.modified
        modified = None if end is None or begun is None else (begun[0], end[1])
        etag = one.etag if said is None else quoted(said)
        return after(replace(one, etag=etag, modified=modified, version=version_told(one, reply)))

    return at.done(
        "completion",
        200,
        then=after(one),
        looks=looks,
        learns=learns,
        says=told_object(one),
        tells=(("etag", one.etag or ""),),
    )

"""Put, get, head and delete single objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from specs.objects import answers, ranges
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
from specs.objects.model.conditional import read_faults, write_faults
from specs.objects.ranges import Span
from specs.objects.reading import DueRead, faults_of_etag, faults_of_read, faults_of_time, window
from specs.objects.rules import Rule
from specs.objects.state import Bucket, State, Stored, Window, md5_etag
from specs.objects.words import instant
from specs.outcome import Reply
from specs.violation import Violation

RESPONSE_HEADERS = {
    "response-content-type": "content-type", "response-content-language": "content-language",
    "response-content-encoding": "content-encoding", "response-content-disposition": "content-disposition",
    "response-cache-control": "cache-control", "response-expires": "expires",
}  # fmt: skip


def put(at: Asked) -> list[Alternative]:
    """Store an object."""
    bucket = at.bucket
    if bucket is None:
        return missing_bucket(at)
    one, found, opened = attributes(at)
    wrong_digests, unverified = digest_faults(at)
    failed, unclear, forbidden = write_faults(at, bucket.newest(at.step.key), "conditional-put")
    found = [*failed, *found, *wrong_digests, *key_faults(at, at.step.key)]
    if found:
        return found
    etag = md5_etag(at.body) if at.profile.rules("etag-md5") else None
    one = replace(one, content=at.body, etag=etag, checksums=checksums_of(at))
    allowed = [at.may_refuse("accepts-valid")] if opened or unverified or unclear else []
    return allowed if forbidden else [written(at, bucket, at.step.key, one, "writes-take-effect"), *allowed]


def written(at: Asked, bucket: Bucket, key: str, one: Stored, requirement: str) -> Alternative:
    """Return the alternative of a Put that is done."""
    one = with_version(one, bucket)

    def looks(reply: Reply) -> Iterator[Violation]:
        yield from faults_of_etag(one.etag, reply)
        yield from version_faults(bucket, reply)
        for name, value in one.checksums:
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
        known = replace(one, etag=reply.header("etag"), modified=window(reply), version=version_told(one, reply))
        return at.holding(bucket.writing(key, known))

    then = at.holding(bucket.writing(key, one))
    return at.done(requirement, 200, then=then, looks=looks, learns=learns, tells=(("etag", one.etag or ""),))


def version_told(one: Stored, reply: Reply) -> str | None:
    """Return the version's id of a write: what the answer says, if ids are told at all."""
    return one.version if one.version is not None else reply.header("x-amz-version-id")


def version_faults(bucket: Bucket, reply: Reply) -> Iterator[Violation]:
    """List what is wrong with the version's id in the answer to a write."""
    came = reply.header("x-amz-version-id")
    known = {version.version for several in bucket.objects.values() for version in several}
    if bucket.versioning == "Enabled" and (came is None or came == "null" or came in known):
        yield wrong("versioning", "no fresh x-amz-version-id", "a new id", str(came), answers.VERSION, reply=reply)
    if bucket.versioning == "Suspended" and came not in (None, "null"):
        yield wrong(
            "versioning", "a version's id while versions are suspended", "null", str(came), answers.VERSION, reply=reply
        )


def chosen(at: Asked, bucket: Bucket) -> tuple[Stored | None, list[Alternative]]:
    """Return the version that a read is about, or the refusals if there is none."""
    key = at.step.key
    wanted = at.query.get("versionId")
    if wanted is None or not at.profile.can("versioning"):
        one = bucket.newest(key)
        return one, [] if one is not None else [at.refuse("missing-things", Rule.NO_SUCH_KEY)]
    one = bucket.version(key, wanted)
    if one is None:
        missing = at.refuse("versioning", Rule.NO_SUCH_VERSION)
        return None, [missing]
    if one.marker:
        return None, [at.refuse("versioning", Rule.MARKER)]
    return one, []


def get(at: Asked) -> list[Alternative]:
    """Read an object, or what is known of it, whole or in part."""
    bucket = at.bucket
    if bucket is None:
        return missing_bucket(at)
    one, missing = chosen(at, bucket)
    if one is None:
        return [*missing, *key_faults(at, at.step.key)]
    failed, opened = read_faults(at, one)
    if failed:
        return failed
    several = _parts(at, bucket, one) if "partNumber" in at.query else _spans(at, bucket, one)
    if opened:
        several += [
            at.refuse("read-conditions", Rule.PRECONDITION, grade="allowed"),
            at.refuse("read-conditions", Rule.NOT_MODIFIED, grade="allowed"),
            at.may_refuse("read-conditions"),
        ]
    return several


def _spans(at: Asked, bucket: Bucket, one: Stored) -> list[Alternative]:
    text = at.headers.get("range")
    whole = shows(at, bucket, one)
    if text is None:
        return [whole]
    wanted = ranges.asked(text, len(one.content))
    refusal = at.refuse("ranges", Rule.RANGE)
    if "if-range" in at.headers or at.head or wanted.kind == "open":
        some = [shows(at, bucket, one, wanted.span)] if wanted.span is not None else []
        freely = [at.may_refuse("ranges"), _several_ranges(at, one)] if wanted.kind == "open" else [refusal]
        return [*some, answers.graded(whole, "allowed"), *freely]
    return [refusal] if wanted.span is None else [shows(at, bucket, one, wanted.span)]


def _several_ranges(at: Asked, one: Stored) -> Alternative:
    """Return the alternative of a 206 for what is left open: a range that is rightly labelled, or several."""

    def looks(reply: Reply) -> Iterator[Violation]:
        if (reply.header("content-type") or "").startswith("multipart/byteranges"):
            return
        came = reply.header("content-range") or ""
        first, _, last = came.removeprefix("bytes ").partition("/")[0].partition("-")
        true = first.isdigit() and last.isdigit() and reply.body == one.content[int(first) : int(last) + 1]
        if not (true or at.head) or not came.endswith(f"/{len(one.content)}"):
            yield wrong(
                "ranges",
                "a 206 whose label is not true",
                "a true Content-Range",
                came,
                answers.CONTENT_RANGE,
                reply=reply,
            )

    return at.done("ranges", 206, looks=looks, grade="allowed", says="a range, rightly labelled")


def shows(
    at: Asked, bucket: Bucket, one: Stored, span: Span | None = None, *, parts: int | None = None, status: int = 0
) -> Alternative:
    """Return the alternative of an answer that shows an object."""
    replaced = {header: at.query[name] for name, header in RESPONSE_HEADERS.items() if name in at.query}
    asked_checksums = at.headers.get("x-amz-checksum-mode", "").upper() == "ENABLED"
    shown = DueRead(one, at.profile, at.head, span, replaced, asked_checksums, parts)
    about = told_object(one, span)
    return at.done(
        "ranges" if span is not None else "content", status or (200 if span is None else 206), says=about,
        looks=lambda reply: faults_of_read(shown, reply), learns=learn_from_read(at, bucket, at.step.key, one),
        tells=(("etag", one.etag or ""),),
    )  # fmt: skip


def told_object(one: Stored, span: Span | None = None) -> str:
    """Describe an object in a few words."""
    part = "" if span is None else f", bytes {span.start} to {span.end - 1}"
    return f"{len(one.content)} bytes, ETag {one.etag}{part}"


def learn_from_read(at: Asked, bucket: Bucket, key: str, one: Stored) -> Callable[[Reply], State]:
    """Return what a read tells of the time and the ETag of an object."""

    def learns(reply: Reply) -> State:
        came = instant(reply.header("last-modified"))
        known = replace(one, etag=one.etag or reply.header("etag"), modified=narrowed(one.modified, came))
        return at.holding(bucket.known_as(key, one, known))

    return learns


def narrowed(known: Window | None, came: float | None) -> Window | None:
    """Return the time of a write once a read has told it to the second."""
    return known if came is None else (came, came)


def _parts(at: Asked, bucket: Bucket, one: Stored) -> list[Alternative]:
    """Answer a read of a part by its number."""
    text = at.query["partNumber"]
    whole = answers.graded(shows(at, bucket, one), "allowed")
    if not at.profile.can("get-part"):
        return [whole, at.may_refuse("parts-read"), answers.anything("parts-read", at.state)]
    if "range" in at.headers or not (text.isascii() and text.isdigit() and 1 <= int(text) <= 10_000):
        return [at.refuse("parts-read", Rule.PART_NUMBER, code="InvalidRequest" if "range" in at.headers else "")]
    number, size = int(text), len(one.content)
    if not one.parts:
        if number > 1:
            return [at.refuse("parts-read", Rule.RANGE, code="InvalidPartNumber", loose=True)]
        span = Span(0, size, size)
        several = [shows(at, bucket, one, span)] if size else [answers.anything("parts-read", at.state)]
        return [*several, whole]
    if "part-numbers" in one.free:
        return [answers.anything("parts-read", at.state, "the n-th part, or number n"), whole]
    if number > len(one.parts):
        return [at.refuse("parts-read", Rule.RANGE, code="InvalidPartNumber", loose=True)]
    start = sum(one.parts[: number - 1])
    length = one.parts[number - 1]
    if not length:
        return [answers.anything("parts-read", at.state, "an empty part: 200, 206 or 416")]
    return [shows(at, bucket, one, Span(start, start + length, size), parts=len(one.parts))]


def delete(at: Asked) -> list[Alternative]:
    """Delete an object, or one version of it."""
    bucket = at.bucket
    if bucket is None:
        return missing_bucket(at)
    key, wanted = at.step.key, at.query.get("versionId")
    one = bucket.newest(key)
    conditional = "if-match" in at.headers
    failed, opened, forbidden = write_faults(at, one, "conditional-delete")
    if conditional and one is None and at.profile.can("conditional-delete"):
        return [*failed, at.done("deletes", 204, grade="allowed", then=_deleted(at, bucket, key))]
    if failed:
        return failed
    allowed = [at.may_refuse("deletes")] if opened or key_faults(at, key) else []
    if wanted is not None and at.profile.can("versioning"):
        return [*_delete_version(at, bucket, key, wanted), *allowed]
    done = _delete(at, bucket, key)
    return allowed if forbidden else [*done, *allowed]


def _delete(at: Asked, bucket: Bucket, key: str) -> list[Alternative]:
    if not bucket.versioning:
        return [at.done("deletes", 204, then=_deleted(at, bucket, key))]

    def looks(reply: Reply) -> Iterator[Violation]:
        due = bucket.versioning == "Enabled" and bucket.newest(key) is not None
        if due and reply.header("x-amz-delete-marker") != "true":
            yield wrong(
                "versioning",
                "no x-amz-delete-marker",
                "true",
                str(reply.header("x-amz-delete-marker")),
                answers.VERSION,
                reply=reply,
            )

    def learns(reply: Reply) -> State:
        told = reply.header("x-amz-version-id")
        # While versions are suspended, a marker takes the place of the version `null`, and its id.
        fresh = told is not None and (told == _marker(bucket).version or bucket.version(key, told) is None)
        if bucket.newest(key) is None and not fresh:
            # A key that is missing gets another marker, or none.
            return at.state
        marker = Stored(marker=True, modified=window(reply), version=version_told(_marker(bucket), reply))
        return at.holding(bucket.writing(key, marker))

    return [at.done("deletes", 204, then=_deleted(at, bucket, key), looks=looks, learns=learns)]


def _marker(bucket: Bucket) -> Stored:
    return with_version(Stored(marker=True), bucket)


def _deleted(at: Asked, bucket: Bucket, key: str) -> State:
    if bucket.versioning:
        return at.holding(bucket.writing(key, _marker(bucket)))
    return at.holding(bucket.holding(key, ()))


def _delete_version(at: Asked, bucket: Bucket, key: str, wanted: str) -> list[Alternative]:
    left = tuple(one for one in bucket.objects.get(key, ()) if one.id != wanted)
    done = at.done("versioning", 204, then=at.holding(bucket.holding(key, left)))
    if bucket.version(key, wanted) is None:
        return [done, at.refuse("versioning", Rule.NO_SUCH_VERSION, grade="allowed")]
    return [done]


def faults_of_listed_time(one: Stored, text: str | None, at: Asked) -> Iterator[Violation]:
    """List what is wrong with a time of last modification in XML."""
    from datetime import datetime

    try:
        came = datetime.fromisoformat((text or "").replace("Z", "+00:00"))
    except ValueError:
        came = None
    if came is None or came.tzinfo is None:
        yield wrong("last-modified", "no LastModified in ISO 8601 and UTC", "a date", str(text), answers.LAST_MODIFIED)
        return
    # A listing tells the second, or parts of it as well.
    yield from faults_of_time(one, float(int(came.timestamp())), at.profile, str(text))

"""List the parts of uploads, uploads in progress, and versions of objects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise

from specs.objects import answers
from specs.objects.answers import Alternative, wrong
from specs.objects.model.asked import Asked, missing_bucket, unclaimed_key
from specs.objects.model.batches import in_xml
from specs.objects.model.listings import decoded, items, most_of
from specs.objects.model.uploads import upload_of
from specs.objects.reading import document, same_etag
from specs.objects.rules import Rule
from specs.objects.state import Bucket, Upload, in_bytes
from specs.objects.steps import ListVersions
from specs.objects.xml import Element, read_xml, text_of
from specs.outcome import Reply
from specs.violation import Violation

# The elements of a listing of versions.
OF_VERSIONS = ("Version", "DeleteMarker")


def list_parts(at: Asked) -> list[Alternative]:
    """List the parts of an upload."""
    bucket, step = at.bucket, at.step
    if bucket is None:
        return missing_bucket(at)
    if not at.profile.can("list-parts"):
        return [answers.anything("part-lists", at.state, "not claimed")]
    _, upload, found = upload_of(at, bucket)
    most = most_of(step.most)
    legal = step.marker.isascii() and (step.marker.isdigit() or not step.marker)
    if upload is None or found:
        return found
    if most is None or not legal:
        return [at.refuse("part-lists", Rule.ARGUMENT), answers.anything("part-lists", at.state, "", Rule.ARGUMENT)]

    def looks(reply: Reply) -> Iterator[Violation]:
        root, faults = document(reply, "ListPartsResult", ("IsTruncated",))
        yield from faults
        if root is not None and not faults:
            yield from _faults_of_parts(root, upload, int(step.marker or 0), most, reply)

    return [at.done("part-lists", 200, looks=looks, says=f"parts {sorted(upload.parts)}")]


def _faults_of_parts(root: Element, upload: Upload, marker: int, most: int, reply: Reply) -> Iterator[Violation]:
    due = [number for number in sorted(upload.parts) if number > marker]
    came = [text_of(one, "PartNumber") or "" for one in root.all("Part")]
    truncated = text_of(root, "IsTruncated") == "true"
    if came != [str(one) for one in due[: len(came)]] or len(came) > most:
        yield wrong("part-lists", "other parts", str(due[:most]), str(came), answers.PARTS, reply=reply)
        return
    if not truncated and len(came) < len(due) and most > 0:
        yield wrong(
            "part-lists",
            "parts are left out, and the page says that it is the last",
            str(due),
            str(came),
            answers.TRUNCATED,
            reply=reply,
        )
    if truncated and came and text_of(root, "NextPartNumberMarker") != came[-1]:
        yield wrong(
            "part-lists",
            "NextPartNumberMarker is not the last part",
            came[-1],
            str(text_of(root, "NextPartNumberMarker")),
            answers.TRUNCATED,
            reply=reply,
        )
    for number, entry in zip(due, root.all("Part")):
        part = upload.parts[number]
        if text_of(entry, "Size") != str(len(part.content)):
            yield wrong(
                "part-lists",
                "another size of a part",
                str(len(part.content)),
                str(text_of(entry, "Size")),
                answers.SIZE,
                reply=reply,
            )
        if not same_etag(part.etag, text_of(entry, "ETag")):
            yield wrong(
                "part-lists",
                "another ETag of a part",
                str(part.etag),
                str(text_of(entry, "ETag")),
                answers.ETAG,
                reply=reply,
            )


def list_uploads(at: Asked) -> list[Alternative]:
    """List the uploads in progress of a bucket."""
    bucket, step = at.bucket, at.step
    if bucket is None:
        return missing_bucket(at)
    by_key = at.profile.list_uploads == "by-key" and step.prefix not in {one.key for one in bucket.uploads.values()}
    if at.profile.list_uploads == "no" or by_key or bucket.hazy_uploads:
        return [answers.anything("part-lists", at.state, "not claimed, or not known")]
    most, before = most_of(step.most), _listed_before(at)
    if most is None or before is None:
        return [
            answers.anything(
                "part-lists", at.state, "a page of no number, or after one that did not come", Rule.ARGUMENT
            )
        ]

    def looks(reply: Reply) -> Iterator[Violation]:
        root, faults = document(reply, "ListMultipartUploadsResult")
        yield from faults
        if root is not None and not faults:
            yield from _faults_of_uploads(at, bucket, root, most, before, reply)

    due = [one for one in bucket.uploads.values() if one.key.startswith(step.prefix)]
    return [at.done("part-lists", 200, looks=looks, says=f"{len(due) - len(before)} uploads")]


def _listed_before(at: Asked) -> frozenset[tuple[str, str]] | None:
    """Return what the pages before this one have listed; None where the page before did not come."""
    if not at.step.after:
        return frozenset()
    told = at.memory.known("listed", at.step.after)
    return None if told is None else frozenset((key, name) for key, name in json.loads(told))


def listed_so_far(at: Asked, reply: Reply) -> str | None:
    """Return what a page and those before it have listed, for the next page; None after the last page."""
    root = read_xml(reply.body)
    before = _listed_before(at)
    if root is None or before is None or text_of(root, "IsTruncated") != "true":
        return None
    encoded, name = text_of(root, "EncodingType") == "url", "UploadId"
    entries = list(root.all("Upload"))
    if isinstance(at.step, ListVersions):
        entries, name = [one for one in root.children if one.name in OF_VERSIONS], "VersionId"
    here = {(decoded(text_of(one, "Key") or "", encoded), text_of(one, name) or "") for one in entries}
    return json.dumps(sorted(before | here))


def _faults_of_uploads(
    at: Asked, bucket: Bucket, root: Element, most: int, before: frozenset[tuple[str, str]], reply: Reply
) -> Iterator[Violation]:
    step = at.step
    encoded = text_of(root, "EncodingType") == "url"
    uploads = {(one.key, told) for told, one in bucket.uploads.items() if one.key.startswith(step.prefix)}
    shown = items([key for key, _ in uploads], step.prefix, step.delimiter)
    plain = {one.name for one in shown if not one.group}
    due = {(key, told) for key, told in uploads if key in plain and in_xml(key)} - before
    came = [(decoded(text_of(one, "Key") or "", encoded), text_of(one, "UploadId") or "") for one in root.all("Upload")]
    came = [one for one in came if in_xml(one[0])]
    truncated = text_of(root, "IsTruncated") == "true"
    by_key = at.profile.list_uploads == "by-key"
    excused = {one for one in uploads if unclaimed_key(at.profile, one[0]) or (by_key and one[0] != step.prefix)}
    if any(in_bytes(one[0]) > in_bytes(other[0]) for one, other in pairwise(came)):
        yield wrong("part-lists", "uploads in another order", "by key", str(came), answers.ORDER, reply=reply)
    if len(came) > most:
        yield wrong(
            "part-lists", "more uploads than were asked for", str(most), str(len(came)), answers.KEYS, reply=reply
        )
    if set(came) - due or len(set(came)) < len(came):
        yield wrong(
            "part-lists",
            "an upload that is not in progress, or was listed before",
            str(sorted(due)),
            str(came),
            answers.KEYS,
            reply=reply,
        )
    elif not truncated and due - set(came) - excused and most > 0:
        yield wrong("part-lists", "uploads are left out", str(sorted(due)), str(came), answers.KEYS, reply=reply)


def list_versions(at: Asked) -> list[Alternative]:
    """List a page of the versions of a bucket's objects."""
    bucket, step = at.bucket, at.step
    if bucket is None:
        return missing_bucket(at)
    most, before = most_of(step.most), _listed_before(at)
    if not at.profile.can("versioning"):
        return [answers.anything("versioning", at.state, "not claimed")]
    if most is None or before is None:
        return [answers.anything("versioning", at.state, "no page that can be told", Rule.ARGUMENT)]

    def looks(reply: Reply) -> Iterator[Violation]:
        root, faults = document(reply, "ListVersionsResult")
        if root is None and not all(map(in_xml, bucket.objects)):
            return
        yield from faults
        if root is not None and not faults:
            yield from _faults_of_versions(at, bucket, root, most, before, reply)

    count = sum(map(len, bucket.objects.values())) - len(before)
    return [at.done("versioning", 200, looks=looks, says=f"{count} versions")]


def _faults_of_versions(
    at: Asked, bucket: Bucket, root: Element, most: int, before: frozenset[tuple[str, str]], reply: Reply
) -> Iterator[Violation]:
    encoded = text_of(root, "EncodingType") == "url"
    known = {(key, one.id) for key, several in bucket.objects.items() for one in several}
    if any(told is None for _, told in known):
        return
    due = [
        (key, str(one.id), one is bucket.objects[key][-1], one.marker)
        for key in sorted(bucket.objects, key=in_bytes)
        for one in reversed(bucket.objects[key])
        if key.startswith(at.step.prefix) and in_xml(key) and not unclaimed_key(at.profile, key)
        if (key, one.id) not in before
    ]
    came = [
        (decoded(text_of(one, "Key") or "", encoded), text_of(one, "VersionId") or "",
         text_of(one, "IsLatest") == "true", one.name == "DeleteMarker")
        for one in root.children if one.name in OF_VERSIONS
    ]  # fmt: skip
    came = [one for one in came if in_xml(one[0]) and not unclaimed_key(at.profile, one[0])]
    truncated = text_of(root, "IsTruncated") == "true"
    if len(came) > most:
        yield wrong("versioning", "more versions than were asked for", str(most), str(len(came)), answers.KEYS)
    if sorted(came) != sorted(due[: len(came)]) or (not truncated and most > 0 and len(came) < len(due)):
        yield wrong("versioning", "other versions are listed", str(due[:most]), str(came), answers.VERSION, reply=reply)
    if truncated and came and not text_of(root, "NextKeyMarker"):
        yield wrong("versioning", "no NextKeyMarker, where versions remain", "a key", "none", answers.TRUNCATED)

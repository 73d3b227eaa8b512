"""Delete several objects by one request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from specs.objects import answers
from specs.objects.answers import Alternative, wrong
from specs.objects.model.asked import Asked, missing_bucket, unclaimed_key, with_version
from specs.objects.model.gate import right_to_delete
from specs.objects.reading import document, window
from specs.objects.rules import Rule
from specs.objects.state import Bucket, State, Stored, in_bytes
from specs.objects.xml import Element, text_of
from specs.outcome import Reply
from specs.violation import Violation

MOST_KEYS = 1000
XML_LACKS = frozenset({*map(chr, range(32)), "\x7f", "\ufffe", "\uffff"} - {"\t", "\n", "\r", "\x7f"})


def in_xml(key: str) -> bool:
    """Say whether XML 1.0 has all characters of a key."""
    return not set(key) & XML_LACKS


def delete_several(at: Asked) -> list[Alternative]:
    """Delete each of the keys."""
    bucket, step = at.bucket, at.step
    if bucket is None:
        return missing_bucket(at)
    done = _done(at, bucket)
    if step.digest.startswith("wrong"):
        refusal = at.refuse("digests", Rule.DIGEST_WRONG)
        verified = step.digest.removeprefix("wrong ") in at.profile.digests
        return [refusal] if verified else [done, at.may_refuse("digests")]
    if len(step.keys) > MOST_KEYS:
        refusal = at.refuse("batch", Rule.TOO_MANY_KEYS)
        return [refusal, answers.graded(done, "allowed")] if at.profile.rules("batch-limit") else [done, refusal]
    if not step.digest or not step.keys:
        return [done, at.may_refuse("batch")]
    if not all(in_xml(one.key) for one in step.keys):
        return [answers.anything("batch", at.state, "keys that XML lacks")]
    if any(len(in_bytes(one.key)) > 1024 or not one.key for one in step.keys):
        return [done, at.may_refuse("batch")]
    return [done]


def _done(at: Asked, bucket: Bucket) -> Alternative:
    """Return the alternative of a batch that is done: what an Error names stays, all else is gone."""

    def looks(reply: Reply) -> Iterator[Violation]:
        root, faults = document(reply, "DeleteResult")
        yield from faults
        if root is not None:
            yield from _faults(at, bucket, root, reply)

    def learns(reply: Reply) -> State:
        root, _ = document(reply, "DeleteResult")
        kept = set() if root is None else {_named(one) for one in root.all("Error")}
        markers = (
            {}
            if root is None
            else {text_of(one, "Key"): text_of(one, "DeleteMarkerVersionId") for one in root.all("Deleted")}
        )
        return _after(at, bucket, frozenset(kept), markers, window(reply))

    then = _after(at, bucket, frozenset(), {}, None)
    return at.done("batch", 200, then=then, looks=looks, learns=learns)


def _named(entry: Element) -> tuple[str, str]:
    """Return the key, and the version if one was asked for, that an entry of the answer is about."""
    return text_of(entry, "Key") or "", text_of(entry, "VersionId") or ""


def _after(
    at: Asked,
    bucket: Bucket,
    kept: frozenset[tuple[str, str]],
    markers: dict[str | None, str | None],
    modified: tuple[float, float] | None,
) -> State:
    for one in at.step.keys:
        version = at.fill(one.version)
        if (one.key, version) in kept:
            continue
        if version and at.profile.can("versioning"):
            left = tuple(held for held in bucket.objects.get(one.key, ()) if held.id != version)
            bucket = bucket.holding(one.key, left)
        elif not bucket.versioning:
            bucket = bucket.holding(one.key, ())
        elif bucket.latest(one.key) is not None or markers.get(one.key):
            marker = with_version(Stored(marker=True, modified=modified), bucket)
            told = marker.version if marker.version is not None else markers.get(one.key)
            bucket = bucket.writing(one.key, replace(marker, version=told))
    return at.holding(bucket)


def _faults(at: Asked, bucket: Bucket, root: Element, reply: Reply) -> Iterator[Violation]:
    wanted = {one.key for one in at.step.keys}
    deleted = Counter(text_of(one, "Key") or "" for one in root.all("Deleted"))
    failed = {text_of(one, "Key") or "": text_of(one, "Code") or "" for one in root.all("Error")}
    excused = {one.key for one in at.step.keys if one.version or unclaimed_key(at.profile, one.key)}
    rights = {key: right_to_delete(at, bucket, key) for key in wanted}
    # A key that the sender may not delete is refused by itself.
    excused |= {key for key, code in failed.items() if code == "AccessDenied" and rights.get(key, "yes") != "yes"}
    for key in sorted(set(deleted) & {key for key, right in rights.items() if right == "no"}):
        yield wrong(
            "access",
            "a key is deleted without the right to",
            "AccessDenied",
            f"Deleted {key!r}",
            answers.KEYS,
            reply=reply,
        )
    for key, code in failed.items():
        if key in wanted and key not in excused:
            there = "there" if bucket.newest(key) is not None else "missing"
            yield wrong(
                "batch",
                f"a key is not deleted: {code}",
                f"Deleted {key!r} ({there})",
                f"Error {code}",
                answers.KEYS,
                reply=reply,
            )
    for key in sorted({*deleted, *failed} - wanted):
        yield wrong(
            "batch", "a key that was not asked for", str(sorted(wanted))[:120], repr(key), answers.KEYS, reply=reply
        )
    if at.step.quiet and deleted:
        yield wrong(
            "batch", "Deleted in quiet mode", "none", str(len(deleted)), answers.KEYS, reply=reply, warning=True
        )
    if not at.step.quiet:
        for key in sorted(wanted - set(deleted) - set(failed) - excused):
            yield wrong("batch", "no answer for a key", f"Deleted {key!r}", "nothing", answers.KEYS, reply=reply)

"""Give plainer forms of histories that end in a list: of objects, not of uploads or versions, and on one page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from fuzz.subjects.objects.traits.keys import OF_LISTINGS, renamed
from specs.objects import steps
from specs.objects.content import Content
from specs.objects.state import in_bytes

CONTENT = Content(b"x")
VERSIONED = (steps.PutObject, steps.DeleteObject)


def _lists(several: Sequence[Any], number: int) -> Iterator[Any]:
    """List objects where the last request lists uploads or versions, and put each key that was begun."""
    step, last = several[number], several[-1]
    if not isinstance(last, steps.ListUploads | steps.ListVersions):
        yield step
    elif step is last:
        asked = {name: getattr(step, name) for name in ("bucket", "prefix", "url", "sent", "lane")}
        yield steps.ListObjects(**asked, delimiter=getattr(step, "delimiter", ""), max_keys=step.most)
    elif isinstance(step, steps.CreateUpload):
        yield steps.PutObject(bucket=step.bucket, key=step.key, content=CONTENT, lane=step.lane)
    elif isinstance(step, steps.PutObject | steps.CreateBucket):
        yield step


def _delimiters(several: Sequence[Any], number: int) -> Iterator[Any]:
    """Group by what begins with a slash where the last request groups by something else; no key begins so then."""
    yield _with_slashes(several, number, "")


def _delimiters_within(several: Sequence[Any], number: int) -> Iterator[Any]:
    """Group by slashes where the last request groups by something else; no key begins or ends so then."""
    yield _with_slashes(several, number, "b")


def _with_slashes(several: Sequence[Any], number: int, end: str) -> Any:
    step, delimiter = several[number], getattr(several[-1], "delimiter", "")
    if not delimiter or delimiter[0] == "/":
        return step
    slash = f"/{delimiter[1:]}"
    plain = renamed(lambda text: f"a{text.replace(delimiter, slash)}", OF_LISTINGS, step)
    plain = renamed(lambda key: f"{key}{end}", (), plain)
    return replace(plain, delimiter=slash) if getattr(plain, "delimiter", "") == delimiter else plain


def _pages(several: Sequence[Any], number: int) -> Iterator[Any]:
    """List what comes after the first key where the last request asks for the next page of an earlier list."""
    step, last = several[number], several[-1]
    if not isinstance(last, steps.ListObjects) or not last.after:
        yield step
    elif step is last:
        keys = {one.key for one in several if isinstance(one, steps.PutObject) and one.bucket == last.bucket}
        yield replace(last, after="", start=min(keys, key=in_bytes, default="a"))
    elif not isinstance(step, steps.ListObjects):
        yield step


def _told_of_versions(several: Sequence[Any], number: int) -> Iterator[Any]:
    """End with the last write of a list of versions, of a key that was put before: the write tells of its version."""
    step, written = several[number], _last_version(several)
    if written is None:
        yield step
    elif step is written:
        before = (one for one in several[:number] if isinstance(one, steps.PutObject))
        if not any(one.about == step.about for one in before):
            yield steps.PutObject(bucket=step.bucket, key=step.key, content=CONTENT)
        yield step
    elif step is not several[-1]:
        yield step


def _told_of_puts(several: Sequence[Any], number: int) -> Iterator[Any]:
    """Do what `_told_of_versions` does, and put the key once more in place of the last write."""
    written = _last_version(several)
    for one in _told_of_versions(several, number):
        yield steps.PutObject(bucket=one.bucket, key=one.key, content=CONTENT) if one is written else one


def _last_version(several: Sequence[Any]) -> Any:
    """Return the last write of a history that ends in a list of versions."""
    if not isinstance(several[-1], steps.ListVersions):
        return None
    return next((one for one in reversed(several) if isinstance(one, VERSIONED) and not one.query), None)


# These ways are taken one at a time.
OF_LISTS = (_delimiters, _delimiters_within, _lists, _pages, _told_of_versions, _told_of_puts)

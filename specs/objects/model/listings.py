"""List the keys of a bucket, page by page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from urllib.parse import unquote_plus

from specs.objects import answers
from specs.objects.answers import Alternative, wrong
from specs.objects.model.asked import Asked, missing_bucket, unclaimed_key
from specs.objects.model.batches import in_xml
from specs.objects.model.objects import faults_of_listed_time, narrowed
from specs.objects.reading import document, same_etag
from specs.objects.rules import Rule
from specs.objects.state import Bucket, State, in_bytes
from specs.objects.words import quoted
from specs.objects.xml import Element, text_of
from specs.outcome import Reply
from specs.violation import Violation

MOST_ITEMS = 1000
MOST_NUMBER = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Item:
    """A key, or a group of keys that begin alike."""

    name: str
    group: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a listing as it came: its items, whether more remain, and how its keys are written."""

    items: tuple[Item, ...]
    truncated: bool
    root: Element


def items(keys: Iterable[str], prefix: str, delimiter: str) -> list[Item]:
    """Return the items of a listing of keys: keys and groups, in the order of their bytes."""
    found = set()
    for key in keys:
        if not key.startswith(prefix):
            continue
        at = key.find(delimiter, len(prefix)) if delimiter else -1
        found.add(Item(key) if at < 0 else Item(key[: at + len(delimiter)], group=True))
    return sorted(found, key=lambda one: in_bytes(one.name))


def most_of(text: str) -> int | None:
    """Return how many items a page may have; None where the text is no number of them."""
    if not text:
        return MOST_ITEMS
    if not (text.isascii() and text.isdigit()):
        return None
    return min(int(text), MOST_ITEMS)


def list_keys(at: Asked) -> list[Alternative]:
    """List a page of a bucket's keys."""
    bucket, step = at.bucket, at.step
    if bucket is None:
        return missing_bucket(at)
    most = most_of(step.max_keys)
    refusal = at.refuse("listing", Rule.ARGUMENT)
    if most is None:
        return (
            [refusal]
            if at.profile.rules("max-keys-invalid")
            else [answers.anything("listing", at.state, "", Rule.ARGUMENT)]
        )
    start, known = _start(at)
    if not known:
        return [answers.anything("paging", at.state, "a page after one that did not come", Rule.ARGUMENT)]
    lax = [answers.graded(refusal, "allowed")] if step.max_keys.isdigit() and int(step.max_keys) > MOST_NUMBER else []
    if step.delimiter and at.profile.delimiter == "/" and step.delimiter != "/":
        return [answers.anything("listing", at.state, "a delimiter that is not claimed")]
    return [_page(at, bucket, start, most), *lax]


def _start(at: Asked) -> tuple[str, bool]:
    """Return the last item before the page, and whether that is known."""
    step = at.step
    if not step.after:
        return step.start, True
    last = at.memory.known("last", step.after)
    return last or "", last is not None


def _page(at: Asked, bucket: Bucket, start: str, most: int) -> Alternative:
    step = at.step
    every = items(bucket.keys(), step.prefix, step.delimiter)
    # A start inside a group may give the group, or not.
    inside = [one for one in every if one.group and start.startswith(one.name) and one.name != start]
    due = [one for one in every if in_bytes(one.name) > in_bytes(start)]
    unclaimed = {one.name for one in every if unclaimed_key(at.profile, one.name)} | _both(at, every)

    def looks(reply: Reply) -> Iterator[Violation]:
        page, faults = read_page(at, reply)
        yield from faults
        if page is not None and not faults:
            yield from _faults_of_items(at, page, due, {one.name for one in inside} | unclaimed, most)
            yield from _faults_of_entries(at, bucket, page)
            yield from _faults_of_manners(at, page)

    def learns(reply: Reply) -> State:
        page, _ = read_page(at, reply)
        return at.state if page is None else at.holding(_learned(bucket, page))

    shown = ", ".join(one.name[:20] for one in due[:most][:5])
    last = due[:most][-1].name if due[:most] else start
    return at.done(
        "listing",
        200,
        looks=looks,
        learns=learns,
        says=f"{len(due[:most])} items: {shown}",
        tells=(("last", last), ("token", "token"), ("marker", last)),
    )


def _both(at: Asked, every: list[Item]) -> set[str]:
    """Return keys of which one begins another, followed by a slash, if the profile does not claim to keep both."""
    if "object-and-prefix" not in at.profile.keys:
        return set()
    names = [one.name for one in every]
    return {name for name in names if any(other.startswith(f"{name}/") for other in names)} | {
        other for name in names for other in names if other.startswith(f"{name}/")
    }


def read_page(at: Asked, reply: Reply) -> tuple[Page | None, list[Violation]]:
    """Read a page of keys; keys that XML lacks make a page that cannot be read, which is no fault."""
    bucket = at.bucket
    root, faults = document(reply, "ListBucketResult")
    if root is None:
        bare = bucket is not None and not all(map(in_xml, bucket.keys()))
        return None, [] if bare else faults
    encoded = text_of(root, "EncodingType") == "url"
    if not encoded and bucket is not None and not all(map(in_xml, bucket.keys())):
        return None, []
    keys = [Item(decoded(text_of(one, "Key") or "", encoded)) for one in root.all("Contents")]
    groups = [Item(decoded(text_of(one, "Prefix") or "", encoded), group=True) for one in root.all("CommonPrefixes")]
    truncated = (text_of(root, "IsTruncated") or "").strip()
    if truncated not in ("true", "false"):
        faults = [wrong("answer-form", "no IsTruncated", "true or false", truncated, answers.TRUNCATED, reply=reply)]
    for several in (keys, groups):
        if any(in_bytes(one.name) >= in_bytes(other.name) for one, other in pairwise(several)):
            shown = str([one.name for one in several])
            faults = [
                *faults,
                wrong(
                    "listing",
                    "keys in another order, or twice",
                    "the order of bytes",
                    shown,
                    answers.ORDER,
                    reply=reply,
                ),
            ]
    every = tuple(sorted((*keys, *groups), key=lambda one: in_bytes(one.name)))
    return Page(every, truncated == "true", root), faults


def decoded(text: str, encoded: bool) -> str:
    """Return a key as it is, from an answer that may have encoded it."""
    return unquote_plus(text, errors="surrogateescape") if encoded else text


def _faults_of_items(at: Asked, page: Page, due: list[Item], optional: set[str], most: int) -> Iterator[Violation]:
    """Compare a page with what is due: the first items, as many as the page has, in their order."""
    lacking = not all(in_xml(one.name) for one in due) and text_of(page.root, "EncodingType") != "url"
    if lacking:
        return
    if len(page.items) > most:
        yield wrong("paging", "more items than were asked for", str(most), str(len(page.items)), answers.KEYS)
    firm = [one for one in due if one.name not in optional]
    came = [one for one in page.items if one.name not in optional]
    for one in came:
        if one not in firm:
            yield wrong(
                "listing",
                "an item that is not there",
                told(due),
                told(page.items),
                answers.GROUPS if one.group else answers.KEYS,
            )
            return
    if came != firm[: len(came)]:
        yield wrong("listing", "items are left out", told(due), told(page.items), _what_is_left_out(firm, came))
    elif not page.truncated and len(came) < len(firm) and most > 0:
        yield wrong(
            "listing",
            "items are left out, and the page says that it is the last",
            told(due),
            told(page.items),
            _what_is_left_out(firm, came),
        )
    elif page.truncated and most == 0:
        yield wrong(
            "paging", "a page of no items that says that items remain", "IsTruncated false", "true", answers.TRUNCATED
        )
    elif page.truncated and not page.items and not at.profile.rules("short-pages"):
        yield wrong("paging", "an empty page that says that items remain", "items", "none", answers.TRUNCATED)
    elif page.truncated and len(came) == len(firm) and len(due) <= most and at.profile.rules("page-limit"):
        yield wrong(
            "paging",
            "the last page says that items remain",
            "IsTruncated false",
            "true",
            answers.TRUNCATED,
            warning=True,
        )


def _what_is_left_out(firm: list[Item], came: list[Item]) -> str:
    left = next((one for one in firm if one not in came), None)
    return answers.GROUPS if left is not None and left.group else answers.KEYS


def told(several: Iterable[Item]) -> str:
    """Show keys and groups of keys, as in `'a', the group 'b/'`."""
    return ", ".join(f"the group {one.name!r}" if one.group else repr(one.name) for one in several) or "none"


def _faults_of_entries(at: Asked, bucket: Bucket, page: Page) -> Iterator[Violation]:
    """Check sizes, ETags and times of the keys that are there."""
    encoded = text_of(page.root, "EncodingType") == "url"
    for entry in page.root.all("Contents"):
        key = decoded(text_of(entry, "Key") or "", encoded)
        one = bucket.newest(key)
        if one is None:
            continue
        if text_of(entry, "Size") != str(len(one.content)):
            yield wrong(
                "listing", "another size", f"{key!r}: {len(one.content)}", str(text_of(entry, "Size")), answers.SIZE
            )
        if at.profile.rules("etag-everywhere") and not same_etag(one.etag, text_of(entry, "ETag")):
            yield wrong(
                "etag", "a listing with another ETag", f"{key!r}: {one.etag}", str(text_of(entry, "ETag")), answers.ETAG
            )
        yield from faults_of_listed_time(one, text_of(entry, "LastModified"), at)


def _faults_of_manners(at: Asked, page: Page) -> Iterator[Violation]:
    """Check what a page says of itself: its count, its token and its encoding."""
    step, root = at.step, page.root
    kind = text_of(root, "EncodingType") or None
    if kind is not None and not step.url:
        yield wrong("listing-encoding", "EncodingType, which was not asked for", "none", kind, answers.ENCODING)
    if kind is None and step.url and at.profile.can("encoding-type"):
        yield wrong("listing-encoding", "no EncodingType, which was asked for", "url", "none", answers.ENCODING)
    token = text_of(root, "NextContinuationToken")
    if step.v2 and (token is not None and token != "") != page.truncated:
        yield wrong(
            "paging",
            "a token without more items, or none with more",
            f"truncated: {page.truncated}",
            f"token: {token}",
            answers.TRUNCATED,
        )
    if step.v2 and text_of(root, "KeyCount") != str(len(page.items)):
        yield wrong("listing", "another KeyCount", str(len(page.items)), str(text_of(root, "KeyCount")), answers.KEYS)
    if not step.v2 and page.truncated and step.delimiter and page.items:
        came = text_of(root, "NextMarker")
        last = page.items[-1].name
        if came is None or decoded(came, kind == "url") != last:
            yield wrong("paging", "NextMarker is not the last item", last, str(came), answers.TRUNCATED)


def _learned(bucket: Bucket, page: Page) -> Bucket:
    """Return the bucket with the times and ETags that a listing told."""
    from datetime import datetime

    encoded = text_of(page.root, "EncodingType") == "url"
    for entry in page.root.all("Contents"):
        key = decoded(text_of(entry, "Key") or "", encoded)
        one = bucket.newest(key)
        if one is None:
            continue
        try:
            told_at = datetime.fromisoformat((text_of(entry, "LastModified") or "").replace("Z", "+00:00"))
        except ValueError:
            continue
        etag = text_of(entry, "ETag")
        known = replace(
            one,
            etag=one.etag or (quoted(etag) if etag else None),
            modified=narrowed(one.modified, float(int(told_at.timestamp()))),
        )
        bucket = bucket.known_as(key, one, known)
    return bucket


def last_item(at: Asked, reply: Reply) -> str | None:
    """Return the last item of a page, from which the next page goes on; None where the page cannot be read."""
    page, faults = read_page(at, reply)
    if page is None or faults or not page.truncated:
        return None
    start, known = _start(at)
    return page.items[-1].name if page.items else start if known else None

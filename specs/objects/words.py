"""Fill templates in steps with what earlier answers said: ETags, versions, uploads, tokens, digests and dates.

A template is `{word name}`: `{etag first}` is the ETag that the step called `first` was answered with, and
`{modified first}` the Last-Modified, `{md5}` is the digest of the request's own body, `{wrong md5}` another one, and
`{now -3600}` is the date of an hour ago. In a key, which may have braces of its own, `~bucket-b~` is the real name of
the bucket that the case calls `b`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate, parsedate_to_datetime
from itertools import chain
from types import MappingProxyType
from urllib.parse import unquote_plus

from specs.objects import steps
from specs.objects.checksums import KINDS, digest
from specs.objects.xml import Element, read_xml, text_of
from specs.outcome import Outcome, Reply

TEMPLATE = re.compile(
    r"\{(etag|version|upload|token|modified|now|wrong md5|md5|wrong (?:"
    + "|".join(KINDS)
    + r")|"
    + "|".join(KINDS)
    + r")(?: ([^{}]*))?\}"
)
BUCKET_IN_KEY = re.compile(r"~bucket-(\w+)~")
MISSING: Mapping[str, str] = MappingProxyType(
    {
        "etag": '"00000000000000000000000000000000"',
        "upload": "no-such-upload",
        "version": "no-such-version",
        "token": "",
        "modified": "",
    }
)


@dataclass(frozen=True, slots=True)
class Memory:
    """The words in earlier answers of a case, by what they mean and by name."""

    told: Mapping[str, str] = field(default_factory=dict)

    def known(self, word: str, name: str) -> str | None:
        """Return what was said, if anything was."""
        return self.told.get(f"{word} {name}")

    def of(self, word: str, name: str) -> str:
        """Return what was said, or a value that stands for nothing."""
        return self.told.get(f"{word} {name}", MISSING[word])

    def with_told(self, name: str, said: Mapping[str, str]) -> Memory:
        """Return a memory that knows more of the step of that name."""
        more = {f"{word} {name}": value for word, value in said.items() if value}
        return Memory({**self.told, **more}) if name and more else self


NOTHING = Memory()


def filled(text: str, memory: Memory, body: Callable[[], Iterable[bytes]] = tuple, now: float = 0.0) -> str:
    """Return a text with its templates filled."""
    if "{" not in text:
        return text

    def value(match: re.Match[str]) -> str:
        word, name = match[1], match[2] or ""
        if word == "now":
            return formatdate(now + float(name or 0), usegmt=True)
        if word in MISSING:
            return memory.of(word, name)
        kind = word.removeprefix("wrong ")
        return digest(kind, chain(body(), (b"!",)) if word != kind else body())

    return TEMPLATE.sub(value, text)


def learned(memory: Memory, step: steps.Step, outcome: Outcome) -> Memory:
    """Return the memory after a step's answer."""
    if not step.called or not isinstance(outcome, Reply) or outcome.status >= 300:
        return memory
    return memory.with_told(step.called, dict(_said(step, outcome)))


def _said(step: steps.Step, reply: Reply) -> Iterator[tuple[str, str]]:
    if (etag := reply.header("etag")) is not None:
        yield "etag", etag
    if (version := reply.header("x-amz-version-id")) is not None:
        yield "version", version
    if (modified := reply.header("last-modified")) is not None:
        yield "modified", modified
    match step:
        case steps.CopyObject() | steps.StreamCopy() | steps.UploadPartCopy() | steps.CompleteUpload():
            root = read_xml(reply.body)
            if root is not None and (etag := text_of(root, "ETag")):
                yield "etag", quoted(etag)
        case steps.CreateUpload():
            root = read_xml(reply.body)
            if root is not None and (upload := text_of(root, "UploadId")):
                yield "upload", upload
        case steps.ListObjects() | steps.ListUploads() | steps.ListVersions():
            root = read_xml(reply.body)
            if root is not None:
                yield from _next_page(step, root)


def _next_page(step: steps.Step, root: Element) -> Iterator[tuple[str, str]]:
    """List what the next page's request needs; keys are decoded where the answer says that they are encoded."""
    encoded = text_of(root, "EncodingType") == "url"
    for word, name in (("key-marker", "NextKeyMarker"), ("marker", "NextMarker")):
        if (text := text_of(root, name)) is not None:
            yield word, unquote_plus(text) if encoded else text
    for word, name in (("upload-marker", "NextUploadIdMarker"), ("version-marker", "NextVersionIdMarker")):
        if (text := text_of(root, name)) is not None:
            yield word, text
    if (token := text_of(root, "NextContinuationToken")) is not None:
        yield "token", token
    if isinstance(step, steps.ListObjects) and not step.v2 and text_of(root, "NextMarker") is None:
        last = [text_of(one, "Key") or "" for one in root.all("Contents")][-1:]
        yield from (("marker", unquote_plus(key) if encoded else key) for key in last)


def quoted(etag: str) -> str:
    """Return an ETag with quotes around it."""
    return etag if etag.startswith(('"', "W/")) else f'"{etag}"'


def instant(text: str | None) -> float | None:
    """Return the seconds since 1970 of an HTTP date; None if it cannot be read."""
    if text is None:
        return None
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None

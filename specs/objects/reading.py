"""Check answers that show an object or tell of a write: content, length, ETag, time, headers, metadata, checksums."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate

from specs.objects import answers
from specs.objects.answers import wrong
from specs.objects.profile import Profile
from specs.objects.ranges import Span
from specs.objects.state import METADATA, STANDARD_HEADERS, Stored
from specs.objects.words import instant, quoted
from specs.objects.xml import Element, read_xml, text_of
from specs.outcome import Reply
from specs.violation import Violation

FIXDATE = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")
SLACK_SECONDS = 2.0
LEFT_OUT = object()


@dataclass(frozen=True, slots=True)
class DueRead:
    """The parts of an object that a read must show: the object, the range, and the headers that the query replaces."""

    one: Stored
    profile: Profile
    head: bool = False
    span: Span | None = None
    replaced: Mapping[str, str] = field(default_factory=dict)
    checksums: bool = False
    parts: int | None = None
    # Whether the answer may say the ETag of the whole object.
    etag: bool = True


def faults_of_read(shown: DueRead, reply: Reply) -> Iterator[Violation]:
    """List what is wrong with an answer to GET or HEAD."""
    yield from _faults_of_body(shown, reply)
    yield from _faults_of_etag(shown, reply)
    yield from _faults_of_time(shown, reply)
    yield from _faults_of_headers(shown, reply)
    yield from _faults_of_metadata(shown, reply)
    yield from _faults_of_checksums(shown, reply)
    for name in ("x-amz-request-id", "accept-ranges"):
        if reply.header(name) is None:
            yield wrong("usual-headers", f"no {name}", name, "none", answers.HEADERS, reply=reply, warning=True)


def _due(shown: DueRead) -> bytes:
    span = shown.span
    return shown.one.content if span is None else shown.one.content[span.start : span.end]


def _faults_of_body(shown: DueRead, reply: Reply) -> Iterator[Violation]:
    due, span = _due(shown), shown.span
    requirement = "content" if span is None else "ranges"
    length = reply.header("content-length")
    if length is None and not shown.head:
        yield wrong(
            "content-length",
            "no Content-Length",
            str(len(due)),
            "none",
            answers.CONTENT_LENGTH,
            reply=reply,
            warning=True,
        )
    elif length != str(len(due)):
        yield wrong(
            "content-length", "another Content-Length", str(len(due)), str(length), answers.CONTENT_LENGTH, reply=reply
        )
    if not shown.head and reply.body != due:
        yield wrong(
            requirement,
            "other bytes than were put",
            told_bytes(due),
            told_bytes(reply.body),
            answers.CONTENT,
            reply=reply,
        )
    came = reply.header("content-range")
    if span is not None and came != span.text and not (shown.head and came is None):
        yield wrong("ranges", "another Content-Range", span.text, str(came), answers.CONTENT_RANGE, reply=reply)
    if span is None and came is not None and reply.status == 200:
        yield wrong("ranges", "Content-Range for the whole object", "none", came, answers.CONTENT_RANGE, reply=reply)
    if shown.parts is not None and reply.header("x-amz-mp-parts-count") != str(shown.parts):
        yield wrong(
            "parts-read",
            "another x-amz-mp-parts-count",
            str(shown.parts),
            str(reply.header("x-amz-mp-parts-count")),
            answers.PARTS,
            reply=reply,
        )


def _faults_of_etag(shown: DueRead, reply: Reply) -> Iterator[Violation]:
    yield from faults_of_etag(shown.one.etag if shown.etag else None, reply)


def faults_of_etag(due: str | None, reply: Reply) -> Iterator[Violation]:
    """List what is wrong with the ETag header of a read or a write."""
    came = reply.header("etag")
    if came is None:
        yield wrong("etag", "no ETag", due or "an ETag", "none", answers.ETAG, reply=reply)
    elif not (len(came) > 2 and came[0] == came[-1] == '"'):
        yield wrong("etag", "an ETag without quotes", due or "a quoted ETag", came, answers.ETAG, reply=reply)
    elif due is not None and came != due:
        yield wrong("etag", "another ETag", due, came, answers.ETAG, reply=reply)


def _faults_of_time(shown: DueRead, reply: Reply) -> Iterator[Violation]:
    came = reply.header("last-modified")
    if came is None or not FIXDATE.fullmatch(came) or instant(came) is None:
        yield wrong(
            "last-modified", "no Last-Modified as HTTP has it", "a date", str(came), answers.LAST_MODIFIED, reply=reply
        )
    else:
        yield from faults_of_time(shown.one, instant(came), shown.profile, came)


def faults_of_time(one: Stored, came: float | None, profile: Profile, text: str) -> Iterator[Violation]:
    """List what is wrong with a time of last modification."""
    if one.modified is None or came is None or not profile.rules("last-modified"):
        return
    earliest, latest = one.modified
    if not int(earliest) <= came <= latest + 1:
        yield wrong(
            "last-modified",
            "another time than the write's",
            f"{formatdate(earliest, usegmt=True)}, or up to {latest - earliest:.0f} s later",
            text,
            answers.LAST_MODIFIED,
        )


def _faults_of_headers(shown: DueRead, reply: Reply) -> Iterator[Violation]:
    due = {**dict(shown.one.headers), **shown.replaced}
    for name in STANDARD_HEADERS:
        came = reply.header(name)
        if name in shown.one.free and name not in shown.replaced:
            continue
        if (
            name == "content-encoding"
            and came is not None
            and "aws-chunked" in came
            and "aws-chunked" not in due.get(name, "")
        ):
            yield wrong(
                "streaming",
                "aws-chunked kept in Content-Encoding",
                due.get(name, "none"),
                came,
                answers.HEADERS,
                reply=reply,
                warning=True,
            )
            continue
        if name in due and came != due[name]:
            yield wrong("headers", f"another {name}", due[name], str(came), answers.HEADERS, reply=reply)
        if name not in due and came is not None and name not in ("content-type", "cache-control"):
            yield wrong("headers", f"{name}, which the object has not", "none", came, answers.HEADERS, reply=reply)


def _faults_of_metadata(shown: DueRead, reply: Reply) -> Iterator[Violation]:
    due = dict(shown.one.metadata)
    came = {name[len(METADATA) :]: value for name, value in reply.headers if name.startswith(METADATA)}
    free = {name[len(METADATA) :] for name in shown.one.free if name.startswith(METADATA)}
    for name in sorted({*due, *came} - free):
        if due.get(name) != came.get(name):
            yield wrong(
                "headers",
                "other metadata",
                f"{name}: {due.get(name)}",
                f"{name}: {came.get(name)}",
                answers.METADATA,
                reply=reply,
            )


def _faults_of_checksums(shown: DueRead, reply: Reply) -> Iterator[Violation]:
    """Check that a checksum that is told is true, and that one that was sent is told when it is asked for."""
    from specs.objects.checksums import HEADERS, digest

    due = dict(shown.one.checksums)
    for name in HEADERS:
        came = reply.header(name)
        if came is not None and "-" not in came and not shown.one.parts and shown.span is None:
            true = digest(name.removeprefix("x-amz-checksum-"), shown.one.content)
            if came != true:
                yield wrong("digests", f"{name} is not the content's", true, came, answers.CHECKSUM, reply=reply)
        elif came is None and name in due and shown.checksums and shown.span is None:
            yield wrong("digests", f"no {name}, which was sent", due[name], "none", answers.CHECKSUM, reply=reply)


def told_bytes(data: bytes) -> str:
    """Show bytes: short ones as they are, of long ones the beginning and the number."""
    return repr(data) if len(data) <= 48 else f"{data[:32]!r}… ({len(data)} bytes)"


def window(reply: Reply) -> tuple[float, float] | None:
    """Return the time in which a write happened, by the Date of its answer."""
    date = instant(reply.header("date"))
    return None if date is None else (date - SLACK_SECONDS - reply.elapsed_ms / 1000, date + SLACK_SECONDS)


def document(reply: Reply, name: str, needed: Iterable[str] = ()) -> tuple[Element | None, list[Violation]]:
    """Return the root of an answer in XML, and what is wrong with it."""
    root = read_xml(reply.body)
    if root is None or root.name != name:
        came = "no XML" if root is None else root.name
        shown = f"{came}: {reply.body[:120]!r}"
        return None, [wrong("answer-form", f"no {name}", name, shown, answers.DOCUMENT, reply=reply)]
    missing = [one for one in needed if text_of(root, one) is None]
    return root, [
        wrong("answer-form", f"{name} without {one}", one, "none", answers.DOCUMENT, reply=reply) for one in missing
    ]


def same_etag(due: str | None, came: str | None) -> bool:
    """Say whether an ETag in XML is the one that is due, quotes aside."""
    return due is None or (came is not None and quoted(came) == due)

"""Say what a script compares: the statuses that are allowed, and what is due in the place that was wrong."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import unquote_plus

from fuzz.findings.finding import Finding
from fuzz.subjects.objects.scripts.marked import Request, places, requests
from fuzz.subjects.objects.scripts.rightly import answers_of
from specs.case import Case
from specs.objects import answers
from specs.objects.answers import OPEN, Alternative, code_of
from specs.objects.checksums import HEADERS
from specs.objects.model.judging import allowed_last, violations
from specs.objects.profile import Profile
from specs.objects.state import METADATA, STANDARD_HEADERS
from specs.outcome import Outcome, Reply
from specs.violation import Aspect

Kind = Literal["header", "body", "texts", "code", "error", "document", "as-told", "other-body", "no-document"]
Statuses = tuple[tuple[int, int], ...]
# An error that has its code and its end.
ERROR: Final = re.compile(r"<Error\b.*<Code>\w+</Code>.*</Error>\s*$", re.DOTALL)
REFUSALS: Final[Statuses] = ((400, 499), (501, 501))
NO_SERVER_ERROR: Final[Statuses] = ((100, 499), (501, 501))
# What is in these elements differs from run to run.
KEYS: Final = ("Contents/Key", "CommonPrefixes/Prefix", "Upload/Key", "Deleted/Key", "Error/Key", "KeyCount")
VERSIONS: Final = ("Version/Key", "Version/IsLatest", "DeleteMarker/Key", "DeleteMarker/IsLatest", "Status")
TRUNCATION: Final = ("IsTruncated", "NextMarker", "NextKeyMarker", "NextPartNumberMarker")
# The places in an answer that each aspect of a failure is about.
IN_HEADERS: Final[Mapping[str, Sequence[str]]] = {
    answers.ETAG: ("etag",),
    answers.CONTENT_LENGTH: ("content-length",),
    answers.CONTENT_RANGE: ("content-range",),
    answers.HEADERS: STANDARD_HEADERS,
    answers.CHECKSUM: HEADERS,
    answers.PARTS: ("x-amz-mp-parts-count",),
    answers.VERSION: ("x-amz-delete-marker",),
}
IN_ELEMENTS: Final[Mapping[str, Sequence[str]]] = {
    answers.KEYS: KEYS,
    answers.ORDER: KEYS,
    answers.GROUPS: KEYS,
    answers.SIZE: ("Contents/Size", "Part/Size"),
    answers.ETAG: ("Contents/ETag", "Part/ETag", "ETag"),
    answers.TRUNCATED: (*TRUNCATION, "Upload/Key"),
    answers.ENCODING: ("EncodingType",),
    answers.VERSION: VERSIONS,
    answers.PARTS: ("Part/PartNumber",),
    answers.TAGS: ("Tag/Key", "Tag/Value"),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact that is due in one place of an answer.

    The place is a header, the body, the texts of the elements of a path, the code of an error, an error at all, or the
    name of the document. Where anything else is due, it is a body or a document that must not come. A header that is
    due `as-told` is the one that the request of number `name` was answered with.
    """

    kind: Kind
    name: str
    due: str | bytes | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class DueAnswer:
    """The answer that is due: one with a status of these; with the status `compared`, all facts are due too."""

    statuses: Statuses
    compared: int | None = None
    facts: tuple[Fact, ...] = ()


def due_answer(finding: Finding, case: Case, profile: Profile) -> DueAnswer | None:
    """Return what is due of the last step of a case; None where that is not a few plain comparisons.

    What is due is what the embedded store answers and the model allows.
    """
    outcome = finding.outcomes[len(case.steps) - 1]
    allowed = allowed_last(case, finding.outcomes, profile)
    statuses = tuple(dict.fromkeys(one for alternative in allowed for one in _statuses(alternative)))
    if not statuses:
        return None
    right = answers_of(case.steps)
    if places(requests(case, right)) != places(requests(case, finding.outcomes)):
        # A listing that is right has no further page to ask for.
        return None
    if not isinstance(outcome, Reply) or not any(low <= outcome.status <= high for low, high in statuses):
        return DueAnswer(statuses)
    last = right[-1]
    if not isinstance(last, Reply) or any(one.severity == "failure" for one in violations(case, right, profile)):
        return None
    if all(one.status == OPEN for one in allowed) and (not_due := _not_due(finding.violation.aspect, outcome)):
        return DueAnswer(statuses, outcome.status, (not_due,))
    if last.status != outcome.status:
        # What is due of an answer with the status that came is not known.
        return None
    facts = tuple(_facts(finding.violation.aspect, right, outcome, profile))
    return DueAnswer(statuses, outcome.status, facts) if facts else None


def before_due(one: Request, finding: Finding, profile: Profile) -> Iterator[int]:
    """Yield the first digit of the statuses that are due of an earlier request, if all of them have the same."""
    case = Case(finding.case.property, finding.case.steps[: one.number])
    ranges = [each for alternative in allowed_last(case, finding.outcomes, profile) for each in _statuses(alternative)]
    digits = {number // 100 for each in ranges for number in each}
    if len(digits) == 1:
        yield digits.pop()


def _not_due(aspect: str, came: Reply) -> Fact | None:
    """Return what must not come where all else may: the same body or the same document."""
    if aspect == answers.DOCUMENT:
        return Fact("no-document", _root(came), None)
    return Fact("other-body", "", came.body) if aspect == answers.CONTENT else None


def _statuses(one: Alternative) -> Statuses:
    if one.status == OPEN:
        return NO_SERVER_ERROR
    return REFUSALS if one.status >= 400 and not one.exact else ((one.status, one.status),)


def _facts(aspect: str, right: Sequence[Outcome], came: Reply, profile: Profile) -> Iterator[Fact]:
    """List the places of the failure's aspect in which the answer differs from the right one."""
    due = right[-1]
    assert isinstance(due, Reply)
    if aspect == answers.CODE:
        yield Fact("code", "", code_of(due))
    if aspect == answers.ERROR_DOCUMENT and ERROR.search(came.body.decode("utf-8", "replace")) is None:
        yield Fact("error", "", None)
    if aspect == answers.DOCUMENT and (name := _root(due)) and name != _root(came):
        yield Fact("document", name, None)
    if aspect == Aspect.CONTENT_TYPE:
        yield Fact("header", "content-type", due.header("content-type"))
    if aspect == answers.CONTENT and due.body != came.body:
        yield Fact("body", "", due.body)
    for name in _headers(aspect, due, came):
        if due.header(name) != came.header(name):
            yield from _of_header(name, right, due, profile)
    for path in IN_ELEMENTS.get(aspect, ()):
        texts = texts_of(due, path)
        if texts != texts_of(came, path) and (not path.endswith("ETag") or profile.rules("etag-md5")):
            yield Fact("texts", path, texts)


def _headers(aspect: str, due: Reply, came: Reply) -> Iterator[str]:
    yield from IN_HEADERS.get(aspect, ())
    if aspect == answers.METADATA:
        yield from dict.fromkeys(name for name, _ in (*due.headers, *came.headers) if name.startswith(METADATA))


def _of_header(name: str, right: Sequence[Outcome], due: Reply, profile: Profile) -> Iterator[Fact]:
    value = due.header(name)
    if name != "etag" or profile.rules("etag-md5"):
        yield Fact("header", name, value)
        return
    # Each store has ETags of its own; this one is due as an earlier answer told it.
    told = [number for number, one in enumerate(right[:-1], 1) if isinstance(one, Reply) and one.header(name) == value]
    if told:
        yield Fact("as-told", str(told[-1]), name)


def _root(reply: Reply) -> str:
    found = re.match(rb"\s*(?:<\?.*?\?>)?\s*<(\w+)", reply.body, re.DOTALL)
    return found[1].decode() if found else ""


def texts_of(reply: Reply, path: str) -> tuple[str, ...]:
    """Return the texts of the elements of a path, as scripts read them: `Contents/Key`, or `KeyCount` of the root."""
    entry, _, name = path.rpartition("/")
    text = reply.body.decode("utf-8", "replace")
    encoded = "<EncodingType>url</EncodingType>" in text and name in ("Key", "Prefix", "NextMarker", "NextKeyMarker")
    read: Callable[[str], str] = unquote_plus if encoded else str
    within = re.findall(f"<{entry}>(.*?)</{entry}>", text, re.DOTALL) if entry else [text]
    found = (one for part in within for one in re.findall(f"<{name}>(.*?)</{name}>", part, re.DOTALL))
    return tuple(read(html.unescape(one)) for one in found)

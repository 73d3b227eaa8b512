"""Describe a finding about an object store: what each step asked and was answered, and what was due."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from typing import Any

from fuzz.findings.elision import visible
from fuzz.findings.finding import Finding
from fuzz.subject import Picture
from fuzz.subjects.objects.need_words import ways_of
from fuzz.subjects.objects.traits.steps import words
from specs.objects import answers, steps
from specs.objects.answers import code_of
from specs.objects.content import Content
from specs.objects.steps import PLAINLY
from specs.outcome import NoReply, Outcome, Reply

MOST_STEPS = 24
MOST_LETTERS = 60
MOST_BODY = 24
# Fields that are told by themselves, or say nothing.
TOLD_APART = (
    "called", "lane", "headers", "query", "sent", "bucket", "v2", "url", "key", "upload", "number", "content", "parts",
)  # fmt: skip
# The headers that failures of these aspects are about.
HEADER_NAMES = {
    answers.CONTENT_LENGTH: "Content-Length",
    answers.CONTENT_RANGE: "Content-Range",
    answers.ETAG: "ETag",
    answers.LAST_MODIFIED: "Last-Modified",
}
WORDS_OF_HEADERS = {"etag": "ETag", "modified": "Last-Modified"}
TEMPLATE = re.compile(r"\{(etag|version|upload|token|modified) ([^{}]*)\}")


def picture(finding: Finding) -> Picture:
    """Return the picture of a finding."""
    case, outcomes = finding.case, (*finding.outcomes, *[None] * len(finding.case.steps))
    rows = [
        ("", f"{number}  {told}  →  {answered(outcome)}")
        for number, (told, outcome) in enumerate(zip(steps_told(case.steps), outcomes), 1)
    ]
    left_out = len(rows) - MOST_STEPS
    shown = (
        rows if left_out <= 0 else [*rows[: MOST_STEPS // 2], ("", f"… {left_out} more …"), *rows[-MOST_STEPS // 2 :]]
    )
    return Picture(tuple(shown), _named(finding, finding.violation.actual), due_told(finding))


def due_told(finding: Finding) -> str:
    """Tell what was due, in a line: of a header with its name, without which the value would be a riddle."""
    return _named(finding, finding.violation.expected)


def _named(finding: Finding, text: str) -> str:
    name = HEADER_NAMES.get(finding.violation.aspect)
    return visible(f"{name}: {text}" if name else text)


def steps_told(several: Sequence[Any]) -> list[str]:
    """Tell each step in a line; steps that others refer to have a name in front, as in `u = create upload 'k'`."""
    return [
        (f"{step.called} = " if step.called and _is_referred_to(step.called, several) else "") + _told(step)
        for step in several
    ]


def _told(step: Any) -> str:
    return f"{words(type(step))} {', '.join(_parameters(step))}{''.join(f' ({one})' for one in _manners(step))}".strip()


def _is_referred_to(name: str, several: Sequence[Any]) -> bool:
    template = re.compile(rf"\{{\w+ {re.escape(name)}}}")
    return any(
        name in (getattr(step, "upload", ""), getattr(step, "after", "")) or template.search(repr(step))
        for step in several
    )


def _parameters(step: Any) -> Iterator[str]:
    """List what a step asks with: first the key, the upload and the content, then what else is not as usual."""
    yield from (NAMED[one.name](getattr(step, one.name)) for one in fields(step) if one.name in NAMED)
    for one in fields(step):
        value = getattr(step, one.name)
        if one.name not in TOLD_APART and value != one.default:
            yield f"{one.name.replace('_', ' ')} {_short(value)}"
    if not getattr(step, "v2", True):
        yield "version 1"
    if step.bucket != "a":
        yield f"bucket {step.bucket}"
    yield from (f"{name}: {_plain(value)}" for name, value in step.headers)
    yield from (f"?{name}={_plain(value)}" for name, value in step.query)


def _manners(step: Any) -> Iterator[str]:
    """List how a step is sent, where that is not as usual."""
    if step.sent != PLAINLY:
        yield f"with {' and '.join(ways_of(step.sent))}"
    if step.lane:
        yield f"client {step.lane}, at the same time"


def _content(value: Content) -> str:
    """Tell a content: all of a short one, of a longer one how many bytes follow its first."""
    text = visible(repr(value.text)[1:][:MOST_LETTERS])
    if not value.fill:
        return f"content {text}" if value.text else "no content"
    return f"content {text} and {value.fill:,} bytes more" if value.text else f"content of {value.fill:,} bytes"


def _part(one: steps.Part) -> str:
    return f"{one.number} ({_plain(one.etag)})"


NAMED: dict[str, Callable[[Any], str]] = {
    "key": repr,
    "upload": "of upload {}".format,
    "number": "part {}".format,
    "content": _content,
    "parts": lambda several: f"parts {', '.join(map(_part, several))}" if several else "no parts",
}


def _plain(text: str) -> str:
    """Tell a value that may refer to earlier steps: `{etag p1}` is the ETag of p1."""
    return TEMPLATE.sub(lambda found: f"the {WORDS_OF_HEADERS.get(found[1], found[1])} of {found[2]}", text)


def _short(value: Any) -> str:
    if isinstance(value, Content):
        return _content(value).removeprefix("content ")
    if isinstance(value, tuple):
        return "[" + ", ".join(_short(one) for one in value) + "]"
    if isinstance(value, steps.Named):
        return repr(value.key) + (f" in {_plain(value.version)}" if value.version else "")
    return repr(_plain(value))[: MOST_LETTERS * 2] if isinstance(value, str) else str(value)


def answered(outcome: Outcome) -> str:
    """Tell an answer in a few words."""
    match outcome:
        case Reply():
            code = code_of(outcome)
            return f"{outcome.status}{f' {code}' if code else ''}{'' if code else _body(outcome.body)}"
        case NoReply():
            return f"no answer: {outcome.reason}"
    return "not sent"


def _body(body: bytes) -> str:
    """Tell a short content as it is, of anything else how many bytes it has."""
    if not body:
        return ""
    is_content = len(body) <= MOST_BODY and not body.lstrip().startswith(b"<")
    return f", {visible(repr(body)[1:])}" if is_content else f", {len(body):,} bytes"

"""Describe a finding about an object store: what each step asked and was answered, and what was due."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from fuzz.findings.elision import visible
from fuzz.findings.finding import Finding
from fuzz.subject import Picture
from fuzz.subjects.objects.reading import words
from specs.objects import steps
from specs.objects.answers import code_of
from specs.objects.content import Content
from specs.objects.steps import PLAINLY, Sent
from specs.outcome import NoReply, Outcome, Reply

MOST_STEPS = 24
MOST_LETTERS = 60
# Fields that are told by themselves, or say nothing.
TOLD_APART = ("called", "lane", "headers", "query", "sent", "bucket", "v2", "url")


def picture(finding: Finding) -> Picture:
    """Return the picture of a finding."""
    case, outcomes = finding.case, (*finding.outcomes, *[None] * len(finding.case.steps))
    rows = [
        ("", f"{number + 1}  {told(step)}  →  {answered(outcome)}")
        for number, (step, outcome) in enumerate(zip(case.steps, outcomes))
    ]
    left_out = len(rows) - MOST_STEPS
    shown = (
        rows if left_out <= 0 else [*rows[: MOST_STEPS // 2], ("", f"… {left_out} more …"), *rows[-MOST_STEPS // 2 :]]
    )
    return Picture(tuple(shown), visible(finding.violation.actual), visible(finding.violation.expected))


def told(step: Any) -> str:
    """Tell a step in one line."""
    return " ".join((words(type(step)).strip(), *_parameters(step)))


def _parameters(step: Any) -> Iterator[str]:
    for one in fields(step):
        value = getattr(step, one.name)
        if one.name not in TOLD_APART and value != one.default:
            yield f"{one.name.replace('_', ' ')} {_short(value)}"
    if not getattr(step, "v2", True):
        yield "version 1"
    if step.bucket != "a":
        yield f"bucket {step.bucket}"
    yield from (f"{name}: {value}" for name, value in step.headers)
    yield from (f"?{name}={value}" for name, value in step.query)
    if step.sent != PLAINLY:
        yield _way(step.sent)
    if step.lane:
        yield f"(beside others, client {step.lane})"
    if step.called:
        yield f"[{step.called}]"


def _way(sent: Sent) -> str:
    by = f"by {sent.by}" if sent.by != "owner" else ""
    how = f"sent by {sent.signing}" if sent.signing != "header" else ""
    return ", ".join(one for one in (by, how, f"fault: {sent.fault}" if sent.fault else "") if one)


def _short(value: Any) -> str:
    if isinstance(value, Content):
        more = f" and {value.fill} bytes of seed {value.seed}" if value.fill else ""
        return visible(repr(value.text)[1:][:MOST_LETTERS]) + more
    if isinstance(value, tuple):
        return "[" + ", ".join(_short(one) for one in value) + "]"
    if isinstance(value, steps.Named):
        return repr(value.key) + (f"@{value.version}" if value.version else "")
    if isinstance(value, steps.Part):
        return f"{value.number}={value.etag}"
    return repr(value)[: MOST_LETTERS * 2] if isinstance(value, str) else str(value)


def answered(outcome: Outcome) -> str:
    """Tell an answer in a few words."""
    match outcome:
        case Reply():
            code = code_of(outcome)
            size = f" {len(outcome.body)} bytes" if outcome.body and not code else ""
            return f"{outcome.status}{f' {code}' if code else ''}{size}"
        case NoReply():
            return f"no answer: {outcome.reason}"
    return "not sent"

"""A finding in lines: what was sent, what was due, what came, and the requirement that is broken."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from fuzz.findings.again import replay_line
from fuzz.findings.finding import Finding
from fuzz.registry import subject_of

LABEL = 11
WIDTH = 100
AGAIN = "again"


def portrait(finding: Finding, path: str = "", width: int = WIDTH) -> list[str]:
    """Return the lines below a finding's title; `path` is its folder, for the command that replays it."""
    shown = list(rows(finding, path))
    return [line for label, text in shown for line in _wrapped(label, text, width)]


def _wrapped(label: str, text: str, width: int) -> list[str]:
    """Wrap a row with its label; further lines are indented below the text."""
    if not label:
        return [text]
    start = f"{label:<{LABEL - 1}} "
    if label == AGAIN:
        # A command that is to be pasted stays in one line.
        return [start + text]
    room = max(width, LABEL + 30)
    lines = textwrap.wrap(text, room - LABEL, break_long_words=False, break_on_hyphens=False) or [""]
    return [start + lines[0], *(" " * LABEL + line for line in lines[1:])]


def rows(finding: Finding, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the rows of a portrait, each with its label; requests and steps have none."""
    subject = subject_of(finding.subject)
    picture = subject.telling.picture(finding)
    violation = finding.violation
    yield from picture.asked
    yield "expected", picture.expected
    yield "got", picture.got + (f"   = {finding.reads_as}" if finding.reads_as else "")
    entry = subject.requirements.get(violation.requirement)
    yield "must", f"{violation.requirement}: {entry.sentence.rstrip('.')}" if entry else violation.requirement
    if needed := _needed(finding):
        yield "needs", needed
    yield "seen", _seen(finding)
    if path:
        yield AGAIN, replay_line(path)


# How often a finding came that was not sent again with success, or not at all.
NOT_SENT_AGAIN = ("seen once", "cut short")


def _seen(finding: Finding) -> str:
    how_often = {
        "every time": "every time",
        "flaky": "some of the times",
        "seen once": "not seen again",
        "after a while": "every time, but not to a fresh server",
        "cut short": "looking into it was cut short",
    }
    how = how_often[finding.reproducibility]
    if finding.seen > 1:
        return f"{finding.seen:,} times, {how}"
    return f"once; {how}" if finding.reproducibility in NOT_SENT_AGAIN else f"once; sent again: {how}"


def needs_told(finding: Finding, names: Iterable[str]) -> str:
    """List needs in the words that the finding's subject has for them."""
    return ", ".join(subject_of(finding.subject).telling.needs(names, finding.case))


def _needed(finding: Finding) -> str:
    """Describe what the failure takes, as far as that was tried."""
    said = [needs_told(finding, finding.needs)] if finding.needs else []
    if finding.unproved:
        said.append(f"not reduced to the end: {needs_told(finding, finding.unproved)}")
    if finding.not_seen_with:
        said.append(f"not seen with {needs_told(finding, finding.not_seen_with)}")
    return " · ".join(said)

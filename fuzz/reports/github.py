"""A run for GitHub: annotations on standard output, and the report in the summary of the workflow's step."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

from fuzz.events import Event, FindingFound, RunEnded
from fuzz.findings.again import replay_line
from fuzz.findings.elision import visible
from fuzz.reports.events_file import LoggedEvent
from fuzz.reports.history import History, Run
from fuzz.reports.markdown import markdown
from fuzz.reports.overview import Card, overview

# GitHub shows ten annotations of a kind for a step, and takes a megabyte of summary: a letter has four bytes at most.
MOST_ANNOTATIONS = 10
MOST_LETTERS = 250_000
# A `%` first, as the others' replacements begin with one.
ESCAPES = {"%": "%25", "\r": "%0D", "\n": "%0A"}
ESCAPES_OF_PROPERTIES = {**ESCAPES, ":": "%3A", ",": "%2C"}


class GitHub:
    """Tells GitHub when the run has ended; without a file for the summary, by annotations alone."""

    def __init__(self, stream: TextIO, summary: Path | None, *, clock: Callable[[], float] = time.time) -> None:
        self._stream = stream
        self._summary = summary
        self._clock = clock
        self._run: Run | None = None

    @property
    def name(self) -> str:
        return "the summary for GitHub"

    def __call__(self, event: Event) -> None:
        now = self._clock()
        self._run = self._run or Run("this run", Path(), now)
        self._run.take(LoggedEvent(self._run.name, now, event))
        if isinstance(event, RunEnded):
            for line in commands(self._run, event):
                self._stream.write(f"{line}\n")
            self._stream.flush()
            if self._summary is not None:
                self._append(self._summary, self._run)

    def close(self) -> None:
        """Do nothing: no file is kept open."""

    def _append(self, path: Path, run: Run) -> None:
        """Append to the summary's file, which holds the summaries of other steps too."""
        found = (Card(one.finding, one.path, one.known_reason) for one in run.tally.findings.values())
        report = overview(History((run,)), found)
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(markdown(report, MOST_LETTERS))


def commands(run: Run, end: RunEnded) -> Iterator[str]:
    """Yield a workflow command for each finding that nobody has accepted, and one if the run could not tell."""
    if end.verdict in ("ERROR", "INTERRUPTED"):
        yield _command("error", f"asfuzz: {end.verdict}", end.why or "no reason given")
    fresh = run.tally.fresh
    for found in fresh[:MOST_ANNOTATIONS]:
        yield _of_finding(found)
    if len(fresh) > MOST_ANNOTATIONS:
        yield _command("notice", "asfuzz", f"{len(fresh) - MOST_ANNOTATIONS} more findings are in the step's summary")


def _of_finding(found: FindingFound) -> str:
    violation = found.finding.violation
    lines = (
        f"must: {violation.requirement}",
        f"expected: {visible(violation.expected)}",
        f"got: {visible(violation.actual)}",
        f"again: {replay_line(found.path)}",
    )
    return _command("error", f"asfuzz: {visible(violation.title)}", "\n".join(lines))


def _command(kind: str, title: str, message: str) -> str:
    return f"::{kind} title={_escaped(title, ESCAPES_OF_PROPERTIES)}::{_escaped(message, ESCAPES)}"


def _escaped(text: str, escapes: dict[str, str]) -> str:
    return "".join(escapes.get(one, one) for one in text)

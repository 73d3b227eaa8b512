"""Events as JSON lines: all that reports need, for reports made later and elsewhere."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from secrets import token_hex
from typing import IO, Any, get_args

import cattrs

from fuzz.events import Event, FindingFixed, FindingFound, Progress
from fuzz.findings import case_files
from fuzz.findings.finding import Finding

FILE_NAME = "events.jsonl"
PROGRESS_SECONDS = 5.0
KINDS = {kind.__name__: kind for kind in get_args(Event)}


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event as a log has it: which run told it, and when."""

    run: str
    at: float
    event: Event


@dataclass(frozen=True, slots=True)
class UnreadableLine:
    """A line that holds no event: cut off where a run was killed, or damaged, or of a suite that tells more."""

    number: int
    why: str


class EventsFile:
    """Appends each event as it comes; of progress, a sample. The file is opened by the first."""

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time, run: str | None = None) -> None:
        self._path = folder / FILE_NAME
        self._clock = clock
        # Two runs may write into one file at the same time.
        self._run = run or token_hex(6)
        self._file: IO[bytes] | None = None
        self._last_progress = float("-inf")
        self._left_out: tuple[float, Progress] | None = None

    @property
    def name(self) -> str:
        return str(self._path)

    def __call__(self, event: Event) -> None:
        now = self._clock()
        if isinstance(event, Progress):
            if now - self._last_progress < PROGRESS_SECONDS:
                self._left_out = now, event
                return
            self._last_progress, self._left_out = now, None
        elif isinstance(event, FindingFound) and self._left_out is not None:
            # How far the run was when it found something.
            self._write(*self._left_out)
            self._left_out = None
        self._write(now, event)

    def _write(self, now: float, event: Event) -> None:
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            ended = _ends_a_line(self._path)
            # Unbuffered and appended in one write each, so that a run killed leaves whole lines.
            self._file = self._path.open("ab", buffering=0)
            if not ended:
                self._file.write(b"\n")
        table = {"event": type(event).__name__, "at": round(now, 3), "run": self._run, **event_fields(event)}
        text = json.dumps(table, separators=(",", ":"), default=_plain_fields)
        self._file.write(text.encode() + b"\n")

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _ends_a_line(path: Path) -> bool:
    """Say whether the file is empty or ends with a whole line; a run killed on a full disk leaves half of one."""
    try:
        with path.open("rb") as file:
            if file.seek(0, 2) == 0:
                return True
            file.seek(-1, 2)
            return file.read() == b"\n"
    except FileNotFoundError:
        return True


def event_fields(event: Event) -> dict[str, Any]:
    """Return an event's fields as JSON has them; a finding as in its case.json, with how often it was seen."""
    if isinstance(event, FindingFound | FindingFixed):
        written = json.loads(case_files.write(event.finding).text)
        rest = {one.name: getattr(event, one.name) for one in fields(event) if one.name != "finding"}
        return {"finding": written, "seen": event.finding.seen, **rest}
    return _plain_fields(event)


def _plain_fields(value: Any) -> dict[str, Any]:
    """Return the fields of a dataclass; the JSON encoder then asks for the fields of each dataclass within."""
    return {one.name: getattr(value, one.name) for one in fields(value)}


def logged_events(path: Path) -> Iterator[LoggedEvent | UnreadableLine]:
    """Yield the events of a log, in its order.

    Data that a finding's line only names are looked for in the log's folder.
    """
    run = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                table = json.loads(line)
                kind, at = KINDS[table["event"]], float(table["at"])
                # Logs of older suites do not name their runs.
                run += table["event"] == "RunStarted"
                yield LoggedEvent(str(table.get("run") or f"{path}#{run}"), at, _event(kind, table, path.parent))
            except (ValueError, KeyError, TypeError, RecursionError, cattrs.BaseValidationError) as error:
                yield UnreadableLine(number, f"{type(error).__name__}: {error}"[:200])


def _event(kind: type, table: dict[str, Any], folder: Path) -> Event:
    if "finding" in table:
        table = {**table, "finding": replace(_finding(table["finding"], folder), seen=int(table.get("seen", 1)))}
    event: Event = _converter().structure(table, kind)
    return event


def _finding(table: dict[str, Any], folder: Path) -> Finding:
    """Read a finding, without its case if data that belong to it are missing."""

    def data(name: str) -> bytes:
        try:
            return (folder / str(table["id"]) / "data" / name).read_bytes()
        except OSError as error:
            raise ValueError(f"data/{name}: {error.strerror}") from error

    try:
        return case_files.finding_from(json.dumps(table), data)
    except case_files.Unreadable:
        bare = {"case": {**table["case"], "steps": []}, "outcomes": []}
        return case_files.finding_from(json.dumps({**table, **bare}), data)


@cache
def _converter() -> cattrs.Converter:
    """Return the converter of events; fields that it does not know are left out, as a newer suite may tell more."""
    converter = cattrs.Converter()
    converter.register_structure_hook(Finding, lambda finding, _: finding)
    return converter

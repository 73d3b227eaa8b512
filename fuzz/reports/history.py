"""The runs that logs tell of, and what they explored together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fuzz.config import DEFAULT_SUBJECT
from fuzz.events import Explored, FindingFound, RunEnded, RunStarted, Sought
from fuzz.reports.events_file import LoggedEvent, UnreadableLine, logged_events
from fuzz.reports.tally import Tally

Value = tuple[str, str]
NOT_ENDED = "it was killed, or still runs"


@dataclass(slots=True)
class Sums:
    """The sums of what several runs explored."""

    requests: int = 0
    values: Counter[Value] = field(default_factory=Counter)
    pairs: Counter[tuple[Value, Value]] = field(default_factory=Counter)
    at_stake: Counter[tuple[str, str]] = field(default_factory=Counter)
    latencies: dict[Value, Counter[int]] = field(default_factory=dict)
    sightings: Counter[str] = field(default_factory=Counter)

    def add(self, one: Explored) -> None:
        self.requests += one.requests
        names = [(name, value) for name, value, _ in one.values]
        for name, value, times in one.values:
            self.values[name, value] += times
        for i, j, times in one.pairs:
            a, b = sorted((names[i], names[j]))
            self.pairs[a, b] += times
        for property_name, requirement, times in one.at_stake:
            self.at_stake[property_name, requirement] += times
        for operation, size, classes in one.latencies:
            self.latencies.setdefault((operation, size), Counter()).update(dict(classes))
        self.sightings.update(dict(one.sightings))

    def join(self, other: Sums) -> None:
        """Add what another run explored."""
        self.requests += other.requests
        self.values.update(other.values)
        self.pairs.update(other.pairs)
        self.at_stake.update(other.at_stake)
        self.sightings.update(other.sightings)
        for name, classes in other.latencies.items():
            self.latencies.setdefault(name, Counter()).update(classes)


@dataclass(slots=True)
class Run:
    """One run so far: its tally, its time, and at which second and request each finding came up."""

    name: str
    log: Path
    begun: float
    last: float = 0.0
    lines: int = 0
    tally: Tally = field(default_factory=Tally)
    found: dict[str, tuple[float, int]] = field(default_factory=dict)
    explored: Sums = field(default_factory=Sums)
    sought: Sought | None = None

    def take(self, told: LoggedEvent) -> None:
        event = told.event
        self.lines += 1
        self.last = max(self.last, told.at)
        self.tally(event)
        match event:
            case FindingFound() if event.finding.id not in self.found:
                self.found[event.finding.id] = (max(0.0, told.at - self.begun), self.requests)
            case Explored():
                self.explored.add(event)
            case Sought():
                self.sought = event

    @property
    def started(self) -> RunStarted | None:
        return self.tally.started

    @property
    def ended(self) -> RunEnded | None:
        return self.tally.ended

    @property
    def subject(self) -> str:
        """Return the subject's name; a log that tells none is of the usual one."""
        return (self.started.subject if self.started is not None else "") or DEFAULT_SUBJECT

    @property
    def seconds(self) -> float:
        """Return how long the run took; if it did not end, until its last event."""
        return self.ended.seconds if self.ended is not None else max(0.0, self.last - self.begun)

    @property
    def requests(self) -> int:
        """Return the number of checked requests; if the run did not end, the last number it told."""
        if self.ended is not None:
            return self.ended.checked_requests
        return self.tally.progress.checked_requests if self.tally.progress is not None else 0

    @property
    def verdict(self) -> str:
        return self.ended.verdict if self.ended is not None else "CUT SHORT"

    @property
    def why(self) -> str:
        return self.ended.why if self.ended is not None else NOT_ENDED


@dataclass(frozen=True, slots=True)
class History:
    """The runs in their order, and the lines of the logs that could not be read, by log."""

    runs: tuple[Run, ...]
    unreadable: tuple[tuple[Path, UnreadableLine], ...] = ()

    @property
    def requests(self) -> int:
        return sum(one.requests for one in self.runs)

    @property
    def seconds(self) -> float:
        return sum(one.seconds for one in self.runs)

    def findings(self) -> dict[str, FindingFound]:
        """Map each finding's id to the latest event about it."""
        return {name: event for one in self.runs for name, event in one.tally.findings.items()}

    def by_subject(self) -> dict[str, History]:
        """Return the runs of each subject as a history of its own: subjects share names of requirements and fields."""
        subjects = dict.fromkeys(one.subject for one in self.runs)
        return {name: History(tuple(one for one in self.runs if one.subject == name)) for name in subjects}

    def sums(self) -> Sums:
        found = Sums()
        for one in self.runs:
            found.join(one.explored)
        return found


def gather(logs: Iterable[Path]) -> History:
    """Read the history that some logs tell. A run that stands in two logs, one a copy of the other, counts once."""
    runs: dict[str, Run] = {}
    unreadable: list[tuple[Path, UnreadableLine]] = []
    for log in logs:
        for run in _runs_in(log, unreadable):
            if run.name not in runs or runs[run.name].lines < run.lines:
                runs[run.name] = run
    return History(tuple(sorted(runs.values(), key=lambda one: one.begun)), tuple(unreadable))


def _runs_in(log: Path, unreadable: list[tuple[Path, UnreadableLine]]) -> Iterator[Run]:
    runs: dict[str, Run] = {}
    for one in logged_events(log):
        if isinstance(one, UnreadableLine):
            unreadable.append((log, one))
        else:
            runs.setdefault(one.run, Run(one.run, log, one.at)).take(one)
    yield from runs.values()

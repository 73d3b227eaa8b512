"""Compute what a report shows, as plain values, which are then written as Markdown or HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate, combinations

from fuzz.config import DEFAULT_SUBJECT
from fuzz.findings.again import replay_line
from fuzz.findings.elision import visible
from fuzz.findings.finding import Finding
from fuzz.findings.portrait import rows
from fuzz.registry import subject_of
from fuzz.reports.history import History, Run, Sums, Value
from fuzz.reports.wording import counted

CLASSES_A_DOUBLING = 4
SIZE_ORDER = ("0 B", "256 B", "4 KiB", "64 KiB", "1 MiB", "more")


@dataclass(frozen=True, slots=True)
class Card:
    """A finding as a report shows it. `scripts` are the texts of files in its folder, by name."""

    finding: Finding
    path: str
    known_reason: str = ""
    scripts: tuple[tuple[str, str], ...] = ()

    @property
    def is_whole(self) -> bool:
        """Say whether the finding has its case; a log alone may lack the data of a large one."""
        return bool(self.finding.case.steps)

    def rows(self) -> list[tuple[str, str]]:
        """List the rows of the finding's portrait; without its case, the expected and the actual answer."""
        if self.is_whole:
            return list(rows(self.finding, self.path))
        violation = self.finding.violation
        return [
            ("data", "this log does not hold them: they are in the folder that the finding was found in"),
            ("expected", visible(violation.expected)),
            ("got", visible(violation.actual)),
            ("must", violation.requirement),
            ("again", replay_line(self.path)),
        ]


@dataclass(frozen=True, slots=True)
class FieldMap:
    """A field's values, and in how many requests each was."""

    name: str
    values: tuple[tuple[str, int], ...]

    @property
    def never(self) -> tuple[str, ...]:
        return tuple(value for value, times in self.values if not times)


@dataclass(frozen=True, slots=True)
class PairMap:
    """Two fields: how many pairs of their values can come together, and those that never did."""

    one: str
    other: str
    possible: int
    never: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Stake:
    """A requirement, and how many requests some answer to would have broken it."""

    name: str
    sentence: str
    level: str
    times: int


@dataclass(frozen=True, slots=True)
class Latency:
    """The time that answers of an operation about objects up to a size took."""

    operation: str
    size: str
    answers: int
    median_ms: float
    p90_ms: float
    p99_ms: float
    most_ms: float


@dataclass(frozen=True, slots=True)
class Outlook:
    """An estimate of the causes still to find, by how many causes were met once and twice in a number of failures."""

    failures: int
    causes: int
    once: int
    twice: int
    requests: int

    @property
    def chance(self) -> float:
        """Estimate, after Good and Turing, how likely the next failure has a cause that was not met before."""
        return self.once / self.failures if self.failures else 0.0

    @property
    def unseen(self) -> float:
        """Estimate, after Chao, the least number of causes that were not met."""
        return self.once * (self.once - 1) / (2 * (self.twice + 1))

    def sentence(self) -> str:
        """Return the outlook in words."""
        if not self.failures:
            most = 3 / max(1, self.requests)
            return (
                f"Nothing failed in {self.requests:,} checked requests. With 95 % confidence, fewer than {most:.2g} of "
                "all requests drawn like these fail (the rule of three)."
            )
        met = f"{counted(self.failures, 'failure')} had {counted(self.causes, 'cause')}; "
        if not self.once:
            return (
                f"{met}none of them was met only once. By Good and Turing's estimate, next to no failure of requests "
                "drawn like these has a new cause."
            )
        met += f"{self.once:,} of them {'was' if self.once == 1 else 'were'} met only once."
        return (
            f"{met} By Good and Turing's estimate, the next failure has a new cause with a chance of "
            f"{100 * self.chance:.2g} %. By Chao's, at least {self.unseen:.0f} more causes wait among what is drawn."
        )


@dataclass(frozen=True, slots=True)
class Overview:
    """The contents of a report."""

    title: str
    verdict: str
    headline: str
    cards: tuple[Card, ...]
    fields: tuple[FieldMap, ...]
    pairs: tuple[PairMap, ...]
    stakes: tuple[Stake, ...]
    outlook: Outlook
    curve: tuple[tuple[int, int], ...]
    latencies: tuple[Latency, ...]
    runs: tuple[Run, ...]
    warnings: tuple[tuple[str, int], ...]
    notes: tuple[str, ...]
    requests: int
    seconds: float
    properties: tuple[int, int]

    @property
    def fresh(self) -> tuple[Card, ...]:
        return tuple(one for one in self.cards if not one.known_reason)

    @property
    def known(self) -> tuple[Card, ...]:
        return tuple(one for one in self.cards if one.known_reason)


def overview(history: History, found: Iterable[Card], notes: tuple[str, ...] = ()) -> Overview:
    """Sum up some runs, and the findings that are there of them."""
    sums = history.sums()
    parts = _parts(history)
    # A run that was killed has not written down in the findings how often it saw them.
    cards = tuple(_counted_again(one, sums.sightings[one.finding.id]) for one in found)
    seen = sums.sightings or Counter({one.finding.id: one.finding.seen for one in cards})
    verdict = _verdict(history, cards)
    ordered = sorted(cards, key=lambda one: (bool(one.known_reason), -one.finding.seen, one.finding.id))
    warnings: Counter[str] = Counter()
    for run in history.runs:
        warnings.update(run.tally.warnings)
    targets = dict.fromkeys(run.started.target for run in history.runs if run.started is not None)
    return Overview(
        title=", ".join(targets) or "a server",
        verdict=verdict,
        headline=_headline(verdict, cards, history),
        cards=tuple(ordered),
        fields=tuple(one for part in parts for one in _fields(part)),
        pairs=tuple(one for part in parts for one in _pairs(part)),
        stakes=tuple(sorted((one for part in parts for one in _stakes(part)), key=lambda one: (one.times, one.name))),
        outlook=_outlook(seen, history.requests),
        curve=tuple(_curve(history)),
        latencies=tuple(one for part in parts for one in _latencies(part)),
        runs=history.runs,
        warnings=tuple(warnings.items()),
        notes=(*_notes(history), *notes),
        requests=history.requests,
        seconds=history.seconds,
        properties=_tried(parts),
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """The runs of one subject, and what they explored."""

    subject: str
    history: History
    sums: Sums
    is_alone: bool

    def named(self, name: str) -> str:
        """Return a name as the report has it: with the subject, where the report is on several."""
        return name if self.is_alone else f"{self.subject}: {name}"


def _parts(history: History) -> list[_Part]:
    """Take the runs apart by subject; without any run, the usual subject has what was never reached."""
    by_subject = history.by_subject() or {DEFAULT_SUBJECT: history}
    return [_Part(name, part, part.sums(), len(by_subject) == 1) for name, part in by_subject.items()]


def _tried(parts: Iterable[_Part]) -> tuple[int, int]:
    """Return how many properties were tried in some run, and how many there were to try."""
    tried: set[tuple[str, str]] = set()
    every: set[tuple[str, str]] = set()
    for part in parts:
        tried |= {(part.subject, name) for name, _ in part.sums.at_stake}
        for run in part.history.runs:
            told = {*run.tally.properties, *(run.started.properties if run.started is not None else ())}
            every |= {(part.subject, name) for name in told}
            tried |= {(part.subject, name) for name, done in run.tally.properties.items() if done.examples}
    return len(tried), len(tried | every)


def _counted_again(card: Card, times: int) -> Card:
    return card if times <= card.finding.seen else replace(card, finding=replace(card.finding, seen=times))


def _verdict(history: History, cards: tuple[Card, ...]) -> str:
    """Return the verdict of all runs: findings decide it; without new ones, the last run does."""
    if any(not one.known_reason for one in cards):
        return "FAIL"
    last = history.runs[-1].verdict if history.runs else "NO RUN"
    return "KNOWN" if cards and last in ("PASS", "FAIL") else last


def _headline(verdict: str, cards: tuple[Card, ...], history: History) -> str:
    fresh = sum(not one.known_reason for one in cards)
    known = len(cards) - fresh
    match verdict:
        case "FAIL" if not fresh:
            return "The last run failed, and its findings are not in the folder any more"
        case "FAIL":
            return f"{counted(fresh, 'finding')} to look into" + (f", {known} accepted for now" if known else "")
        case "KNOWN":
            return f"{counted(known, 'finding')}, all accepted for now"
        case "PASS":
            return "Every request was answered as it must be"
    why = history.runs[-1].why if history.runs else "there is no log of a run"
    return f"The last run cannot vouch for the server: {why}"


def _notes(history: History) -> Iterator[str]:
    """Yield what a reader must know about the logs."""
    for run in history.runs:
        if run.ended is None:
            yield f"A run (seed {run.started.seed if run.started else 'unknown'}) has no end: {run.why}."
    logs = Counter(str(log) for log, _ in history.unreadable)
    for log, times in logs.items():
        yield f"{log}: {counted(times, 'line')} could not be read and {'was' if times == 1 else 'were'} left out."


def _domains(history: History) -> dict[str, tuple[str, ...]]:
    """Map each field to the values that some run had for it."""
    found: dict[str, dict[str, None]] = {}
    for run in history.runs:
        if run.sought is not None:
            for name, values in run.sought.fields:
                found.setdefault(name, {}).update(dict.fromkeys(values))
    return {name: tuple(values) for name, values in found.items()}


def _fields(part: _Part) -> Iterator[FieldMap]:
    drawn = part.sums.values
    for name, values in _domains(part.history).items():
        more = tuple(sorted(value for field, value in drawn if field == name and value not in values))
        yield FieldMap(part.named(name), tuple((value, drawn[name, value]) for value in (*values, *more)))


def _pairs(part: _Part) -> Iterator[PairMap]:
    """Yield, for each two fields, the values that could come together in some run, and those that never did."""
    possible: dict[tuple[str, str], dict[tuple[Value, Value], None]] = {}
    for run in part.history.runs:
        if run.sought is None:
            continue
        flat = [(name, value) for name, values in run.sought.fields for value in values]
        apart = set(run.sought.not_asked)
        for i, j in combinations(range(len(flat)), 2):
            a, b = flat[i], flat[j]
            if a[0] != b[0] and (i, j) not in apart:
                possible.setdefault((a[0], b[0]), {})[a, b] = None
    for (one, other), pairs in possible.items():
        never = tuple((a[1], b[1]) for a, b in pairs if not part.sums.pairs[min(a, b), max(a, b)])
        yield PairMap(part.named(one), part.named(other), len(pairs), never)


def _stakes(part: _Part) -> Iterator[Stake]:
    """Yield every requirement of a subject."""
    times: Counter[str] = Counter()
    for (_, requirement), count in part.sums.at_stake.items():
        times[requirement] += count
    known = subject_of(part.subject).requirements
    for name in {*known, *times}:
        entry = known.get(name)
        yield Stake(part.named(name), entry.sentence if entry else name, entry.level if entry else "", times[name])


def _outlook(seen: Mapping[str, int], requests: int) -> Outlook:
    met = [times for times in seen.values() if times > 0]
    return Outlook(sum(met), len(met), met.count(1), met.count(2), requests)


def _curve(history: History) -> Iterator[tuple[int, int]]:
    """Yield the number of different findings after each number of requests of all runs, one run after the other."""
    before, known = 0, set[str]()
    for run in history.runs:
        for name, (_, requests) in sorted(run.found.items(), key=lambda one: one[1]):
            if name not in known:
                known.add(name)
                yield before + requests, len(known)
        before += run.requests
    if known:
        yield before, len(known)


def _latencies(part: _Part) -> Iterator[Latency]:
    latencies = part.sums.latencies
    order = sorted(latencies, key=lambda one: (one[0], SIZE_ORDER.index(one[1]) if one[1] in SIZE_ORDER else 99))
    for operation, size in order:
        classes = latencies[operation, size]
        answers = classes.total()
        bounds = [quantile(classes, share) for share in (0.5, 0.9, 0.99, 1.0)]
        yield Latency(part.named(operation), size, answers, *bounds)


def quantile(classes: Mapping[int, int], share: float) -> float:
    """Return the milliseconds within which a share of the answers came: the upper bound of a class."""
    ordered = sorted(classes)
    total = sum(classes.values())
    sums = accumulate(classes[one] for one in ordered)
    found = next(one for one, so_far in zip(ordered, sums) if so_far >= share * total)
    return float(2 ** (found / CLASSES_A_DOUBLING))

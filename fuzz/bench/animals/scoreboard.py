"""Sum up what the suite saw of each animal over several trials: rows, totals and their text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from fuzz.bench.animals.trials import AnimalTrial
from fuzz.subjects.reductions.zoo import find

QUICK_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class ScoreboardRow:
    """One animal's trials; medians are over those that detected it."""

    id: str
    kind: str
    trials: int
    reached: int
    triggered: int
    detected: int
    requests: float
    seconds: float
    cpu_seconds: float
    size_bytes: float
    seen: str
    by: str


@dataclass(frozen=True, slots=True)
class Scoreboard:
    """The rows of all animals, and the trials on the healthy server that saw something or broke."""

    rows: tuple[ScoreboardRow, ...]
    healthy_trials: int
    healthy_requests: int
    false_alarms: tuple[str, ...]
    broken: tuple[str, ...]

    @property
    def missed(self) -> tuple[ScoreboardRow, ...]:
        """Return the animals that some trial did not detect."""
        return tuple(row for row in self.rows if row.detected < row.trials)

    @property
    def clean(self) -> bool:
        return not self.missed and not self.false_alarms and not self.broken

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "missed": [row.id for row in self.missed]}


def scoreboard(trials: Iterable[AnimalTrial]) -> Scoreboard:
    """Return the scoreboard of finished trials."""
    done = list(trials)
    by_animal: dict[str, list[AnimalTrial]] = {}
    for trial in done:
        if trial.task.animals and not trial.broke:
            by_animal.setdefault(trial.task.animals[0], []).append(trial)
    healthy = [trial for trial in done if not trial.task.animals and not trial.broke]
    return Scoreboard(
        rows=tuple(row_of(name, some) for name, some in by_animal.items()),
        healthy_trials=len(healthy),
        healthy_requests=sum(trial.requests for trial in healthy),
        false_alarms=tuple(f"{one.by}, seed {one.task.seed}: {one.seen}" for one in healthy if one.detected),
        broken=tuple(f"{' '.join(one.task.animals) or 'healthy'}: {one.broke}" for one in done if one.broke),
    )


def row_of(name: str, trials: Sequence[AnimalTrial]) -> ScoreboardRow:
    """Return the row of one animal."""
    seen = [trial for trial in trials if trial.detected]
    first = min(seen, key=lambda trial: trial.cpu_seconds, default=None)
    return ScoreboardRow(
        id=name,
        kind=find(name).kind,
        trials=len(trials),
        reached=sum(trial.reached > 0 for trial in trials),
        triggered=sum(trial.triggered > 0 for trial in trials),
        detected=len(seen),
        requests=median([trial.requests for trial in seen]) if seen else 0,
        seconds=median([trial.seconds for trial in seen]) if seen else 0.0,
        cpu_seconds=median([trial.cpu_seconds for trial in seen]) if seen else 0.0,
        size_bytes=median([trial.size_bytes for trial in seen]) if seen else 0,
        seen=first.seen if first else "",
        by=first.by if first else "",
    )


def lines(board: Scoreboard) -> Iterator[str]:
    """Yield the scoreboard as a table, those that were missed last."""
    width = max((len(row.id) for row in board.rows), default=10)
    yield f"{'animal':<{width}}  reached triggered detected  requests  seconds  core s    size  seen as"
    for row in sorted(board.rows, key=lambda row: row.detected < row.trials):
        of = f"/{row.trials}"
        when = f"{row.requests:9.0f} {row.seconds:8.1f} {row.cpu_seconds:7.1f} {row.size_bytes:7.0f}"
        told = f"{when}  {row.seen}" if row.detected else f"{'':35}not seen"
        counts = " ".join(
            f"{f'{count}{of}':>{wide}}" for count, wide in ((row.reached, 7), (row.triggered, 9), (row.detected, 8))
        )
        yield f"{row.id:<{width}}  {counts} {told}"
    yield ""
    yield from totals(board)


def totals(board: Scoreboard) -> Iterator[str]:
    """Yield how many animals were detected and how soon, those that were not, and the false alarms."""
    rows = board.rows
    if rows:
        seen = [row for row in rows if row.detected == row.trials]
        quick = sum(row.seconds <= QUICK_SECONDS for row in seen)
        quick_core = sum(row.cpu_seconds <= QUICK_SECONDS for row in seen)
        yield f"detected     {len(seen)} of {len(rows)} in every trial"
        yield (
            f"quickly      {quick} ({quick / len(rows):.0%}) within {QUICK_SECONDS:g} s, "
            f"{quick_core} ({quick_core / len(rows):.0%}) within {QUICK_SECONDS:g} s of one core"
        )
        for word, some in (
            ("unreached", [row for row in rows if not row.reached]),
            ("untriggered", [row for row in rows if row.reached and not row.triggered]),
            ("undetected", [row for row in rows if row.triggered and row.detected < row.trials]),
        ):
            if some:
                yield f"{word:<12} {len(some)}: {', '.join(row.id for row in some)}"
    if board.healthy_trials:
        alarms = len(board.false_alarms)
        yield f"false alarms {alarms} in {board.healthy_requests} requests to the healthy server"
    yield from (f"  ✗ {one}" for one in board.false_alarms)
    yield from (f"  could not be tried: {one}" for one in board.broken)

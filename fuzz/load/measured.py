"""Keep what a load has measured: the times of each operation's answers, the bytes, and the seconds of each round."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from fuzz.errors import CannotRun, UsageError
from fuzz.whole_files import replace_file

FORMAT = 1


@dataclass
class AnswerTimes:
    """The times that answers to one operation took, and how many bytes of objects went out and came back."""

    took_ms: list[float] = field(default_factory=list)
    sent_bytes: int = 0
    came_bytes: int = 0

    def note(self, took_ms: float, sent_bytes: int, came_bytes: int) -> None:
        """Add one answer."""
        self.took_ms.append(took_ms)
        self.sent_bytes += sent_bytes
        self.came_bytes += came_bytes


@dataclass
class RoundMeasured:
    """The measurements of all rounds of one name.

    `seconds` is the time in which their requests were under way; the time that judging took is not in it.
    `busy_seconds` is the time of the processor that asfuzz itself used meanwhile.
    """

    clients: int
    seconds: float = 0.0
    busy_seconds: float = 0.0
    times: dict[str, AnswerTimes] = field(default_factory=dict)

    @property
    def every(self) -> AnswerTimes:
        """Return the times of all operations together."""
        several = self.times.values()
        took = [one for times in several for one in times.took_ms]
        return AnswerTimes(took, sum(one.sent_bytes for one in several), sum(one.came_bytes for one in several))

    def rate(self, times: AnswerTimes) -> float:
        """Return how many of these answers came in a second."""
        return len(times.took_ms) / self.seconds if self.seconds else 0.0


@dataclass
class Measured:
    """The result of a load as far as it has come.

    `done` are the numbers of the rounds that are complete, and `skipped` says why rounds of that name are not taken.
    `run` is what the names of things in the store begin with. `busy_answers` asked to come again later; `unheard`
    counts requests without an answer. `unchecked` counts answers that the judge has not come to.
    """

    scenario: str
    seed: int
    clients: int | None = None
    each: int | None = None
    sizes: tuple[int, ...] | None = None
    run: str = ""
    done: list[int] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    rounds: dict[str, RoundMeasured] = field(default_factory=dict)
    busy_answers: int = 0
    unheard: int = 0
    unchecked: int = 0

    @property
    def seconds(self) -> float:
        """Return the time in which requests were under way."""
        return sum(one.seconds for one in self.rounds.values())

    @property
    def answers(self) -> int:
        """Return how many answers came."""
        return sum(len(one.every.took_ms) for one in self.rounds.values())

    @property
    def checked(self) -> int:
        """Return how many answers were judged."""
        return self.answers - self.unchecked

    def of(self, operation: str) -> Iterator[tuple[str, RoundMeasured, AnswerTimes]]:
        """List the times of an operation in each of the rounds that have it."""
        for name, one in self.rounds.items():
            if operation in one.times:
                yield name, one, one.times[operation]


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that so large a share of all values does not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)] if values else math.nan


def write(measured: Measured, path: Path) -> None:
    """Write a result to a file, as a whole; raises CannotRun."""
    table = {"format": FORMAT, "summary": summary(measured), **asdict(measured)}
    try:
        replace_file(path, json.dumps(table, indent=1).encode() + b"\n")
    except OSError as error:
        raise CannotRun(f"--out {path}: {error.strerror}") from error


def summary(measured: Measured) -> dict[str, dict[str, dict[str, float]]]:
    """Return the rate and the percentiles of each operation in each round."""
    return {
        name: {
            operation: {
                "answers": len(times.took_ms),
                "per_second": round(one.rate(times), 3),
                **{f"p{share}_ms": round(percentile(times.took_ms, share / 100), 3) for share in (50, 90, 99, 100)},
            }
            for operation, times in one.times.items()
        }
        for name, one in measured.rounds.items()
    }


def read(path: Path) -> Measured:
    """Read the result of an earlier run; raises UsageError."""
    try:
        table: Mapping[str, Any] = json.loads(path.read_text("utf-8"))
        if table["format"] != FORMAT:
            raise UsageError(f"--resume {path}: its format is {table['format']!r}, and {FORMAT} is known")
        rest = {name: value for name, value in table.items() if name not in ("format", "summary", "rounds")}
        rest["sizes"] = None if table["sizes"] is None else tuple(table["sizes"])
        return Measured(**rest, rounds={name: _round(one) for name, one in table["rounds"].items()})
    except OSError as error:
        raise UsageError(f"--resume {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"--resume {path}: this is no result of a load: {error}") from error


def _round(table: Mapping[str, Any]) -> RoundMeasured:
    return RoundMeasured(**{**table, "times": {name: AnswerTimes(**one) for name, one in table["times"].items()}})

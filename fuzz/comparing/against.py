"""What changed since an earlier run, and the chance that it is noise.

Two runs are apart in time, and the machine may have been busier in one of them. What was measured in turn with a server
tells: the bypass. A change is told only where the server's times have changed as they are, and have changed relative
to the bypass's of the same rounds too; the chance is the larger one of both, corrected for all that is compared. Where
the bypass itself has changed by more than that, it may be the machine after all, and nothing is told.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, median
from typing import Literal

from fuzz.comparing.questions import Question
from fuzz.comparing.results import BYPASS, Comparison, Temperature, Times, rounds_by_connection
from fuzz.comparing.statistics import blocks_of, chance_of_noise, corrected

BLOCKS = 10
LEAST_CONNECTIONS = 10
LEAST_CHANGE = 0.03
MOST_CHANCE = 0.05
Verdict = Literal["slower", "faster", "no change"]
Connections = Sequence[Sequence[tuple[float, float]]]


@dataclass(frozen=True, slots=True)
class Change:
    """How a server's time for a question has changed: 1.1 is 10 % slower; `relative` is that against the bypass."""

    question: Question
    contender: str
    temperature: Temperature
    before_ms: float
    after_ms: float
    factor: float
    relative: float
    chance: float
    of_bypass: float = 1.0

    @property
    def verdict(self) -> Verdict:
        """What can be told: nothing that may well be noise, and nothing too small to matter."""
        logs = (math.log(self.factor), math.log(self.relative))
        if self.chance > MOST_CHANCE or min(map(abs, logs)) < abs(math.log(self.of_bypass)):
            return "no change"
        if min(logs) > math.log1p(LEAST_CHANGE):
            return "slower"
        return "faster" if max(logs) < -math.log1p(LEAST_CHANGE) else "no change"


def told_changes(before: Comparison, after: Comparison) -> tuple[Change, ...]:
    """Every server, question and temperature that both runs measured often enough."""
    found = [one for one in (_change(before, after, mine) for mine in after.times) if one is not None]
    chances = corrected([one.chance for one in found])
    return tuple(replace(one, chance=chance) for one, chance in zip(found, chances, strict=True))


def _change(before: Comparison, after: Comparison, mine: Times) -> Change | None:
    if mine.contender == BYPASS:
        return None
    asked = (mine.question, mine.contender, mine.temperature)
    then, now = _connections(before, *asked), _connections(after, *asked)
    if min(len(then), len(now)) < LEAST_CONNECTIONS:
        return None
    as_they_are = [_blocks(some, lambda one, _: one) for some in (then, now)]
    relative = [_blocks(some, lambda one, bypass: one / bypass) for some in (then, now)]
    return Change(
        *asked,
        before_ms=_median_of(then, 0),
        after_ms=_median_of(now, 0),
        factor=math.exp(fmean(as_they_are[1]) - fmean(as_they_are[0])),
        relative=math.exp(fmean(relative[1]) - fmean(relative[0])),
        chance=max(chance_of_noise(*as_they_are), chance_of_noise(*relative)),
        of_bypass=_median_of(now, 1) / _median_of(then, 1),
    )


def _connections(
    comparison: Comparison, question: Question, contender: str, temperature: Temperature
) -> list[list[tuple[float, float]]]:
    """A server's time and the bypass's, of the rounds in which both were right, by connection."""
    mine, bypass = (comparison.find(question, name, temperature) for name in (contender, BYPASS))
    return rounds_by_connection(mine, bypass, comparison.rounds)


def _blocks(connections: Connections, value: Callable[[float, float], float]) -> list[float]:
    """The logarithm of what a connection typically gives; of neighbours, which are alike, that of several together."""
    return blocks_of([median(math.log(value(*pair)) for pair in pairs) for pairs in connections], BLOCKS)


def _median_of(connections: Connections, place: int) -> float:
    return median(pair[place] for pairs in connections for pair in pairs)


def lines(changes: Sequence[Change], before: Comparison, path: Path) -> Iterator[str]:
    """The changes for people; what got slower first."""
    yield ""
    yield f"against   {path}, begun {before.begun}"
    if not changes:
        needed = f"right answers over {LEAST_CONNECTIONS} connections"
        yield f"  nothing to compare: no server, question and temperature in both with {needed}"
        return
    order: tuple[Verdict, ...] = ("slower", "faster", "no change")
    for one in sorted(changes, key=lambda one: order.index(one.verdict)):
        yield (
            f"  {one.verdict:<10} {one.question.label:<30} {one.contender} {one.temperature}: "
            f"{one.before_ms:.3g} → {one.after_ms:.3g} ms, {one.factor - 1:+.0%}, "
            f"{one.relative - 1:+.0%} against the bypass ({one.of_bypass - 1:+.0%} itself), "
            f"chance that it is noise {_percent(one.chance)}"
        )
    yield (
        f"  told is a change of more than {LEAST_CHANGE:.0%} and than the bypass's own, with a chance of at most "
        f"{MOST_CHANCE:.0%} that it is noise ({len(changes)} comparisons allowed for)"
    )


def _percent(chance: float) -> str:
    return f"{chance:.0%}" if chance >= 0.01 else f"{chance:.1%}"

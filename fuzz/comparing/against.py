"""What changed since an earlier run, and the chance that it is noise.

Two runs are apart in time, and the machine may have been busier in one of them. What was measured in turn with a server
tells: the bypass. A change is told only where the server's times have changed as they are, and have changed relative
to the bypass's of the same rounds too; the chance is the larger one of both, corrected for all that is compared. Where
the bypass itself has changed by more than that, it may be the machine after all, and nothing is told.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, median
from typing import Literal

from fuzz.comparing.questions import Question
from fuzz.comparing.results import BYPASS, Comparison, Temperature, Times, rounds_of_both
from fuzz.comparing.statistics import blocks_of, chance_of_noise, corrected

BLOCKS = 10
LEAST_ROUNDS = 10
LEAST_CHANGE = 0.03
MOST_CHANCE = 0.05
Verdict = Literal["slower", "faster", "no change"]


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
    then, now = _pairs(before, *asked), _pairs(after, *asked)
    if min(len(then), len(now)) < LEAST_ROUNDS:
        return None
    as_they_are = [blocks_of([math.log(one) for one, _ in some], BLOCKS) for some in (then, now)]
    relative = [blocks_of([math.log(one / bypass) for one, bypass in some], BLOCKS) for some in (then, now)]
    return Change(
        *asked,
        before_ms=median(one for one, _ in then),
        after_ms=median(one for one, _ in now),
        factor=math.exp(fmean(as_they_are[1]) - fmean(as_they_are[0])),
        relative=math.exp(fmean(relative[1]) - fmean(relative[0])),
        chance=max(chance_of_noise(*as_they_are), chance_of_noise(*relative)),
        of_bypass=median(other for _, other in now) / median(other for _, other in then),
    )


def _pairs(
    comparison: Comparison, question: Question, contender: str, temperature: Temperature
) -> list[tuple[float, float]]:
    """A server's time and the bypass's, of the rounds in which both were right."""
    mine, bypass = (comparison.find(question, name, temperature) for name in (contender, BYPASS))
    return rounds_of_both(mine, bypass)


def lines(changes: Sequence[Change], before: Comparison, path: Path) -> Iterator[str]:
    """The changes for people; what got slower first."""
    yield ""
    yield f"against   {path}, begun {before.begun}"
    if not changes:
        yield f"  nothing to compare: no server, question and temperature in both with {LEAST_ROUNDS} right rounds"
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

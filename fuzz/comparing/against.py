"""Tell what changed since an earlier run, and the chance that it is noise.

Two runs are apart in time, and the machine may have been busier in one of them. What was measured in turn with a server
tells. The embedded server is the best yardstick, as it works as a server does: where both runs have measured it, a
change is one relative to it, in the same rounds. Otherwise the bypass is the yardstick, and a change is told only where
the server's times have changed as they are, too, and by more than the bypass's own. The chance is corrected for all
comparisons. What one start of a server has by itself, all its requests share: servers that were started anew some times
in both runs are compared start by start, and of others a small change is not told.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Literal

from fuzz.comparing.questions import TimedQuestion
from fuzz.comparing.results import (
    BYPASS,
    EMBEDDED,
    LEAST_STARTS,
    LUCK_OF_A_START,
    Comparison,
    Temperature,
    Times,
    luck_of_a_start,
)
from fuzz.comparing.statistics import blocks_of, chance_of_noise, corrected, middle, unhindered

BLOCKS = 10
LEAST_CONNECTIONS = 10
# A machine that is busier makes no two things slower by the same share.
LEAST_CHANGE = 0.05
MOST_CHANCE = 0.05
Direction = Literal["slower", "faster", "no change"]
Groups = Sequence[Sequence[tuple[float, float]]]


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a server's time for a question: 1.1 is 10 % slower; `relative` is that against the yardstick."""

    question: TimedQuestion
    contender: str
    temperature: Temperature
    before_ms: float
    after_ms: float
    factor: float
    relative: float
    chance: float
    of_yardstick: float = 1.0
    yardstick: str = BYPASS
    least: float = LEAST_CHANGE

    @property
    def verdict(self) -> Direction:
        """Say what can be told: nothing that may well be noise, and nothing too small to matter."""
        logs = [math.log(self.relative)]
        if self.yardstick == BYPASS:
            logs.append(math.log(self.factor))
            if min(map(abs, logs)) < abs(math.log(self.of_yardstick)):
                return "no change"
        if self.chance > MOST_CHANCE:
            return "no change"
        if min(logs) > math.log1p(self.least):
            return "slower"
        return "faster" if max(logs) < -math.log1p(self.least) else "no change"


def told_changes(before: Comparison, after: Comparison) -> tuple[Change, ...]:
    """Return the change of each server and question that both runs measured often enough; a yardstick has none."""
    found = [one for one in (_change(before, after, mine) for mine in after.times) if one is not None]
    yardsticks = {one.yardstick for one in found}
    found = [one for one in found if one.contender not in yardsticks]
    chances = corrected([one.chance for one in found])
    return tuple(replace(one, chance=chance) for one, chance in zip(found, chances, strict=True))


def _change(before: Comparison, after: Comparison, mine: Times) -> Change | None:
    if mine.contender == BYPASS:
        return None
    asked = (mine.question, mine.contender, mine.temperature)
    yardstick = _yardstick(before, after, mine)
    anew = all(run.started_anew(mine.contender) for run in (before, after))
    then, now = (run.pairs(mine.question, mine.contender, yardstick, mine.temperature) for run in (before, after))
    if min(len(then), len(now)) < (LEAST_STARTS if anew else LEAST_CONNECTIONS):
        return None
    as_they_are = [logarithms(some, lambda one, _: one, anew) for some in (then, now)]
    relative = [logarithms(some, lambda one, other: one / other, anew) for some in (then, now)]
    chances = [chance_of_noise(*relative)] + ([chance_of_noise(*as_they_are)] if yardstick == BYPASS else [])
    return Change(
        *asked,
        before_ms=_median_of(then, 0),
        after_ms=_median_of(now, 0),
        factor=math.exp(middle(as_they_are[1]) - middle(as_they_are[0])),
        relative=math.exp(middle(relative[1]) - middle(relative[0])),
        chance=max(chances),
        of_yardstick=_median_of(now, 1) / _median_of(then, 1),
        yardstick=yardstick,
        least=LEAST_CHANGE if anew else LUCK_OF_A_START,
    )


def _yardstick(before: Comparison, after: Comparison, mine: Times) -> str:
    """Return the embedded server where both runs of one suite have measured it, and it is not in question itself."""
    has_it = all(run.find(mine.question, EMBEDDED, mine.temperature) is not None for run in (before, after))
    same = before.versions == after.versions
    return EMBEDDED if has_it and same and mine.contender != EMBEDDED else BYPASS


def logarithms(groups: Groups, value: Callable[[float, float], float], anew: bool) -> list[float]:
    """Return the logarithm of what a start or a connection gives.

    Neighbouring connections are alike: several of them are one value together.
    """
    typical = [math.log(value(*map(unhindered, zip(*pairs)))) for pairs in groups]
    return typical if anew else blocks_of(typical, BLOCKS)


def _median_of(groups: Groups, place: int) -> float:
    return median(pair[place] for pairs in groups for pair in pairs)


def lines(changes: Sequence[Change], before: Comparison, path: Path) -> Iterator[str]:
    """Return the changes for people; what got slower first."""
    yield ""
    yield f"against   {path}, begun {before.begun}"
    if not changes:
        needed = f"right answers over {LEAST_CONNECTIONS} connections, or after {LEAST_STARTS} starts"
        yield f"  nothing to compare: no server, question and temperature in both with {needed}"
        return
    order: tuple[Direction, ...] = ("slower", "faster", "no change")
    for one in sorted(changes, key=lambda one: order.index(one.verdict)):
        yield (
            f"  {one.verdict:<10} {one.question.label:<30} {one.contender} {one.temperature}: "
            f"{one.before_ms:.3g} → {one.after_ms:.3g} ms, {one.factor - 1:+.0%}, "
            f"{one.relative - 1:+.0%} against {one.yardstick} ({one.of_yardstick - 1:+.0%} itself), "
            f"chance that it is noise {_percent(one.chance)}"
        )
    yield (
        f"  told is a change of more than {LEAST_CHANGE:.0%} against the yardstick, with a chance of at most "
        f"{MOST_CHANCE:.0%} that it is noise ({len(changes)} comparisons allowed for)"
    )
    names = list(dict.fromkeys(one.contender for one in changes if one.least > LEAST_CHANGE))
    if names:
        yield luck_of_a_start(names)


def _percent(chance: float) -> str:
    return f"{chance:.0%}" if chance >= 0.01 else f"{chance:.1%}"

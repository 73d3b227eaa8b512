"""Say how small a slowdown a later run can tell against this one, and how many starts a smaller one takes.

That can be said of servers that are started anew beside the embedded one, the yardstick: the starts of one run say how
much starts differ. The other run is taken to have as many starts that differ as much.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from fuzz.comparing.against import LEAST_CHANGE, MOST_CHANCE, logarithms
from fuzz.comparing.results import EMBEDDED, Comparison, Times
from fuzz.comparing.statistics import error_of_middle, freedom_of_middle, student

# How surely a slowdown is told. Nineteen of twenty is what is promised; how much starts differ is not known exactly.
SURELY = 0.98
# Beyond this a number says no more than that nothing can be told.
MOST_PERCENT = 100


@dataclass(frozen=True, slots=True)
class Precision:
    """The error of what a run found, and that of the difference to another run like it."""

    times: Times
    error: float
    freedom: int
    comparisons: int

    @property
    def smallest_seen(self) -> float:
        """Return the smallest slowdown that a later run tells almost surely: 0.1 is 10 %."""
        return math.expm1(max(self._by_chance, math.log1p(LEAST_CHANGE) + self._by_luck))

    def starts_needed(self, starts: int, seen: float) -> int:
        """Say how many starts it takes to tell a slowdown like that, where so many have been made."""
        wanted = math.log1p(seen)
        times_as_precise = max(self._by_chance / wanted, self._by_luck / (wanted - math.log1p(LEAST_CHANGE)))
        return math.ceil(starts * times_as_precise**2)

    @property
    def _by_chance(self) -> float:
        """Return what lies so far beyond noise that it still does so when luck makes it look smaller."""
        allowed = student(1 - MOST_CHANCE / self.comparisons, self.freedom)
        return allowed * math.sqrt(2) * self.error + self._by_luck

    @property
    def _by_luck(self) -> float:
        """Say by how much less than it is a slowdown may seem to be."""
        return student(2 * SURELY - 1, self.freedom) * math.sqrt(2) * self.error


def precisions(run: Comparison) -> Iterator[Precision]:
    """List one for each server, question and temperature that a later run can be compared in."""
    asked = [one for one in run.times if one.contender != EMBEDDED and run.started_anew(one.contender, EMBEDDED)]
    found = []
    for one in asked:
        groups = run.pairs(one.question, one.contender, EMBEDDED, one.temperature)
        if len(groups) >= 2:
            values = logarithms(groups, lambda mine, theirs: mine / theirs, anew=True)
            found.append((one, error_of_middle(values), 2 * freedom_of_middle(values)))
    for one, error, freedom in found:
        yield Precision(one, error, freedom, len(found))


def starts_wanted(run: Comparison, seen: float) -> int:
    """Say how many starts it takes for a later run to tell a slowdown like that; none where that cannot be said."""
    return max((one.starts_needed(run.starts, seen) for one in precisions(run)), default=0) if seen else 0


def lines(run: Comparison) -> Iterator[str]:
    """Say what a later run can tell, for people."""
    found = list(precisions(run))
    if found:
        worst = max(found, key=lambda one: one.smallest_seen)
        yield ""
        seen = worst.smallest_seen
        yield (
            f"a later run with --against this one tells of a server that is {_percent(seen)} slower, or more, in 19 of "
            f"20 cases ({run.starts} starts; least surely for {worst.times.question.label}, {worst.times.contender} "
            f"{worst.times.temperature})"
        )


def _percent(seen: float) -> str:
    return f"{seen:.0%}" if seen < MOST_PERCENT / 100 else f"more than {MOST_PERCENT}%"

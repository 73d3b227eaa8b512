"""The races of one hunter: those that are clear, and those held back until the end as nobody knows what they take."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fuzz.executor import Judgement
from fuzz.hunt.at_once import LOOKING_SECONDS, AtOnce, Race, family_of
from fuzz.hunt.effort import Tally
from fuzz.hunt.failures import Judge
from fuzz.hunt.histories import AT_ONCE, OVERWRITTEN, SEVERAL
from fuzz.hunt.keeper import Keeper
from fuzz.hunt.memory import Memory
from fuzz.hunt.triage import CHANCE

# Each time that it is in vain, looking into the next failure may take half as long, and in the end hardly any time.
LEAST_SECONDS = 3.0
MOST_IN_VAIN = 4
HARDLY_ANY_SECONDS = 0.1
# What a failure that does not come back may well be: state that a server keeps, or chance, whoever met with it first.
STATES = frozenset({AT_ONCE, CHANCE, OVERWRITTEN, SEVERAL})


class Races:
    """What became of the failures of requests at the same time."""

    def __init__(self, judge: Judge, memory: Memory, keeper: Keeper, seconds_left: Callable[[float], float]) -> None:
        self._judge = judge
        self._memory = memory
        self._keeper = keeper
        self._seconds_left = seconds_left
        self._held: dict[str, Race] = {}
        self._in_vain = 0

    def asking(self) -> AtOnce:
        """Who looks into a failure."""
        least = LEAST_SECONDS if self._in_vain < MOST_IN_VAIN else HARDLY_ANY_SECONDS
        seconds = max(least, LOOKING_SECONDS / 2**self._in_vain)
        return AtOnce(
            self._judge, lambda cause: self._memory.of_fingerprint(cause.fingerprint), self._seconds_left(seconds)
        )

    def hold(self, race: Race) -> list[Judgement]:
        """Hold a race back: it did not show again, and what else is found may explain it. There is nothing to show."""
        self._in_vain += 1
        self._held.setdefault(race.cause.fingerprint, race)
        return []

    def keep(self, race: Race) -> str:
        """Make a finding of a race, in the place of one that was not clear before; its name."""
        before = self._memory.of_fingerprint(race.unsure.fingerprint) if race.is_clear else None
        name = None if before is None else before.id
        return self._keeper.keep(race.smallest, race.cause, race.reproducibility, name)

    def conclude(self, tallies: Mapping[str, Tally]) -> None:
        """Tell of those held back, unless another finding may well explain them."""
        for race in self._held.values():
            family = family_of(race.smallest.violation)
            known = (one for one in self._memory.findings() if STATES & set(one.needs))
            explains = next((one for one in known if family_of(one.violation) == family), None)
            name = self.keep(race) if explains is None else self._keeper.again(explains.id, race.cause.kind)
            if race.smallest.case.property in tallies:
                tallies[race.smallest.case.property].findings.add(name)
        self._held.clear()

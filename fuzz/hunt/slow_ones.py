"""Keep cases that will be slow until they may be begun.

Some slow cases merely wait for something, such as a store that fails; many of them may be under way together. Others
are a burden: they keep a server busy, so that all others would wait for them. Of these, one is under way at a time, of
all workers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass

from fuzz.hunt.effort import PropertyEffort
from fuzz.hunt.turns import Turns
from fuzz.running.lanes import Lanes
from specs.case import Case

# How many cases that will be slow may wait for a lane; of more, those drawn last are left out.
MOST_SLOW_ONES = 16


@dataclass(slots=True, eq=False)
class Drawn:
    """A case as it was drawn: for which property, and what is known of how long it will take.

    `put_back` says whether it was begun once already, and given up as the server died or was started again.
    """

    case: Case
    tally: PropertyEffort
    sort: Hashable
    hangs: bool = False
    burden: bool = False
    slow: bool = False
    put_back: bool = False


class SlowOnes:
    """The cases that wait for a lane for slow ones, in the order in which they were drawn."""

    def __init__(self, lanes: Lanes, turns: Turns) -> None:
        self._lanes = lanes
        self._turns = turns
        self._waiting: deque[Drawn] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def holds(self, case: Case) -> bool:
        """Say whether a case waits."""
        return any(one.case == case for one in self._waiting)

    def takes(self, drawn: Drawn) -> bool:
        """Let a case wait, and say so; too many are not taken."""
        if len(self._waiting) >= MOST_SLOW_ONES:
            return False
        self._waiting.append(drawn)
        return True

    def take_back(self, drawn: Drawn) -> None:
        """Let a case that was begun already wait before all others."""
        self._waiting.appendleft(drawn)

    def has_room_for(self, drawn: Drawn) -> bool:
        """Say whether a case may be begun now."""
        if self._lanes.full_of_slow_ones():
            return False
        return not drawn.burden or not self._burdened()

    def next(self) -> Drawn | None:
        """Return the first case that may be begun now, which then waits no longer."""
        if not self._burdened():
            self._turns.leave_burden()
        fitting = (one for one in self._waiting if self.has_room_for(one))
        found = next((one for one in fitting if not one.burden or self._turns.take_burden()), None)
        if found is not None:
            self._waiting.remove(found)
        return found

    def _burdened(self) -> bool:
        return any(one.owner.burden for one in self._lanes.under_way())

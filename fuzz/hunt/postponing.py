"""Postpone failures of one worker while another explains its own, as both would stop exploring otherwise.

Workers that have begun to hunt at the same time meet the same causes. What waits a moment is often known by then.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from fuzz.hunt.deadline import Deadline
from fuzz.hunt.recognition import Recognition
from fuzz.hunt.turns import Turns
from fuzz.running.lanes import Flight, Lanes
from fuzz.triage.ledger import Ledger

# So many failures wait at most, and none for longer: what was asked beside them and before them must be remembered.
MOST_POSTPONED = 8
MOST_SECONDS = 3.0


class Postponing:
    """Tells whether failures wait until another worker has explained its own, and which of them are known by then."""

    def __init__(
        self, turns: Turns, lanes: Lanes, deadline: Deadline, ledger: Ledger, recognition: Recognition
    ) -> None:
        self._turns = turns
        self._lanes = lanes
        self._deadline = deadline
        self._ledger = ledger
        self._recognition = recognition
        self._postponed = False

    def postpones(self, failed: Sequence[Flight], *, enough: bool) -> bool:
        """Say whether failures are to wait; if not, other workers may not explain until this one is done.

        They do not wait where the hunt has `enough`, nor where nothing is under way beside which they could.
        """
        if self._turns.take_explaining() or enough or not self._deadline.limited or not len(self._lanes):
            return False
        longest = time.monotonic() - min(one.ended for one in failed)
        waits = len(failed) < MOST_POSTPONED and longest < MOST_SECONDS
        self._postponed = self._postponed or waits
        return waits

    def unknown(self, failed: Sequence[Flight]) -> list[Flight]:
        """Return the failures that no finding of another worker explains; others are recognised meanwhile."""
        if not self._postponed:
            return list(failed)
        self._postponed = False
        self._ledger.reload()
        return [one for one in failed if not self._recognition.may_know(one)]

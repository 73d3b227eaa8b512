"""What costs time: cases are left alone that look like findings on which much time was lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from fuzz.triage.cause import Shown
from fuzz.triage.reading import Reading
from fuzz.triage.traits import has
from fuzz.triage.trial import isolated, trial_of
from specs.case import Case

# A failure costs time where it hangs, eats memory or ends the server; most do not.
COSTLY_SECONDS = 0.15
MOST_LOST_SHARE = 0.15


class Losses:
    """The time lost on each finding that costs time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun = clock()
        self._lost: dict[str, float] = {}

    def note(self, names: Iterable[str], seconds: float) -> None:
        """A case showed findings that were known, and took so long."""
        if seconds >= COSTLY_SECONDS:
            for name in names:
                self._lost[name] = self._lost.get(name, 0.0) + seconds

    def too_many(self) -> bool:
        """Whether more of the time than is worth it went into what is known."""
        return sum(self._lost.values()) > MOST_LOST_SHARE * (self._clock() - self._begun)

    def likely(self, case: Case, known: Iterable[Shown], reading: Reading) -> bool:
        """Whether a request of the case has all that a finding needs which costs time.

        One that needs nothing would look like anything: it is never left alone for that.
        """
        costly = [one for one in known if one.finding in self._lost and one.needs and not one.trial.several]
        if not costly:
            return False
        asked = (number for number, step in enumerate(case.steps) if step.asks and reading.usual(step))
        trials = [trial_of(isolated(case, number), reading) for number in asked]
        return any(
            (trial.scene is None) == (one.trial.scene is None) and all(has(trial, name) for name in one.needs)
            for trial in trials
            for one in costly
        )

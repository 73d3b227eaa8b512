"""Leave out cases that look like findings on which much time was lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from fuzz.triage.cause import Shown
from fuzz.triage.reading import Reading
from fuzz.triage.traits import has
from fuzz.triage.trial import isolated, trial_of
from specs.case import Case

# Failures that take longer are costly: they hang, use up memory or end the server. Most failures do not.
COSTLY_SECONDS = 0.15
MOST_LOST_SHARE = 0.15


class Losses:
    """The time lost on each costly finding."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun = clock()
        self._lost: dict[str, float] = {}

    def note(self, names: Iterable[str], seconds: float) -> None:
        """Count the time that a case took for the known findings that it showed, if the time was long."""
        if seconds >= COSTLY_SECONDS:
            for name in names:
                self._lost[name] = self._lost.get(name, 0.0) + seconds

    def too_many(self) -> bool:
        """Say whether known costly findings have taken more than their share of the time."""
        return sum(self._lost.values()) > MOST_LOST_SHARE * (self._clock() - self._begun)

    def likely(self, case: Case, known: Iterable[Shown], reading: Reading) -> bool:
        """Say whether a request of the case has all that a costly finding needs.

        A finding without needs would match every request, so it is not looked for.
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

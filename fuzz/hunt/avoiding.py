"""Tell which cases will be slow or costly, and how long to wait: by what known findings and earlier cases took."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable

from fuzz.running.session import Judgement
from fuzz.transport.protocol import Client
from fuzz.triage.lab import haste_seconds, waited_long
from fuzz.triage.reading import Reading
from fuzz.triage.shown import Shown
from fuzz.triage.traits import has
from fuzz.triage.trial import isolated, trial_of
from specs.case import Case
from specs.violation import Aspect

# Failures that take longer are costly: they hang, use up memory or end the server. Most failures do not.
COSTLY_SECONDS = 0.15
# A finding is costly if at least half of so many of its latest failures were.
LATEST_FAILURES = 5
MOST_LOST_SHARE = 0.15
# The share of the time that burdens keep where the latest showed nothing new, and how fast it shrinks to that.
LEAST_LOST_SHARE, SHRINKING = 0.03, 0.7
# Two slow cases of a sort in a row make the next one of that sort take a slow lane; a quick one or two undo that. One
# slow case alone may have waited for something else.
WEIGHT_OF_THE_LATEST = 0.35
MOSTLY = 0.4
LEAST_PATIENCE_SECONDS = 1.0


def lost_on(judgement: Judgement, took: float) -> float:
    """Return the seconds that a case's failures took themselves; a case that ends the server costs all that it took.

    What looking into quick failures took is not lost on them: the next ones may be other failures.
    """
    return took if _ended(judgement) else sum(_seconds(judgement))


def usual_on(judgement: Judgement, took: float) -> float:
    """Return the seconds that a case's failures usually took: one of them may have waited for something else.

    Requests at the same time wait for each other, so that none of them is known to take long by itself.
    """
    if _ended(judgement):
        return took
    several = sorted(_seconds(judgement))
    return several[len(several) // 2] if several and not judgement.transcript.case.together else 0.0


def _ended(judgement: Judgement) -> bool:
    return any(one.aspect == Aspect.GONE for one in judgement.failures)


def _seconds(judgement: Judgement) -> list[float]:
    """List how long each failure took; requests at the same time wait for each other, so that one stands for all."""
    took = [one.elapsed_ms / 1000 for one in judgement.failed_outcomes]
    return [max(took)] if took and judgement.transcript.case.together else took


class Pace:
    """Learns which sorts of things are slow, such as cases that take the lanes for slow ones from the start."""

    def __init__(self) -> None:
        self._slow: dict[Hashable, float] = {}

    def note(self, sort: Hashable, *, slow: bool) -> None:
        """Remember whether one of a sort was slow; what was long ago counts less and less."""
        before = self._slow.get(sort, 0.0)
        if slow or before:
            self._slow[sort] = before + (slow - before) * WEIGHT_OF_THE_LATEST

    def is_slow(self, sort: Hashable) -> bool:
        """Say whether the latest of a sort were mostly slow."""
        return self._slow.get(sort, 0.0) > MOSTLY


class Patience:
    """Tells how long to wait for answers while a server is explored.

    They are waited for as long as the user says, until a request has hung for so long: a server that hangs for one
    hangs for more. Triage waits to the end once more before it makes a finding of a shorter silence.
    """

    def __init__(self) -> None:
        self._hung = False

    def note(self, judgement: Judgement, client: Client) -> None:
        """Remember whether a request was waited for to the end in vain."""
        self._hung = self._hung or waited_long(judgement, client.settings.timeout_seconds)

    def seconds(self, client: Client, late_answers: int) -> float | None:
        """Return how long to wait for an answer, None for as long as usual; each answer that came late doubles that."""
        if not self._hung:
            return None
        patience = max(LEAST_PATIENCE_SECONDS, haste_seconds(client)) * 2**late_answers
        return float(min(patience, client.settings.timeout_seconds))


class Burdens:
    """The time that requests that are a burden took, which may be no more than a share of it all.

    What it took to look into their failures counts where that showed nothing new. The share becomes smaller with each
    burden that showed nothing new, as all other lanes stand still meanwhile.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun = clock()
        self._seconds = 0.0
        self._in_vain = 0

    @property
    def share(self) -> float:
        """Return the share of the time that burdens may have now."""
        return max(LEAST_LOST_SHARE, MOST_LOST_SHARE * SHRINKING ** max(0, self._in_vain - 1))

    def note(self, judgement: Judgement) -> None:
        """Count how long the answers to a case that is a burden took; those that came soon were none after all."""
        took = [one.elapsed_ms / 1000 for one in judgement.transcript.outcomes if one is not None]
        long = [seconds for seconds in took if seconds >= COSTLY_SECONDS]
        self._seconds += sum(long)
        self._in_vain += bool(long)

    def note_explained(self, seconds: float) -> None:
        """Count how long it took to look into a burden that showed nothing new: the hunt stood still meanwhile."""
        self._seconds += seconds

    def note_new(self) -> None:
        """Remember that the latest burden led to a new finding."""
        self._in_vain = 0

    def too_many(self) -> bool:
        """Say whether burdens have taken more than their share of the time."""
        return self._seconds > self.share * (self._clock() - self._begun)


class Losses:
    """The time lost on each finding whose failures are mostly costly.

    A finding whose failures are mostly quick is not costly: a server that is busy with something else answers any of
    them late now and then. Were it taken for costly, all that has its needs, such as one of the interfaces, would wait
    for a slow lane or be left out.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun = clock()
        self._lost: dict[str, float] = {}
        self._latest: dict[str, deque[bool]] = {}
        self._sorts: dict[str, set[Hashable]] = {}

    def note(
        self,
        names: Iterable[str],
        judgement: Judgement,
        took: float,
        slow_seconds: float = COSTLY_SECONDS,
        sort: Hashable = None,
    ) -> None:
        """Count the time that the failures of a case of some sort took for the known findings that they showed."""
        several = set(names)
        slow = usual_on(judgement, took) >= max(COSTLY_SECONDS, slow_seconds)
        if slow and len(several) > 1:
            # Which of the failures was slow is not known.
            return
        for name in several:
            self._latest.setdefault(name, deque(maxlen=LATEST_FAILURES)).append(slow)
            if slow:
                self._sorts.setdefault(name, set()).add(sort)
                self._lost[name] = self._lost.get(name, 0.0) + lost_on(judgement, took)

    def costly(self) -> dict[str, float]:
        """Return the seconds lost on each finding whose latest failures were mostly costly."""
        return {name: seconds for name, seconds in self._lost.items() if self._is_costly(name)}

    def _is_costly(self, name: str) -> bool:
        latest = self._latest[name]
        return 2 * sum(latest) >= len(latest)

    def too_many(self) -> bool:
        """Say whether known costly findings have taken more than their share of the time."""
        return sum(self.costly().values()) > MOST_LOST_SHARE * (self._clock() - self._begun)

    def likely(
        self, case: Case, known: Callable[[], Iterable[Shown]], reading: Reading, sort: Hashable = None
    ) -> Shown | None:
        """Return a costly finding all of whose needs a request of the case has; None if there is none.

        A finding without needs would match every request, so it is not looked for. To take each request apart costs
        more than most answers do, so a finding is looked for among cases of those sorts only in which it was costly.
        """
        names = {name for name in self.costly() if sort in self._sorts[name]}
        if not names:
            return None
        costly = [one for one in known() if one.finding in names and one.needs and not one.trial.several]
        if not costly:
            return None
        asked = (number for number, step in enumerate(case.steps) if step.asks and reading.usual(step))
        trials = [trial_of(isolated(case, number), reading) for number in asked]
        return next(
            (
                one
                for trial in trials
                for one in costly
                if (trial.scene is None) == (one.trial.scene is None) and all(has(trial, name) for name in one.needs)
            ),
            None,
        )

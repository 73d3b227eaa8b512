"""What costs time: cases left alone that look like findings on which much was lost, and slow ones cut short."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from fuzz.client import Client
from fuzz.executor import Judgement
from fuzz.hunt.explaining import Known, looks_like
from fuzz.hunt.reducer import ReductionLimits, isolated
from fuzz.hunt.scene import scene_of
from specs.case import Case, Send
from specs.outcome import NoReply
from specs.profile import Profile

# A failure costs time where it hangs, eats memory or ends the server; most do not.
COSTLY_SECONDS = 0.15
MOST_LOST_SHARE = 0.15
# How long to wait for what has not answered in time before: so many times what the slowest answer took.
HASTE = 5
LEAST_HANG_SECONDS = 0.5
MOST_HANG_SECONDS = 2.0
# A request that fails after this long, having eaten memory say, is shown by a case that is small enough.
SLOW_MS = 1000.0
REDUCING = ReductionLimits()
# A try costs a restart, or the time in which no answer came.
REDUCING_DEATHS = ReductionLimits(tries=400, seconds=60.0, hits=30)
REDUCING_HANGS = ReductionLimits(tries=200, seconds=40.0, hits=8)
REDUCING_SLOW = ReductionLimits(tries=60, seconds=10.0, hits=4)


@contextmanager
def hurried(client: Client) -> Iterator[None]:
    """Wait for answers less long than usual."""
    usual = client.settings
    seconds = min(max(LEAST_HANG_SECONDS, HASTE * client.slowest_ms / 1000), MOST_HANG_SECONDS, usual.timeout_seconds)
    client.settings = replace(usual, timeout_seconds=seconds)
    try:
        yield
    finally:
        client.settings = usual


def limits_for(judgement: Judgement) -> ReductionLimits:
    """How long to reduce what failed so."""
    slow = any(one is not None and one.elapsed_ms > SLOW_MS for one in judgement.transcript.outcomes)
    return REDUCING_SLOW if slow else REDUCING


def keeps_waiting(judgement: Judgement, step: int) -> bool:
    """Whether a request was long in getting no answer, be it that the connection was dropped in the end."""
    outcome = judgement.transcript.outcomes[step]
    return isinstance(outcome, NoReply) and outcome.elapsed_ms > SLOW_MS


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

    def likely(self, case: Case, known: Iterable[Known], profile: Profile) -> bool:
        """Whether a request of the case looks like a finding that costs time.

        One that needs no feature would look like anything: it is never left alone for that.
        """
        costly = [one for one in known if one.finding.id in self._lost and one.needed]
        if not costly:
            return False
        asked = (number for number, step in enumerate(case.steps) if isinstance(step, Send))
        scenes = (scene_of(isolated(case, number), profile) for number in asked)
        return any(scene is not None and any(looks_like(scene, one) for one in costly) for scene in scenes)

"""Find out how many lanes serve while a hunt runs.

The suite does its work for each request in one thread. More lanes help as long as this thread is busy for more of the
time with them; beyond that they only make each answer slower.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from fuzz.running.lanes import Lanes

FIRST_LANES, MOST_LANES = 1, 32
# How long a number of lanes is tried, and after which time a larger one is tried again.
TRIAL_SECONDS = 1.0
AGAIN_SECONDS = 60.0
# The suite must be busier by this factor with twice as many lanes. A thread that is busier than this has enough.
GAIN = 1.05
BUSY = 0.95


class Widening:
    """Doubles the number of lanes while that makes this thread busier, and takes back what did not help."""

    def __init__(
        self,
        lanes: Lanes,
        clock: Callable[[], float] = time.monotonic,
        processor: Callable[[], float] = time.thread_time,
    ) -> None:
        self._lanes = lanes
        self._clock = clock
        self._processor = processor
        self._before: float | None = None
        self._next = 0.0
        lanes.width = FIRST_LANES
        self.begin()

    def begin(self) -> None:
        """Begin to measure anew, after something else than cases in lanes took the time."""
        self._begun, self._spent = self._clock(), self._processor()

    def look(self) -> None:
        """Choose the number of lanes for the next trial, at the end of each trial."""
        now = self._clock()
        if now < self._next:
            self.begin()
            return
        if now - self._begun < TRIAL_SECONDS:
            return
        busy = (self._processor() - self._spent) / (now - self._begun)
        if self._before is not None and busy < GAIN * self._before:
            self._lanes.width //= 2
            self._settle(now)
        elif busy > BUSY or self._lanes.width >= MOST_LANES:
            self._settle(now)
        else:
            self._before = busy
            self._lanes.width *= 2
        self.begin()

    def _settle(self, now: float) -> None:
        self._before, self._next = None, now + AGAIN_SECONDS

"""Find out how many lanes serve while a hunt runs.

The suite does its work for each request in one thread. More lanes help as long as this thread has to wait for answers
for less of the time with them; beyond that they only make each answer slower. Only the time in which cases are explored
is measured, in pieces where failures are looked into between them. Slow answers come unevenly, so that a number that
seems to be of no use is tried for longer, and again soon; less and less often where it stays so.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from fuzz.running.lanes import Lanes

FIRST_LANES, MOST_LANES = 2, 32
# How long a number of lanes is tried, and how long one that seems to be of no use.
TRIAL_SECONDS = 0.25
LONGEST_TRIAL_SECONDS = 1.0
# After which time a larger number is tried again: at first, and after it has been of no use several times.
AGAIN_SECONDS = 2.0
LATER_SECONDS = 20.0
# The suite must be busier by a factor with twice as many lanes: by the first at once, or by the second in the longest
# trial. A thread that is busier than this has enough.
CLEAR_GAIN, GAIN = 1.15, 1.05
BUSY = 0.95


class Widening:
    """Doubles the number of lanes while that leaves this thread less time to wait, and takes back what did not help."""

    def __init__(self, lanes: Lanes, clock: Callable[[], float] = time.monotonic) -> None:
        self._lanes = lanes
        self._clock = clock
        self._before: float | None = None
        self._next = 0.0
        self._pause_seconds = AGAIN_SECONDS
        lanes.width = FIRST_LANES
        self._measure_anew()
        self.begin()

    def begin(self) -> None:
        """Go on to measure, after something else than cases in lanes took the time."""
        self._begun, self._waited_before = self._clock(), self._lanes.waited_seconds

    def pause(self) -> None:
        """Measure no further, as something else than cases in lanes will take the time."""
        self._explored += self._clock() - self._begun
        self._waited += self._lanes.waited_seconds - self._waited_before
        self.begin()

    def look(self) -> None:
        """Choose the number of lanes for the next trial, at the end of each trial."""
        self.pause()
        now = self._clock()
        if now < self._next or self._explored < TRIAL_SECONDS:
            return
        busy = 1 - self._waited / self._explored
        if self._before is None or busy >= CLEAR_GAIN * self._before:
            self._go_on(busy, now)
        elif self._explored >= LONGEST_TRIAL_SECONDS:
            if busy >= GAIN * self._before:
                self._go_on(busy, now)
            else:
                self._lanes.width //= 2
                self._settle(now)
        else:
            return
        self._measure_anew()

    def _go_on(self, busy: float, now: float) -> None:
        """Try twice as many lanes, unless there are enough."""
        if busy > BUSY or self._lanes.width >= MOST_LANES:
            self._settle(now)
            return
        if self._before is not None:
            self._pause_seconds = AGAIN_SECONDS
        self._before = busy
        self._lanes.width *= 2

    def _measure_anew(self) -> None:
        self._explored = self._waited = 0.0

    def _settle(self, now: float) -> None:
        self._before, self._next = None, now + self._pause_seconds
        self._pause_seconds = min(2 * self._pause_seconds, LATER_SECONDS)

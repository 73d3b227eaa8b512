"""The number of lanes that is found: as many as keep the suite busy, and no more."""

from __future__ import annotations

import pytest

from fuzz.hunt.widening import AGAIN_SECONDS, FIRST_LANES, MOST_LANES, TRIAL_SECONDS, Widening


class Pretended:
    """A hunt on a server that answers after so many times what the suite takes for a request, by pretended clocks."""

    def __init__(self, times: float, most_at_once: int = 1000, explaining: float = 0.0) -> None:
        self.explaining = explaining
        self.width = 0
        self.now = self.waited_seconds = 0.0
        self._times, self._most = times, most_at_once
        self.widening = Widening(self, lambda: self.now)  # type: ignore[arg-type]

    def look_into_a_failure(self) -> None:
        """Triage takes its time and waits for answers of its own, which tells nothing of lanes."""
        self.widening.pause()
        self.now += self.explaining
        self.waited_seconds += self.explaining
        self.widening.begin()

    def run(self, seconds: float) -> int:
        end = self.now + seconds
        while self.now < end:
            self.now += 0.1
            busy = min(1.0, min(self.width, self._most) / (1 + self._times))
            self.waited_seconds += 0.1 * (1 - busy)
            self.widening.look()
            self.look_into_a_failure()
        return self.width


@pytest.mark.parametrize(("times", "least", "most"), [(0.0, 1, 2), (3.0, 4, 4), (6.0, 8, 8), (14.0, 16, 16)])
def test_as_many_lanes_as_keep_the_suite_busy_are_found(times: float, least: int, most: int) -> None:
    assert least <= Pretended(times).run(20 * TRIAL_SECONDS) <= most


def test_failures_that_are_looked_into_every_moment_keep_no_lanes_from_being_found() -> None:
    assert Pretended(6.0, explaining=0.3).run(80 * TRIAL_SECONDS) == 8


def test_lanes_that_the_server_has_no_use_for_are_taken_back() -> None:
    assert Pretended(100.0, most_at_once=4).run(20 * TRIAL_SECONDS) == 4


def test_there_are_never_more_lanes_than_the_most() -> None:
    assert Pretended(1e6).run(20 * TRIAL_SECONDS) == MOST_LANES


def test_a_number_that_was_found_stays_for_a_while_and_is_tried_again() -> None:
    hunt = Pretended(100.0, most_at_once=4)
    hunt.run(20 * TRIAL_SECONDS)
    hunt._most = 16
    assert hunt.run(AGAIN_SECONDS / 2) == 4
    assert hunt.run(AGAIN_SECONDS) == 16


def test_time_in_which_nothing_was_measured_does_not_count() -> None:
    hunt = Pretended(6.0)
    hunt.now += 10 * AGAIN_SECONDS
    hunt.widening.begin()
    assert hunt.run(TRIAL_SECONDS / 2) == FIRST_LANES

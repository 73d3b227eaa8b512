"""The number of lanes that is found: as many as keep the suite busy, and no more."""

from __future__ import annotations

import random

import pytest

from fuzz.hunt.widening import AGAIN_SECONDS, FIRST_LANES, LATER_SECONDS, MOST_LANES, TRIAL_SECONDS, Widening


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


class Uneven(Pretended):
    """A hunt on a server that now and then takes a second for an answer, which then holds up a lane for a while."""

    HELD_SECONDS = 0.15

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._held: list[float] = []
        super().__init__(0.0)

    def run(self, seconds: float) -> int:
        end = self.now + seconds
        while self.now < end:
            self._held = [until for until in self._held if until > self.now]
            if len(self._held) >= self.width:
                first = min(self._held)
                self.waited_seconds += first - self.now
                self.now = first
                continue
            slow = self._random.random() < 0.05
            self.now += 0.002
            self._held.append(self.now + (self.HELD_SECONDS if slow else 0.001 * self._random.expovariate(1)))
            self.widening.look()
        return self.width


@pytest.mark.parametrize("seed", range(30))
def test_slow_answers_that_come_unevenly_do_not_hide_that_more_lanes_help(seed: int) -> None:
    assert Uneven(seed).run(30 * TRIAL_SECONDS) >= 8


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
    assert hunt.run(AGAIN_SECONDS / 5) == 4
    assert hunt.run(LATER_SECONDS) == 16


def test_more_lanes_are_tried_less_and_less_often_where_the_server_has_no_use_for_them() -> None:
    hunt = Pretended(100.0, most_at_once=4)
    tried = sum(hunt.run(0.1) > 4 for _ in range(3000))
    assert 0.02 < tried / 3000 < 0.15


def test_time_in_which_nothing_was_measured_does_not_count() -> None:
    hunt = Pretended(6.0)
    hunt.now += 10 * AGAIN_SECONDS
    hunt.widening.begin()
    assert hunt.run(TRIAL_SECONDS / 2) == FIRST_LANES

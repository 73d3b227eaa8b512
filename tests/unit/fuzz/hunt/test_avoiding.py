"""What is left alone: requests that look like a finding on which much time was lost, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fuzz.hunt.avoiding import COSTLY_SECONDS, LEAST_LOST_SHARE, MOST_LOST_SHARE, Burdens, Losses, lost_on
from fuzz.running.session import Judgement
from fuzz.subjects.reductions.reading import Reading
from fuzz.subjects.reductions.scene import Scene, case_of
from fuzz.triage.shown import Shown
from fuzz.triage.trial import Signature, trial_of
from specs.outcome import Reply, Transcript
from specs.reductions.profile import Profile
from specs.violation import Aspect, Violation, Way

PROFILE = Profile("x")
PLAIN = Scene("sum", "int32", np.arange(3, dtype="int32"))
ZIPPED = replace(PLAIN, compression="gzip")
GONE = Violation("answers", "", "", "", way=Way.DROPPED, aspect=Aspect.GONE)
# A case that ended the server: all the time that it took is lost.
ENDED = Judgement(Transcript(case_of(ZIPPED, "reduction"), ()), (GONE,))


class Clock:
    """Stands still until it is set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def known(*needs: str) -> Shown:
    return Shown("hang", trial_of(case_of(ZIPPED, "reduction"), Reading(PROFILE)), Signature(Way.SILENT), needs)


@pytest.mark.parametrize(
    ("scene", "one", "likely"),
    [
        (ZIPPED, known("compression"), True),
        (PLAIN, known("compression"), False),
        (ZIPPED, known("compression", "missing"), False),
        # What needs nothing would look like anything.
        (ZIPPED, known(), False),
    ],
)
def test_what_looks_like_a_costly_finding_is_likely_to_cost(scene: Scene, one: Shown, likely: bool) -> None:
    losses = Losses()
    assert not losses.likely(case_of(scene, "reduction"), lambda: [one], Reading(PROFILE))
    losses.note(["hang"], ENDED, 10.0)
    assert (losses.likely(case_of(scene, "reduction"), lambda: [one], Reading(PROFILE)) is one) == likely


def test_a_costly_finding_is_looked_for_among_cases_of_the_sorts_in_which_it_was_costly() -> None:
    losses, one = Losses(), known("compression")
    case = case_of(ZIPPED, "reduction")
    losses.note(["hang"], ENDED, 10.0, sort="contradiction")
    assert losses.likely(case, lambda: [one], Reading(PROFILE), "reduction") is None
    losses.note(["hang"], ENDED, 10.0, sort="reduction")
    assert losses.likely(case, lambda: [one], Reading(PROFILE), "reduction") is one


def test_losses_are_too_many_beyond_their_share_of_the_time() -> None:
    clock = Clock()
    losses = Losses(clock)
    clock.now = 1.0
    losses.note(["hang"], ENDED, COSTLY_SECONDS / 2)
    assert not losses.too_many()
    losses.note(["hang"], ENDED, 10.0)
    assert losses.too_many()
    clock.now = 1.0 + 10.0 / MOST_LOST_SHARE
    assert not losses.too_many()


def test_a_finding_whose_failures_are_mostly_quick_is_not_costly() -> None:
    losses = Losses()
    case = case_of(ZIPPED, "reduction")
    failed = Violation("counts", "", "", "", step=1)
    one = known("compression")
    told = []
    for elapsed_ms in (1.0, 1.0, 5000.0, 1.0, 1.0, 5000.0, 5000.0):
        outcomes = (None, Reply(200, (), b"", elapsed_ms=elapsed_ms))
        losses.note(["hang"], Judgement(Transcript(case, outcomes), (failed,)), 6.0)
        told.append(losses.likely(case, lambda: [one], Reading(PROFILE)) is one)
    # Of the latest five, at least half must be slow.
    assert told == [False, False, False, False, False, False, True]


def test_a_finding_whose_first_failure_is_slow_is_costly_until_others_are_quick() -> None:
    losses = Losses()
    losses.note(["hang"], ENDED, 10.0)
    assert losses.costly() == {"hang": 10.0}
    losses.note(["hang"], ENDED, 0.01)
    losses.note(["hang"], ENDED, 0.01)
    assert not losses.costly()


def test_many_quick_failures_in_one_case_are_not_costly() -> None:
    case = case_of(ZIPPED, "reduction")
    failed = tuple(Violation("counts", "", "", "", step=number) for number in range(10))
    judgement = Judgement(Transcript(case, tuple(Reply(200, (), b"", elapsed_ms=90.0) for _ in failed)), failed)
    losses = Losses()
    losses.note(["hang"], judgement, 1.0)
    assert lost_on(judgement, 1.0) == pytest.approx(0.9)
    assert not losses.costly()


def test_requests_at_the_same_time_that_wait_for_each_other_lose_that_time_once() -> None:
    case = replace(case_of(ZIPPED, "at-the-same-time"), together=True)
    failed = tuple(Violation("counts", "", "", "", step=number) for number in range(10))
    judgement = Judgement(Transcript(case, tuple(Reply(200, (), b"", elapsed_ms=700.0) for _ in failed)), failed)
    assert lost_on(judgement, 1.0) == pytest.approx(0.7)
    losses = Losses()
    losses.note(["hang"], judgement, 1.0)
    assert not losses.costly()


def test_one_failure_among_quick_ones_that_waited_for_something_else_makes_no_finding_costly() -> None:
    case = case_of(ZIPPED, "reduction")
    failed = tuple(Violation("counts", "", "", "", step=number) for number in range(4))
    outcomes = tuple(Reply(200, (), b"", elapsed_ms=one) for one in (3.0, 4000.0, 2.0, 5.0))
    losses = Losses()
    losses.note(["hang"], Judgement(Transcript(case, outcomes), failed), 5.0)
    assert not losses.costly()


def test_a_slow_failure_among_those_of_several_findings_makes_none_of_them_costly() -> None:
    losses = Losses()
    losses.note(["hang", "quick"], ENDED, 10.0)
    assert not losses.costly()
    losses.note(["hang", "hang"], ENDED, 10.0)
    assert losses.costly() == {"hang": 10.0}


def test_what_is_usual_on_a_slow_server_is_not_costly() -> None:
    losses = Losses()
    losses.note(["hang"], ENDED, 1.0, slow_seconds=2.0)
    assert not losses.costly()
    losses.note(["hang"], ENDED, 3.0, slow_seconds=2.0)
    assert losses.costly() == {"hang": 3.0}


@pytest.mark.parametrize(
    ("elapsed_ms", "aspect", "lost"),
    [((9000.0, 200.0), "", 0.2), ((9000.0, 1.0), "", 0.001), ((1.0, 1.0), "gone", 30.0)],
)
def test_what_is_lost_on_a_failure_is_its_own_time_unless_the_server_ended(
    elapsed_ms: tuple[float, float], aspect: str, lost: float
) -> None:
    outcomes = tuple(Reply(500, (), b"", elapsed_ms=one) for one in elapsed_ms)
    failed = Violation("no-server-error", "", "", "", way=Way.SERVER_ERROR, aspect=aspect, step=1)
    case = case_of(PLAIN, "reduction")
    assert lost_on(Judgement(Transcript(case, outcomes), (failed,)), 30.0) == pytest.approx(lost)


def test_burdens_are_too_many_beyond_a_share_of_the_time_that_shrinks_while_they_show_nothing_new() -> None:
    clock = Clock()
    burdens = Burdens(clock)

    def answered(elapsed_ms: float) -> Judgement:
        return Judgement(
            Transcript(case_of(ZIPPED, "reduction"), (None, Reply(200, (), b"", elapsed_ms=elapsed_ms))), ()
        )

    clock.now = 1.0
    for _ in range(1000):
        burdens.note(answered(1000 * COSTLY_SECONDS / 2))
    assert not burdens.too_many()
    burdens.note(answered(2000.0))
    assert burdens.too_many()
    clock.now = 1.0 + 2.0 / MOST_LOST_SHARE
    assert not burdens.too_many()
    shares = [burdens.share]
    for _ in range(12):
        burdens.note(answered(2000.0))
        shares.append(burdens.share)
    assert shares == sorted(shares, reverse=True)
    assert (shares[0], shares[-1]) == (MOST_LOST_SHARE, LEAST_LOST_SHARE)
    burdens.note_new()
    assert burdens.share == MOST_LOST_SHARE

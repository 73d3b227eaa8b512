"""What is left alone: requests that look like a finding on which much time was lost, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fuzz.client import Client, ClientSettings
from fuzz.executor import Judgement
from fuzz.findings.finding import Finding
from fuzz.hunt.avoiding import (
    COSTLY_SECONDS,
    LEAST_HANG_SECONDS,
    MOST_HANG_SECONDS,
    MOST_LOST_SHARE,
    REDUCING,
    REDUCING_SLOW,
    SLOW_MS,
    Losses,
    hurried,
    keeps_waiting,
    limits_for,
)
from fuzz.hunt.explaining import Known, Reach
from fuzz.hunt.scene import Scene, case_of
from specs.outcome import NoReply, Reply, Transcript
from specs.profile import Profile
from specs.violation import Violation, Way

PROFILE = Profile("x")
PLAIN = Scene("sum", "int32", np.arange(3, dtype="int32"))
ZIPPED = replace(PLAIN, compression="gzip")
EVERY = Reach(frozenset(("sum", "min")), frozenset(("int32",)), frozenset())


class Clock:
    """Stands still until it is set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def known(*needs: str) -> Known:
    hang = Violation("answers", "no answer in time", "an answer", "none", way=Way.SILENT, step=1)
    return Known(Finding("hang", "f", hang, case_of(ZIPPED, "reduction"), (None, None), needs), ZIPPED, EVERY)


@pytest.mark.parametrize(
    ("scene", "one", "likely"),
    [
        (ZIPPED, known("compression"), True),
        (PLAIN, known("compression"), False),
        (replace(ZIPPED, operation="max"), known("compression"), False),
        # What needs nothing would look like anything.
        (ZIPPED, known(), False),
        (ZIPPED, known("chance"), False),
    ],
)
def test_what_looks_like_a_costly_finding_is_likely_to_cost(scene: Scene, one: Known, likely: bool) -> None:
    losses = Losses()
    assert not losses.likely(case_of(scene, "reduction"), [one], PROFILE)
    losses.note(["hang"], 10.0)
    assert losses.likely(case_of(scene, "reduction"), [one], PROFILE) is likely


def test_losses_are_too_many_beyond_their_share_of_the_time() -> None:
    clock = Clock()
    losses = Losses(clock)
    clock.now = 1.0
    losses.note(["hang"], COSTLY_SECONDS / 2)
    assert not losses.too_many()
    losses.note(["hang"], 10.0)
    assert losses.too_many()
    clock.now = 1.0 + 10.0 / MOST_LOST_SHARE
    assert not losses.too_many()


@pytest.mark.parametrize(("elapsed_ms", "limits"), [(SLOW_MS / 2, REDUCING), (2 * SLOW_MS, REDUCING_SLOW)])
def test_what_fails_slowly_is_not_reduced_for_long(elapsed_ms: float, limits: object) -> None:
    case = case_of(PLAIN, "reduction")
    assert limits_for(Judgement(Transcript(case, (None, NoReply("closed", "", elapsed_ms))), ())) is limits


@pytest.mark.parametrize(
    ("slowest_ms", "timeout_seconds", "waits"),
    [(1.0, 10.0, LEAST_HANG_SECONDS), (200.0, 10.0, 1.0), (3000.0, 10.0, MOST_HANG_SECONDS), (1.0, 0.2, 0.2)],
)
def test_haste_goes_by_how_fast_the_server_answers(slowest_ms: float, timeout_seconds: float, waits: float) -> None:
    client = Client("http://localhost", ClientSettings(timeout_seconds=timeout_seconds))
    client.slowest_ms = slowest_ms
    with hurried(client):
        assert client.settings.timeout_seconds == waits
    assert client.settings.timeout_seconds == timeout_seconds


@pytest.mark.parametrize(
    ("outcome", "waits"),
    [
        (NoReply("closed", "", 2 * SLOW_MS), True),
        (NoReply("closed", "", SLOW_MS / 2), False),
        (Reply(200, (), b"", 2 * SLOW_MS), False),
    ],
)
def test_who_drops_the_connection_after_long_keeps_waiting(outcome: Reply | NoReply, waits: bool) -> None:
    case = case_of(ZIPPED, "reduction")
    assert keeps_waiting(Judgement(Transcript(case, (None, outcome)), ()), 1) is waits

"""What is left alone: requests that look like a finding on which much time was lost, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fuzz.hunt.avoiding import COSTLY_SECONDS, MOST_LOST_SHARE, Losses
from fuzz.subjects.reductions.reading import Reading
from fuzz.subjects.reductions.scene import Scene, case_of
from fuzz.triage.cause import Shown
from fuzz.triage.trial import Signature, trial_of
from specs.reductions.profile import Profile
from specs.violation import Way

PROFILE = Profile("x")
PLAIN = Scene("sum", "int32", np.arange(3, dtype="int32"))
ZIPPED = replace(PLAIN, compression="gzip")


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
    losses.note(["hang"], 10.0)
    assert (losses.likely(case_of(scene, "reduction"), lambda: [one], Reading(PROFILE)) is one) == likely


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

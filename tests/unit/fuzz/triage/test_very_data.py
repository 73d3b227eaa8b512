"""An error that comes for some contents alone is one finding, also where other bugs spoil other answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from fuzz.subjects.reductions.scene import Scene, case_of
from fuzz.subjects.reductions.zoo.rare import OneRequestInAHundredFails, PowerOfTwoSums
from fuzz.triage.cause import leaves
from fuzz.triage.lab import Lab, Seen
from fuzz.triage.other_data import hangs_on_its_data
from fuzz.triage.shown import Explained, Shown
from fuzz.triage.traits.circumstances import VERY_DATA
from fuzz.triage.trial import Trial, trial_of
from specs.violation import Way
from tests.unit.broken import lab_with

SELECTED = Scene("select", "int64", np.arange(1, 5))


def sums_of_many() -> Iterator[Scene]:
    for first in range(1000):
        yield Scene("sum", "int64", np.arange(first, first + 2**12))


def of_nothing() -> Iterator[Scene]:
    for length in range(2, 1000):
        elements = np.arange(2 * length)
        yield Scene("select", "int64", elements, shape=(length, 2), selection=((0, length, 1), (0, 0, 1)))


def first_error(scenes: Iterable[Scene], lab: Lab) -> tuple[Trial, Seen]:
    """Return the first trial that is answered with a 500."""
    for scene in scenes:
        trial = trial_of(case_of(scene, "x"), lab.session.reading)
        for seen in lab.ask(trial):
            if seen.signature.way is Way.SERVER_ERROR:
                return trial, seen
    raise AssertionError("the server makes no error")


def test_what_other_data_is_answered_wrongly_for_does_not_matter() -> None:
    with lab_with(OneRequestInAHundredFails, PowerOfTwoSums) as lab:
        trial, seen = first_error(sums_of_many(), lab)
        others = list(trial.reading.of_other_data(trial, lab.session.facts))
        assert any(lab.fails(one, seen.signature) for one in others)
        assert hangs_on_its_data(trial, seen, lab)


def test_an_error_for_requests_that_have_one_answer_is_explained_by_one_about_its_very_data() -> None:
    with lab_with(OneRequestInAHundredFails) as lab:
        trial, seen = first_error(of_nothing(), lab)
        assert not hangs_on_its_data(trial, seen, lab)
        known = trial_of(case_of(SELECTED, "x"), lab.session.reading)
        assert leaves(trial, seen, Shown("known", known, seen.signature, (VERY_DATA,)), lab) == Explained("known")

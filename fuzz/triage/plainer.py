"""Make a trial plainer: without earlier steps, with plainer parts, or as less of a burden to the server."""

from __future__ import annotations

from collections.abc import Iterator

from fuzz.triage.lab import Lab
from fuzz.triage.trial import Signature, Trial, trial_of


def plainer(trial: Trial) -> Iterator[Trial]:
    """List the trial without one of its earlier steps, then with less data or plainer values."""
    if trial.scene is None:
        yield from _fewer_steps(trial)
    yield from trial.reading.plainer(trial)


def _fewer_steps(trial: Trial) -> Iterator[Trial]:
    steps = trial.case.steps
    if trial.case.together or len(steps) < 3:
        return
    for number in range(len(steps) - 2, -1, -1):
        yield trial.of_steps(*steps[:number], *steps[number + 1 :])


def lightened(trial: Trial) -> Trial | None:
    """Return a trial that is a burden, made to be none; None if it is no burden."""
    case = trial.reading.lightened(trial.case)
    return None if case is None else trial_of(case, trial.reading)


def lightest(trial: Trial, wanted: Signature, lab: Lab) -> Trial:
    """Return the trial, or if it is a burden, and fails alike when it is made to be none, what it was made to be."""
    light = lightened(trial)
    return light if light is not None and lab.fails(light, wanted) is not None else trial

"""List plainer variants of a trial: with fewer earlier steps, or with parts that its subject can make plainer."""

from __future__ import annotations

from collections.abc import Iterator

from fuzz.triage.trial import Trial


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

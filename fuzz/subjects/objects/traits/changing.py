"""Change each step of a trial, as most traits of histories do when they are dropped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fuzz.triage.trial import Trial

Change = Callable[[Any], Any]


def changed(change: Change) -> Callable[[Trial], Trial | None]:
    """Return a function that changes each step of a trial, or leaves it out; None where that changes nothing."""

    def drop(trial: Trial) -> Trial | None:
        made = tuple(one for one in map(change, trial.case.steps) if one is not None)
        if made == trial.case.steps or not made or type(made[-1]) is not type(trial.case.steps[-1]):
            return None
        return trial.of_steps(*made)

    return drop

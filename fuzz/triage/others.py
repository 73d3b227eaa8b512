"""Find out whether a failure needs what others do besides client and server, such as a store that misbehaves."""

from __future__ import annotations

from fuzz.triage.lab import Lab, Seen
from fuzz.triage.shown import Shown
from fuzz.triage.traits import closure, present, project, traits
from fuzz.triage.trial import Trial


def needs_others(trial: Trial, seen: Seen, lab: Lab) -> bool:
    """Say whether a trial passes where others do nothing unusual."""
    if not has_others(trial):
        return False
    plain = project(trial, [name for name in present(trial) if name not in trial.reading.of_others])
    return lab.fails(plain, seen.signature) is None


def needs_more_of_others(trial: Trial, seen: Seen, one: Shown, lab: Lab) -> bool:
    """Say whether a trial needs what others do, and a known cause does not.

    The cause may show in plainer requests, and be hidden in this one by another of its traits.
    """
    reading = trial.reading
    return reading.of_others.isdisjoint(closure(one.needs, reading)) and needs_others(trial, seen, lab)


def has_others(trial: Trial) -> bool:
    """Say whether others do something unusual in a trial."""
    reading = trial.reading
    if trial.scene is not None:
        return any(reading.of_scenes[name].of(trial.scene) for name in reading.of_others)
    return any(one.name in reading.of_others and one.drop(trial) is not None for one in traits(trial))

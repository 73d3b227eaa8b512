"""Take several requests about one object apart, each into a scene of its own."""

from __future__ import annotations

from dataclasses import replace

from fuzz.subjects.reductions.scene import Scene, case_of, scene_of
from fuzz.triage.trial import Trial
from specs.case import Case
from specs.reductions.steps import Put, Send


def scenes_of(trial: Trial) -> list[Scene]:
    """List the scene of each request; empty unless the case puts one object and all requests are valid and about it."""
    put, *asked = trial.case.steps
    if not isinstance(put, Put) or len(asked) < 2 or not all(isinstance(one, Send) for one in asked):
        return []
    several = [scene_of(Case(trial.case.property, (put, step)), trial.profile) for step in asked]
    scenes = [scene for scene in several if scene is not None]
    return scenes if len(scenes) == len(asked) else []


def of_scenes(trial: Trial, scenes: list[Scene]) -> Trial | None:
    """Return the trial of several scenes; None where their objects differ, or nothing changes."""
    cases = [case_of(scene, trial.case.property) for scene in scenes]
    puts = {one.steps[0] for one in cases}
    if len(puts) != 1:
        return None
    case = replace(trial.case, steps=(puts.pop(), *(one.steps[1] for one in cases)))
    return Trial(case, trial.reading) if case != trial.case else None

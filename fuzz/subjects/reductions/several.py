"""Take several requests about one object apart, each into a scene of its own."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from fuzz.subjects.reductions.scene import Scene, case_of, scene_of
from fuzz.triage.trial import Trial
from specs.case import Case
from specs.reductions.profile import Profile
from specs.reductions.steps import Put, Send


def scenes_of(trial: Trial) -> list[Scene]:
    """List the scene of each request; empty unless the case puts one object and all requests are valid and about it."""
    return list(_scenes_of(trial.case, trial.profile))


@lru_cache(maxsize=64)
def _scenes_of(case: Case, profile: Profile) -> tuple[Scene, ...]:
    """Take a case apart, once for all the traits that are looked for in it."""
    put, *asked = case.steps
    if not isinstance(put, Put) or len(asked) < 2 or not all(isinstance(one, Send) for one in asked):
        return ()
    several = [scene_of(Case(case.property, (put, step)), profile) for step in asked]
    scenes = tuple(scene for scene in several if scene is not None)
    return scenes if len(scenes) == len(asked) else ()


def of_scenes(trial: Trial, scenes: list[Scene]) -> Trial | None:
    """Return the trial of several scenes; None where their objects differ, or nothing changes."""
    cases = [case_of(scene, trial.case.property) for scene in scenes]
    puts = {one.steps[0] for one in cases}
    if len(puts) != 1:
        return None
    case = replace(trial.case, steps=(puts.pop(), *(one.steps[1] for one in cases)))
    return Trial(case, trial.reading) if case != trial.case else None

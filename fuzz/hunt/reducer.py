"""Shrinking: the smallest case that fails in the same way, found by asking the server again and again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain

from fuzz.executor import Judgement
from fuzz.hunt.failures import Judge, Kind, family_of, kind_of, narrower, of_family
from fuzz.hunt.scene import Scene, case_of, scene_of
from fuzz.hunt.simpler import bare_scenes, shorter_scenes, simpler_requests, simpler_scenes
from fuzz.hunt.simpler_histories import simpler_histories
from specs.case import Case, Delete, Put, Send, SendRaw, requests
from specs.manners import WELL
from specs.profile import Profile
from specs.violation import Violation

Avoid = Callable[[Scene, Scene, Kind], bool]
Candidates = Callable[["Smallest"], Iterator[tuple[Case, Scene | None]]]


@dataclass(frozen=True, slots=True)
class ReductionLimits:
    """How long one reduction may take; `hits` are tries that fail as wanted, which may take long.

    Tries end it first, so that it ends at the same place every time.
    """

    tries: int = 700
    seconds: float = 40.0
    hits: int = 700


@dataclass(frozen=True, slots=True)
class Smallest:
    """The smallest case so far, with what came of it; its scene, where it has one."""

    case: Case
    judgement: Judgement
    violation: Violation
    scene: Scene | None


class Reducer:
    """Asks about simpler cases until none fails, or the tries or the time are up."""

    def __init__(
        self,
        judge: Judge,
        profile: Profile,
        kind: Kind,
        limits: ReductionLimits | None = None,
        avoid: Avoid = lambda _first, _scene, _kind: False,
    ) -> None:
        """`avoid` tells failing scenes whose cause may well be another than that of the first scene."""
        self._judge = judge
        self._avoid = avoid
        self._profile = profile
        self._limits = limits or ReductionLimits()
        self._end = time.monotonic() + self._limits.seconds
        self._kind = kind
        self._first: Scene | None = None
        self._takes_bad_store = False
        self._wanted: Callable[[Judgement], Violation | None] = lambda judgement: narrower(judgement, kind)
        self.tries = 0
        self.hits = 0

    def reduce(self, case: Case, judgement: Judgement) -> Smallest:
        """The smallest case of the kind, starting from one that fails so; then of the kind's whole family.

        Keeping to the kind first keeps a reduction from slipping to another cause that the case shows as well.
        """
        violation = self._wanted(judgement)
        if violation is None:
            raise ValueError("the case to be reduced does not fail in the way given")
        best = self._fewer_steps(Smallest(case, judgement, violation, None))
        scene = scene_of(best.case, self._profile)
        if scene is not None:
            rewritten = self._try(case_of(scene, case.property))
            if rewritten is not None:
                self._first = scene
                self._takes_bad_store = not self._fails_served_well(scene, case.property)
                best = self._walk(replace(rewritten, scene=scene), _scenes_of(shorter_scenes))
                best = self._bare(best)
                best = self._walk(best, _scenes_of(simpler_scenes))
                self._widen()
                return self._walk(best, _scenes_of(simpler_scenes))
        best = self._walk(best, self._requests)
        if requests(best.case) < 2:
            return best
        self._widen()
        return self._walk(best, self._requests)

    def _widen(self) -> None:
        """From now on every failure of the kind's family will do."""
        family = family_of(self._kind)
        self._wanted = lambda judgement: of_family(judgement, family)

    def out_of_time(self) -> bool:
        used_up = self.tries >= self._limits.tries or self.hits >= self._limits.hits
        return used_up or time.monotonic() > self._end

    def _requests(self, one: Smallest) -> Iterator[tuple[Case, Scene | None]]:
        for case in chain(simpler_histories(one.case, self._profile), simpler_requests(one.case)):
            yield case, None

    def _try(self, case: Case) -> Smallest | None:
        """The case if it fails in the way wanted."""
        if self.out_of_time():
            return None
        self.tries += 1
        judgement = self._judge(case)
        violation = self._wanted(judgement)
        self.hits += violation is not None
        return None if violation is None else Smallest(case, judgement, violation, None)

    def _strays(self, scene: Scene | None, found: Smallest) -> bool:
        """Whether a failing scene may well be about something else that is known."""
        if scene is None or self._first is None:
            return False
        if self._takes_bad_store and self._fails_served_well(scene, found.case.property):
            return True
        return self._avoid(self._first, scene, kind_of(found.violation))

    def _fails_served_well(self, scene: Scene, name: str) -> bool:
        """Whether a scene fails just as well where the store does its part; of those that it serves so anyway, yes."""
        if scene.served == WELL:
            return True
        served_well = case_of(replace(scene, served=WELL), name)
        return of_family(self._judge(served_well), family_of(self._kind)) is not None

    def _fewer_steps(self, best: Smallest) -> Smallest:
        alone = self._try(isolated(best.case, best.violation.step))
        if alone is not None:
            return alone
        until = replace(best.case, steps=best.case.steps[: best.violation.step + 1])
        best = self._try(until) or best
        number = len(best.case.steps) - 1
        while number >= 0 and not self.out_of_time():
            steps = best.case.steps
            if number < len(steps):
                best = self._try(replace(best.case, steps=steps[:number] + steps[number + 1 :])) or best
            number -= 1
        return best

    def _bare(self, best: Smallest) -> Smallest:
        """The first case with a single feature that fails: most causes need no more."""
        for scene in bare_scenes(best.scene) if best.scene is not None else ():
            found = self._try(case_of(scene, best.case.property))
            if found is not None and not self._strays(scene, found):
                return replace(found, scene=scene)
        return best

    def _walk(self, best: Smallest, candidates: Candidates) -> Smallest:
        """Take every candidate that fails as wanted, and start over from it, until none does."""
        seen = {best.case}
        progress = True
        while progress and not self.out_of_time():
            progress = False
            for case, scene in candidates(best):
                if case in seen:
                    continue
                seen.add(case)
                found = self._try(case)
                if found is not None and not self._strays(scene, found):
                    best, progress = replace(found, scene=scene), True
                    break
        return best


def _scenes_of(simpler: Callable[[Scene], Iterator[Scene]]) -> Candidates:
    """The cases of simpler scenes, told so."""

    def candidates(one: Smallest) -> Iterator[tuple[Case, Scene | None]]:
        for scene in simpler(one.scene) if one.scene is not None else ():
            yield case_of(scene, one.case.property), scene

    return candidates


def isolated(case: Case, number: int) -> Case:
    """A request alone with the object it is about, as it was by then."""
    step = case.steps[number]
    if not isinstance(step, Send | SendRaw):
        return case
    puts = [
        one
        for one in case.steps[:number]
        if isinstance(one, Put | Delete) and (one.key, one.bucket) == (step.key, step.bucket)
    ]
    last = puts[-1:] if puts and isinstance(puts[-1], Put) else []
    return replace(case, steps=(*last, step), together=False)

"""Shrinking: the smallest case that fails in the same way, found by asking the server again and again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from fuzz.executor import Judgement
from fuzz.hunt.failures import Judge, Kind, of_kind
from fuzz.hunt.scene import Scene, case_of, scene_of
from fuzz.hunt.simpler import simpler_requests, simpler_scenes
from specs.case import Case, Delete, Put, Send, SendRaw
from specs.profile import Profile
from specs.violation import Violation

MOST_TRIES = 1500


@dataclass(frozen=True, slots=True)
class Smallest:
    """The smallest case so far, with what came of it; its scene, where it has one."""

    case: Case
    judgement: Judgement
    violation: Violation
    scene: Scene | None


class Reducer:
    """Asks about simpler cases until none fails in the same way, or the time is up."""

    def __init__(self, judge: Judge, profile: Profile, kind: Kind, seconds: float) -> None:
        self._judge = judge
        self._profile = profile
        self._kind = kind
        self._end = time.monotonic() + seconds
        self.tries = 0

    def reduce(self, case: Case, judgement: Judgement) -> Smallest:
        """The smallest case of the kind, starting from one that fails so."""
        violation = of_kind(judgement, self._kind)
        if violation is None:
            raise ValueError("the case to be reduced does not fail in the way given")
        best = self._fewer_steps(Smallest(case, judgement, violation, None))
        scene = scene_of(best.case, self._profile)
        if scene is not None:
            rewritten = self._try(case_of(scene, case.property))
            if rewritten is not None:
                return self._simpler_scene(replace(rewritten, scene=scene))
        return self._descend(best, lambda one: simpler_requests(one.case))

    def out_of_time(self) -> bool:
        return time.monotonic() > self._end or self.tries >= MOST_TRIES

    def _try(self, case: Case) -> Smallest | None:
        """The case if it fails in the same way."""
        if self.out_of_time():
            return None
        self.tries += 1
        judgement = self._judge(case)
        violation = of_kind(judgement, self._kind)
        return None if violation is None else Smallest(case, judgement, violation, None)

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

    def _simpler_scene(self, best: Smallest) -> Smallest:
        def candidates(one: Smallest) -> Iterator[tuple[Case, Scene]]:
            if one.scene is not None:
                for scene in simpler_scenes(one.scene):
                    yield case_of(scene, one.case.property), scene

        return self._walk(best, candidates)

    def _descend(self, best: Smallest, candidates: Callable[[Smallest], Iterator[Case]]) -> Smallest:
        return self._walk(best, lambda one: ((case, None) for case in candidates(one)))

    def _walk(self, best: Smallest, candidates: Callable[[Smallest], Iterator[tuple[Case, Scene | None]]]) -> Smallest:
        """Take every candidate that fails in the same way, and start over from it, until none does."""
        seen = {best.case}
        progress = True
        while progress and not self.out_of_time():
            progress = False
            for case, scene in candidates(best):
                if case in seen:
                    continue
                seen.add(case)
                found = self._try(case)
                if found is not None:
                    best, progress = replace(found, scene=scene), True
                    break
        return best


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
    return replace(case, steps=(*last, step))

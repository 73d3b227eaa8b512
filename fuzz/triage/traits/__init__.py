"""The traits of trials, in the order in which they are dropped, and what can be done with them.

A new trait goes into the module of what it is about: numbers, slices, scenes (one valid request about one object),
requests (any request), circumstances (several requests, before or at the same time). The tables are put together here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from fuzz.subjects.reductions.traits.requests import RAW, REQUESTS, UNUSUAL, headers
from fuzz.subjects.reductions.traits.scenes import SCENES, SIBLINGS
from fuzz.triage.trait import Trait
from fuzz.triage.traits.circumstances import (
    ANOTHER,
    AT_ONCE,
    CIRCUMSTANCES,
    EARLIER_REFUSAL,
    EARLIER_REQUEST,
    VERY_DATA,
    WHILE,
    another,
)
from fuzz.triage.trial import Trial, scenes_of

__all__ = [
    "Trait",
    "can_be_told",
    "closure",
    "has",
    "named",
    "narrow",
    "present",
    "project",
    "told_need",
    "trait_told",
    "value_of",
    "without",
]

STATIC: tuple[Trait, ...] = (*CIRCUMSTANCES, *RAW, *REQUESTS, *SCENES)
OF_SCENES = {one.name: one for one in SCENES}
WITHIN = {one.name: one.within for one in STATIC}
# Dropping one trait can bring another one to light.
MOST_ROUNDS = 3


def traits(trial: Trial) -> Iterator[Trait]:
    """All the traits that a trial may have: the ones that have names, and those named by what it holds."""
    if trial.scene is not None:
        yield from SCENES
        return
    yield from CIRCUMSTANCES
    yield from another(trial)
    if scenes_of(trial):
        yield from SCENES
        return
    yield from RAW
    yield from headers(trial)
    yield from REQUESTS


def named(trial: Trial, name: str) -> Trait | None:
    """The trait of that name, if it is one that a trial of this sort may have."""
    if trial.scene is not None:
        return OF_SCENES.get(name)
    return next((one for one in traits(trial) if one.name == name), None)


def without(trial: Trial, name: str) -> Trial | None:
    """The trial without a trait; None where it has it not."""
    trait = named(trial, name)
    return None if trait is None else trait.drop(trial)


def has(trial: Trial, name: str) -> bool:
    trait = named(trial, name)
    if trait is None or trial.scene is None or trait.simpler is None:
        return trait is not None and trait.drop(trial) is not None
    return trait.simpler(trial.scene) is not None


def present(trial: Trial) -> list[str]:
    """The names of the traits that a trial has, in their order."""
    if trial.scene is not None:
        scene = trial.scene
        return [one.name for one in SCENES if one.simpler is not None and one.simpler(scene) is not None]
    return [one.name for one in traits(trial) if one.drop(trial) is not None]


def project(trial: Trial, keep: Collection[str]) -> Trial:
    """The trial with none but some of its traits, as far as the others can be dropped."""
    for _ in range(MOST_ROUNDS):
        before = trial.case
        trial = _dropped(trial, keep)
        if trial.case == before:
            break
    return trial


def _dropped(trial: Trial, keep: Collection[str]) -> Trial:
    if trial.scene is not None:
        scene = trial.scene
        for trait in SCENES:
            if trait.name not in keep and trait.simpler is not None:
                scene = trait.simpler(scene) or scene
        return trial if scene is trial.scene else trial.of_scene(scene)
    for trait in traits(trial):
        plain = trait.drop(trial) if trait.name not in keep else None
        if plain is not None:
            trial = plain
            if trial.scene is not None:
                return _dropped(trial, keep)
    return trial


def closure(names: Iterable[str]) -> set[str]:
    """The traits, and the wider ones that they stand within."""
    found: set[str] = set()
    for name in names:
        while name and name not in found:
            found.add(name)
            name = WITHIN.get(name, "")
    return found


def value_of(trial: Trial, name: str) -> str:
    """Which of several siblings a trial has of a trait; empty where the trait has none."""
    trait = named(trial, name)
    return "" if trait is None or trait.value is None else trait.value(trial)


def told_need(trial: Trial, name: str) -> str:
    """A need as people read it: of an operation, a dtype, a codec or a sender, which."""
    return value_of(trial, name) or name


def trait_told(need: str) -> str:
    """The name of the trait that a need is about."""
    return next((name for name, several in SIBLINGS.items() if need in several), need)


def narrow(names: Iterable[str]) -> tuple[str, ...]:
    """The traits, less the wider ones that others of them stand within."""
    several = tuple(dict.fromkeys(names))
    wide = {other for name in several for other in closure([name]) if other != name}
    return tuple(name for name in several if name not in wide)


def can_be_told(need: str) -> bool:
    """Whether a need is one that findings tell: a trait, one of its siblings, or what was asked before."""
    siblings = (one for several in SIBLINGS.values() for one in several)
    made = (AT_ONCE, EARLIER_REFUSAL, EARLIER_REQUEST, VERY_DATA, WHILE)
    return need in {*WITHIN, *siblings, *made} or need.startswith((ANOTHER, UNUSUAL))

"""List the traits of trials in the order in which they are dropped; find, drop and name them.

A subject says which traits its cases may have (see `fuzz.triage.reading`). The traits of circumstances, several
requests before or at the same time, are the same for all subjects (see `fuzz.triage.traits.circumstances`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from fuzz.triage.reading import Reading
from fuzz.triage.trait import Trait
from fuzz.triage.traits.circumstances import CIRCUMSTANCES, MADE, another
from fuzz.triage.trial import Trial

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
    "values_apart",
    "with_siblings_apart",
    "with_siblings_of",
    "without",
]

OF_CIRCUMSTANCES: Mapping[str, str] = {one.name: one.within for one in CIRCUMSTANCES}
# Dropping one trait can bring another one to light.
MOST_ROUNDS = 3


def traits(trial: Trial) -> Iterator[Trait]:
    """List all the traits that a trial may have: those of circumstances, and those that its subject knows."""
    if trial.scene is None:
        yield from CIRCUMSTANCES
        yield from another(trial)
    yield from trial.reading.traits(trial)


def named(trial: Trial, name: str) -> Trait | None:
    """Return the trait of that name, if a trial of this sort may have it."""
    if trial.scene is not None:
        return trial.reading.of_scenes.get(name)
    return next((one for one in traits(trial) if one.name == name), None)


def without(trial: Trial, name: str) -> Trial | None:
    """Return the trial without a trait; None if the trait is absent or cannot be dropped."""
    trait = named(trial, name)
    return None if trait is None else trait.drop(trial)


def has(trial: Trial, name: str) -> bool:
    trait = named(trial, name)
    if trait is None or trial.scene is None or trait.simpler is None:
        return trait is not None and trait.drop(trial) is not None
    return trait.of(trial.scene)


def present(trial: Trial) -> list[str]:
    """Name the traits that a trial has, in their order."""
    if trial.scene is not None:
        return [one.name for one in trial.reading.traits(trial) if one.of(trial.scene)]
    return [one.name for one in traits(trial) if one.drop(trial) is not None]


def project(trial: Trial, keep: Collection[str]) -> Trial:
    """Return the trial with only the named traits, as far as the others can be dropped."""
    for _ in range(MOST_ROUNDS):
        before = trial.case
        trial = _dropped(trial, keep)
        if trial.case == before:
            break
    return trial


def _dropped(trial: Trial, keep: Collection[str]) -> Trial:
    if trial.scene is not None:
        scene = trial.scene
        for trait in trial.reading.traits(trial):
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


def closure(names: Iterable[str], reading: Reading) -> set[str]:
    """Return the traits and the wider ones that contain them."""
    found: set[str] = set()
    for name in names:
        while name and name not in found:
            found.add(name)
            name = reading.within.get(name, OF_CIRCUMSTANCES.get(name, ""))
    return found


def value_of(trial: Trial, name: str) -> str:
    """Return the sibling that a trial has of a trait; empty if the trait has no siblings."""
    trait = named(trial, name)
    return "" if trait is None or trait.value is None else trait.value(trial)


def with_siblings_of(trial: Trial, other: Trial, names: Iterable[str]) -> Trial | None:
    """Return the trial with the siblings that another trial has of the named traits; None if one cannot be swapped."""
    plain: Trial | None = trial
    for name in names:
        trait = named(plain, name) if plain is not None else None
        plain = trait.swap(plain, value_of(other, name)) if trait and trait.swap and plain is not None else None
    return plain


def with_siblings_apart(trial: Trial, other: Trial, names: Iterable[str]) -> Trial | None:
    """Return the trial with the siblings of another one, where those of the named traits differ."""
    return with_siblings_of(trial, other, list(values_apart(trial, other, names)))


def values_apart(trial: Trial, other: Trial, names: Iterable[str]) -> Iterator[str]:
    """List those of the named traits of which two trials have different siblings."""
    for name in trial.reading.siblings.keys() & set(names):
        one, two = named(trial, name), named(other, name)
        if one is not None and two is not None and one.value is not None and two.value is not None:
            mine, theirs = one.value(trial), two.value(other)
            if mine and theirs and mine != theirs:
                yield name


def told_need(trial: Trial, name: str) -> str:
    """Return a need as reports name it: the trial's sibling if the trait has siblings."""
    return value_of(trial, name) or name


def trait_told(need: str, reading: Reading) -> str:
    """Return the name of the trait that a need is about."""
    return next((name for name, several in reading.siblings.items() if need in several), need)


def narrow(names: Iterable[str], reading: Reading) -> tuple[str, ...]:
    """Return the traits, less the wider ones that contain others of them."""
    several = tuple(dict.fromkeys(names))
    wide = {other for name in several for other in closure([name], reading) if other != name}
    return tuple(name for name in several if name not in wide)


def can_be_told(need: str, reading: Reading) -> bool:
    """Say whether findings may name a need: a trait, a sibling of one, or a need that triage makes itself."""
    siblings = (one for several in reading.siblings.values() for one in several)
    return need in {*reading.within, *OF_CIRCUMSTANCES, *siblings, *MADE} or need.startswith(reading.beginnings)

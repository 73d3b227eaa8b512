"""Which finding explains a failure: counterfactuals, put to the server.

A finding explains a scene that fails with nothing but the finding's features left, and passes without any one of them;
unless it takes an unusual access to the object, which the finding does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from fuzz.findings.finding import Finding
from fuzz.hunt.failures import WRONG, Judge, Kind, family_of, kind_of, of_family
from fuzz.hunt.needs import ALL_FEATURES, ROOTS, features, has, projections
from fuzz.hunt.plain import OPERATIONS, PLAIN_OPERATION, plain_operations
from fuzz.hunt.plain_values import PLAIN_DTYPE, VALUE_FEATURES, greatest, mirrored, to_dtype
from fuzz.hunt.scene import Scene, case_of, with_elements
from specs.dtypes import FLOATS, INTEGERS, NAMES
from specs.manners import MANNERS, WELL, a_store

MOST_RESTS = 8
ACCESS = (*(a_store(manner) for manner in MANNERS), "interface http", "anonymous", "public bucket", "an unusual key")
EXTREMES = ("min", "max")


@dataclass(frozen=True, slots=True)
class Reach:
    """The operations and dtypes with which a smallest case fails all the same, and in which ways."""

    operations: frozenset[str]
    dtypes: frozenset[str]
    symptoms: frozenset[Kind]


EVERYTHING = Reach(frozenset(OPERATIONS), frozenset(NAMES), frozenset())


@dataclass(frozen=True, slots=True)
class Known:
    """A finding whose smallest case is a scene."""

    finding: Finding
    scene: Scene
    reach: Reach = EVERYTHING

    @property
    def needed(self) -> set[str]:
        """The features that it needs, less its operation and dtype."""
        return {name for name in self.finding.needs if name in ALL_FEATURES}

    @property
    def family(self) -> str:
        return family_of(kind_of(self.finding.violation))


@dataclass(frozen=True, slots=True)
class Explained:
    """The finding that explains a failure, or None; and the scene rid of what known findings need, still failing."""

    finding: Finding | None
    rest: Scene


class Explaining:
    """Asks the server about variants of one failing scene."""

    def __init__(self, judge: Judge, name: str, kind: Kind) -> None:
        self._judge = judge
        self._name = name
        self._kind = kind
        self._family = family_of(kind)

    def explain(self, scene: Scene, known: Iterable[Known]) -> Explained:
        """Go through the findings; what one of them leaves unexplained is put to the others."""
        several = [one for one in known if one.family == self._family]
        for _ in range(MOST_RESTS):
            for one in several:
                rest = self.leaves(scene, one)
                if isinstance(rest, Scene):
                    scene = rest
                    break
                if rest:
                    return Explained(one.finding, scene)
            else:
                return Explained(None, scene)
        return Explained(None, scene)

    def leaves(self, scene: Scene, known: Known) -> Scene | Literal[True] | None:
        """True where a finding's cause is the scene's, or what fails without it; None where it is not at work."""
        if not within_reach(scene, known):
            return None
        if not known.needed and kind_of(known.finding.violation) != self._kind:
            # Nothing can be taken away to see whether something else is wrong too: the symptom has to tell.
            return None
        plain = plainly_kept(scene, known.needed)
        if plain is not scene and not self._fails(plain):
            return None
        if not any(self._fails(one) for one in projections(scene, known.scene, known.needed)):
            return None
        for plain in without(scene, known):
            if self._fails(plain):
                return plain
        return True

    def plainer(self, scene: Scene, named: Finding, known: Known) -> bool:
        """Whether a scene, and the finding that it would be, show a known finding's cause with less."""
        if _plainness(named.needs, scene) >= _plainness(known.finding.needs, known.scene):
            return False
        other = Known(named, scene)
        asking = Explaining(self._judge, self._name, kind_of(known.finding.violation))
        return asking.leaves(known.scene, replace(other, reach=measured(other, self._judge))) is True

    def _fails(self, scene: Scene) -> bool:
        return of_family(self._judge(case_of(scene, self._name)), self._family) is not None


def measured(known: Known, judge: Judge) -> Reach:
    """How far a finding reaches; everywhere, where asking cannot tell."""
    kind = kind_of(known.finding.violation)
    if known.family != WRONG or known.finding.reproducibility != "every time":
        return EVERYTHING
    return reach_of(known.scene, known.finding.case.property, kind, judge)


def plainly_kept(scene: Scene, needed: set[str]) -> Scene:
    """The scene with its object where it is usually, and served well: what is wrong with its data is so still."""
    for name in ACCESS:
        plain = ALL_FEATURES[name](scene) if name not in needed else None
        scene = scene if plain is None else plain
    return scene


def without(scene: Scene, known: Known) -> Iterator[Scene]:
    """The scene without each one of the features that a finding needs."""
    named = known.needed | (ROOTS & set(features(known.scene)))
    for name, simpler in ALL_FEATURES.items():
        plain = simpler(scene) if name in named else None
        if plain is not None:
            yield plain
    if known.scene.operation != PLAIN_OPERATION:
        yield from list(plain_operations(scene))[:1]
    if known.scene.dtype != PLAIN_DTYPE:
        plain = to_dtype(scene, PLAIN_DTYPE)
        if plain is not None:
            yield plain


def reach_of(scene: Scene, name: str, kind: Kind, judge: Judge) -> Reach:
    """How far a smallest case's failure goes beyond its operation and its dtype."""
    family = family_of(kind)
    symptoms = {kind}

    def fails(one: Scene) -> bool:
        violation = of_family(judge(case_of(one, name)), family)
        if violation is not None:
            symptoms.add(kind_of(violation))
        return violation is not None

    operations = {
        one
        for one in OPERATIONS
        if one == scene.operation or any(fails(each) for each in _telling(replace(scene, operation=one)))
    }
    casts = ((dtype, to_dtype(scene, dtype)) for dtype in NAMES)
    dtypes = {dtype for dtype, cast in casts if cast is None or any(fails(each) for each in _telling(cast))}
    # What several operations share lies before them all; whether the others show it is a matter of the data.
    every_operation = len(operations) > 1 and PLAIN_OPERATION in operations
    if len(operations) > 1:
        operations |= set(OPERATIONS) - {PLAIN_OPERATION}
    every_dtype = bool(dtypes & set(FLOATS) and dtypes & set(INTEGERS))
    return Reach(
        frozenset(OPERATIONS if every_operation else operations),
        frozenset(NAMES if every_dtype else dtypes),
        frozenset(symptoms),
    )


def _telling(scene: Scene) -> Iterator[Scene]:
    """The scene as it is, and with data and fields by which an operation that can fail would."""
    yield scene
    most = greatest(scene)
    if most is not None:
        yield most
    kept = scene
    if not set(VALUE_FEATURES) & set(features(scene)) and scene.missing is None:
        kept = with_elements(scene, np.arange(scene.elements.size) * 37 % 101 + 2)
        yield kept
    if scene.operation in EXTREMES:
        yield mirrored(kept) or kept
    if scene.operation != PLAIN_OPERATION and scene.axis is None and scene.elements.size:
        yield replace(kept, axis=[], shape=scene.shape or (scene.elements.size,))


def within_reach(scene: Scene, known: Known) -> bool:
    """Whether a finding can be at work with a scene's operation and dtype."""
    return scene.operation in known.reach.operations and scene.dtype in known.reach.dtypes


def looks_like(scene: Scene, known: Known) -> bool:
    """Whether a scene has every feature that a finding needs, lies within its reach, and is not served worse."""
    served_worse = scene.served != WELL and known.scene.served == WELL
    return not served_worse and within_reach(scene, known) and all(has(scene, name) for name in known.needed)


def _plainness(needs: tuple[str, ...], scene: Scene) -> tuple[int, int]:
    return len(needs), len(scene.shape or ())

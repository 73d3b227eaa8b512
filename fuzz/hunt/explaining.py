"""Which finding explains a failure: counterfactuals, put to the server.

A finding explains a scene that fails with nothing but the finding's features left, and passes without any one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from fuzz.findings.finding import Finding
from fuzz.hunt.failures import Judge, Kind, family_of, kind_of, of_family
from fuzz.hunt.needs import ALL_FEATURES, ROOTS, features, has, projections
from fuzz.hunt.plain import OPERATIONS, PLAIN_OPERATION, plain_operations
from fuzz.hunt.plain_values import PLAIN_DTYPE, to_dtype
from fuzz.hunt.scene import Scene, case_of
from specs.dtypes import NAMES

MOST_RESTS = 8


@dataclass(frozen=True, slots=True)
class Known:
    """A finding whose smallest case is a scene."""

    finding: Finding
    scene: Scene

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
        other = known.scene
        if not asks_as_much(scene, other):
            return None
        if not known.needed and kind_of(known.finding.violation) != self._kind:
            # Nothing can be taken away to see whether something else is wrong too: the symptom has to tell.
            return None
        if not any(self._fails(one) for one in projections(scene, other, known.needed)):
            return None
        for plain in without(scene, known):
            if self._fails(plain):
                return plain
        return True

    def _fails(self, scene: Scene) -> bool:
        return of_family(self._judge(case_of(scene, self._name)), self._family) is not None


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


def asks_as_much(scene: Scene, other: Scene) -> bool:
    """Whether a scene's operation and dtype are no plainer than those that another, made plain, has kept."""
    operations = OPERATIONS.index(scene.operation) >= OPERATIONS.index(other.operation)
    return operations and NAMES.index(scene.dtype) >= NAMES.index(other.dtype)


def looks_like(scene: Scene, known: Known) -> bool:
    """Whether a scene has every feature that a finding needs, and asks as much."""
    return asks_as_much(scene, known.scene) and all(has(scene, name) for name in known.needed)

"""A server that is only pretended: which scenes it answers wrongly is told by predicates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from fuzz.client import Client
from fuzz.executor import Judgement
from fuzz.hunt.needs import has
from fuzz.hunt.scene import Scene, scene_of
from specs import profile as profiles
from specs.case import Case, Put, Send, SendRaw
from specs.outcome import NoReply, Outcome, Reply, Transcript
from specs.profile import Profile
from specs.request import Filter
from specs.rules import Rule
from specs.violation import Aspect, Violation, Way

PROFILE: Profile = profiles.load("reference")
ANSWER = Reply(200, (), b"")


@dataclass(frozen=True)
class Bug:
    """Which scenes it spoils, and how that shows."""

    spoils: Callable[[Scene], bool]
    requirement: str = "answer-shape"
    way: Way = Way.VALUES
    rules: frozenset[Rule] = frozenset()

    def violation(self, step: int) -> Violation:
        return Violation(self.requirement, "wrong", "right", "wrong", way=self.way, rules=self.rules, step=step)


def needing(*names: str, requirement: str = "answer-shape", operations: Sequence[str] = ()) -> Bug:
    """A bug that takes all of the features named, and one of the operations."""
    return Bug(
        lambda scene: all(has(scene, name) for name in names) and (not operations or scene.operation in operations),
        requirement,
    )


@dataclass
class PretendedSession:
    """Judges every request of a case by itself, with the object it is about."""

    bugs: Sequence[Bug]
    profile: Profile = PROFILE
    sent: int = 0
    alter: Callable[[int, list[Violation]], list[Violation]] | None = None
    origin: None = None
    client: Client = field(default_factory=lambda: Client("http://pretended"))

    store: Any = field(default_factory=lambda: SimpleNamespace(credentials={}))

    def run(self, case: Case, *, afresh: bool = False) -> None:
        """What is asked only to settle a server leaves no trace here."""

    def judge(self, case: Case, *, afresh: bool = False) -> Judgement:  # noqa: ARG002  (nothing is stored)
        found: list[Violation] = []
        outcomes: list[Outcome] = []
        objects: dict[tuple[str, str], Put] = {}
        for number, step in enumerate(case.steps):
            outcomes.append(ANSWER if isinstance(step, Send | SendRaw) else None)
            if isinstance(step, Put):
                objects[step.bucket, step.key] = step
            elif isinstance(step, Send):
                self.sent += 1
                found += self._violations(case, number, step, objects)
        return Judgement(Transcript(case, tuple(outcomes)), tuple(found))

    def _violations(self, case: Case, number: int, step: Send, objects: dict[tuple[str, str], Put]) -> list[Violation]:
        put = objects.get((step.bucket, step.key))
        scene = None if put is None else scene_of(Case(case.property, (put, step)), self.profile)
        found = [] if scene is None else [bug.violation(number) for bug in self.bugs if bug.spoils(scene)][:1]
        return found if self.alter is None else self.alter(self.sent, found)


class Immortal:
    """A target that is always there."""

    cheap = False
    twin = None

    def alive(self) -> bool:
        return True

    def revive(self) -> bool:
        return True


class Mortal:
    """A target that dies, and comes back so often."""

    cheap = True
    twin = None

    def __init__(self, lives: int) -> None:
        self.lives = lives
        self.dead = False

    def alive(self) -> bool:
        return not self.dead

    def revive(self) -> bool:
        self.lives -= 1
        self.dead = self.lives < 0
        return not self.dead


@dataclass
class MortalSession(PretendedSession):
    """A session whose target dies of the scenes that its bugs name."""

    life: Mortal = field(default_factory=lambda: Mortal(1000))

    def judge(self, case: Case, *, afresh: bool = False) -> Judgement:
        judgement = super().judge(case, afresh=afresh)
        if not judgement.failures:
            return judgement
        self.life.dead = True
        step = judgement.failures[0].step
        outcomes = list(judgement.transcript.outcomes)
        outcomes[step] = NoReply("closed")
        died = Violation(
            "answers",
            "the connection is dropped",
            "an answer",
            "closed",
            way=Way.DROPPED,
            aspect=Aspect.CLOSED,
            step=step,
        )
        return Judgement(Transcript(case, tuple(outcomes)), (died,))


def rich(**changes: Any) -> Scene:
    """A scene with many features, none of which takes another along."""
    given: dict[str, Any] = {
        "operation": "max",
        "dtype": "float64",
        "elements": np.arange(1, 25, dtype="float64") * 1000 + 0.5,
        "shape": (4, 6),
        "order": "F",
        "axis": [0],
        "selection": ((3, 0, -1), (0, 9, 2)),
        "missing": ("missing_values", [1000.5, 3000.5]),
        "byte_order": "big",
        "prefix": b"abc",
        "compression": "gzip",
        "members": 3,
        "filters": (Filter("shuffle", 8), Filter("shuffle_simd", 4)),
        "options": (("option_shape_as_bytes", True), ("option_count_as_bytes", True)),
        "bucket": "public",
        "credentials": None,
    }
    return Scene(**{**given, **changes})

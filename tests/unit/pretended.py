"""A server that is only pretended: which requests it answers wrongly is told by predicates."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from fuzz.running.session import Judgement, Taken, Work, refused_in, unwatched
from fuzz.subject import Subject
from fuzz.subjects.reductions.reading import Reading
from fuzz.subjects.reductions.scene import Scene
from fuzz.subjects.reductions.subject import REDUCTIONS
from fuzz.transport.http import HTTP, HttpClient
from fuzz.triage.traits import has
from fuzz.triage.trial import Trial, trial_of
from specs.case import Case
from specs.outcome import NoReply, Outcome, Reply, Transcript
from specs.reductions import profile as profiles
from specs.reductions.expectation import Expectation
from specs.reductions.model import expectations
from specs.reductions.profile import Profile
from specs.reductions.request import Filter
from specs.reductions.rules import Rule
from specs.reductions.steps import Put, Send, SendRaw
from specs.store_facts import StoreFacts
from specs.violation import Aspect, Violation, Way

PROFILE: Profile = profiles.load("reference")
ANSWER = Reply(200, (), b"")
REFUSAL = Reply(400, (), b"")
NOTHING: frozenset[Rule] = frozenset()


@dataclass(frozen=True)
class Bug:
    """Which trials it spoils, by what they have and by the rules that they break, and how that shows."""

    spoils: Callable[[Trial, frozenset[Rule]], bool]
    requirement: str = "answer-shape"
    way: Way = Way.VALUES
    rules: frozenset[Rule] = NOTHING
    aspect: str = ""
    status: int | None = None

    def violation(self, step: int, broken: frozenset[Rule]) -> Violation:
        return Violation(
            self.requirement,
            "wrong",
            "right",
            "wrong",
            way=self.way,
            rules=self.rules | broken,
            status=self.status,
            aspect=self.aspect,
            step=step,
        )


def needing(*names: str, requirement: str = "answer-shape", operations: Sequence[str] = ()) -> Bug:
    """A bug about valid requests that takes all of the traits named, and one of the operations."""

    def spoils(trial: Trial, _: frozenset[Rule]) -> bool:
        scene = trial.scene
        return (
            scene is not None
            and (not operations or scene.operation in operations)
            and all(has(trial, name) for name in names)
        )

    return Bug(spoils, requirement)


def refusing(way: Way, *, about: Collection[Rule] = tuple(Rule), aspect: str = "", status: int | None = None) -> Bug:
    """A bug about requests that break some of the rules."""
    return Bug(lambda _, broken: bool(broken & set(about)), "refusals", way, NOTHING, aspect, status)


@dataclass
class PretendedSession:
    """Judges every request of a case by itself, with the object it is about."""

    bugs: Sequence[Bug]
    profile: Profile = PROFILE
    sent: int = 0
    alter: Callable[[int, list[Violation]], list[Violation]] | None = None
    origin: None = None
    client: HttpClient = field(default_factory=lambda: HttpClient("http://pretended"))
    facts: StoreFacts = field(default_factory=StoreFacts)
    store: Any = field(default_factory=lambda: SimpleNamespace(credentials={}, check=lambda: None))
    subject: Subject = REDUCTIONS
    until_closed: ExitStack = field(default_factory=ExitStack)

    @property
    def reading(self) -> Reading:
        return Reading(self.profile)

    def run(self, case: Case, *, afresh: bool = False) -> None:
        """What is asked only to settle a server leaves no trace here."""

    def judge(self, case: Case, *, afresh: bool = False) -> Judgement:  # noqa: ARG002  (nothing is stored)
        found: list[Violation] = []
        outcomes: list[Outcome] = []
        due: list[Expectation | None] = []
        objects: dict[tuple[str, str], Put] = {}
        for number, step in enumerate(case.steps):
            outcomes.append(None)
            due.append(None)
            if isinstance(step, Put):
                objects[step.bucket, step.key] = step
            elif isinstance(step, Send | SendRaw):
                self.sent += 1
                put = objects.get((step.bucket, step.key))
                trial = trial_of(Case(case.property, (step,) if put is None else (put, step)), Reading(self.profile))
                due[number] = self._due(trial)
                broken = _broken(due[number])
                outcomes[number] = REFUSAL if broken else ANSWER
                found += self._violations(trial, broken, number)
        transcript = Transcript(case, tuple(outcomes))
        return Judgement(transcript, tuple(found), tuple(due), refused_in(transcript, HTTP))

    def judging(
        self,
        case: Case,
        _client: Any,
        *,
        afresh: bool = False,  # noqa: ARG002
        taken: Taken = unwatched,
    ) -> Work[Judgement]:
        """A pretended answer is there at once."""
        for step in case.steps:
            taken(step)
        yield from ()
        return self.judge(case)

    def another_client(self) -> Any:
        """No client of a pretended server is asked anything."""
        return self.client

    def _due(self, trial: Trial) -> Expectation | None:
        """What an invalid request calls for; what a valid one does is of no matter here."""
        return None if trial.scene is not None else expectations(trial.case, self.profile, self.facts)[-1]

    def _violations(self, trial: Trial, broken: frozenset[Rule], number: int) -> list[Violation]:
        found = [bug.violation(number, broken) for bug in self.bugs if bug.spoils(trial, broken)][:1]
        return found if self.alter is None else self.alter(self.sent, found)


def _broken(due: Expectation | None) -> frozenset[Rule]:
    return NOTHING if due is None or due.rejection is None else due.rejection.rules


class Immortal:
    """A target that is always there."""

    cheap = False
    twin = None

    def alive(self) -> bool:
        return True

    def last_words(self) -> str:
        return ""

    def watched(self) -> Callable[[], float | None]:
        return lambda: math.inf

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

    def last_words(self) -> str:
        return ""

    def watched(self) -> Callable[[], float | None]:
        return lambda: math.inf

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

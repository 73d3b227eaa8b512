"""Define a target whose sessions keep the cases that failed and, where that is wanted, all cases."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, fields
from typing import Self

from fuzz.running.session import Judgement, Session, Taken, Work, unwatched
from fuzz.running.targets import Target
from fuzz.transport.protocol import Client
from specs.case import Case

MOST_KEPT = 2000


class Failures:
    """Cases that failed; of more than can be kept, each is as likely as any other to be among those kept."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self.kept: list[Case] = []
        self.met = 0
        self._most = most
        self._chance = random.Random(0)

    def note(self, case: Case) -> None:
        """Keep a case, in the place of another where there are too many."""
        self.met += 1
        if len(self.kept) < self._most:
            self.kept.append(case)
        elif (place := self._chance.randrange(self.met)) < self._most:
            self.kept[place] = case


class RecordingSession(Session):
    """A session that notes the cases that fail, and all cases where there is a list for them.

    A case in that list has with it whether a property drew it; the others are questions of triage.
    """

    failures: Failures
    judged: list[tuple[Case, bool]] | None

    def judging(self, case: Case, client: Client, *, afresh: bool = False, taken: Taken = unwatched) -> Work[Judgement]:
        judgement = yield from super().judging(case, client, afresh=afresh, taken=taken)
        if self.judged is not None:
            self.judged.append((case, taken is not unwatched))
        if judgement.failures:
            self.failures.note(case)
        return judgement


@dataclass(frozen=True, slots=True)
class RecordingTarget(Target):
    """A target like another, of which every failure is noted, whoever asks."""

    failures: Failures = field(default_factory=Failures)
    judged: list[tuple[Case, bool]] | None = None

    @classmethod
    def of(cls, target: Target, judged: list[tuple[Case, bool]] | None = None) -> Self:
        return cls(**{one.name: getattr(target, one.name) for one in fields(target)}, judged=judged)

    def session(self) -> Session:
        session = RecordingSession(
            self.subject, self.subject.transport.client(self.url, self.client), self.store, self.profile
        )
        session.failures = self.failures
        session.judged = self.judged
        return session

"""The lab: puts trials to the server, remembers what came of them, and keeps to a budget of requests."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Protocol

from fuzz.errors import CannotRun
from fuzz.running.client import Client
from fuzz.running.session import Judgement, Session
from fuzz.triage.trial import Signature, Trial, signature
from specs.case import Case, requests
from specs.outcome import NoReply
from specs.violation import Aspect, Violation, Way

MOST_REMEMBERED = 8192
# Requests at the same time are sent so often before they are said to pass.
TRIES_TOGETHER = 8
# How long to wait for what has not answered in time before: so many times what the slowest answer took.
HASTE = 5
LEAST_HANG_SECONDS = 0.5
MOST_HANG_SECONDS = 2.0
# A server that dies drops its connections first, which takes a while to tell from one that merely drops them.
DROPS_TO_OUTLIVE = 5
DROPPED = ("refused", "closed", "reset", "truncated")
# How often a plain request is sent to a server that has not answered one in time, until it answers this.
MOST_WAITS = 6


class Life(Protocol):
    """Whether the target lives, and how to bring it back."""

    @property
    def twin(self) -> Callable[[], AbstractContextManager[Session]] | None:
        """Starts another like it that nobody has asked anything; None where that cannot be done."""

    def alive(self) -> bool:
        """Whether it takes connections."""

    def revive(self) -> bool:
        """Bring it back or wait for it; whether it is back."""

    def last_words(self) -> str:
        """How it ended when it died last, and the last of what it wrote; empty where nobody knows."""


class OutOfBudget(Exception):
    """A failure has had the requests that it may cost, or the run is over."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of a trial that failed: the judgement, the violation looked at, and how it fails."""

    judgement: Judgement
    violation: Violation
    signature: Signature


class Lab:
    """Asks the server about trials. A server that dies of one is started again, where that can be done."""

    def __init__(self, session: Session, life: Life, over: Callable[[], bool] = lambda: False) -> None:
        self.session = session
        self.life = life
        self.over = over
        self.settles = False
        self.asked = 0
        self._left = 0
        self._stuck = False
        self._outlived = 0
        self._patience = session.client.settings.timeout_seconds
        self._remembered: OrderedDict[Case, Judgement] = OrderedDict()

    @contextmanager
    def budget(self, count: int) -> Iterator[None]:
        """Allow so many requests within the block; a block around it pays for them."""
        before = self._left
        self._left = count
        try:
            yield
        finally:
            self._left = max(0, before - (count - self._left)) if before else 0

    def judge(self, case: Case, *, again: bool = False) -> Judgement:
        """What comes of a case; raises OutOfBudget. A case is asked once, unless it is to be asked again."""
        if not again and case in self._remembered:
            self._remembered.move_to_end(case)
            return self._remembered[case]
        if self._left <= 0 or self.over():
            raise OutOfBudget
        judgement = self.run(case)
        if is_silent(judgement) and self.over():
            # Nobody waited as long as an answer may take.
            raise OutOfBudget
        self._remembered[case] = judgement
        if len(self._remembered) > MOST_REMEMBERED:
            self._remembered.popitem(last=False)
        return judgement

    def run(self, case: Case) -> Judgement:
        """What comes of a case, asked whatever is left of the budget: of requests at the same time, several times."""
        tries = TRIES_TOGETHER if case.together else 1
        while True:
            tries -= 1
            if self.settles and self.session.reading.settling is not None:
                self.session.run(self.session.reading.settling, afresh=True)
            self.asked += requests(case)
            self._left -= requests(case)
            judgement = self.noticed(self.session.judge(case, afresh=True))
            if judgement.failures and judgement.failures[0].aspect == Aspect.GONE and not self.over():
                self.revive()
            if is_silent(judgement):
                self.await_answers()
            if judgement.failures or tries <= 0 or self.over():
                return judgement

    def ask(self, trial: Trial, *, again: bool = False) -> list[Seen]:
        """How a trial's last request fails, or any request of those sent together; nothing where it passes."""
        judgement = self.judge(trial.case, again=again)
        last = len(trial.case.steps) - 1
        return [
            Seen(judgement, one, signature(one, trial, judgement))
            for one in judgement.failures
            if trial.case.together or one.step in (last, -1) or one.aspect == Aspect.GONE
        ]

    def fails(self, trial: Trial, wanted: Signature, *, again: bool = False) -> Seen | None:
        """The failure that is wanted, if the trial fails so."""
        return next((one for one in self.ask(trial, again=again) if one.signature.like(wanted)), None)

    def noticed(self, judgement: Judgement) -> Judgement:
        """The judgement, with the server's death in place of all else where it has died of the case."""
        outcomes = judgement.transcript.outcomes
        step = next((i for i, one in enumerate(outcomes) if isinstance(one, NoReply) and one.reason in DROPPED), None)
        if step is None or self._lives_on():
            return judgement
        died = Violation(
            "survives",
            "the server ends",
            "an answer",
            "the server is gone",
            way=Way.DROPPED,
            aspect=Aspect.GONE,
            step=step,
        )
        return replace(judgement, violations=(died,))

    def _lives_on(self) -> bool:
        """Say whether the target lives; of a server that has dropped many connections and lived, an answer tells."""
        if self._outlived >= DROPS_TO_OUTLIVE and self._answers():
            return True
        alive = self.life.alive()
        self._outlived += alive
        return alive

    def _answers(self) -> bool:
        plainest = self.session.reading.plainest
        if plainest is None:
            return False
        outcomes = self.session.run(plainest, afresh=True).outcomes
        return not any(isinstance(one, NoReply) for one in outcomes)

    def revive(self) -> None:
        """Bring the target back; raises CannotRun where it stays away."""
        self._stuck = False
        if not self.life.revive():
            raise CannotRun(
                f"the target at {self.session.client.url} is gone and does not come back; findings are kept"
            )

    def await_answers(self) -> None:
        """Wait until the server answers again: busy with one request, it is silent to others that it would answer.

        One that stays silent is not waited for again.
        """
        plainest = self.session.reading.plainest
        with hurried(self.session.client):
            for _ in range(0 if self._stuck or self.over() else MOST_WAITS):
                if plainest is None:
                    break
                self.asked += 1
                if not is_silent(self.session.judge(plainest, afresh=True)):
                    return
        self._stuck = not self.over()

    @contextmanager
    def patient(self) -> Iterator[None]:
        """Wait for answers as long as usual, also within a hurry."""
        hurried_settings = self.session.client.settings
        self.session.client.settings = replace(hurried_settings, timeout_seconds=self._patience)
        try:
            yield
        finally:
            self.session.client.settings = hurried_settings

    def passes_afresh(self, case: Case) -> bool:
        """Whether a case passes on a server like the target that nobody has asked anything, if there can be one."""
        if self.life.twin is None:
            return False
        try:
            with self.life.twin() as session:
                # What is hurried here is hurried there.
                session.client.settings = self.session.client.settings
                self.asked += requests(case)
                return not session.judge(case, afresh=True).failures
        except CannotRun:
            # A failure stays a failure where no other server can be started beside the target.
            return False

    def forget(self) -> None:
        """Forget what came of all trials, as a setting of the server has changed."""
        self._remembered.clear()


def is_silent(judgement: Judgement) -> bool:
    """Whether a request was not answered in time."""
    return any(one.way is Way.SILENT for one in judgement.failures)


@contextmanager
def hurried(client: Client) -> Iterator[None]:
    """Wait for answers less long than usual."""
    usual = client.settings
    seconds = min(max(LEAST_HANG_SECONDS, HASTE * client.slowest_ms / 1000), MOST_HANG_SECONDS, usual.timeout_seconds)
    client.settings = replace(usual, timeout_seconds=seconds)
    try:
        yield
    finally:
        client.settings = usual

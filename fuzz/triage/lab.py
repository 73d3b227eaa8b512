"""The lab puts trials to the server, remembers their judgements, and keeps to a budget of requests."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Protocol

from fuzz.errors import CannotRun
from fuzz.running.session import Judgement, Session
from fuzz.transport.protocol import Client
from fuzz.triage.elsewhere import Elsewhere
from fuzz.triage.trial import Signature, Trial, signature
from specs.case import Case, at_once, requests
from specs.outcome import NoReply, Reply
from specs.rules import Rule
from specs.violation import Aspect, Violation, Way

Words = tuple[int, bytes]

MOST_REMEMBERED = 8192
# A request that keeps the server busy may take most of a second, and nobody is answered meanwhile: it is paid for like
# so many more.
MORE_FOR_A_BURDEN = 9
# Requests at the same time are sent this many times before they are said to pass.
TRIES_TOGETHER = 8
# A request that was not answered in time is sent again with a shorter timeout: so many times what answers usually take.
# What was answered, but slowly, gets so many times its own time.
HASTE = 50
HASTE_OF_THE_SLOW = 3
LONG_ENOUGH = 0.9
LEAST_HANG_SECONDS = 0.3
MOST_HANG_SECONDS = 2.0
# It takes a while to tell whether a server that drops a connection dies. A server that has lived through this many
# drops is asked a plain request instead.
DROPS_TO_OUTLIVE = 5
# The plain answer is waited for about as long as it takes to tell in the other way, as the server may merely be busy.
LIVING_SECONDS = 0.1
REFUSED = "refused"
DROPPED = (REFUSED, "closed", "reset", "truncated")
# So many times as long a silent server is waited for whose machine is busy, or may be.
PATIENCE_WITH_THE_BUSY = 3
# How often a plain request is sent to a server that has not answered in time, until it answers again.
MOST_WAITS = 6


class Fresh(Enum):
    """The ways in which trials are put to fresh servers."""

    NOT = auto()
    ALONE = auto()
    AS_WELL = auto()


class Life(Protocol):
    """A protocol to ask whether the target lives, and to bring it back."""

    @property
    def twin(self) -> Callable[[], AbstractContextManager[Session]] | None:
        """Return a function that starts a fresh server like the target; None if that cannot be done."""

    def alive(self) -> bool:
        """Say whether the target accepts connections."""

    def revive(self) -> bool:
        """Bring the target back or wait for it; say whether it is back."""

    def last_words(self) -> str:
        """Say how the target last died and what it wrote last; empty if that is not known."""

    def watched(self) -> Callable[[], float | None]:
        """Begin to watch the target; return a function that tells for how many seconds its machine let it work since.

        The function returns None where that is not known.
        """


class OutOfBudget(Exception):
    """The requests that a failure may cost are used up, or the run is over."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A trial's failure: the judgement, the violation looked at, and its signature."""

    judgement: Judgement
    violation: Violation
    signature: Signature


class Lab:
    """The lab sends trials to the server, and starts the server again if it dies and that can be done."""

    def __init__(self, session: Session, life: Life, over: Callable[[], bool] = lambda: False) -> None:
        self.session = session
        self.life = life
        self.over = over
        self.settles = False
        # Whether the machine kept the server waiting, or may have, when a silent request was last waited for.
        self.held_up = False
        self.asked = 0
        # How often the target was brought back, and how often an answer came only after it was waited for as usual.
        self.revivals = self.late_answers = 0
        self._left = 0
        self._stuck, self._fresh = False, Fresh.NOT
        self._outlived = 0
        self._patience = session.client.settings.timeout_seconds
        self._remembered: OrderedDict[Case, Judgement] = OrderedDict()
        self._elsewhere = Elsewhere(session, life)

    @property
    def outlives_drops(self) -> bool:
        """Say whether the target has lived through so many dropped connections that one says nothing of its life."""
        return self._outlived >= DROPS_TO_OUTLIVE

    @property
    def left(self) -> int:
        """Return how many more requests are allowed."""
        return self._left

    @contextmanager
    def budget(self, count: int) -> Iterator[None]:
        """Allow so many requests within the block, and take those used from the budget around the block."""
        before = self._left
        self._left = count
        try:
            yield
        finally:
            self._left = max(0, before - (count - self._left)) if before else 0

    def judge(self, case: Case, *, again: bool = False) -> Judgement:
        """Return the judgement of a case, remembered unless `again` is set; raises OutOfBudget."""
        if not again and case in self._remembered:
            self._remembered.move_to_end(case)
            return self._remembered[case]
        if self._left <= 0 or self.over():
            raise OutOfBudget
        judgement = self.run(case)
        if is_silent(judgement) and self.over():
            # The end of the run cut the wait short, so the silence proves nothing.
            raise OutOfBudget
        self._remembered[case] = judgement
        if len(self._remembered) > MOST_REMEMBERED:
            self._remembered.popitem(last=False)
        return judgement

    def run(self, case: Case) -> Judgement:
        """Send a case without regard to the budget, and judge it; requests at the same time are tried several times."""
        tries = TRIES_TOGETHER if at_once(case) else 1
        while True:
            tries -= 1
            if self.settles and self.session.reading.settling is not None:
                self.session.run(self.session.reading.settling, afresh=True)
            self.asked += requests(case)
            self._left -= requests(case) + (MORE_FOR_A_BURDEN if self.session.reading.is_burden(case) else 0)
            if self._fresh is Fresh.ALONE:
                return self._elsewhere.judged(case)
            judgement = self.noticed(self.session.judge(case, afresh=True))
            if judgement.failures and judgement.failures[0].aspect == Aspect.GONE and not self.over():
                self.revive()
            if is_silent(judgement):
                self.await_answers()
            if judgement.failures and self._fresh is Fresh.AS_WELL:
                judgement = self._judged_as_well(case)
            if judgement.failures or tries <= 0 or self.over():
                return judgement

    def _judged_as_well(self, case: Case) -> Judgement:
        self.asked += requests(case)
        self._left -= requests(case)
        return self._elsewhere.judged(case)

    def ask(self, trial: Trial, *, again: bool = False) -> list[Seen]:
        """List the failures of a trial's last request, or of any of its requests if they are sent together.

        That answers disagree is a failure of the whole case, and of no trial that is made of it.
        """
        judgement = self.judge(trial.case, again=again)
        last = len(trial.case.steps) - 1
        return [
            Seen(judgement, one, signature(one, trial, judgement))
            for one in judgement.failures
            if one.way is not Way.DISAGREES
            and (trial.case.together or one.step in (last, -1) or one.aspect == Aspect.GONE)
        ]

    def fails(self, trial: Trial, wanted: Signature, *, again: bool = False) -> Seen | None:
        """Return the trial's failure that is like the wanted one, if there is one."""
        return next((one for one in self.ask(trial, again=again) if one.signature.like(wanted)), None)

    def noticed(self, judgement: Judgement) -> Judgement:
        """Return the judgement, or if the server died of the case, one that holds its death alone."""
        step = dropped_at(judgement)
        return judgement if step is None or self.lives_on() else died_of(judgement, step)

    def lives_on(self) -> bool:
        """Say whether the target lives; a target that has lived through many drops is asked a plain request instead.

        A server that is busy with a burden may take many seconds to answer, which is no sign of its death.
        """
        if self.outlives_drops and self._answers():
            return True
        alive = self.life.alive()
        self._outlived += alive
        return alive

    def _answers(self) -> bool:
        plainest = self.session.reading.plainest
        if plainest is None:
            return False
        # A store that is gone takes nothing for a case either.
        with self._waiting(min(LIVING_SECONDS, self.session.client.settings.timeout_seconds)):
            judgement = self.session.judge(plainest, afresh=True)
        return not judgement.unstorable and not any(isinstance(one, NoReply) for one in judgement.transcript.outcomes)

    def revive(self) -> None:
        """Bring the target back; raises CannotRun where it stays away."""
        self._stuck = False
        self.revivals += 1
        if not self.life.revive():
            raise CannotRun(
                f"the target at {self.session.client.url} is gone and does not come back; findings are kept"
            )

    def await_answers(self) -> None:
        """Wait until the server answers again, as a busy server would leave other requests unanswered.

        A server that stays silent is not waited for again.
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
    def patient(self, times: int = 1) -> Iterator[None]:
        """Wait for answers so many times as long as usual within the block, also inside `hurried`."""
        with self._waiting(times * self._patience):
            yield

    @contextmanager
    def _waiting(self, seconds: float) -> Iterator[None]:
        """Wait for answers so long within the block."""
        before = self.session.client.settings
        self.session.client.settings = replace(before, timeout_seconds=seconds)
        try:
            yield
        finally:
            self.session.client.settings = before

    def stays_silent(self, trial: Trial, wanted: Signature) -> bool:
        """Say whether a silent request stays silent when it is waited for as long as usual.

        On a machine that keeps the server waiting for a processor, and where nothing is known of that, it is waited for
        several times as long. A server that did not have its time by then either is not said to be silent.
        """
        silent, served = self._waited_for(trial, wanted, 1) if self.life.watched()() is not None else (True, 0.0)
        self.held_up = silent and self._is_short(served)
        if self.held_up:
            silent, served = self._waited_for(trial, wanted, PATIENCE_WITH_THE_BUSY)
        silent = silent and not self._is_short(served)
        self.late_answers += not silent
        return silent

    def _is_short(self, served_seconds: float | None) -> bool:
        """Say whether the machine is known to have let a server work for less than an answer is waited for."""
        return served_seconds is not None and served_seconds < LONG_ENOUGH * self._patience

    def _waited_for(self, trial: Trial, wanted: Signature, times: int) -> tuple[bool, float | None]:
        """Say whether a request is silent when it is waited for so many times as long, and how long the server had."""
        served_seconds = self.life.watched()
        with self.budget(1), self.patient(times):
            silent = self.fails(trial, wanted, again=True) is not None
        return silent, served_seconds()

    def refusable(self, trial: Trial) -> frozenset[Rule]:
        """Return the rules for which a trial's request may be refused."""
        due = self.judge(trial.case).expectations
        return trial.reading.rules_of_refusal(due[-1]) if due else frozenset()

    def heard_out(self, judgement: Judgement) -> bool:
        """Say whether the silence in a judgement, if any, was waited for as long as usual."""
        return not is_silent(judgement) or waited_long(judgement, self._patience)

    def passes_afresh(self, case: Case, *, nearly: bool = False) -> bool:
        """Say whether a case passes on a fresh server like the target; False if none can be started.

        Where `nearly` fresh will do, a server is asked that has been asked little before.
        """
        self.asked += requests(case)
        judged = self._elsewhere.judged_by_the_kept if nearly else self._elsewhere.judged
        try:
            return not judged(case).failures
        except CannotRun:
            # Without another server to compare with, the failure stands.
            return False

    @contextmanager
    def on_fresh_servers(self, *, as_well: bool = False) -> Iterator[None]:
        """Put each trial within the block to a server of its own, which nobody has asked anything.

        If `as_well`, the trials are those that have failed on the target; what passes on one of the two passes.
        """
        self.forget()
        self._fresh = Fresh.AS_WELL if as_well else Fresh.ALONE
        try:
            yield
        finally:
            self._fresh = Fresh.NOT
            self.forget()

    def forget(self) -> None:
        """Forget the judgements of all trials, as the server's state has changed."""
        self._remembered.clear()


def died_of(judgement: Judgement, step: int) -> Judgement:
    """Return the judgement of a case of which the server died, at that step."""
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


def dropped_at(judgement: Judgement) -> int | None:
    """Return the first step whose connection ended without an answer; None if there is none."""
    outcomes = judgement.transcript.outcomes
    return next((i for i, one in enumerate(outcomes) if isinstance(one, NoReply) and one.reason in DROPPED), None)


def was_cut_off(judgement: Judgement) -> bool:
    """Say whether a connection ended without an answer, of a server that had taken the connection."""
    step = dropped_at(judgement)
    outcome = None if step is None else judgement.transcript.outcomes[step]
    return isinstance(outcome, NoReply) and outcome.reason != REFUSED


def answered(judgement: Judgement) -> bool:
    """Say whether a request was answered."""
    return any(isinstance(one, Reply) for one in judgement.transcript.outcomes)


def words_of(judgement: Judgement, step: int = -1) -> Words | None:
    """Return the status and body of the answer to a step, by default the last one; None if there was no answer."""
    outcome = judgement.transcript.outcomes[step]
    return (outcome.status, outcome.body) if isinstance(outcome, Reply) else None


def is_silent(judgement: Judgement) -> bool:
    """Say whether a request was not answered in time."""
    return any(one.way is Way.SILENT for one in judgement.failures)


def silent_seconds(judgement: Judgement) -> float:
    """Return how long an answer that did not come was waited for."""
    outcomes = judgement.transcript.outcomes
    return max((one.elapsed_ms / 1000 for one in outcomes if isinstance(one, NoReply)), default=0.0)


def waited_long(judgement: Judgement, seconds: float) -> bool:
    """Say whether a request was waited for in vain, for so long or almost."""
    return is_silent(judgement) and silent_seconds(judgement) >= LONG_ENOUGH * seconds


def haste_seconds(client: Client) -> float:
    """Return how long to wait for what is likely to be a hang, which goes by how fast the server is otherwise."""
    long_enough = max(LEAST_HANG_SECONDS, HASTE * client.answers.usual_ms / 1000)
    return min(long_enough, MOST_HANG_SECONDS, client.settings.timeout_seconds)


@contextmanager
def hurried(client: Client, answered_ms: float = 0.0) -> Iterator[None]:
    """Wait for answers less long within the block, but long enough for one that took so long already."""
    usual = client.settings
    seconds = max(haste_seconds(client), HASTE_OF_THE_SLOW * answered_ms / 1000)
    client.settings = replace(usual, timeout_seconds=min(seconds, usual.timeout_seconds))
    try:
        yield
    finally:
        client.settings = usual

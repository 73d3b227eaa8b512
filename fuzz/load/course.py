"""Take the rounds of a scenario one after the other: send, measure, have each answer judged."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from fuzz.errors import CannotRun, UsageError
from fuzz.load.measured import AnswerTimes, Measured, RoundMeasured, write
from fuzz.running.session import Judgement, Session
from fuzz.running.store import Unstorable
from fuzz.subject import Loading, Round, Scenario
from fuzz.transport.exchanges import finished
from specs.case import Case
from specs.outcome import NoReply, Reply, Transcript
from strategies.claims import NotClaimed

# What servers answer by that have too much to do; the requests may be sent again later.
COME_AGAIN = (429, 503)


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """The extent of a load: seconds or passes through the scenario, and what stands in place of its own numbers.

    The result is written to `out` after each round.
    """

    seconds: float | None = None
    passes: int | None = None
    out: Path | None = None


# Is told what is being done, and how much of all is done if that is known.
Progress = Callable[[str, float | None], None]
# Is told of a case that was answered wrongly.
Wrong = Callable[[Case, Judgement], None]


class LoadCourse:
    """Puts a server under the load of one scenario; what was measured so far can be had at any time."""

    def __init__(
        self, session: Session, loading: Loading, plan: LoadPlan, measured: Measured, progress: Progress, wrong: Wrong
    ) -> None:
        self._session = session
        self._loading = loading
        self._plan = plan
        self._progress = progress
        self._wrong = wrong
        self.measured = measured
        self.interrupted = False
        self._scenario = replaced(scenario_of(loading, measured.scenario), measured)
        self._taken = 0
        self._begun = time.monotonic()

    def operations(self) -> set[str]:
        """Return the names of the operations that one pass through the scenario has."""
        return {self._loading.operation(step) for _, case in self._cases(0) for step in case.steps}

    def run(self) -> None:
        """Take rounds until the time or the number of passes is over, or until Ctrl-C."""
        self._remove_left()
        try:
            for number in count():
                if self._is_over(number):
                    return
                if number not in self.measured.done:
                    self._round(number)
        except KeyboardInterrupt:
            self.interrupted = True
        except Unstorable as error:
            raise CannotRun(f"the store takes nothing: {error}") from error

    def _remove_left(self) -> None:
        """Remove what a run that is resumed had left in the store when it was killed."""
        if self.measured.run:
            left = self._loading.remove_left(self._session.stage, self.measured.run)
            if left:
                self._progress(f"removed {left} things that the earlier run had left", None)
        self.measured.run = self._loading.run_of(self._session.stage)
        self._keep()

    def _is_over(self, number: int) -> bool:
        if self._plan.seconds is not None:
            return time.monotonic() - self._begun > self._plan.seconds
        return number >= (self._plan.passes or 1) * len(self._scenario.rounds)

    def _cases(self, passed: int) -> Iterator[tuple[Round, Case]]:
        """Draw the cases of one pass; rounds with what the server does not claim are left out."""
        for at, one in enumerate(self._scenario.rounds):
            case = self._case(passed * len(self._scenario.rounds) + at)
            if case is not None:
                yield one, case

    def _case(self, number: int) -> Case | None:
        one = self._scenario.rounds[number % len(self._scenario.rounds)]
        try:
            return self._loading.case(
                one, Random(f"{self.measured.seed}/{number}").getrandbits(48), self._session.profile
            )
        except NotClaimed as error:
            self.measured.skipped[one.name] = str(error)
            return None

    def _round(self, number: int) -> None:
        one, case = self._scenario.rounds[number % len(self._scenario.rounds)], self._case(number)
        if case is not None:
            self._taken = 0
            session, busy = self._session, time.process_time()
            with closing(session.running(case, session.client, taken=self._tell(one, number, case))) as work:
                transcript = finished(work)
            busy = time.process_time() - busy
            self._progress(f"{one.name}: checking {len(case.steps):,} answers", self._share(number + 1))
            judgement = session.judgement_of(transcript)
            self._note(one, transcript, judgement, busy)
            if judgement.failures:
                self._wrong(case, judgement)
        self.measured.done.append(number)
        self._keep()

    def _keep(self) -> None:
        if self._plan.out is not None:
            write(self.measured, self._plan.out)

    def _tell(self, one: Round, number: int, case: Case) -> Callable[[Any], None]:
        """Return what tells how far a round has come, to be called with each step."""

        def taken(_step: Any) -> None:
            self._taken += 1
            share = self._taken / len(case.steps)
            told = f"{one.name}: {self._taken:,} of {len(case.steps):,} requests, {one.clients} clients"
            self._progress(told, self._share(number + share))

        return taken

    def _share(self, rounds: float) -> float:
        """Return how much of the load is done after so many rounds."""
        if self._plan.seconds is not None:
            return min(1.0, (time.monotonic() - self._begun) / self._plan.seconds)
        return rounds / ((self._plan.passes or 1) * len(self._scenario.rounds))

    def _note(self, one: Round, transcript: Transcript, judgement: Judgement, busy_seconds: float) -> None:
        """Add what a round has measured."""
        measured = self.measured.rounds.setdefault(one.name, RoundMeasured(one.clients))
        end_ms = 0.0
        for step, outcome in zip(transcript.case.steps, transcript.outcomes):
            if outcome is None:
                continue
            end_ms = max(end_ms, outcome.begun_ms + outcome.elapsed_ms)
            if isinstance(outcome, NoReply):
                self.measured.unheard += outcome.reason != "left"
                continue
            assert isinstance(outcome, Reply)
            self.measured.busy_answers += outcome.status in COME_AGAIN
            times = measured.times.setdefault(self._loading.operation(step), AnswerTimes())
            times.note(outcome.elapsed_ms, self._loading.sent_bytes(step), len(outcome.body))
        measured.seconds += end_ms / 1000
        measured.busy_seconds += min(busy_seconds, end_ms / 1000)
        checked = self._loading.checked(transcript, self._session.profile, bool(judgement.failures))
        self.measured.unchecked += sum(isinstance(one, Reply) for one in transcript.outcomes) - checked


def scenario_of(loading: Loading, name: str) -> Scenario:
    """Return the scenario of that name; raises UsageError."""
    found = {one.name: one for one in loading.scenarios}
    if name not in found:
        raise UsageError(f"--scenario {name!r} is unknown; known: {', '.join(found)}")
    return found[name]


def replaced(scenario: Scenario, measured: Measured) -> Scenario:
    """Return the scenario with the numbers that the user gives in place of its own."""
    given: dict[str, Any] = {
        name: value
        for name, value in (("clients", measured.clients), ("each", measured.each), ("sizes", measured.sizes))
        if value is not None
    }
    return replace(scenario, rounds=tuple(replace(one, **given) for one in scenario.rounds))

"""Run cases: prepare things in the store, send requests, and judge the outcomes."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from typing import Any, TypeVar

from fuzz.findings.origin import Origin
from fuzz.running.crowd import Crowd, timed
from fuzz.running.store import Store, Unstorable, facts_of
from fuzz.subject import Subject, TalkingStage
from fuzz.transport.exchanges import finished, send, sending, talked
from fuzz.transport.protocol import BETWEEN_REQUESTS, Client, Transport, Wait, exchange_of
from specs.case import Case, at_once, lane_of
from specs.outcome import NoReply, Outcome, Reply, Transcript
from specs.violation import Violation

Result = TypeVar("Result")
# Something to do for which a server must be waited for, by whoever drives it.
Work = Generator[Wait, bool, Result]
# Is told each step when it is taken.
Taken = Callable[[Any], None]
# How many groups of connections are kept while no case uses them. As many as there are lanes would be hundreds of
# connections for good, each of them a thread of many a server.
MOST_IDLE_CROWDS = 4


def unwatched(_step: Any) -> None:
    """Do nothing about a step that is taken."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A case's transcript and the requirements it broke: failures first, in the order of the steps.

    `refused` are the numbers of the steps whose answers refuse the request. `unstorable` says why the store did not
    take the case's objects, if the case could not be run for that reason.
    """

    transcript: Transcript
    violations: tuple[Violation, ...]
    expectations: tuple[Any, ...] = field(default=(), compare=False)
    refused: frozenset[int] = field(default=frozenset(), compare=False)
    unstorable: str = ""

    @property
    def failures(self) -> tuple[Violation, ...]:
        return tuple(one for one in self.violations if one.severity == "failure")

    @property
    def failed_outcomes(self) -> list[Reply | NoReply]:
        """List what came of each step that failed; a failure that is about no step, or one not taken, has none."""
        outcomes = self.transcript.outcomes
        steps = sorted({one.step for one in self.failures if 0 <= one.step < len(outcomes)})
        return [one for step in steps if (one := outcomes[step]) is not None]


class Session:
    """A subject under test: a client of its server, the store that the server reads from, and its profile."""

    def __init__(
        self, subject: Subject, client: Client, store: Store, profile: Any, origin: Origin | None = None
    ) -> None:
        self.subject = subject
        self.client = client
        self.store = store
        self._connect = partial(subject.transport.client, client.url)
        # The connections of requests at the same time, while no case uses them.
        self._crowds: list[Crowd] = []
        self.profile = profile
        self.reading = subject.reading(profile)
        self.stage = subject.stage(store, profile)
        self._talking = self.stage if isinstance(self.stage, TalkingStage) else None
        if self._talking is not None:
            self._talking.reach(client.url, self._send)
        self.sent = 0
        # Findings save the origin, which says where they were made.
        self.origin = origin
        # Called after each case, so that progress can be shown.
        self.tick: Callable[[], None] | None = None
        self.facts = facts_of(store)
        self._checks = {one.name: one.checks for one in subject.properties}
        self._judged_beside: Callable[[Case], Judgement] | None = None
        # What was opened for the session's sake, and ends with it.
        self.until_closed = ExitStack()

    def beside(self, judged: Callable[[Case], Judgement]) -> Session:
        """Return a session like this one, each of whose cases is judged by whoever takes it beside others."""
        other = copy(self)
        other._judged_beside = judged
        return other

    def judge(self, case: Case, *, afresh: bool = False) -> Judgement:
        """Run a case and compare its outcomes with the expectations; `afresh` uses things that no request was about."""
        if self._judged_beside is not None:
            return self._judged_beside(case)
        return finished(self.judging(case, self.client, afresh=afresh))

    def judging(self, case: Case, client: Client, *, afresh: bool = False, taken: Taken = unwatched) -> Work[Judgement]:
        """Do what `judge` does by a client, as work that whoever drives it waits for."""
        try:
            transcript = yield from self.running(case, client, afresh=afresh, taken=taken)
        except Unstorable as error:
            # An object that the store cannot hold says nothing about the server.
            return Judgement(Transcript(case, (None,) * len(case.steps)), (), unstorable=str(error))
        return self.judgement_of(transcript)

    def judgement_of(self, transcript: Transcript) -> Judgement:
        """Compare the outcomes of a case with the expectations."""
        case = transcript.case
        due = tuple(self.subject.expectations(case, self.profile, self.facts))
        found = self.subject.violations(transcript, due, self.profile, self.stage.secrets)
        found += self._checked(transcript, due)
        found.sort(key=lambda one: one.severity != "failure")
        return Judgement(transcript, tuple(found), due, refused_in(transcript, self.subject.transport))

    def _checked(self, transcript: Transcript, due: tuple[Any, ...]) -> Iterable[Violation]:
        """Apply the property's own checks to each answer."""
        case = transcript.case
        for check in self._checks.get(case.property, ()):
            for number, (step, outcome, expected) in enumerate(zip(case.steps, transcript.outcomes, due)):
                if step.asks and outcome is not None:
                    yield from (replace(one, step=number) for one in check(step, outcome, expected, self.profile))

    def run(self, case: Case, *, afresh: bool = False) -> Transcript:
        """Take a case's steps one after the other, or send its requests at the same time."""
        return finished(self.running(case, self.client, afresh=afresh))

    def running(
        self, case: Case, client: Client, *, afresh: bool = False, taken: Taken = unwatched
    ) -> Work[Transcript]:
        """Do what `run` does by a client, as work; `taken` is told each step when it is taken."""
        places = yield from self._begun(case, client, afresh=afresh or case.together)
        try:
            take = self._take_together if case.together else self._take_in_turn
            outcomes = yield from take(case, places, client, taken)
            yield from self._ended(places, client)
        except BaseException:
            # Whoever drives the work has given it up, or cannot go on with it.
            self.stage.end(places)
            raise
        self._note_version(outcomes)
        if self.tick is not None:
            self.tick()
        return Transcript(case, outcomes)

    def _begun(self, case: Case, client: Client, *, afresh: bool) -> Work[Any]:
        """Begin a case; what the stage sends for that is sent by the client."""
        if self._talking is None:
            return self.stage.begin(case, afresh=afresh)
        return (yield from talked(client, self._talking.beginning(case, afresh=afresh)))

    def _ended(self, places: Any, client: Client) -> Work[None]:
        """End a case; what the stage sends for that is sent by the client."""
        if self._talking is None:
            self.stage.end(places)
        else:
            yield from talked(client, self._talking.ending(places))

    def another_client(self) -> Client:
        """Return a client with a connection of its own, for a case that is taken beside others."""
        other = self._connect(self.client.settings)
        other.answers = self.client.answers
        return other

    def _note_version(self, outcomes: Iterable[Outcome]) -> None:
        """Keep the version of the server's software from the first answer that tells it."""
        if self.origin is None or self.origin.server_version:
            return
        told = (self.subject.transport.software(one) for one in outcomes if isinstance(one, Reply))
        version = next(filter(None, told), "")
        if version:
            self.origin = replace(self.origin, server_version=version)

    def close(self) -> None:
        self.until_closed.close()
        for crowd in self._crowds:
            crowd.close()
        self.client.close()

    def _send(self, message: Any) -> Outcome:
        return send(self.client, message)

    def _take_in_turn(self, case: Case, places: Any, client: Client, taken: Taken) -> Work[tuple[Outcome, ...]]:
        """Take step by step, and stop at a request that is not answered in time, since more waits cost too much."""
        outcomes: list[Outcome] = [None] * len(case.steps)
        if at_once(case):
            yield from self._take_in_lanes(case, places, outcomes, client, taken)
            return tuple(outcomes)
        for number, step in enumerate(case.steps):
            if step.asks:
                yield BETWEEN_REQUESTS
            taken(step)
            if not step.asks:
                self.stage.prepare(step, places)
                continue
            message = self.stage.message(step, places)
            self.sent += 1
            outcome: Outcome = yield from sending(client, message)
            if self._talking is not None:
                outcome = self._talking.heard(step, places, outcome)
            outcomes[number] = outcome
            if _is_late(outcome):
                break
        return tuple(outcomes)

    def _take_in_lanes(
        self, case: Case, places: Any, outcomes: list[Outcome], client: Client, taken: Taken
    ) -> Work[None]:
        """Take the steps; those of different lanes that follow each other are taken at the same time."""
        begun = time.perf_counter()
        numbered = list(enumerate(case.steps))
        for beside, several in groupby(numbered, key=lambda one: bool(lane_of(one[1]))):
            block = list(several)
            lanes = sorted({lane_of(step) for _, step in block}) if beside else [0]
            works = [
                partial(self._lane, [one for one in block if lane_of(one[1]) == lane], places, outcomes, begun, taken)
                for lane in lanes
            ]
            with self._crowd() as crowd:
                yield from crowd.taking(works, client.settings)
            if any(_is_late(outcomes[number]) for number, _ in block):
                return

    def _lane(
        self,
        block: list[tuple[int, Any]],
        places: Any,
        outcomes: list[Outcome],
        begun: float,
        taken: Taken,
        client: Client,
    ) -> Work[None]:
        """Take the steps of one lane, each sent once: to send a write again could make it another write."""
        for number, step in block:
            taken(step)
            if not step.asks:
                # Requests of other lanes are under way when the store is changed.
                yield Wait(time.monotonic())
                self.stage.prepare(step, places)
                continue
            self.sent += 1
            came = yield from timed(exchange_of(client, self.stage.message(step, places)), begun)
            outcome: Outcome = came.outcome
            if self._talking is not None:
                outcome = self._talking.heard(step, places, outcome)
            outcomes[number] = outcome
            if _is_late(outcome):
                return

    @contextmanager
    def _crowd(self) -> Iterator[Crowd]:
        """Lend connections for requests at the same time; cases that are under way together get different ones."""
        crowd = self._crowds.pop() if self._crowds else Crowd(self._connect)
        try:
            yield crowd
        finally:
            if len(self._crowds) < MOST_IDLE_CROWDS:
                self._crowds.append(crowd)
            else:
                crowd.close()

    def _take_together(self, case: Case, places: Any, client: Client, taken: Taken) -> Work[tuple[Outcome, ...]]:
        """Prepare all objects, send the requests at the same time, and list outcomes in the order of the steps."""
        messages: dict[int, Any] = {}
        for number, step in enumerate(case.steps):
            taken(step)
            if step.asks:
                messages[number] = self.stage.message(step, places)
            else:
                self.stage.prepare(step, places)
        self.sent += len(messages)
        with self._crowd() as crowd:
            outcomes = yield from crowd.sending(list(messages.values()), client.settings)
        came = dict(zip(messages, outcomes))
        return tuple(came.get(number) for number in range(len(case.steps)))


def _is_late(outcome: Outcome) -> bool:
    return isinstance(outcome, NoReply) and outcome.reason == "timeout"


def refused_in(transcript: Transcript, transport: Transport) -> frozenset[int]:
    """Return the numbers of the steps whose answers refuse the request."""
    outcomes = enumerate(transcript.outcomes)
    return frozenset(
        number for number, one in outcomes if isinstance(one, Reply) and transport.refusal(one) is not None
    )

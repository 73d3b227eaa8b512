"""Try one broken server: the suite asks it until it sees something or the time is up."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass

from fuzz.bench.animals.ablations import properties_of
from fuzz.hunt.rounds import EXAMPLES_A_SHORT_TURN, furthest_behind, seed_of, turn
from fuzz.running.session import Session
from fuzz.running.store import open_store
from fuzz.subject import Property
from fuzz.subjects.reductions.subject import REDUCTIONS
from fuzz.subjects.reductions.zoo import find, keep
from fuzz.subjects.reductions.zoo.keeping import KeptServer, Watched
from fuzz.transport.http import HttpClient
from fuzz.transport.protocol import ClientSettings
from fuzz.triage.lab import Lab, OutOfBudget
from fuzz.triage.minimal import minimal
from fuzz.triage.trial import isolated, trial_of
from specs.case import Case
from specs.reductions import profile as profiles
from specs.reductions.profile import Profile
from specs.reductions.steps import Put, Send, SendRaw
from specs.violation import Violation

PROFILES = {"v1": "reference-v1", "v2": "reference"}
WARNING = "pairwise-sum"
# A server that stalls computes nothing: the clock on the wall ends what would never end.
MOST_IDLE = 8.0
MOST_REQUESTS_TO_REDUCE = 400


@dataclass(frozen=True, slots=True)
class AnimalTask:
    """The animals to try and for how long; no animals mean the healthy server.

    `seconds` are those of one core: what suite, store and server compute together.
    """

    animals: tuple[str, ...]
    seed: int
    seconds: float
    ablation: str = ""
    api: str = "v2"
    reduce_seconds: float = 3.0
    timeout_seconds: float = 6.0
    command: tuple[str, ...] = ("-m", "fuzz.subjects.reductions.zoo")


@dataclass(frozen=True, slots=True)
class AnimalTrial:
    """The result of a task; `seconds` and `requests` are those until something was seen, or of the whole trial.

    `cpu_seconds` is what suite, store and server computed: the seconds of one core that nobody else uses.
    """

    task: AnimalTask
    requests: int
    seconds: float
    cpu_seconds: float
    reached: int
    triggered: int
    seen: str = ""
    by: str = ""
    size_bytes: int = 0
    broke: str = ""

    @property
    def detected(self) -> bool:
        return bool(self.seen)


class _Over(BaseException):
    """Ends a trial: something was seen, or the time is up. Hypothesis would describe the case of an Exception."""


class _Clock:
    """The time that suite, store and server have computed, and the time on the wall."""

    def __init__(self, server: KeptServer) -> None:
        self._server = server
        self._begun = time.monotonic()
        self._own = time.process_time()
        self._others = self._others_first = server.told().cpu_seconds

    def look(self) -> Watched:
        """Ask the server how long it has computed, and what it did."""
        told = self._server.told()
        self._others = max(self._others, told.cpu_seconds)
        return told

    def core_seconds(self) -> float:
        return time.process_time() - self._own + self._others - self._others_first

    def seconds(self) -> float:
        return time.monotonic() - self._begun


class _Attempts:
    """Judges cases until one fails."""

    def __init__(self, task: AnimalTask, session: Session, clock: _Clock) -> None:
        self.session = session
        self.clock = clock
        self.found: tuple[Case, Violation] | None = None
        self._warns = any(find(one).warns for one in task.animals)
        self._seconds = task.seconds

    def attempt(self, case: Case) -> None:
        if self.over():
            raise _Over
        judgement = self.session.judge(case)
        due = [one for one in judgement.violations if one.severity == "failure" or self._is_due(one)]
        if due:
            self.found = case, due[0]
            raise _Over

    def over(self) -> bool:
        late = self.clock.core_seconds() > self._seconds or self.clock.seconds() > MOST_IDLE * self._seconds
        return self.found is not None or late

    def _is_due(self, violation: Violation) -> bool:
        return self._warns and violation.requirement == WARNING


def let_loose(task: AnimalTask) -> AnimalTrial:
    """Try everything there is on the task's server."""
    try:
        with (
            keep(task.animals, command=task.command) as server,
            closing(open_store("memory")) as store,
            closing(HttpClient(server.url, ClientSettings(timeout_seconds=task.timeout_seconds))) as client,
        ):
            profile = profiles.load(PROFILES[task.api])
            with closing(Session(REDUCTIONS, client, store, profile)) as session:
                return _tried(task, server, session)
    except Exception as error:  # noqa: BLE001  (one trial that breaks is told, and the others go on)
        return AnimalTrial(task, 0, 0.0, 0.0, 0, 0, broke=f"{type(error).__name__}: {error}")


def _tried(task: AnimalTask, server: KeptServer, session: Session) -> AnimalTrial:
    clock = _Clock(server)
    attempts = _Attempts(task, session, clock)
    name = _rounds(task, session.profile, attempts)
    told = clock.look()
    requests, seconds, cpu_seconds = session.sent, clock.seconds(), clock.core_seconds()
    reached, triggered = sum(told.reached.values()), sum(told.triggered.values())
    if attempts.found is None:
        return AnimalTrial(task, requests, seconds, cpu_seconds, reached, triggered)
    case, violation = attempts.found
    size = _smallest(task, session, case, violation)
    seen = f"{violation.requirement}: {violation.title}"
    return AnimalTrial(task, requests, seconds, cpu_seconds, reached, triggered, seen, name, size)


def _rounds(task: AnimalTask, profile: Profile, attempts: _Attempts) -> str:
    """Turn after turn, always of the property furthest behind its share; the one that saw something."""
    properties = properties_of(task.ablation, profile)
    spent: dict[str, float] = {one.name: 0.0 for one in properties}
    turns: dict[str, int] = dict.fromkeys(spent, 0)

    while not attempts.over():
        one = furthest_behind(properties, lambda each: spent[each.name], lambda each: each.share)
        begun = attempts.clock.core_seconds()
        number = seed_of(task.seed, one.name, turns[one.name])
        _turn(one, profile, number, attempts.attempt)
        if attempts.found is not None:
            return one.name
        attempts.clock.look()
        spent[one.name] += attempts.clock.core_seconds() - begun
        turns[one.name] += 1
    return ""


def _turn(one: Property, profile: Profile, number: int, attempt: Callable[[Case], None]) -> None:
    with suppress(_Over):
        turn(one.cases(profile), number, EXAMPLES_A_SHORT_TURN, attempt)


def _smallest(task: AnimalTask, session: Session, case: Case, violation: Violation) -> int:
    """Return the size of the smallest case that still shows it."""
    if task.reduce_seconds <= 0 or violation.severity != "failure":
        return size_bytes(case)
    until = time.monotonic() + task.reduce_seconds
    lab = Lab(session, Untended(), lambda: time.monotonic() > until)
    trial = trial_of(isolated(case, max(violation.step, 0)), session.reading)
    with lab.budget(MOST_REQUESTS_TO_REDUCE), suppress(OutOfBudget):
        seen = next((one for one in lab.ask(trial) if one.violation.way is violation.way), None)
        if seen is not None:
            return size_bytes(minimal(trial, seen, lab).trial.case)
    return size_bytes(case)


class Untended:
    """The life of a server that is not brought back: a trial ends with it."""

    twin = None

    def alive(self) -> bool:
        return True

    def revive(self) -> bool:
        return False

    def last_words(self) -> str:
        return ""

    def watched(self) -> Callable[[], float | None]:
        return lambda: math.inf


def size_bytes(case: Case) -> int:
    """Return bytes of objects and requests."""
    total = 0
    for step in case.steps:
        match step:
            case Put():
                total += len(step.data)
            case Send():
                total += len(step.fields.text)
            case SendRaw():
                total += len(step.body)
            case _:
                pass
    return total

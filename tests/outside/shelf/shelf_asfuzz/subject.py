"""A shelf: values by key over HTTP. PUT stores one, GET gives it back, DELETE takes it away."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import ClassVar

from hypothesis import strategies as st

from fuzz.subject import Accounting, Property, Serving, Subject
from fuzz.transport.http import HTTP, HttpMessage
from fuzz.triage.reading import Reading
from fuzz.triage.trait import Trait
from fuzz.triage.trial import Trial
from shelf_asfuzz.server import ANIMALS, serve
from specs.case import Case
from specs.outcome import NoReply, Outcome, Reply, Transcript
from specs.profile import Profile
from specs.requirements import Requirement
from specs.store_facts import StoreFacts
from specs.violation import Aspect, Violation, Way


@dataclass(frozen=True)
class Get:
    key: str
    asks: ClassVar[bool] = True
    removes: ClassVar[bool] = False

    @property
    def about(self) -> str:
        return self.key


@dataclass(frozen=True)
class Delete(Get):
    pass


@dataclass(frozen=True)
class Put(Get):
    value: bytes


Step = Put | Get | Delete
Due = tuple[int, bytes]


def expectations(case: Case, _profile: Profile, _facts: StoreFacts) -> Sequence[Due]:
    """The model: a dictionary."""
    held: dict[str, bytes] = {}
    due: list[Due] = []
    for step in case.steps:
        if isinstance(step, Put):
            held[step.key] = step.value
            due.append((204, b""))
        elif isinstance(step, Delete):
            due.append((204 if held.pop(step.key, None) is not None else 404, b""))
        else:
            due.append((200, held[step.key]) if step.key in held else (404, b""))
    return due


def violations(transcript: Transcript, due: Sequence[Due], _profile: Profile, _secrets: object) -> list[Violation]:
    several = enumerate(zip(transcript.case.steps, transcript.outcomes, due))
    return [replace(one, step=number) for number, parts in several for one in wrong(*parts)]


def wrong(step: Step, outcome: Outcome, due: Due) -> Iterator[Violation]:
    status, value = due
    if isinstance(outcome, NoReply):
        yield Violation("shelf-holds", "no answer", str(status), outcome.reason, way=Way.DROPPED, aspect=Aspect.CLOSED)
    elif isinstance(outcome, Reply) and outcome.status != status:
        title = f"{type(step).__name__.lower()}: {outcome.status}, not {status}"
        yield Violation("shelf-holds", title, str(status), str(outcome.status), way=Way.STATUS, status=outcome.status)
    elif isinstance(outcome, Reply) and status == 200 and outcome.body != value:
        yield Violation("shelf-holds", "get: another value", repr(value), repr(outcome.body), aspect=Aspect.VALUES)


class Stage:
    """Each case has keys of its own."""

    secrets: tuple[str, ...] = ()

    def __init__(self, _store: object, _profile: Profile) -> None:
        self._cases = count(1)

    def begin(self, _case: Case, *, afresh: bool) -> str:  # noqa: ARG002
        return f"/case{next(self._cases)}-"

    def prepare(self, step: Step, places: str) -> None:
        raise NotImplementedError

    def message(self, step: Step, places: str) -> HttpMessage:
        body = step.value if isinstance(step, Put) else b""
        return HttpMessage(type(step).__name__.upper(), places + step.key, (), body)

    def end(self, places: str) -> None:
        pass


def without(change: Callable[[Step], Step | None]) -> Callable[[Trial], Trial | None]:
    """The trial with each step but the last changed or left out; None where that changes nothing."""

    def drop(trial: Trial) -> Trial | None:
        *before, last = trial.case.steps
        steps = [*filter(None, map(change, before)), change(last) or last]
        return None if tuple(steps) == trial.case.steps else trial.of_steps(*steps)

    return drop


TRAITS = (
    Trait("a long value", without(lambda one: replace(one, value=one.value[:8]) if isinstance(one, Put) else one)),
    Trait("an upper-case key", without(lambda one: replace(one, key=one.key.lower()))),
    Trait("a deleted key", without(lambda one: None if isinstance(one, Delete) else one)),
)


class ShelfReading(Reading):
    __slots__ = ()

    def traits(self, _trial: Trial) -> Iterable[Trait]:
        return TRAITS


def cases(_profile: Profile) -> st.SearchStrategy[Case]:
    keys = st.sampled_from(("a", "A", "b"))
    puts = st.builds(Put, keys, st.binary(min_size=4, max_size=24))
    steps = st.one_of(puts, st.builds(Get, keys), st.builds(Delete, keys))
    return st.lists(steps, min_size=1, max_size=8).map(lambda several: Case("shelf-history", tuple(several)))


HOLDS = Requirement("shelf-holds", "MUST", "What is put under a key is there until it is deleted.", "shelf's README")
SHELF = Subject(
    "shelf",
    "Values by key over HTTP",
    properties=(Property("shelf-history", "A shelf is a dictionary.", cases, (HOLDS.id,)),),
    requirements={HOLDS.id: HOLDS},
    steps=(Put, Get, Delete),
    expectations=expectations,
    violations=violations,
    stage=Stage,
    transport=HTTP,
    reading=ShelfReading,
    serving=Serving(Profile, lambda: ("shelf",), "shelf", "a shelf", serve, animals=lambda: ANIMALS),
    accounting=Accounting(at_stake=lambda *_: (HOLDS.id,)),
)

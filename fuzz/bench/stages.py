"""Charge the processor's time of a hunting thread to the stages of a checked request."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeAlias, TypeVar

from fuzz.running.session import Session
from fuzz.running.targets import Target
from fuzz.transport.http import HttpClient, HttpMessage
from strategies.drawing import Choice, Shrunk, strategy_of

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

    from fuzz.subject import Cases, Property
    from fuzz.transport.http.connection import Connection
    from fuzz.transport.protocol import Came, Client, ClientSettings, Exchange, Wait
    from specs.case import Case

DRAWING, ENCODING, PUTTING, SENDING = "drawing", "encoding", "putting", "sending"
READING, ORACLE, CHECKS, ACCOUNTS = "reading", "oracle", "checks", "accounts"
STAGES = (DRAWING, ENCODING, PUTTING, SENDING, READING, ORACLE, CHECKS, ACCOUNTS)
EXPLAINING = "explaining"
# Takes each answer, or gives it.
Answers: TypeAlias = "Callable[[Came], None] | Iterator[Came] | None"
Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


@dataclass(slots=True)
class Stages:
    """The processor's time of one thread, charged to the innermost stage that it is in."""

    clock: Callable[[], int] = time.thread_time_ns
    spent_ns: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STAGES, 0))
    # What is within no stage is charged to this one.
    outermost: str = DRAWING
    _stage: str = ""
    _since: int = 0
    _undivided: bool = False

    @contextmanager
    def within(self, stage: str) -> Iterator[None]:
        """Charge what the block takes to a stage, and what follows to the one around it."""
        outer = self._enter(stage)
        try:
            yield
        finally:
            self._enter(outer)

    def of(self, stage: str, work: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        """Return the function, charged to a stage."""

        @wraps(work)
        def charged(*given: Parameters.args, **named: Parameters.kwargs) -> Result:
            outer = self._enter(stage)
            try:
                return work(*given, **named)
            finally:
                self._enter(outer)

        return charged

    def whole(self, stage: str, work: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        """Return the function, charged to a stage with all stages within it."""
        charged = self.of(stage, work)

        @wraps(work)
        def undivided(*given: Parameters.args, **named: Parameters.kwargs) -> Result:
            outer = self._enter(stage)
            self._undivided = True
            try:
                return charged(*given, **named)
            finally:
                self._undivided = False
                self._enter(outer)

        return undivided

    def begin(self) -> None:
        """Forget what was spent; from here on all counts."""
        self.spent_ns = dict.fromkeys(STAGES, 0)
        self._since = self.clock()

    def end(self) -> None:
        """Charge what was spent until now."""
        self._enter(self._stage)

    def _enter(self, stage: str) -> str:
        outer, now = self._stage or self.outermost, self.clock()
        self.spent_ns[outer] = self.spent_ns.get(outer, 0) + now - self._since
        self._since = now
        if not self._undivided:
            self._stage = stage
        return outer


class Charged:
    """An object of which some methods are charged to stages, and the rest is as it was."""

    def __init__(self, inner: Any, stages: Stages, **methods: str) -> None:
        self._inner = inner
        for name, stage in methods.items():
            setattr(self, name, stages.of(stage, getattr(inner, name)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class ChargedClient(HttpClient):
    """A client that is charged for what it encodes, sends and reads, without its waits.

    It has the answers recorded or played back, or neither.
    """

    def __init__(self, url: str, settings: ClientSettings, stages: Stages, answers: Answers) -> None:
        super().__init__(url, settings)
        self._stages = stages
        self._answers = answers

    def head(self, message: HttpMessage) -> bytes:
        with self._stages.within(ENCODING):
            return super().head(message)

    def exchange(self, message: HttpMessage) -> Exchange:
        if isinstance(self._answers, Iterator):
            self.head(message)
            return next(self._answers)
        came = yield from self._charged(message)
        if self._answers is not None:
            self._answers(came)
        return came

    def _charged(self, message: HttpMessage) -> Exchange:
        exchange = super().exchange(message)
        go_on, ready = self._stages.of(READING, exchange.send), None
        try:
            while True:
                ready = yield go_on(ready)  # type: ignore[arg-type]
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]

    def _connected(self) -> Generator[Wait, bool, Connection]:
        connection = yield from super()._connected()
        connection.sock = Charged(connection.sock, self._stages, send=SENDING)  # type: ignore[assignment]
        return connection


class ChargedSession(Session):
    """A session whose work is charged to stages, by all of its clients."""

    def __init__(self, target: Target, stages: Stages, answers: Answers = None) -> None:
        self._another = partial(ChargedClient, target.url, stages=stages, answers=answers)
        stage = target.subject.stage
        subject = replace(
            target.subject,
            expectations=stages.of(ORACLE, target.subject.expectations),
            violations=stages.of(CHECKS, target.subject.violations),
            properties=tuple(replace(one, cases=_drawn(one, stages)) for one in target.subject.properties),
            stage=lambda store, profile: Charged(
                stage(store, profile), stages, begin=ENCODING, message=ENCODING, prepare=PUTTING, end=PUTTING
            ),
        )
        super().__init__(subject, self._another(target.client), target.store, target.profile)

    def another_client(self) -> Client:
        return self._another(self.client.settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargedTarget(Target):
    """A target like another, whose sessions are charged to stages."""

    stages: Stages

    @classmethod
    def of(cls, target: Target, stages: Stages) -> Self:
        return cls(**{one.name: getattr(target, one.name) for one in fields(target)}, stages=stages)

    def session(self) -> Session:
        return ChargedSession(self, self.stages)


def _drawn(one: Property, stages: Stages) -> Callable[[Any], Cases]:
    """Return the cases of a property, of which each is charged to drawing when it is drawn."""

    def cases(profile: Any) -> Cases:
        found = stages.of(DRAWING, one.cases)(profile)
        if isinstance(found, Choice):
            return Choice(stages.of(DRAWING, found.by_chance), lambda: found.strategy)
        return Shrunk(lambda: _charged_strategy(strategy_of(found), stages))

    return cases


def _charged_strategy(strategy: SearchStrategy[Case], stages: Stages) -> SearchStrategy[Case]:
    """Return a strategy like another; what Hypothesis does around its draws is not charged to drawing."""
    from hypothesis import strategies as st

    @st.composite
    def charged(draw: DrawFn) -> Case:
        with stages.within(DRAWING):
            return draw(strategy)

    return charged()


def rows(stages: Stages, requests: int, others_ns: int) -> Iterator[str]:
    """Yield a row for each stage, one for their sum, and one for the other threads."""
    total = sum(stages.spent_ns.values())
    for name, spent in stages.spent_ns.items():
        yield f"{name:<10} {spent / requests / 1e6:>6.3f} {spent / total:>6.1%}"
    yield f"{'all':<10} {total / requests / 1e6:>6.3f}"
    yield f"{'others':<10} {others_ns / requests / 1e6:>6.3f}"

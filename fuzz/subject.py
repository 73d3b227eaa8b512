"""Define subjects: an API under test, with all that the engine needs to know about it.

The engine (`fuzz.running`, `fuzz.hunt`, `fuzz.triage`, `fuzz.findings`, `fuzz.reports`) knows subjects by this alone.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar, runtime_checkable

from specs.case import Case
from specs.clauses import Clause
from specs.outcome import Outcome, Transcript
from specs.requirements import Requirement
from specs.rules import Rule
from specs.store_facts import StoreFacts
from specs.violation import Violation

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from fuzz.config import Settings
    from fuzz.findings.finding import Finding
    from fuzz.running.session import Judgement, Session
    from fuzz.running.store import Store
    from fuzz.transport.protocol import Transport
    from fuzz.triage.reading import Reading
    from strategies.drawing import Shrunk

Connect = Callable[[Any], "Session"]
# A choice is drawn by chance in hunts and by Hypothesis under pytest; anything else is drawn by Hypothesis in both.
Cases: TypeAlias = "Shrunk[Case] | SearchStrategy[Case]"
Result = TypeVar("Result")
# Requests that hang on the answers to those before: a talk yields each message, and is sent its outcome.
Talk: TypeAlias = Generator[Any, Outcome, Result]
# The answers that the subject's model allows for each step; None for steps that ask nothing.
Due = Sequence[Any]
# A check of one answer; its arguments are the step, the outcome, the expectation and the profile.
Check = Callable[[Any, Outcome, Any, Any], Iterable[Violation]]


@dataclass(frozen=True, slots=True)
class Property:
    """A property to try: its cases, the requirements it checks, its share of a run's time, its demands on the store.

    `checks` are applied to each answer, besides the subject's own checks of all answers. `tells` are the requirements
    that the property exists for; if none of them is ever at stake, the property proves nothing. By default it is the
    first of `requirements`.
    """

    name: str
    sentence: str
    cases: Callable[[Any], Cases]
    requirements: tuple[str, ...]
    share: float = 1.0
    takes_bad_service: bool = False
    checks: tuple[Check, ...] = ()
    tells: tuple[str, ...] = ()
    # This says whether each field of a request should make a difference to some answer.
    answers_hang_on_fields: bool = True

    def named(self, case: Case) -> Case:
        """Return the case under this property's name, whichever property drew it."""
        return case if case.property == self.name else replace(case, property=self.name)

    @property
    def essentials(self) -> tuple[str, ...]:
        """Return the requirements that the property exists for."""
        return self.tells or self.requirements[:1]


class Stage(Protocol):
    """A protocol to run cases: it gives real names to the things that a case is about, and removes them again.

    Several cases may be under way at the same time, also about the same things; what one of them uses must stay.
    """

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return the strings that no answer may hold."""

    def begin(self, case: Case, *, afresh: bool) -> Any:
        """Return places for a case's things; with `afresh`, places that no request has been about."""

    def prepare(self, step: Any, places: Any) -> None:
        """Take a step that asks nothing; raises Unstorable where the store does not take it."""

    def message(self, step: Any, places: Any) -> Any:
        """Return the message that a step sends, as the subject's transport takes it."""

    def end(self, places: Any) -> None:
        """Remove the things that the case leaves behind."""


@runtime_checkable
class TalkingStage(Stage, Protocol):
    """A stage that sends requests of its own, and whose messages depend on what earlier answers told."""

    def reach(self, url: str, send: Callable[[Any], Outcome]) -> None:
        """Take the URL of the server under test, and a function that sends a message to it."""

    def beginning(self, case: Case, *, afresh: bool) -> Talk[Any]:
        """Do what `begin` does, as a talk whose messages are sent while other cases go on."""

    def ending(self, places: Any) -> Talk[None]:
        """Do what `end` does, as a talk."""

    def heard(self, step: Any, places: Any, outcome: Outcome) -> Outcome:
        """Take the outcome of a step before the next step's message is made; return it as the case tells of it."""


@dataclass(frozen=True, slots=True)
class ExploredRequest:
    """One request as exploration counts it: the values of its fields by name, and how long its answer took.

    `size_bytes` is the size of its object. `kind` names the sort of request for latencies. Without a kind, or without a
    time because no answer with values came, the latency does not count.
    """

    values: Mapping[str, str]
    size_bytes: int = 0
    kind: str = ""
    elapsed_ms: float = 0.0


def no_stakes(_case: Case, _due: Due, _outcomes: Sequence[Outcome]) -> Iterable[str]:
    """Return the requirements at stake, by default the one for answers."""
    return ("answers",)


def no_fields(_case: Case, _number: int, _due: Any, _profile: Any, _store: StoreFacts) -> Iterator[tuple[str, bool]]:
    """List the fields on which an answer depends, by default none."""
    return iter(())


def no_requests(_case: Case, _due: Due, _outcomes: Sequence[Outcome], _profile: Any) -> Iterable[ExploredRequest]:
    """List the requests to count, by default none."""
    return ()


def no_domains(_profile: Any) -> Mapping[str, tuple[str, ...]]:
    """Return the values that requests can have, by default none."""
    return {}


@dataclass(frozen=True, slots=True)
class Accounting:
    """A subject's account of the cases that were tried: requirements at stake, and values explored.

    `at_stake` lists requirements that some answer would have broken; `fields_that_matter` says for each field of a
    request whether the answer depended on it. `domains` are the values to explore; `excluded` says why no request has a
    pair of them.
    """

    at_stake: Callable[[Case, Due, Sequence[Outcome]], Iterable[str]] = no_stakes
    fields_that_matter: Callable[[Case, int, Any, Any, StoreFacts], Iterator[tuple[str, bool]]] = no_fields
    asked: Callable[[Case, Due, Sequence[Outcome], Any], Iterable[ExploredRequest]] = no_requests
    domains: Callable[[Any], Mapping[str, tuple[str, ...]]] = no_domains
    excluded: Callable[[tuple[str, str], tuple[str, str]], str] = lambda _one, _two: ""


@dataclass(frozen=True, slots=True)
class Animal:
    """A server of the subject that is broken on purpose, in one way; animals of one kind are broken in similar ways."""

    id: str
    habit: str
    kind: str


@dataclass(frozen=True, slots=True)
class Probed:
    """The result of a probe: the profile that the server is held to, and doubts to tell the user.

    `table` are lines that show what the server can do, and `file` returns the text of a profile under a name.
    """

    profile: Any
    doubts: tuple[str, ...]
    table: tuple[str, ...]
    file: Callable[[str], str]


class Start(Protocol):
    """A function that starts a subject's own server; a port of 0 stands for a free one."""

    def __call__(
        self, animals: Sequence[str], host: str = "127.0.0.1", port: int = 0
    ) -> AbstractContextManager[str]: ...


class StartIn(Protocol):
    """A function that starts a subject's own server on what the server keeps in a directory."""

    def __call__(
        self, directory: Path, animals: Sequence[str], host: str = "127.0.0.1", port: int = 0
    ) -> AbstractContextManager[str]: ...


def no_animals() -> Mapping[str, Animal]:
    """Return the broken servers by id, by default none."""
    return {}


def plain_example(url: str, store: Store, _public_keys: bool) -> Iterable[str]:
    """Say where the subject's own server and the store are, for subjects without an example to show."""
    return (f"server       {url}", f"store        {store.s3_url}")


def no_question(_connect: Connect, _profile: Any) -> None:
    """Ask a server no first question, for subjects that have none."""


@dataclass(frozen=True, slots=True)
class Serving:
    """A subject's servers: their profiles, the subject's own server, and the first contact with a server.

    `load` reads a profile by its name or from a file, and raises UnusableProfile. `own` names the profile of the
    subject's own server; `start` starts this server, broken in the ways of the named `animals`, and raises UsageError
    and CannotRun. `start_in` does so on what the server kept in a directory, if it keeps anything. `example` puts an
    example into the store, and says how to ask the subject's own server about it; keys are shown only if they are
    public. `open_store` opens what the subject has in place of a store, if its servers read from none; raises
    UsageError. `check` asks a server a first question, and raises CannotRun if it is not answered. `probe` finds out
    the claims of a server without a profile.
    """

    load: Callable[[str], Any]
    shipped: Callable[[], tuple[str, ...]]
    own: str
    own_name: str
    start: Start
    start_in: StartIn | None = None
    check: Callable[[Connect, Any], None] = no_question
    probe: Callable[[Connect, Store, Callable[[], None] | None], Probed] | None = None
    animals: Callable[[], Mapping[str, Animal]] = no_animals
    example: Callable[[str, Store, bool], Iterable[str]] = plain_example
    open_store: Callable[[Settings], Store] | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A subject's description of a finding: labelled rows of the requests, the answer, and the expectation."""

    asked: tuple[tuple[str, str], ...]
    got: str
    expected: str


@dataclass(frozen=True, slots=True)
class Scripts:
    """Ways to show a finding without the suite: files by name, the lines that run them, and Markdown to paste from."""

    files: Mapping[str, str] = field(default_factory=dict)
    again: tuple[str, ...] = ()
    by_hand: tuple[str, ...] = ()


def plain_picture(finding: Finding) -> Picture:
    """Describe a finding by its steps and outcomes as they are, for subjects without a description of their own."""
    outcomes = (*finding.outcomes, *[None] * len(finding.case.steps))
    asked = tuple(("", f"{number}  {step}") for number, step in enumerate(finding.case.steps, 1))
    came = outcomes[finding.violation.step]
    return Picture(asked, finding.violation.actual or str(came), finding.violation.expected)


def no_scripts(_finding: Finding, _profile: Any) -> Scripts:
    """Return no scripts, for subjects that write none."""
    return Scripts()


@dataclass(frozen=True, slots=True)
class Telling:
    """A subject's ways to describe a finding to people, and to show it without the suite."""

    picture: Callable[[Finding], Picture] = plain_picture
    scripts: Callable[[Finding, Any], Scripts] = no_scripts
    # This says in plain words which traits a finding needs.
    needs: Callable[[Iterable[str], Case], Iterable[str]] = lambda names, _case: names


class BugReport(Protocol):
    """A protocol for a report on something that is known to be wrong with a server of one configuration."""

    @property
    def id(self) -> str: ...

    @property
    def case(self) -> Case: ...

    @property
    def configuration(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Reporting:
    """A subject's reports on what is known to be wrong with the server of a profile.

    `page` writes them as Markdown. `shown_by` says whether a judgement shows a report, and `takes_bad_store` whether
    the store must serve objects badly for its case.
    """

    reports: Callable[[Any], Sequence[Any]]
    page: Callable[[Any, Sequence[Any]], Iterable[str]]
    shown_by: Callable[[Any, Judgement], bool]
    takes_bad_store: Callable[[Case], bool] = lambda _case: False


@dataclass(frozen=True, slots=True)
class Older:
    """Readers of findings in older formats: one for a violation's table, one for an old symptom."""

    converted: Callable[[Mapping[str, Any]], dict[str, Any]]
    ids: Callable[[str, str], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Round:
    """A round of a load: clients at the same time, each with operations that are drawn by weight.

    One client does the operations of `first` before all others begin. Each client begins with those of `begin`, then
    does so many of `operations` as `each` says, and ends with those of `end`. `sizes` are the sizes of its objects.
    """

    name: str
    clients: int
    operations: tuple[tuple[str, float], ...] = ()
    each: int = 1
    sizes: tuple[int, ...] = (1024,)
    first: tuple[str, ...] = ()
    begin: tuple[str, ...] = ()
    end: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """A load that a server is put under, as rounds that are taken one after the other."""

    name: str
    sentence: str
    rounds: tuple[Round, ...]


@dataclass(frozen=True, slots=True)
class Loading:
    """A subject's loads: `case` draws the requests of a round from a seed, and raises NotClaimed.

    `operation` names what a step does, and `sent_bytes` says how much of an object it sends. `checked` counts the
    answers that the judge has come to, given whether it has found a failure. Servers keep what is made
    for a case under names that begin with a run's, which `run_of` tells of a stage; `remove_left` removes what a run
    that was killed has left, and returns how many things that were.
    """

    scenarios: tuple[Scenario, ...]
    case: Callable[[Round, int, Any], Case]
    operation: Callable[[Any], str]
    sent_bytes: Callable[[Any], int]
    checked: Callable[[Transcript, Any, bool], int]
    run_of: Callable[[Any], str]
    remove_left: Callable[[Any, str], int]


@dataclass(frozen=True, slots=True)
class Subject:
    """An API under test: its properties and requirements, and how its steps are run, read and described."""

    name: str
    title: str
    properties: tuple[Property, ...]
    requirements: Mapping[str, Requirement]
    steps: tuple[type, ...]
    expectations: Callable[[Case, Any, StoreFacts], Due]
    violations: Callable[[Transcript, Due, Any, tuple[str, ...]], list[Violation]]
    stage: Callable[[Store, Any], Stage]
    transport: Transport
    reading: Callable[[Any], Reading]
    serving: Serving
    rules: type[Rule] = Rule
    # Aspects of a violation that this subject adds to those of every subject.
    aspects: tuple[str, ...] = ()
    telling: Telling = Telling()
    older: Older | None = None
    accounting: Accounting = Accounting()
    reporting: Reporting | None = None
    loading: Loading | None = None
    # The sentences of the API's page, by id and in its order, and what holds each.
    clauses: Callable[[], Mapping[str, Clause]] | None = None

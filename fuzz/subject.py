"""What a subject is: an API under test, with all that the engine needs to know of it.

The engine (`fuzz.running`, `fuzz.hunt`, `fuzz.triage`, `fuzz.findings`, `fuzz.reports`) knows subjects by this alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from specs.case import Case
from specs.outcome import Outcome, Transcript
from specs.requirements import Requirement
from specs.rules import Rule
from specs.store_facts import StoreFacts
from specs.violation import Violation

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from fuzz.findings.finding import Finding
    from fuzz.running.crowd import Message
    from fuzz.running.session import Session
    from fuzz.running.store import Store
    from fuzz.triage.reading import Reading

Connect = Callable[[Any], "Session"]
# What each step may be answered with, by the subject's model; None for steps that ask nothing.
Due = Sequence[Any]
# A check of one answer: the step, what came, what was due, and the profile.
Check = Callable[[Any, Outcome, Any, Any], Iterable[Violation]]


@dataclass(frozen=True, slots=True)
class Property:
    """What is tried, which requirements it checks, its share of a run's time, and what it takes of the store.

    `checks` are asked about each answer besides what the subject itself requires of all answers. `tells` are the
    requirements that the property is there for, without which it says nothing; without any it is the first that it has.
    """

    name: str
    sentence: str
    cases: Callable[[Any], SearchStrategy[Case]]
    requirements: tuple[str, ...]
    share: float = 1.0
    takes_bad_service: bool = False
    checks: tuple[Check, ...] = ()
    tells: tuple[str, ...] = ()
    # Whether each field of a request should make a difference to some answer.
    answers_hang_on_fields: bool = True

    def named(self, case: Case) -> Case:
        """The case under this property's name, whoever drew it."""
        return case if case.property == self.name else replace(case, property=self.name)

    @property
    def essentials(self) -> tuple[str, ...]:
        """The requirements that the property is there for."""
        return self.tells or self.requirements[:1]


class Stage(Protocol):
    """Where cases are played: gives the things that a case's steps are about real names, and takes them away again."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no answer may hold."""

    def begin(self, case: Case, *, afresh: bool) -> Any:
        """The places of a case's things; afresh: such as nobody has asked about."""

    def prepare(self, step: Any, places: Any) -> None:
        """Take a step that asks nothing; raises Unstorable where the store does not take it."""

    def message(self, step: Any, places: Any) -> Message:
        """The request that a step sends."""

    def end(self, places: Any) -> None:
        """Take away what the case leaves behind."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as exploration counts it: the values of what it says by name, and what its answer took.

    `size_bytes` is how much it is about; `kind` names the sort of request whose latencies are told, if they are.
    """

    values: Mapping[str, str]
    size_bytes: int = 0
    kind: str = ""
    outcome: Outcome = None


def no_stakes(_case: Case, _due: Due, _outcomes: Sequence[Outcome]) -> Iterable[str]:
    """The requirements at stake, where a subject does not say."""
    return ("answers",)


def no_fields(_case: Case, _number: int, _due: Any, _profile: Any, _store: StoreFacts) -> Iterator[tuple[str, bool]]:
    """The fields that an answer hangs on, where a subject does not say."""
    return iter(())


def no_requests(_case: Case, _due: Due, _outcomes: Sequence[Outcome], _profile: Any) -> Iterable[Asked]:
    """The requests to count, where a subject does not say."""
    return ()


def no_domains(_profile: Any) -> Mapping[str, tuple[str, ...]]:
    """The values that requests can have, where a subject does not say."""
    return {}


@dataclass(frozen=True, slots=True)
class Accounting:
    """What a subject says of the cases that were tried: what was at stake, and what was explored.

    `at_stake` are requirements that some answer would have broken; `fields_that_matter` tells for each thing that a
    request says whether its answer hung on it. `domains` are the values to explore, `excluded` says why nobody asks for
    two of them at once.
    """

    at_stake: Callable[[Case, Due, Sequence[Outcome]], Iterable[str]] = no_stakes
    fields_that_matter: Callable[[Case, int, Any, Any, StoreFacts], Iterator[tuple[str, bool]]] = no_fields
    asked: Callable[[Case, Due, Sequence[Outcome], Any], Iterable[Asked]] = no_requests
    domains: Callable[[Any], Mapping[str, tuple[str, ...]]] = no_domains
    excluded: Callable[[tuple[str, str], tuple[str, str]], str] = lambda _one, _two: ""


def no_question(_connect: Connect, _profile: Any) -> None:
    """Ask a server nothing first, where a subject has no first question."""


@dataclass(frozen=True, slots=True)
class Serving:
    """The servers of a subject: the profiles that there are of them, its own server, and how one is met.

    `load` reads a profile by its name or from a file, and raises UnusableProfile; `own` is that of the subject's
    own server, which `start` starts, broken in the ways that are named; it raises UsageError and CannotRun. `check`
    asks a server a first question, and raises CannotRun where that is not answered. `probe` finds out what a server
    claims that has no profile, and what is to be doubted.
    """

    load: Callable[[str], Any]
    shipped: Callable[[], tuple[str, ...]]
    own: str
    own_name: str
    start: Callable[[Sequence[str]], AbstractContextManager[str]]
    check: Callable[[Connect, Any], None] = no_question
    probe: Callable[[Connect, Store, Callable[[], None] | None], tuple[Any, tuple[str, ...]]] | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """What a finding shows, as its subject tells it: labelled rows of what was asked, what came, and what was due."""

    asked: tuple[tuple[str, str], ...]
    got: str
    expected: str


@dataclass(frozen=True, slots=True)
class Scripts:
    """What shows a finding without the suite: files by name, the lines that run them, and Markdown to paste from."""

    files: Mapping[str, str] = field(default_factory=dict)
    again: tuple[str, ...] = ()
    by_hand: tuple[str, ...] = ()


def plain_picture(finding: Finding) -> Picture:
    """A finding's steps and outcomes as they are, where a subject does not tell them in a way of its own."""
    outcomes = (*finding.outcomes, *[None] * len(finding.case.steps))
    asked = tuple(("", f"{number}  {step}") for number, step in enumerate(finding.case.steps, 1))
    came = outcomes[finding.violation.step]
    return Picture(asked, finding.violation.actual or str(came), finding.violation.expected)


def no_scripts(_finding: Finding, _profile: Any) -> Scripts:
    """No scripts, where a subject writes none."""
    return Scripts()


@dataclass(frozen=True, slots=True)
class Telling:
    """How a subject tells a finding to people, and what shows it without the suite."""

    picture: Callable[[Finding], Picture] = plain_picture
    scripts: Callable[[Finding, Any], Scripts] = no_scripts


@dataclass(frozen=True, slots=True)
class Older:
    """How findings are read that suites of older formats wrote: a violation's table, and what an old symptom says."""

    converted: Callable[[Mapping[str, Any]], dict[str, Any]]
    ids: Callable[[str, str], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Subject:
    """An API under test: what is tried, what must hold, and how its steps are taken, read and told."""

    name: str
    title: str
    properties: tuple[Property, ...]
    requirements: Mapping[str, Requirement]
    steps: tuple[type, ...]
    expectations: Callable[[Case, Any, StoreFacts], Due]
    violations: Callable[[Transcript, Due, Any, tuple[str, ...]], list[Violation]]
    stage: Callable[[Store, Any], Stage]
    reading: Callable[[Any], Reading]
    serving: Serving
    rules: type[Rule] = Rule
    # What an aspect of a violation may be besides those of every subject.
    aspects: tuple[str, ...] = ()
    telling: Telling = Telling()
    older: Older | None = None
    accounting: Accounting = Accounting()

"""Bugs to plant in a subject's own server, several at once, and servers that have them."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from fuzz.bench.zoos import zoo_for, zoo_of
from fuzz.config import DEFAULT_SUBJECT
from fuzz.findings.finding import Finding
from fuzz.findings.replay import TRIES_AT_ONCE
from fuzz.running.session import Judgement, Session
from fuzz.running.store import Store
from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.transport.http import HttpClient
from specs.case import Case, at_once
from specs.fields import Fields
from specs.profile import Profile
from specs.reductions import encoding
from specs.reductions import profile as reductions
from specs.reductions.steps import Put, Send
from specs.violation import Violation

PACKAGE = "fuzz.subjects.reductions.zoo"
OF_V1, WARNS = "OnlyInV1", "OnlyAWarning"
SERVERS_AT_ONCE = 32
Judge = Callable[[Case], Judgement]
EVERY_TIME, AFTER_A_WHILE = "every time", "after a while"
# What fails some of the time may do so once in fifty requests, and what was seen once once in a thousand.
TRIES_OF_CHANCE = {"flaky": 300, AFTER_A_WHILE: 2, "seen once": 1100}


@dataclass(frozen=True, slots=True)
class Bug:
    """A class that breaks its subject's own server in one way."""

    path: str

    @property
    def name(self) -> str:
        return self.path.rpartition(":")[2]

    @property
    def subject(self) -> str:
        """Return the name of the subject whose server it breaks: its zoo is in that subject's room."""
        return self.path.split(".")[2]

    def load(self) -> type[Any]:
        module, _, name = self.path.partition(":")
        loaded: type[Any] = getattr(importlib.import_module(module), name)
        return loaded

    @property
    def api(self) -> str:
        """Return the version of the API in which it shows."""
        return "v1" if OF_V1 in _marks(self.load()) else "v2"


def bugs(package: str = PACKAGE, modules: Sequence[str] = (), apis: Sequence[str] = ("v2",)) -> list[Bug]:
    """Return every bug of a package that shows in these versions of the API, by name of module and class.

    Those that deserve a warning and no more are left out: a hunt makes no finding of them.
    """
    found = []
    for one in pkgutil.iter_modules(importlib.import_module(package).__path__):
        if modules and one.name not in modules:
            continue
        module = importlib.import_module(f"{package}.{one.name}")
        classes = [
            each for _, each in inspect.getmembers(module, inspect.isclass) if each.__module__ == module.__name__
        ]
        found += [Bug(f"{module.__name__}:{each.__name__}") for each in classes if _is_bug(each, classes)]
    return sorted((bug for bug in found if bug.api in apis), key=lambda bug: bug.path)


def _is_bug(candidate: type, others: list[type]) -> bool:
    """Say whether a class breaks something by itself.

    It does more than answer poorly, and others do not build on it.
    """
    if not issubclass(candidate, ReferenceServer) or WARNS in _marks(candidate):
        return False
    return not any(issubclass(other, candidate) and other is not candidate for other in others)


def _marks(candidate: type) -> set[str]:
    return {base.__name__ for base in candidate.__mro__}


def hiding(several: Sequence[Bug], store: Store, profile: reductions.Profile) -> set[Bug]:
    """Return the bugs that spoil even the plainest answers, behind which no other bug can be seen."""
    put = Put("a", encoding.plain(np.arange(1, 5, dtype="int32")))
    asked = [Case("reduction", (put, Send(one, Fields({"dtype": "int32"}), "a"))) for one in profile.operations]
    found: set[Bug] = set()
    for first in range(0, len(several), SERVERS_AT_ONCE):
        some = several[first : first + SERVERS_AT_ONCE]
        with judges([[bug] for bug in some], store, profile) as ask:
            found |= {bug for bug, judge in zip(some, ask) if any(judge(case).failures for case in asked)}
    return found


def planted(available: Sequence[Bug], count: int, seed: int) -> list[Bug]:
    """Draw that many bugs by a seed, of which none replaces a method that another has replaced."""
    order = list(available)
    random.Random(seed).shuffle(order)
    chosen: list[Bug] = []
    taken: set[str] = set()
    for bug in order:
        methods = replaced(bug)
        if len(chosen) < count and not methods & taken:
            chosen.append(bug)
            taken |= methods
    return chosen


def replaced(bug: Bug) -> set[str]:
    """Return the names of the right server's methods that a bug replaces by its own."""
    order = bug.load().__mro__
    return {
        name
        for base in order[: order.index(zoo_of(bug.subject).right)]
        for name, value in vars(base).items()
        if callable(value) and name != "__init__"
    }


@contextmanager
def judges(several: Sequence[Sequence[Bug]], store: Store, profile: Profile) -> Iterator[list[Judge]]:
    """Yield, for each set of bugs, a function that judges a case on a server in this process that has them."""
    with ExitStack() as stack:
        yield [_judge(stack, some, store, profile) for some in several]


def _judge(stack: ExitStack, some: Sequence[Bug], store: Store, profile: Profile) -> Judge:
    zoo = zoo_for(profile)
    url = stack.enter_context(zoo.served([bug.load() for bug in some]))
    session = stack.enter_context(closing(Session(zoo.subject, HttpClient(url), store, profile)))
    return lambda case: session.judge(case, afresh=True)


def owners(
    findings: Sequence[Finding], some: Sequence[Bug], store: Store, profile: Profile
) -> dict[str, tuple[Bug, ...]]:
    """Map each finding to the bugs that it belongs to.

    Its case fails with the bug alone, and passes without that bug alone.

    What several bugs do alike passes without none of them; such a finding belongs to one of them.
    """
    only = [[bug] for bug in some]
    without = [[other for other in some if other is not bug] for bug in some]
    with judges([*only, *without, some], store, profile) as ask:
        alone = {one.id: [bug for number, bug in enumerate(some) if ever_fails(ask[number], one)] for one in findings}
        # What fails with several bugs together only, each of them is needed for.
        certain = {one.id for one in findings if one.reproducibility == EVERY_TIME and not alone[one.id]}
        together = {one.id: some if one.id in certain and ever_fails(ask[-1], one) else () for one in findings}
        asked = {one.id: alone[one.id] or together[one.id] for one in findings}
        needed = {
            one.id: tuple(bug for bug in asked[one.id] if not ever_fails(ask[len(some) + some.index(bug)], one))
            for one in findings
        }
    shown = {bug for name, several in needed.items() for bug in several if alone[name]}
    for name, several in needed.items():
        if not alone[name]:
            needed[name] = tuple(bug for bug in several if bug not in shown)[:1] or several[:1]
            shown.update(needed[name])
    # What two bugs do alike is one finding: it is the one's that shows in no other.
    for name, several in needed.items():
        left = [bug for bug in alone[name] if bug not in shown]
        if not several and left:
            needed[name] = tuple(left[:1])
            shown.add(left[0])
    return needed


def ever_fails(judge: Judge, finding: Finding) -> bool:
    """Say whether a finding's case fails: at some time and as it did, where it does not every time."""
    tries = TRIES_OF_CHANCE.get(finding.reproducibility)
    if at_once(finding.case):
        # Whether requests at the same time meet is chance, and so is how they fail.
        return any(judge(finding.case).failures for _ in range(TRIES_AT_ONCE))
    if tries is None:
        return bool(judge(finding.case).failures)
    looks = _looks(finding.violation)

    def fails() -> bool:
        if finding.reproducibility == AFTER_A_WHILE:
            judge(zoo_of(finding.subject or DEFAULT_SUBJECT).first)
        return looks in map(_looks, judge(finding.case).failures)

    return any(fails() for _ in range(tries))


def _looks(violation: Violation) -> tuple[str, ...]:
    """Return the parts of a failure by chance that are the same each time, whatever rules its request breaks."""
    return violation.way.value, str(violation.aspect)

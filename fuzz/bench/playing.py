"""Take cases as a hunt does: on the embedded server, or on answers of it that were recorded and come at once."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from fuzz.bench.stages import ACCOUNTS, Answers, ChargedSession, Stages
from fuzz.errors import CannotRun, UsageError

if TYPE_CHECKING:
    from fuzz.hunt.effort import PropertyEffort
    from fuzz.hunt.hunter import Hunter
    from fuzz.hunt.turns import Turns
    from fuzz.running.session import Session
    from fuzz.running.targets import Target
    from fuzz.subject import Property
    from fuzz.transport.protocol import Came
    from specs.case import Case

WARM_UP = 200
ANSWERS = "answers.pickle"


@dataclass(frozen=True, slots=True)
class Taking:
    """The cases to take: how many requests, drawn by which seed, of which properties."""

    requests: int
    seed: int
    only: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Took:
    """The requests that were checked, and the time that they took: of the hunting thread, of others, of the clock."""

    requests: int
    stages: Stages
    others_ns: int
    seconds: float


def taken(
    taking: Taking,
    folder: Path,
    answers: Answers = None,
    turns: Turns | None = None,
    ready: Callable[[], object] = lambda: None,
) -> Took:
    """Take cases on the embedded server, or on its recorded answers; `ready` is called before those that count."""
    from fuzz.config import Settings
    from fuzz.running.targets import open_target

    stages = Stages()
    with open_target(Settings()) as target, closing(ChargedSession(target, stages, answers)) as session:
        return _hunt(taking, target, session, stages, folder, turns, ready)


def record(taking: Taking, folder: Path) -> None:
    """Have another process record into a folder what the embedded server answers to each request."""
    recorder = get_context("spawn").Process(target=_record, args=(taking, folder))
    recorder.start()
    recorder.join()
    if recorder.exitcode:
        raise CannotRun("the answers could not be recorded")


def answers_in(folder: Path) -> Iterator[Came]:
    """Return the answers that were recorded into a folder."""
    found: list[Came] = pickle.loads((folder / ANSWERS).read_bytes())
    return iter(found)


def _record(taking: Taking, folder: Path) -> None:
    found: list[Came] = []
    taken(taking, folder, found.append)
    (folder / ANSWERS).write_bytes(pickle.dumps(found))


def _hunt(
    taking: Taking,
    target: Target,
    session: Session,
    stages: Stages,
    folder: Path,
    turns: Turns | None,
    ready: Callable[[], object],
) -> Took:
    from fuzz.hunt.rounds import EXAMPLES_A_TURN, seed_of, turn

    hunter, table = _hunter(session, target, folder, taking.only, turns)

    def attempt(one: Property, case: Case) -> None:
        with stages.within(ACCOUNTS):
            hunter.try_case(one.named(case), table[one])
        if table[one].findings:
            raise CannotRun("the embedded server fails; see asfuzz run")

    def in_turns(name: str, wanted: int) -> int:
        """Run turns of each property until that many requests are checked; return how many were."""
        before, number = sum(one.requests for one in table.values()), 0
        while (asked := sum(one.requests for one in table.values()) - before) < wanted:
            for one in table:
                seed = seed_of(taking.seed, name, one.name, number)
                turn(one.cases(target.profile), seed, EXAMPLES_A_TURN, lambda case: attempt(one, case))  # noqa: B023
            number += 1
        return asked

    in_turns("warm-up", WARM_UP)
    ready()
    begun, core = time.monotonic(), time.process_time_ns()
    stages.begin()
    asked = in_turns("measured", taking.requests)
    others_ns = time.process_time_ns() - core - sum(stages.spent_ns.values())
    return Took(asked, stages, others_ns, time.monotonic() - begun)


def _hunter(
    session: Session, target: Target, folder: Path, only: tuple[str, ...], turns: Turns | None
) -> tuple[Hunter, dict[Property, PropertyEffort]]:
    """Return a hunter as a worker has it, and the accounts of the properties."""
    from fuzz.hunt.effort import PropertyEffort
    from fuzz.hunt.exploration import Exploration
    from fuzz.hunt.hunter import Hunter
    from fuzz.hunt.life import TargetLife
    from fuzz.hunt.vacuity import Clock, Stakes
    from fuzz.triage.ledger import Ledger

    known = {one.name: one for one in session.subject.properties}
    if unknown := [name for name in only if name not in known]:
        raise UsageError(f"--only: property {unknown[0]!r} is unknown; see asfuzz properties")
    accounting, clock = session.subject.accounting, Clock()
    exploration = Exploration(accounting, target.profile)
    table = {
        known[name]: PropertyEffort(
            stakes=Stakes(name, accounting, target.profile, session.facts, clock, exploration, known[name].essentials)
        )
        for name in only
    }
    ledger = Ledger(folder, "cost", session.reading)
    return Hunter(session, ledger, TargetLife.of(target), lambda _event: None, turns=turns), table

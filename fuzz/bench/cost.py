"""Measure what a checked request costs the suite's processor, stage by stage."""

from __future__ import annotations

import pickle
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import wraps
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeAlias, TypeVar

from fuzz.errors import CannotRun, UsageError

if TYPE_CHECKING:
    from fuzz.hunt.effort import PropertyEffort
    from fuzz.hunt.hunter import Hunter
    from fuzz.running.session import Session
    from fuzz.running.targets import Target
    from fuzz.subject import Property
    from fuzz.transport.http import HttpMessage
    from fuzz.transport.http.connection import Connection
    from fuzz.transport.protocol import Came, Client, Exchange, Wait
    from specs.case import Case

WARM_UP = 200
DRAWING, ENCODING, PUTTING, SENDING = "drawing", "encoding", "putting", "sending"
READING, ORACLE, CHECKS, ACCOUNTS = "reading", "oracle", "checks", "accounts"
STAGES = (DRAWING, ENCODING, PUTTING, SENDING, READING, ORACLE, CHECKS, ACCOUNTS)
EXAMPLES = """\
examples:
  asfuzz bench cost                                     the property that most of a hunt is about
  asfuzz bench cost --only reduction history malformed
  asfuzz bench cost --requests 10000                    steadier numbers
  asfuzz bench cost --at-once                           how many requests the suite could check on one core

Cases are drawn, taken and accounted for as in a hunt, on the embedded server, which is a process of its own and does
not count. A stage is the time of the processor that the hunting thread spends in it. "drawing" holds the contents of
objects and how they are encoded; "encoding" makes messages of requests; "accounts" is what a hunt notes of each case.
The store in memory answers the server on other threads of the suite's process, and stands below the sum.

With --at-once another process first takes the same cases and records what the embedded server answers. Then all is done
as before, objects are stored and messages are encoded, but nothing is sent: the recorded answers are judged. So this is
what the suite alone can do, without sockets and waits.
"""
ANSWERS = "answers.pickle"
# Takes each answer, or gives it.
Answers: TypeAlias = "Callable[[Came], None] | Iterator[Came] | None"
Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the flags: how many requests, and which."""
    parser.add_argument("--requests", type=int, default=4000, metavar="N", help="requests to check (default: 4000)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="which requests (default: 1)")
    parser.add_argument(
        "--only", nargs="+", default=["reduction"], metavar="PROPERTY", help="these properties (default: reduction)"
    )
    parser.add_argument(
        "--at-once", action="store_true", help="play back the server's answers in process, as if they came at once"
    )
    parser.epilog = EXAMPLES


@dataclass(slots=True)
class Stages:
    """The processor's time of one thread, charged to the innermost stage that it is in."""

    clock: Callable[[], int] = time.thread_time_ns
    spent_ns: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STAGES, 0))
    _stage: str = DRAWING
    _since: int = 0

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

    def begin(self) -> None:
        """Forget what was spent; from here on all counts."""
        self.spent_ns = dict.fromkeys(STAGES, 0)
        self._since = self.clock()

    def _enter(self, stage: str) -> str:
        outer, now = self._stage, self.clock()
        self.spent_ns[outer] += now - self._since
        self._stage, self._since = stage, now
        return outer


class _Charged:
    """An object of which some methods are charged to stages, and the rest is as it was."""

    def __init__(self, inner: Any, stages: Stages, **methods: str) -> None:
        self._inner = inner
        for name, stage in methods.items():
            setattr(self, name, stages.of(stage, getattr(inner, name)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def main(arguments: Namespace) -> int:
    """Take cases as a hunt does, and print what each stage cost a checked request."""
    with tempfile.TemporaryDirectory() as folder:
        played = _recorded(arguments, Path(folder)) if arguments.at_once else None
        requests, stages, others_ns = _measured(arguments, Path(folder), played)
    print(f"{requests:,} checked requests of {', '.join(arguments.only)}, CPU milliseconds each")
    print("\n".join(rows(stages, requests, others_ns)))
    if arguments.at_once:
        spent = sum(stages.spent_ns.values()) + others_ns
        print(f"{requests / spent * 1e9:,.0f} checked requests in a second of one core, were they answered at once")
    return 0


def _measured(arguments: Namespace, folder: Path, answers: Answers) -> tuple[int, Stages, int]:
    """Hunt on the embedded server, or on its recorded answers."""
    from fuzz.config import Settings
    from fuzz.running.targets import open_target

    stages = Stages()
    with open_target(Settings()) as target:
        requests, others_ns = _hunt(target, stages, folder, arguments, answers)
    return requests, stages, others_ns


def _recorded(arguments: Namespace, folder: Path) -> Iterator[Came]:
    """Return what the embedded server answers to each request of the measurement, as another process records it."""
    recorder = get_context("spawn").Process(target=_record, args=(arguments, folder))
    recorder.start()
    recorder.join()
    if recorder.exitcode:
        raise CannotRun("the answers could not be recorded")
    found: list[Came] = pickle.loads((folder / ANSWERS).read_bytes())
    return iter(found)


def _record(arguments: Namespace, folder: Path) -> None:
    found: list[Came] = []
    _measured(arguments, folder, found.append)
    (folder / ANSWERS).write_bytes(pickle.dumps(found))


def rows(stages: Stages, requests: int, others_ns: int) -> Iterator[str]:
    """Yield a row for each stage, one for their sum, and one for the other threads."""
    total = sum(stages.spent_ns.values())
    for name in STAGES:
        spent = stages.spent_ns[name]
        yield f"{name:<10} {spent / requests / 1e6:>6.3f} {spent / total:>6.1%}"
    yield f"{'all':<10} {total / requests / 1e6:>6.3f}"
    yield f"{'the store':<10} {others_ns / requests / 1e6:>6.3f}"


def _hunt(target: Target, stages: Stages, folder: Path, arguments: Namespace, answers: Answers) -> tuple[int, int]:
    """Return the number of checked requests, and the time that other threads took meanwhile."""
    from fuzz.hunt.rounds import EXAMPLES_A_TURN, seed_of, turn

    with closing(_session(target, stages, answers)) as session:
        hunter, table = _hunter(session, target, folder, arguments.only)

        def attempt(one: Property, case: Case) -> None:
            with stages.within(ACCOUNTS):
                hunter.try_case(one.named(case), table[one])
            if table[one].findings:
                raise CannotRun("the embedded server fails; see asfuzz run")

        def turns(name: str, wanted: int) -> int:
            """Run turns of each property until that many requests are checked; return how many were."""
            before, number = sum(one.requests for one in table.values()), 0
            while (asked := sum(one.requests for one in table.values()) - before) < wanted:
                for one in table:
                    seed = seed_of(arguments.seed, name, one.name, number)
                    turn(one.cases(target.profile), seed, EXAMPLES_A_TURN, lambda case: attempt(one, case))  # noqa: B023
                number += 1
            return asked

        turns("warm-up", WARM_UP)
        begun = time.process_time_ns()
        stages.begin()
        asked = turns("measured", arguments.requests)
        return asked, time.process_time_ns() - begun - sum(stages.spent_ns.values())


def _session(target: Target, stages: Stages, answers: Answers) -> Session:
    """Return a session that charges its work to stages; answers are recorded or played back, or neither."""
    from fuzz.running.session import Session
    from fuzz.transport.http import HttpClient

    class Charged(HttpClient):
        """A client that is charged for what it encodes, sends and reads, without its waits."""

        def head(self, message: HttpMessage) -> bytes:
            with stages.within(ENCODING):
                return super().head(message)

        def exchange(self, message: HttpMessage) -> Exchange:
            if isinstance(answers, Iterator):
                self.head(message)
                return next(answers)
            came = yield from self._charged(message)
            if answers is not None:
                answers(came)
            return came

        def _charged(self, message: HttpMessage) -> Exchange:
            exchange = super().exchange(message)
            go_on, ready = stages.of(READING, exchange.send), None
            try:
                while True:
                    ready = yield go_on(ready)  # type: ignore[arg-type]
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]

        def _connected(self) -> Generator[Wait, bool, Connection]:
            connection = yield from super()._connected()
            connection.sock = _Charged(connection.sock, stages, send=SENDING)  # type: ignore[assignment]
            return connection

    class ChargedSession(Session):
        """A session all of whose clients are charged."""

        def another_client(self) -> Client:
            return Charged(target.url, self.client.settings)

    subject = replace(
        target.subject,
        expectations=stages.of(ORACLE, target.subject.expectations),
        violations=stages.of(CHECKS, target.subject.violations),
        stage=lambda store, profile: _Charged(
            target.subject.stage(store, profile), stages, begin=ENCODING, message=ENCODING, prepare=PUTTING, end=PUTTING
        ),
    )
    return ChargedSession(subject, Charged(target.url, target.client), target.store, target.profile)


def _hunter(
    session: Session, target: Target, folder: Path, only: list[str]
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
    return Hunter(session, Ledger(folder, "cost", session.reading), TargetLife.of(target), lambda _event: None), table

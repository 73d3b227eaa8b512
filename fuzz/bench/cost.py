"""Measure what a checked request costs the suite's processor, stage by stage."""

from __future__ import annotations

import pickle
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from fuzz.bench.stages import ACCOUNTS, EXPLAINING, Answers, ChargedSession, ChargedTarget, Stages, rows
from fuzz.errors import CannotRun, UsageError
from fuzz.flags import add_config_flag, add_target_flags, settings_of

if TYPE_CHECKING:
    from fuzz.events import RunEnded
    from fuzz.hunt.effort import PropertyEffort
    from fuzz.hunt.hunter import Hunter
    from fuzz.running.session import Session
    from fuzz.running.targets import Target
    from fuzz.subject import Property
    from fuzz.transport.protocol import Came
    from specs.case import Case

WARM_UP = 200
EXAMPLES = """\
examples:
  asfuzz bench cost                                     the property that most of a hunt is about
  asfuzz bench cost --only reduction history malformed
  asfuzz bench cost --requests 10000                    steadier numbers
  asfuzz bench cost --at-once                           how many requests the suite could check on one core
  asfuzz bench cost --seconds 30                        a whole hunt: all properties in their shares
  asfuzz bench cost --seconds 60 --launch 'reductionist --host 127.0.0.1 --port {port}' --profile reductionist

Cases are drawn, taken and accounted for as in a hunt, on the embedded server, which is a process of its own and does
not count. A stage is the time of the processor that the hunting thread spends in it. "drawing" holds the contents of
objects and how they are encoded; "encoding" makes messages of requests; "accounts" is what a hunt notes of each case.
The store in memory answers the server on other threads of the suite's process, and stands below the sum.

With --at-once another process first takes the same cases and records what the embedded server answers. Then all is done
as before, objects are stored and messages are encoded, but nothing is sent: the recorded answers are judged. So this is
what the suite alone can do, without sockets and waits.

With --seconds a hunt of any server is measured, after another of the same length by which its findings are known and
tables are made. Then "explaining" is what is spent on failures, further requests included.
"""
ANSWERS = "answers.pickle"


def add_arguments(parser: ArgumentParser) -> None:
    """Add the flags: how many requests, and which; or how long to hunt, and on which server."""
    parser.add_argument("--requests", type=int, default=4000, metavar="N", help="requests to check (default: 4000)")
    parser.add_argument("--seconds", metavar="N", help="measure a whole hunt of so long, after another one")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="which requests (default: 1)")
    parser.add_argument("--lanes", metavar="N|auto", help="of a whole hunt: cases at the same time (default: 1)")
    parser.add_argument(
        "--only", nargs="+", metavar="PROPERTY", help="these properties (default: reduction; of a whole hunt: all)"
    )
    parser.add_argument(
        "--at-once", action="store_true", help="play back the server's answers in process, as if they came at once"
    )
    add_target_flags(parser)
    add_config_flag(parser)
    parser.epilog = EXAMPLES


def main(arguments: Namespace) -> int:
    """Take cases as a hunt does, or hunt, and print what each stage cost a checked request."""
    if arguments.seconds is not None:
        return _whole_hunt(arguments)
    if arguments.target or arguments.launch:
        raise UsageError("--target and --launch need --seconds: single properties are measured on the embedded server")
    only = arguments.only = arguments.only or ["reduction"]
    with tempfile.TemporaryDirectory() as folder:
        played = _recorded(arguments, Path(folder)) if arguments.at_once else None
        requests, stages, others_ns = _measured(arguments, Path(folder), played)
    print(f"{requests:,} checked requests of {', '.join(only)}, CPU milliseconds each")
    print("\n".join(rows(stages, requests, others_ns)))
    if arguments.at_once:
        spent = sum(stages.spent_ns.values()) + others_ns
        print(f"{requests / spent * 1e9:,.0f} checked requests in a second of one core, were they answered at once")
    return 0


def _whole_hunt(arguments: Namespace) -> int:
    """Hunt twice in one folder, and print what each stage of the second hunt cost a checked request."""
    from fuzz.hunt.campaign import Plan, hunt
    from fuzz.running.targets import open_target
    from fuzz.triage.triage import Triage

    if arguments.at_once:
        raise UsageError("--at-once plays back a number of requests, so it cannot go with --seconds")
    settings = settings_of(arguments)
    stages = Stages(outermost=ACCOUNTS)
    with (
        open_target(settings) as target,
        tempfile.TemporaryDirectory() as folder,
        patch.object(Triage, "look_into", stages.whole(EXPLAINING, Triage.look_into)),
    ):

        def hunted(seed: int) -> RunEnded:
            plan = Plan(target.profile, seed, settings.seconds, None, settings.only, Path(folder), None, 1)
            return hunt(replace(plan, lanes=settings.lanes), ChargedTarget.of(target, stages), lambda _event: None)

        hunted(arguments.seed)
        begun = time.process_time_ns()
        stages.begin()
        ended = hunted(arguments.seed + 1)
        stages.end()
        others_ns = time.process_time_ns() - begun - sum(stages.spent_ns.values())
        name = target.name
    if not ended.checked_requests:
        raise CannotRun("no request was checked")
    print(f"{ended.checked_requests:,} checked requests in {ended.seconds:.0f} s, CPU milliseconds each")
    print("\n".join(rows(stages, ended.checked_requests, others_ns)))
    busy = sum(stages.spent_ns.values()) / 1e9 / ended.seconds
    print(f"busy for {busy:.0%} of the time; {ended.known_causes_requests:,} requests more for known findings")
    print(f"{name}, profile {target.profile.name}, store {settings.store}")
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


def _hunt(target: Target, stages: Stages, folder: Path, arguments: Namespace, answers: Answers) -> tuple[int, int]:
    """Return the number of checked requests, and the time that other threads took meanwhile."""
    from fuzz.hunt.rounds import EXAMPLES_A_TURN, seed_of, turn

    with closing(ChargedSession(target, stages, answers)) as session:
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

"""Measure what a checked request costs the suite's processor, stage by stage."""

from __future__ import annotations

import tempfile
import time
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from fuzz.bench.playing import Taking, answers_in, record, taken
from fuzz.bench.stages import ACCOUNTS, EXPLAINING, ChargedTarget, Stages, rows
from fuzz.errors import CannotRun, UsageError
from fuzz.flags import add_config_flag, add_target_flags, settings_of

if TYPE_CHECKING:
    from fuzz.events import RunEnded

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
Other threads of the suite's process, such as moto's, stand below the sum; the store in memory is a process of its own.

With --at-once another process first takes the same cases and records what the embedded server answers. Then all is done
as before, objects are stored and messages are encoded, but nothing is sent: the recorded answers are judged. So this is
what the suite alone can do, without sockets and waits.

With --seconds a hunt of any server is measured, after another of the same length by which its findings are known and
tables are made. Then "explaining" is what is spent on failures, further requests included.
"""


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
    taking = Taking(arguments.requests, arguments.seed, tuple(arguments.only or ["reduction"]))
    with tempfile.TemporaryDirectory() as folder:
        if arguments.at_once:
            record(taking, Path(folder))
        took = taken(taking, Path(folder), answers_in(Path(folder)) if arguments.at_once else None)
    print(f"{took.requests:,} checked requests of {', '.join(taking.only)}, CPU milliseconds each")
    print("\n".join(rows(took.stages, took.requests, took.others_ns)))
    if arguments.at_once:
        spent = sum(took.stages.spent_ns.values()) + took.others_ns
        print(
            f"{took.requests / spent * 1e9:,.0f} checked requests in a second of one core, were they answered at once"
        )
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

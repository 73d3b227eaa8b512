"""Measure how many requests a hunt checks in a second, and how many a bare loop with as many connections sends."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from fuzz.bench.bare import NotingTarget, bare_rate, own_rate
from fuzz.bench.signed import signed_rate
from fuzz.bench.started import ended_core_seconds, others_core_seconds
from fuzz.errors import CannotRun, UsageError
from fuzz.flags import add_config_flag, add_target_flags, settings_of
from fuzz.running.lanes import SLOW_LANES
from fuzz.subjects.objects.access import Access

if TYPE_CHECKING:
    from fuzz.config import Settings
    from fuzz.events import Event, RunEnded
    from fuzz.hunt.plan import Plan

BARE_SECONDS = 2.0
# Workers are other processes, so that the messages for the bare loop are of a shorter hunt without them.
NOTING_SECONDS = 5.0
# The same mix has answers that take seconds, so that it is sent for longer, but not for longer than the hunt took.
MIX_SECONDS = 10.0
EXAMPLES = """\
examples:
  asfuzz bench rate                                    the embedded server and store
  asfuzz bench rate --lanes 8 --blocks 5 --seconds 20  steadier numbers
  asfuzz bench rate --lanes auto --workers 2           two processes
  asfuzz bench rate --beside ../old/.venv/bin/asfuzz   in turn with another version of asfuzz
  asfuzz bench rate --subject objects                  the embedded object store, beside a loop that signs too
  asfuzz bench rate --launch 'reductionist --host 127.0.0.1 --port {port}' --profile reductionist --seconds 40

Each block is a hunt, which goes on with the findings of those before, so that from the second block on all is known.
After each, the latest of its requests that were answered quickly are sent again and again over as many connections as
there were lanes, without drawing, judging or uploading anything: that is the bare loop. "mix" is the same with the
latest requests as they came, slow ones too, over as many connections as there were lanes of all sorts: the most that
the server gives of what was asked. "own" takes the hunt's latest cases again over as many connections, and does nothing
but what their steps say, objects included: what the server does of the very requests that the suite checks. Of an
object store, "signed" is a loop of plain requests over as many connections, each signed by botocore and sent by
urllib3. "busy" is the share of the time in which the hunting thread worked, "CPU ms" the time of this process's
processor for each checked request, "server" that of the server and the store in memory that were started, and "cores"
how many processors all of them kept busy. With several workers "busy" and "CPU ms" are theirs, those of a server that
had to be started again included, and the bare loop sends what a hunt of five seconds without them sent.
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the flags: how long, in how many blocks and lanes; against which server, and beside which other asfuzz."""
    parser.add_argument("--seconds", default="10", metavar="N", help="of each block (default: 10)")
    parser.add_argument("--blocks", type=int, default=3, metavar="N", help="hunts one after the other (default: 3)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of the first hunt (default: 1)")
    parser.add_argument("--lanes", metavar="N|auto", help="cases at the same time (default: 1)")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes that hunt (default: 1)")
    parser.add_argument("--only", metavar="PROPERTY", nargs="+", action="extend", help="these properties only")
    parser.add_argument("--beside", metavar="COMMAND", help="another asfuzz, whose hunts take turns with these")
    add_target_flags(parser)
    add_config_flag(parser)
    parser.epilog = EXAMPLES


HEADER = (
    f"{'requests':>8} {'lanes':>5} {'a second':>9} {'busy':>5} {'CPU ms':>6} {'server':>6} {'cores':>5} "
    f"{'bare':>9} {'ratio':>6} {'mix':>6} {'of mix':>6} {'own':>6} {'of own':>6}"
)


@dataclass(frozen=True, slots=True)
class RateBlock:
    """The rates of one hunt, and of the bare loops after it."""

    requests: int
    seconds: float
    lanes: int
    busy_seconds: float
    core_seconds: float
    server_seconds: float
    bare: float
    mix: float
    own: float
    beside: float | None = None
    signed: float | None = None

    @property
    def rate(self) -> float:
        """Return the checked requests a second."""
        return self.requests / max(self.seconds, 1e-9)

    def row(self) -> str:
        others = (one for one in (self.signed, self.beside) if one is not None)
        beside = "".join(f" {one:>8.0f} {self.rate / max(one, 1e-9):>9.2f}" for one in others)
        return (
            f"{self.requests:>8,} {self.lanes:>5} {self.rate:>9.0f} "
            f"{self.busy_seconds / max(self.seconds, 1e-9):>5.0%} "
            f"{1000 * self.core_seconds / max(self.requests, 1):>6.2f} "
            f"{1000 * self.server_seconds / max(self.requests, 1):>6.2f} "
            f"{(self.core_seconds + self.server_seconds) / max(self.seconds, 1e-9):>5.2f} {self.bare:>9.0f} "
            f"{self.rate / max(self.bare, 1e-9):>6.2f} {self.mix:>6.0f} {self.rate / max(self.mix, 1e-9):>6.2f} "
            f"{self.own:>6.0f} {self.rate / max(self.own, 1e-9):>6.2f}{beside}"
        )


def main(arguments: Namespace) -> int:
    """Hunt and send in turns; print what each block did."""
    from fuzz.hunt.campaign import Plan
    from fuzz.running.targets import open_target

    settings = settings_of(arguments)
    other = arguments.beside and _found(arguments.beside)
    with open_target(settings) as opened, tempfile.TemporaryDirectory() as folder:
        print(HEADER, end=f" {'signed':>8} {'of signed':>9}" if isinstance(opened.store, Access) else "")
        print(f" {'beside':>8} {'times':>9}" if arguments.beside else "", flush=True)
        target = NotingTarget.of(opened)
        blocks: list[RateBlock] = []
        for number in range(arguments.blocks):
            beside = None
            if other is not None:
                beside = rate_beside(other, settings, arguments.seed + number, Path(folder) / "beside")
            plan = Plan(
                target.profile,
                arguments.seed + number,
                settings.seconds,
                None,
                settings.only,
                Path(folder) / "own",
                None,
                arguments.workers,
                lanes=settings.lanes,
            )
            blocks.append(_block(target, plan, beside))
            print(blocks[-1].row(), flush=True)
    rates = sorted(one.rate for one in blocks)
    print(f"median {median(rates):.0f} checked requests a second")
    print(f"{target.name}, profile {target.profile.name}, store {settings.store}")
    return 0


def _block(target: NotingTarget, plan: Plan, beside: float | None) -> RateBlock:
    from fuzz.hunt.campaign import hunt

    told: list[Event] = []
    busy, core, others, ended = time.thread_time(), time.process_time(), others_core_seconds(), ended_core_seconds()
    ran: RunEnded = hunt(plan, target, told.append)
    busy, core, server = time.thread_time() - busy, time.process_time() - core, others_core_seconds() - others
    if plan.workers > 1:
        workers = ended_core_seconds() - ended
        busy, core, server = workers / plan.workers, core + workers, server - workers
        hunt(replace(plan, workers=1, seconds=NOTING_SECONDS), target, told.append)
    noted, lanes = target.noted, ran.lanes
    bare = bare_rate(target, noted.quick, lanes, BARE_SECONDS)
    of_all = lanes + SLOW_LANES, min(MIX_SECONDS, ran.seconds)
    mix = bare_rate(target, noted.mixed, *of_all)
    own = own_rate(target, noted.cases, *of_all)
    store = target.store
    signed = signed_rate(target.url, store, lanes, BARE_SECONDS) if isinstance(store, Access) else None
    return RateBlock(ran.checked_requests, ran.seconds, lanes, busy, core, server, bare, mix, own, beside, signed)


def _found(command: str) -> str:
    """Return where a command is, which need not be told from the folder in which it is started."""
    found = shutil.which(command)
    if found is None:
        raise UsageError(f"--beside: there is no command {command}")
    return os.path.abspath(found)


def rate_beside(command: str, settings: Settings, seed: int, folder: Path) -> float:
    """Return how many requests a second another asfuzz checks of the same server."""
    flags: list[Any] = ["--seconds", settings.seconds, "--seed", seed, "--findings", folder, "--store", settings.store]
    flags += ["--launch", settings.launch] if settings.launch else []
    flags += ["--target", settings.target] if settings.target else []
    flags += ["--profile", settings.profile] if not settings.embedded else []
    flags += ["--only", *settings.only] if settings.only else []
    # Where this asfuzz was found by PYTHONPATH or in the current folder, the other's processes would be this one's.
    summary = folder.with_suffix(".json")
    words = ["env", "-u", "PYTHONPATH", command, "run", *map(str, flags), "--summary", str(summary)]
    ran = subprocess.run(words, capture_output=True, text=True, check=False, cwd=folder.parent)
    if not summary.is_file():
        raise CannotRun(f"{command} has written no summary: {ran.stderr.strip()}")
    told = json.loads(summary.read_text("utf-8"))
    summary.unlink()
    if not told["checked_requests"]:
        raise CannotRun(f"{command} has checked nothing: {ran.stderr.strip()}")
    return float(told["checked_requests"] / told["seconds"])

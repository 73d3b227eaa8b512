"""Measure how many more requests two workers check than one."""

from __future__ import annotations

import tempfile
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from fuzz.bench.playing import Taking, answers_in, record, taken
from fuzz.errors import CannotRun, UsageError
from fuzz.flags import add_target_flags, settings_of
from fuzz.hunt.turns import Turns

EXAMPLES = """\
examples:
  asfuzz bench workers --launch 'my-server --port {port}' --seconds 20
  asfuzz bench workers --at-once --requests 10000                      without a server

Workers, store and server share this machine's cores: with two cores and a busy server there is little to gain.

With --at-once each worker is a process that takes so many requests, and plays back what the embedded server answered to
them before, as if it came at once. The workers take turns and share a folder of findings as in a hunt.
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the flags: how long, how many workers, against which server."""
    parser.add_argument("--seconds", default="15", metavar="N", help="of each run (default: 15)")
    parser.add_argument("--counts", type=int, nargs="+", default=(1, 2), metavar="N", help="workers (default: 1 2)")
    parser.add_argument("--at-once", action="store_true", help="play back the server's answers in each worker")
    parser.add_argument(
        "--requests", type=int, default=6000, metavar="N", help="of each worker, with --at-once (default: 6000)"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="which requests (default: 1)")
    add_target_flags(parser)
    parser.epilog = EXAMPLES


@dataclass(frozen=True, slots=True)
class CheckedRate:
    """The requests that a number of workers checked, and the seconds that they took."""

    workers: int
    requests: int
    seconds: float

    @property
    def rate(self) -> float:
        return self.requests / max(self.seconds, 1e-9)


def main(arguments: Namespace) -> int:
    """Hunt with each number of workers, and print their pace."""
    if arguments.at_once and (arguments.target or arguments.launch):
        raise UsageError("--at-once plays back answers of the embedded server, so it goes with no --target or --launch")
    print(f"{'workers':>7} {'requests':>8} {'a second':>8} {'gain':>5}")
    first: float | None = None
    for count in arguments.counts:
        one = _at_once(arguments, count) if arguments.at_once else _of_a_hunt(arguments, count)
        first = first or one.rate
        print(f"{one.workers:>7} {one.requests:>8} {one.rate:>8.0f} {one.rate / first:>5.2f}", flush=True)
    return 0


def _of_a_hunt(arguments: Namespace, workers: int) -> CheckedRate:
    from fuzz.events import Progress
    from fuzz.hunt.campaign import Plan, hunt
    from fuzz.running.targets import open_target

    settings = replace(settings_of(arguments), workers=workers)
    with tempfile.TemporaryDirectory() as folder, open_target(settings) as target:
        seed, only = arguments.seed, ("reduction",)
        plan = Plan(target.profile, seed, settings.seconds, None, only, Path(folder), None, workers)
        told: list[Progress] = []
        hunt(plan, target, lambda event: told.append(event) if isinstance(event, Progress) else None)
    # Workers take a moment to start.
    under_way = [one for one in told if one.checked_requests] or told
    first, last = under_way[0], under_way[-1]
    return CheckedRate(
        workers, last.checked_requests - first.checked_requests, last.elapsed_seconds - first.elapsed_seconds
    )


def _at_once(arguments: Namespace, workers: int) -> CheckedRate:
    """Have so many processes take requests whose answers come at once, all from the same moment on."""
    context = get_context("spawn")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        takings = [Taking(arguments.requests, arguments.seed + number, ("reduction",)) for number in range(workers)]
        for number, one in enumerate(takings):
            (folder / f"{number}").mkdir()
            record(one, folder / f"{number}")
        together, told = context.Barrier(workers), context.Queue()
        several = [
            context.Process(target=_play, args=(one, folder, number, workers > 1, together, told))
            for number, one in enumerate(takings)
        ]
        for process in several:
            process.start()
        for process in several:
            process.join()
    if any(process.exitcode for process in several):
        raise CannotRun("a worker has ended badly")
    took = [told.get() for _ in several]
    # The slowest worker counts for all.
    return CheckedRate(workers, sum(requests for requests, _ in took), max(seconds for _, seconds in took))


def _play(taking: Taking, folder: Path, number: int, shared: bool, together: Any, told: Any) -> None:
    turns = Turns(folder) if shared else None
    took = taken(taking, folder / "findings", answers_in(folder / f"{number}"), turns, together.wait)
    told.put((took.requests, took.seconds))

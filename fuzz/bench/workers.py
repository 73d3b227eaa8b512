"""Measure how many more requests two workers check than one."""

from __future__ import annotations

import tempfile
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass, replace
from pathlib import Path

from fuzz.flags import add_target_flags, settings_of

EXAMPLES = """\
examples:
  asfuzz bench workers --launch 'my-server --port {port}' --seconds 20

Workers, store and server share this machine's cores: with two cores and a busy server there is little to gain.
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the flags: how long, how many workers, against which server."""
    parser.add_argument("--seconds", default="15", metavar="N", help="of each run (default: 15)")
    parser.add_argument("--counts", type=int, nargs="+", default=(1, 2), metavar="N", help="workers (default: 1 2)")
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
    from fuzz.config import Settings
    from fuzz.events import Progress
    from fuzz.hunt.campaign import Plan, hunt
    from fuzz.running.targets import open_target

    def pace(settings: Settings, workers: int) -> CheckedRate:
        with tempfile.TemporaryDirectory() as folder, open_target(replace(settings, workers=workers)) as target:
            plan = Plan(target.profile, 1, settings.seconds, None, ("reduction",), Path(folder), None, workers)
            told: list[Progress] = []
            hunt(plan, target, lambda event: told.append(event) if isinstance(event, Progress) else None)
        # Workers take a moment to start.
        under_way = [one for one in told if one.checked_requests] or told
        first, last = under_way[0], under_way[-1]
        return CheckedRate(
            workers, last.checked_requests - first.checked_requests, last.elapsed_seconds - first.elapsed_seconds
        )

    settings = settings_of(arguments)
    print(f"{'workers':>7} {'requests':>8} {'a second':>8} {'gain':>5}")
    first: float | None = None
    for count in arguments.counts:
        one = pace(settings, count)
        first = first or one.rate
        print(f"{one.workers:>7} {one.requests:>8} {one.rate:>8.0f} {one.rate / first:>5.2f}", flush=True)
    return 0

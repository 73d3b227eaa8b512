"""Measure whether a long hunt keeps its memory, its descriptors and its objects within bounds."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fuzz.bench.started import others_resident
from fuzz.errors import CannotRun
from fuzz.flags import add_config_flag, add_target_flags, settings_of
from fuzz.running.store import Store
from fuzz.running.store.memory import MemoryStore

# A hunt loads modules and fills its caches for so long; growth counts from then on.
SETTLING_SECONDS = 300.0
MOST_GROWTH = 0.05
# Growth is told by the least of so many rows: what is kept is in each of them, while a case with very much data holds
# memory for a moment, or for minutes on a busy machine.
ROWS_COMPARED = 10
EXAMPLES = """\
examples:
  asfuzz bench memory                                an hour on the embedded server, a row each minute
  asfuzz bench memory --seconds 10m --every 10
  asfuzz bench memory --launch 'reductionist --host 127.0.0.1 --port {port}' --profile reductionist

"RSS MB" is the resident memory of the hunting process, and "server" that of the server and the store in memory that
were started. Growth is that of the hunting process: the least of the last ten rows over the least of the first ten
after five minutes. The command ends with 1 if it is more than 5 %.
"""


@dataclass(frozen=True, slots=True)
class Holding:
    """A count of what a process holds at a moment: bytes of memory, open descriptors, and objects in the store.

    `others` are the bytes of memory that the processes hold that it has started.
    """

    seconds: float
    resident: int
    descriptors: int
    objects: int
    others: int = 0

    def row(self) -> str:
        own, others = self.resident / 1e6, self.others / 1e6
        return f"{self.seconds:>8.0f} {own:>8.1f} {others:>8.1f} {self.descriptors:>11} {self.objects:>8}"


def add_arguments(parser: ArgumentParser) -> None:
    """Add the flags: how long, and how often to look."""
    parser.add_argument("--seconds", default="1h", metavar="N", help="of the hunt (default: 1h)")
    parser.add_argument("--every", type=float, default=60.0, metavar="N", help="seconds from row to row (default: 60)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of the hunt (default: 1)")
    parser.add_argument("--lanes", metavar="N|auto", help="cases at the same time (default: as many as serve)")
    add_target_flags(parser)
    add_config_flag(parser)
    parser.epilog = EXAMPLES


def main(arguments: Namespace) -> int:
    """Hunt, and print from time to time what the process holds; return 1 if its memory has grown too much."""
    from fuzz.hunt.campaign import Plan, hunt
    from fuzz.running.targets import open_target

    settings = settings_of(arguments)
    print(f"{'seconds':>8} {'RSS MB':>8} {'server':>8} {'descriptors':>11} {'objects':>8}", flush=True)
    with open_target(settings) as target, tempfile.TemporaryDirectory() as folder:
        plan = Plan(
            target.profile,
            arguments.seed,
            settings.seconds,
            None,
            settings.only,
            Path(folder),
            None,
            1,
            lanes=settings.lanes,
        )
        with Looking(lambda seconds: held(target.store, seconds), arguments.every) as looking:
            ended = hunt(plan, target, lambda _event: None)
        print(f"{ended.checked_requests:,} requests checked by {target.name}, {ended.lanes} lanes at the end")
    grown = growth(looking.rows)
    if grown is None:
        print(f"too short to tell of growth, which counts after {SETTLING_SECONDS:.0f} s")
        return 0
    print(f"resident memory grew by {grown:.1%} after the first {SETTLING_SECONDS:.0f} s")
    return int(grown > MOST_GROWTH)


def held(store: Store, seconds: float) -> Holding:
    """Return what this process and its store hold; raises CannotRun where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        descriptors = len(os.listdir("/proc/self/fd"))
    except OSError as error:
        raise CannotRun(f"this system does not tell what a process holds: {error}") from error
    objects = store.count() if isinstance(store, MemoryStore) else 0
    return Holding(seconds, pages * os.sysconf("SC_PAGE_SIZE"), descriptors, objects, others_resident())


def growth(rows: list[Holding]) -> float | None:
    """Return the share by which the memory of the last rows is larger than that of the first settled ones."""
    settled = [one.resident for one in rows if one.seconds >= SETTLING_SECONDS]
    compared = min(ROWS_COMPARED, len(settled) // 2)
    return min(settled[-compared:]) / min(settled[:compared]) - 1 if compared else None


class Looking:
    """Looks from time to time, in a thread of its own, and prints a row each time."""

    def __init__(self, look: Callable[[float], Holding], every: float) -> None:
        self.rows: list[Holding] = []
        self._look = look
        self._every = every
        self._begun = time.monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go_on, daemon=True)

    def __enter__(self) -> Looking:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _go_on(self) -> None:
        while not self._over.wait(self._every):
            self.rows.append(self._look(time.monotonic() - self._begun))
            print(self.rows[-1].row(), flush=True)

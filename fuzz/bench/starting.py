"""Measure how long a user waits for the first words of asfuzz: its help, and the first line of a run."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from fuzz.errors import CannotRun

EXAMPLES = """\
examples:
  asfuzz bench starting
  asfuzz bench starting --times 20

Each command is started so many times, one at a time, and ended at its first line. "seconds" are those until that line,
by the median and the quickest start; "CPU seconds" are what the command and all processes that it started took, by the
median. A run starts the embedded server first. On a machine that does other work the CPU seconds are what to compare:
with one core a command cannot be quicker than that.
"""
HELP = ("--help",)
RUN = ("run", "--findings")


@dataclass(frozen=True, slots=True)
class FirstLine:
    """The seconds until a command tells its first line, and the processor's time that it took with its processes."""

    seconds: float
    core_seconds: float


def add_arguments(parser: ArgumentParser) -> None:
    """Add the flag: how many times."""
    parser.add_argument("--times", type=int, default=7, metavar="N", help="starts of each command (default: 7)")
    parser.epilog = EXAMPLES


def main(arguments: Namespace) -> int:
    """Start both commands in turn, and print a row for each."""
    with tempfile.TemporaryDirectory() as folder:
        commands = {"asfuzz --help": HELP, "asfuzz run": (*RUN, str(Path(folder) / "findings"))}
        starts = [{name: started(words) for name, words in commands.items()} for _ in range(arguments.times)]
    print(f"{'':<14} {'seconds':>8} {'quickest':>9} {'CPU seconds':>12}")
    for name in commands:
        several = [one[name] for one in starts]
        waits, core = [one.seconds for one in several], median(one.core_seconds for one in several)
        print(f"{name:<14} {median(waits):>8.2f} {min(waits):>9.2f} {core:>12.2f}")
    return 0


def started(words: Sequence[str]) -> FirstLine:
    """Start asfuzz in a process of its own, and end it at its first line; raises CannotRun if there is none."""
    before, begun = _children(), time.monotonic()
    with subprocess.Popen([sys.executable, "-u", "-m", "fuzz.cli", *words], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        line = next((one for one in process.stdout if one.strip()), None)
        seconds = time.monotonic() - begun
        process.terminate()
    if line is None:
        raise CannotRun(f"asfuzz {' '.join(words)}: ended by exit code {process.returncode} without a line")
    return FirstLine(seconds, _children() - before)


def _children() -> float:
    """Return the processor's time of all processes that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime

"""Measure whether anything is lost when a run is killed at any moment."""

from __future__ import annotations

import random
import re
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fuzz.bench.planted import bugs, planted
from fuzz.findings import corpus

BUGS = 10
POLL_SECONDS = 0.05
START_SECONDS = 60.0
EXAMPLES = """\
examples:
  asfuzz bench kill --times 50

Each run hunts the same ten bugs, drawn by the seed, in a new folder or in the one before, and gets SIGKILL at a random
moment after its first finding; every fifth one at a random moment from its start.
"""
# A finding's one line while the run goes on, and its last line after it.
SHOWN = re.compile(r"^(?:✗ .* | +again +asfuzz replay )(\S+)$", re.MULTILINE)


def add_arguments(parser: ArgumentParser) -> None:
    """Add the flags: how often a run is killed, and when."""
    parser.add_argument("--times", type=int, default=50, metavar="N", help="runs to kill (default: 50)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="which bugs and moments (default: 1)")
    parser.add_argument("--most-seconds", type=float, default=6.0, metavar="N", help="the latest moment (default: 6)")
    parser.epilog = EXAMPLES


@dataclass(frozen=True, slots=True)
class Killed:
    """The findings that a killed run had shown, and those in its folder."""

    seconds: float
    shown: frozenset[str]
    kept: frozenset[str]
    unreadable: tuple[str, ...]

    @property
    def lost(self) -> frozenset[str]:
        return self.shown - self.kept


def main(arguments: Namespace) -> int:
    """Kill, and print what is left each time."""
    chance = random.Random(arguments.seed)
    killed: list[Killed] = []
    some = tuple(bug.path for bug in planted(bugs(), BUGS, arguments.seed))
    with tempfile.TemporaryDirectory() as folder:
        findings = Path(folder) / "0"
        for number in range(arguments.times):
            if chance.random() < 0.5:
                findings = Path(folder) / str(number + 1)
            seconds = chance.uniform(0, arguments.most_seconds)
            killed.append(run_and_kill(some, findings, number, seconds, after_a_finding=number % 5 > 0))
            one = killed[-1]
            if one.lost or one.unreadable:
                print(f"  after {one.seconds:.2f} s: lost {sorted(one.lost)}, unreadable {list(one.unreadable)}")
    print(
        f"killed {len(killed)} times · {sum(bool(one.shown) for one in killed)} had shown findings, "
        f"{sum(len(one.shown) for one in killed)} in all · {sum(len(one.lost) for one in killed)} lost · "
        f"{sum(bool(one.unreadable) for one in killed)} folders with something unreadable"
    )
    return 1 if any(one.lost or one.unreadable for one in killed) else 0


def run_and_kill(animals: Sequence[str], findings: Path, seed: int, seconds: float, *, after_a_finding: bool) -> Killed:
    """Hunt in a process of its own, kill it so long after its first finding or its start, and look at the folder."""
    command = [sys.executable, "-u", "-m", "fuzz.cli", "run", "--seconds", "60", "--seed", str(seed)]
    command += ["--findings", str(findings), "--only", "reduction", "--animal", *animals]
    output = findings.with_suffix(".out")
    output.parent.mkdir(parents=True, exist_ok=True)
    with output.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file)
        begun = time.monotonic()
        while after_a_finding and process.poll() is None and time.monotonic() - begun < START_SECONDS:
            if SHOWN.search(output.read_text("utf-8", "replace")):
                break
            time.sleep(POLL_SECONDS)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    shown = {Path(one).name for one in SHOWN.findall(output.read_text("utf-8", "replace"))}
    unreadable: list[str] = []
    kept = corpus.load_all(findings, lambda path, why: unreadable.append(f"{path.name}: {why}"))
    return Killed(time.monotonic() - begun, frozenset(shown), frozenset(one.id for one in kept), tuple(unreadable))

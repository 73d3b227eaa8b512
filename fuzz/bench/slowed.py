"""Measure whether a slow server gives the same findings, with the same needs, as a fast one."""

from __future__ import annotations

import shlex
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fuzz.errors import UsageError

if TYPE_CHECKING:
    from fuzz.events import RunEnded
    from fuzz.findings.finding import Finding
    from fuzz.subjects.reductions.zoo import Animal

Essence = tuple[str, str, tuple[str, ...], tuple[str, ...], str]
EXAMPLES = """\
examples:
  asfuzz bench slowed --animal stride-ignored --seed 7 --examples 20 --times 20

The animal is hunted twice with the same seed and the same number of examples of each property: as it is, and with each
answer delayed by so many times the server's usual answering time.

exit codes:
  0  the same findings, with the same needs
  1  others
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the flags: which animal, how many examples, and how slow."""
    parser.add_argument("--animal", required=True, metavar="ID", help="as `asfuzz zoo --list` has it")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of both hunts (default: 1)")
    parser.add_argument("--examples", type=int, default=20, metavar="N", help="of each property (default: 20)")
    parser.add_argument("--only", nargs="+", default=(), metavar="PROPERTY", help="these properties only")
    parser.add_argument("--times", type=float, default=20.0, metavar="N", help="usual times to wait (default: 20)")
    parser.epilog = EXAMPLES


def main(arguments: Namespace) -> int:
    """Hunt twice; say whether findings and needs are the same, and show both."""
    from fuzz.embedded.broken_classes import UnknownAnimal
    from fuzz.subjects.reductions.zoo import find

    try:
        animal = find(arguments.animal)
    except UnknownAnimal as error:
        raise UsageError(f"--animal: {error}") from error
    hunts = []
    for times in (0.0, arguments.times):
        findings, ended = hunt_slowly(animal, arguments.seed, arguments.examples, times, tuple(arguments.only))
        hunts.append([told(one) for one in findings])
        print(
            f"{'as it is' if not times else f'slowed {times:g} times'}: {ended.sent_requests} requests in "
            f"{ended.seconds:.1f} s, {len(findings)} findings"
        )
        print("\n".join(lines(hunts[-1])), flush=True)
    same = sorted(hunts[0]) == sorted(hunts[1])
    print(f"{animal.id}: {'the same findings with the same needs' if same else 'other findings, or other needs'}")
    return 0 if same else 1


def hunt_slowly(
    animal: Animal, seed: int, examples: int, times: float, only: tuple[str, ...] = ()
) -> tuple[list[Finding], RunEnded]:
    """Hunt an animal whose answers are delayed so many times."""
    from fuzz.bench.animals.trials import PROFILES
    from fuzz.config import Settings
    from fuzz.findings import corpus
    from fuzz.hunt.campaign import Plan, hunt
    from fuzz.running.targets import open_target

    words = [sys.executable, "-m", "fuzz.bench.slow_server", "--with", animal.path, "--times", str(times)]
    settings = Settings(launch=f"{shlex.join(words)} --port {{port}}", profile=PROFILES[animal.api])
    with tempfile.TemporaryDirectory() as folder, open_target(settings) as target:
        plan = Plan(target.profile, seed, None, examples, only, Path(folder), None, 1)
        ended = hunt(plan, target, lambda _: None)
        return corpus.load_all(Path(folder)), ended


def told(finding: Finding) -> Essence:
    """Return the parts of a finding that two hunts must tell alike."""
    violation = finding.violation
    return violation.requirement, " ".join(violation.ids), finding.needs, finding.unproved, finding.reproducibility


def lines(findings: Sequence[Essence]) -> Iterator[str]:
    """Yield a line for each finding."""
    for requirement, ids, needs, unproved, reproducibility in sorted(findings):
        needed = ", ".join([*needs, *(f"{one}?" for one in unproved)]) or "nothing"
        yield f"    {requirement} {ids}; needs {needed}; {reproducibility}"

"""Measure how many of the bugs planted in one server are found, and told apart."""

from __future__ import annotations

import statistics
from argparse import ArgumentParser, Namespace
from pathlib import Path

from fuzz.errors import UsageError

EXAMPLES = """\
examples:
  asfuzz bench hunt --bugs 10 --seeds 3 --seconds 60                  ten bugs planted in one server: what is found
  asfuzz bench hunt --bugs 20 --seconds 300 --workers 2 --verbose     twenty, and what becomes of each

The bugs are drawn by the hunt's seed from the whole zoo, of which those are left out that show in version 1 of the API
only, that deserve a warning and no more, or that spoil even the plainest answers. None of the bugs planted together
replaces a method that another has replaced; one may still hide another. Of a bug that is missed, some cases that it
fails alone are asked with all: it is hidden if none fails in the same way, or those that do fail so without it too.
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the flags: which bugs, how many hunts, and how long."""
    parser.add_argument("--bugs", type=int, default=10, metavar="N", help="bugs planted at once (default: 10)")
    parser.add_argument("--from", dest="modules", nargs="+", default=(), metavar="MODULE", help="kinds of bugs")
    parser.add_argument(
        "--package", default="fuzz.subjects.reductions.zoo", metavar="PACKAGE", help="where the bugs are"
    )
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="hunts (default: 1)")
    parser.add_argument("--first-seed", type=int, default=1, metavar="N", help="the first one's seed (default: 1)")
    parser.add_argument("--seconds", type=float, default=60.0, metavar="N", help="of each hunt (default: 60)")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="of each hunt (default: 1)")
    parser.add_argument("--only", nargs="+", default=(), metavar="PROPERTY", help="these properties only")
    parser.add_argument("--verbose", action="store_true", help="tell what is missed and what is told twice")
    parser.add_argument("--findings", type=Path, metavar="FOLDER", help="keep the findings there, by the hunt's seed")
    parser.epilog = EXAMPLES


def main(arguments: Namespace) -> int:
    """Hunt, and print a table."""
    from fuzz.bench.costs import cost_lines
    from fuzz.bench.hunting import HEADER, details, hunt_planted, row, seen_apart
    from fuzz.bench.planted import bugs, planted

    available = seen_apart(bugs(arguments.package, arguments.modules))
    if arguments.bugs > len(available):
        raise UsageError(f"--bugs {arguments.bugs}: there are {len(available)} to choose from")
    print(HEADER)
    hunts = []
    for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds):
        some = planted(available, arguments.bugs, seed)
        keep = arguments.findings and _new_folder(arguments.findings / f"seed-{seed}")
        one = hunt_planted(some, seed, arguments.seconds, arguments.workers, tuple(arguments.only), keep)
        hunts.append(one)
        print(row(one), flush=True)
        if arguments.verbose:
            print("\n".join(details(one)), flush=True)
    for what, shares in (
        ("precision", [one.precision for one in hunts]),
        ("recall", [one.recall for one in hunts]),
        ("recall of what others do not hide", [one.recall_of_seen for one in hunts]),
    ):
        print(f"{what:<9}  median {statistics.median(shares):.2f}, least {min(shares):.2f}")
    print("\n".join(cost_lines([one.costs for one in hunts])))
    return 0


def _new_folder(folder: Path) -> Path:
    """Make an empty folder: what an earlier hunt found would count as found by this one."""
    if folder.is_dir() and any(folder.iterdir()):
        raise UsageError(f"--findings: {folder} holds something already; name another folder")
    return folder

"""Measure whether an object store loses what it acknowledged when it is killed at random moments."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from fuzz.bench.killable import OwnStore, killable
from fuzz.bench.killing import KillCounts, killed_often
from fuzz.subjects.objects.serving import SERVING
from fuzz.subjects.objects.zoo import animals
from specs.objects import requirements

# How often a broken store is killed at most.
MOST_KILLS = 20
EXAMPLES = """\
examples:
  asfuzz bench durability --times 200
  asfuzz bench durability --times 200 --profile versitygw
  asfuzz bench durability --animals

Clients write, each in buckets of its own, until the store is killed. Started again, the store must have all that it
acknowledged; what was under way is there as a whole or not at all. Stores other than the suite's own are started by the
command of their profile.

exit codes:
  0  nothing was lost; of broken stores, each lost something
  1  something was lost; of broken stores, one lost nothing that was seen
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the flags: which store, and how often it is killed."""
    parser.add_argument("--times", type=int, default=200, metavar="N", help="how often to kill (default: 200)")
    parser.add_argument("--profile", default="reference", metavar="NAME", help="of the store (default: reference)")
    parser.add_argument("--animals", action="store_true", help="kill the stores of the zoo that forget")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="which requests and moments (default: 1)")
    parser.add_argument("--most-seconds", type=float, default=0.6, metavar="N", help="the latest moment (default: 0.6)")
    parser.epilog = EXAMPLES


def main(arguments: Namespace) -> int:
    """Kill, start again, look, and print what was lost."""
    if arguments.animals:
        return 1 if _unseen(arguments) else 0
    profile, found = SERVING.load(arguments.profile), KillCounts()
    try:
        with killable(profile) as store:
            killed_often(store, profile, arguments.times, arguments.seed, arguments.most_seconds, found)
    finally:
        # A store that does not come back ends the measurement, and takes nothing of it away.
        print(f"{arguments.profile}: {found.told}", flush=True)
    if found.lost:
        print(f"must: {requirements.load()['durable'].sentence}")
    return 1 if found.lost else 0


def _unseen(arguments: Namespace) -> list[str]:
    """Kill each broken store until it has lost something, and return those of which nothing was seen."""
    unseen = []
    profile = SERVING.load("reference")
    for one in animals().values():
        if one.kind != "durability":
            continue
        found = KillCounts()
        with OwnStore((one.id,)).folder() as store:
            seed, most_seconds = arguments.seed, arguments.most_seconds
            killed_often(store, profile, MOST_KILLS, seed, most_seconds, found, until_lost=True)
        print(f"{one.id}: {found.told}", flush=True)
        unseen += [] if found.lost else [one.id]
    return unseen

"""Measure that the judge of requests at the same time finds a lost write, and accuses no right history."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from random import Random

from fuzz.bench.histories import Event, answered, events
from fuzz.subjects.objects.serving import SERVING
from specs.case import Case
from specs.objects.model.concurrent import left_out, violations
from specs.objects.profile import Profile
from specs.objects.steps import DeleteObject, GetObject, ListObjects, PutObject
from specs.outcome import Outcome, Reply

MOST_CLIENTS, MOST_EACH = 8, 12
SILENT = 0.05
# On few keys most writes are overwritten before anybody reads them.
MANY_KEYS = "abcdefgh"
EXAMPLES = """\
examples:
  asfuzz bench races --right 1000 --lost 100

Right histories are those of a pretended store whose requests take effect at one instant each; in half of them some
requests are never answered. In the others, one acknowledged write among a hundred steps of ten clients is lost. It
shows if a read of its key, with no other write between or beside them, begins after it.

exit codes:
  0  no right history was accused, and every lost write that shows was found
  1  otherwise
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the flags: how many histories of each kind."""
    parser.add_argument("--right", type=int, default=10_000, metavar="N", help="right histories (default: 10000)")
    parser.add_argument("--lost", type=int, default=2000, metavar="N", help="with a lost write (default: 2000)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="which histories (default: 1)")
    parser.epilog = EXAMPLES


def main(arguments: Namespace) -> int:
    """Judge all of them, and print what was found."""
    profile = SERVING.load("reference")
    accused = _right(arguments.right, arguments.seed, profile)
    missed = _lost(arguments.lost, arguments.seed, profile)
    return 1 if accused or missed else 0


def _right(count: int, seed: int, profile: Profile) -> int:
    begun, steps, accused, open_keys, slowest = time.monotonic(), 0, 0, 0, 0.0
    for number in range(count):
        random = Random(f"{seed}/{number}")
        several = events(random, random.randint(2, MOST_CLIENTS), random.randint(2, MOST_EACH))
        case, outcomes = answered(several, random, silent=SILENT if number % 2 else 0.0)
        cpu = time.process_time()
        found = list(violations(case, outcomes, profile))
        slowest = max(slowest, time.process_time() - cpu)
        steps += len(several)
        open_keys += left_out(case, outcomes)
        accused += bool(found)
        if found:
            print(f"history {seed}/{number}: {found[0].title}: {found[0].actual}")
    print(
        f"{count:,} right histories, {steps:,} steps: {accused} accused, {open_keys} keys without a verdict · "
        f"the slowest took {slowest:.2f} s of the processor · {time.monotonic() - begun:.0f} s"
    )
    return accused


def _lost(count: int, seed: int, profile: Profile) -> int:
    """Lose one write in each history, and return how many that show were not found."""
    showing = found_showing = found_others = 0
    for number in range(count):
        random = Random(f"{seed}/lost/{number}")
        several = events(random, 10, 10, MANY_KEYS)
        lost = _acknowledged(several, random)
        case, outcomes = answered(several, Random(0), loses=frozenset({lost}))
        accused = bool(list(violations(case, outcomes, profile)))
        if shows(lost, several, case, outcomes):
            showing += 1
            found_showing += accused
            if not accused:
                print(f"history {seed}/lost/{number}: the loss of write {lost} shows, and was not found")
        else:
            found_others += accused
    print(
        f"{count:,} histories of 100 steps with a lost write: {showing:,} show it to a single read, "
        f"{found_showing:,} of these found · {found_others:,} of the {count - showing:,} others found as well"
    )
    return showing - found_showing


def _acknowledged(several: Sequence[Event], random: Random) -> int:
    """Draw a write that the store acknowledges."""
    case, outcomes = answered(several, Random(0))
    writes = [
        number
        for number, (step, outcome) in enumerate(zip(case.steps, outcomes, strict=True))
        if isinstance(step, PutObject) and isinstance(outcome, Reply) and outcome.status == 200
    ]
    return random.choice(writes)


def shows(lost: int, several: Sequence[Event], case: Case, outcomes: Sequence[Outcome]) -> bool:
    """Say whether a read of the key begins after the lost write, with no other write in between or beside them."""
    by_number = {one.number: one for one in several}
    write = by_number[lost]
    key = case.steps[lost].key
    others = [
        one
        for one in several
        if isinstance(one.step, PutObject | DeleteObject)
        and one.step.key == key
        and one.number != lost
        and _took_effect(outcomes[one.number])
    ]
    for number, step in enumerate(case.steps):
        reads = isinstance(step, ListObjects) or (isinstance(step, GetObject) and step.key == key)
        read = by_number[number]
        if not reads or read.begun <= write.ended:
            continue
        if not any(one.begun <= read.ended and one.ended >= write.begun for one in others):
            return True
    return False


def _took_effect(outcome: Outcome) -> bool:
    return not isinstance(outcome, Reply) or outcome.status < 300

"""Measure whether a change of the suite changed what it does: print what hunts sent and found, to be compared."""

from __future__ import annotations

import hashlib
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fuzz.bench.planted import Bug

if TYPE_CHECKING:
    from fuzz.findings.finding import Finding
    from specs.case import Case

EXAMPLES = """\
examples:
  asfuzz bench same --animals 10 --seed 9301 > before.txt
  asfuzz bench same --animals 10 --seed 9301 > after.txt
  diff before.txt after.txt

Run it before and after a change that should change nothing: the seed and the number of examples then decide all cases
and all findings, and diff prints nothing. Each hunt has one worker and one lane. Names of classes are in no digest, so
that a rename changes nothing. Animals that mix up requests sent at the same time are left out, as they fail by chance.
"""
DIGITS = 12
# The modules of the zoo whose animals hang on which of several requests comes first.
BY_CHANCE = ("memory", "sharing")
# Nobody waits so long: a machine that does other work must decide nothing.
TIMEOUT_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class SameTask:
    """One animal to hunt by a seed and a number of examples of each property."""

    bug: Bug
    seed: int
    examples: int


@dataclass(frozen=True, slots=True)
class Done:
    """The result of a hunt: the cases that were drawn and all that were judged, by number and digest; the findings."""

    bug: Bug
    drawn: str
    judged: str
    findings: tuple[str, ...]


def add_arguments(parser: ArgumentParser) -> None:
    """Add the flags: how many animals, drawn by which seed, and how much is tried on each."""
    parser.add_argument("--animals", type=int, default=10, metavar="N", help="animals to draw (default: 10)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="which animals, and of the hunts (default: 1)")
    parser.add_argument("--examples", type=int, default=10, metavar="N", help="of each property (default: 10)")
    parser.add_argument("--parallel", type=int, default=1, metavar="N", help="hunts at the same time (default: 1)")
    parser.epilog = EXAMPLES


def main(arguments: Namespace) -> int:
    """Hunt each animal, and print a line for it and for each of its findings."""
    from fuzz.bench.animals.visits import spread
    from fuzz.bench.drawing import all_bugs, draw_animals

    steady = [bug for bug in all_bugs() if kind_of(bug) not in BY_CHANCE]
    drawn = draw_animals(steady, arguments.animals, arguments.seed)
    tasks = [SameTask(bug, arguments.seed, arguments.examples) for bug in drawn]
    done = spread(hunt_by_examples, tasks, arguments.parallel, lambda _: None)
    print("\n".join(line for one in sorted(done, key=lambda each: each.bug.path) for line in lines_of(one)))
    return 0


def kind_of(bug: Bug) -> str:
    """Return the module of the zoo that an animal is of."""
    return bug.path.partition(":")[0].rpartition(".")[2]


def hunt_by_examples(task: SameTask) -> Done:
    """Hunt a server with one animal until so many examples of each property were tried."""
    from fuzz.bench.animals.trials import PROFILES
    from fuzz.bench.recording import RecordingTarget
    from fuzz.config import Settings
    from fuzz.findings import corpus
    from fuzz.hunt.campaign import Plan, hunt
    from fuzz.running.targets import open_target

    settings = Settings(animals=(task.bug.path,), profile=PROFILES[task.bug.api], timeout_seconds=TIMEOUT_SECONDS)
    with tempfile.TemporaryDirectory() as passing, open_target(settings) as opened:
        judged: list[tuple[Case, bool]] = []
        target = RecordingTarget.of(opened, judged)
        plan = Plan(target.profile, task.seed, None, task.examples, (), Path(passing), None, 1)
        hunt(plan, target, lambda _: None)
        found = tuple(corpus.load_all(Path(passing)))
    drawn = [case for case, of_a_property in judged if of_a_property]
    return Done(task.bug, counted(drawn), counted([case for case, _ in judged]), tuple(sorted(map(told, found))))


def counted(cases: Sequence[Case]) -> str:
    """Return the number of cases and their digest."""
    return f"{len(cases):,} ({digest(cases)})"


def digest(cases: Iterable[Case]) -> str:
    """Return a digest of cases in their order, in which numbers, texts and bytes count, and names of classes do not."""
    whole = hashlib.sha256()
    for case in cases:
        for one in (case.property, *case.steps):
            whole.update(repr(values(one)).encode())
    return whole.hexdigest()[:DIGITS]


def values(one: object) -> object:
    """Return the plain values of a step: a dataclass's fields by their names, whatever its class is called."""
    fields: Sequence[str] | None = getattr(one, "__dataclass_fields__", None)
    if fields is not None:
        return [(name, values(getattr(one, name))) for name in fields]
    if isinstance(one, dict):
        return [(str(key), values(value)) for key, value in one.items()]
    if isinstance(one, tuple | list):
        return [values(each) for each in one]
    return str(one) if isinstance(one, str) else one


def told(finding: Finding) -> str:
    """Return a line that says what a finding is: its id, its needs and a digest of its smallest case."""
    needs = ", ".join((*finding.needs, *(f"{one}?" for one in finding.unproved)))
    return f"{finding.id}  {finding.reproducibility}  {digest([finding.case])}  needs: {needs or 'nothing'}"


def lines_of(one: Done) -> list[str]:
    """Return the line of an animal, and one for each of its findings."""
    return [f"{one.bug.path}: drew {one.drawn}, judged {one.judged}", *(f"  {each}" for each in one.findings)]

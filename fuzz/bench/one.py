"""Measure the law of one: of an animal alone, a hunt makes exactly one finding."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fuzz.bench.planted import Bug
from fuzz.flags import add_subject_flags, subject_of

if TYPE_CHECKING:
    from fuzz.bench.costs import Costs
    from fuzz.findings.finding import Finding

EXAMPLES = """\
examples:
  asfuzz bench one --animals 150 --seed 7 --seconds 20 --parallel 2
  asfuzz bench one --subject objects --animals 40

The animals are drawn by the seed from the whole zoo; those of version 1 of the API are hunted with its profile, and
those that deserve a warning and no more are left out. A finding is the animal's where its case fails with the animal
alone and passes on the healthy server.
"""
EXACTLY_ONE, SEVERAL, NOT_ITS_OWN = "exactly one", "several", "one, but not the animal's"
NOT_MET, UNTOLD = "none: nothing failed", "none, though cases failed"
OUTCOMES = (EXACTLY_ONE, NOT_MET, UNTOLD, SEVERAL, NOT_ITS_OWN)


@dataclass(frozen=True, slots=True)
class AloneTask:
    """One animal to hunt."""

    bug: Bug
    seed: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Alone:
    """The result of a hunt of one animal; `own` are the animal's findings, `failed` counts cases that failed."""

    bug: Bug
    findings: tuple[Finding, ...]
    own: frozenset[str]
    first_seconds: float | None
    costs: Costs
    failed: int

    @property
    def outcome(self) -> str:
        if not self.findings:
            return UNTOLD if self.failed else NOT_MET
        if len(self.findings) > 1:
            return SEVERAL
        return EXACTLY_ONE if self.own else NOT_ITS_OWN


def add_arguments(parser: ArgumentParser) -> None:
    """Add the flags: how many animals, drawn by which seed, and how long each is hunted."""
    add_subject_flags(parser)
    parser.add_argument("--animals", type=int, default=150, metavar="N", help="animals to draw (default: 150)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="which animals, and of the hunts (default: 1)")
    parser.add_argument("--seconds", type=float, default=20.0, metavar="N", help="of each hunt (default: 20)")
    parser.add_argument("--parallel", type=int, default=1, metavar="N", help="hunts at the same time (default: 1)")
    parser.epilog = EXAMPLES


def main(arguments: Namespace) -> int:
    """Hunt each animal, and print a table."""
    from fuzz.bench.animals.visits import spread
    from fuzz.bench.drawing import bugs_of, draw_animals

    drawn = draw_animals(bugs_of(subject_of(arguments)), arguments.animals, arguments.seed)
    tasks = [AloneTask(bug, arguments.seed, arguments.seconds) for bug in drawn]
    print(HEADER, flush=True)
    done = spread(hunt_alone, tasks, arguments.parallel, lambda one: print(row(one), flush=True))
    print("\n".join(totals(done)))
    return 0


def hunt_alone(task: AloneTask) -> Alone:
    """Hunt a server with one animal, and tell which of the findings are the animal's."""
    from fuzz.bench.attribution import shown_by
    from fuzz.bench.hunting import hunt_animals

    found = hunt_animals([task.bug], task.seed, task.seconds)
    shown = shown_by(found.findings, [task.bug], found.profile)
    own = frozenset(name for name, some in shown.items() if some)
    first = min((seconds for name, seconds in found.watch.seconds.items() if name in own), default=None)
    return Alone(task.bug, found.findings, own, first, found.costs, found.failures.met)


HEADER = (
    f"{'animal':<44} {'findings':>8} {'its own':>7} {'failed':>6} {'requests':>8} {'to the new':>10} "
    f"{'known':>6} {'first s':>7}  what the findings need (? unproved)"
)


def row(one: Alone) -> str:
    """Return the line of an animal.

    `to the new` are the requests of each new finding, `known` the share of known causes.
    """
    ended = one.costs.ended
    first = "" if one.first_seconds is None else f"{one.first_seconds:.1f}"
    whose = {finding.id: "" if finding.id in one.own else "not its own: " for finding in one.findings}
    needs = " | ".join(whose[finding.id] + needs_of(finding) for finding in one.findings)
    if ended.verdict == "ERROR":
        needs += f" ({ended.why})"
    return (
        f"{one.bug.name:<44} {len(one.findings):>8} {len(one.own):>7} {one.failed:>6} {ended.sent_requests:>8} "
        f"{','.join(map(str, one.costs.new)):>10} {ended.known_causes_requests / max(1, ended.sent_requests):>6.0%} "
        f"{first:>7}  {needs}"
    )


def needs_of(finding: Finding) -> str:
    """List what a finding needs, with unproved needs marked."""
    told = [*finding.needs, *(f"{one}?" for one in finding.unproved)]
    chance = "" if finding.reproducibility == "every time" else f" ({finding.reproducibility})"
    return (", ".join(told) or "nothing") + chance


def totals(done: Sequence[Alone]) -> Iterator[str]:
    """Yield the shares of outcomes and of proved findings, and the costs."""
    from fuzz.bench.costs import cost_lines

    yield ""
    for outcome in OUTCOMES:
        count = sum(one.outcome == outcome for one in done)
        yield f"{outcome:<26} {count:>4} of {len(done)}  {count / len(done):.1%}"
    findings = [finding for one in done for finding in one.findings]
    proved = sum(not finding.unproved for finding in findings)
    yield f"findings without a need that is unproved: {proved} of {len(findings)}"
    yield f"findings that are their animal's: {sum(len(one.own) for one in done)} of {len(findings)}"
    yield from cost_lines([one.costs for one in done])

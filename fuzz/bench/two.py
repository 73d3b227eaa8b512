"""Measure the law of two: of two animals in one server, a hunt makes exactly two findings.

A pair's outcome is

- `two`: two findings, the one shown by the one animal alone, the other by the other;
- `more`: each animal has a finding of its own, and there are others;
- `one for both`: an animal has no finding of its own though the hunt met it, which is to say that a case failed in the
  hunt that fails with this animal alone and passes with the other alone; and there is some finding;
- `untold`: the same, and there is no finding at all;
- `not met`: an animal has no finding of its own, and nothing failed in the hunt that the other alone does not show.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fuzz.bench.planted import Bug
from fuzz.bench.witnesses import AnimalWitness
from fuzz.flags import add_subject_flags, subject_of

if TYPE_CHECKING:
    from fuzz.bench.costs import Costs
    from fuzz.findings.finding import Finding
    from specs.case import Case
    from specs.profile import Profile

TWO, MORE, ONE_FOR_BOTH, UNTOLD, NOT_MET = "two", "more", "one for both", "untold", "not met"
OUTCOMES = (TWO, MORE, ONE_FOR_BOTH, UNTOLD, NOT_MET)
LEFT_OUT = "left out: "
EXAMPLES = """\
examples:
  asfuzz bench two --pairs 100 --seed 7 --seconds 30 --parallel 2
  asfuzz bench two --subject objects --pairs 20

The pairs are drawn by the seed from the whole zoo: two animals of one version of the API that replace different
methods. Before the hunts, each animal is tried alone until some cases fail, its witnesses. A pair is left out where
one of the two has no witness among so many cases (no witness), where none of them fails in the same way with both in
the server (hidden), or where those that do fail with the other alone as well (alike).
"""


@dataclass(frozen=True, slots=True)
class Search:
    """An animal of which witnesses are wanted."""

    bug: Bug
    seed: int
    examples: int


@dataclass(frozen=True, slots=True)
class TogetherTask:
    """Two animals to hunt together, and their witnesses."""

    pair: tuple[Bug, Bug]
    witnesses: tuple[tuple[AnimalWitness, ...], tuple[AnimalWitness, ...]]
    seed: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Together:
    """The result of a pair: the outcome of a hunt, or why the pair was left out."""

    pair: tuple[Bug, Bug]
    outcome: str
    shown: Mapping[str, tuple[Bug, ...]]
    findings: tuple[Finding, ...] = ()
    costs: Costs | None = None


def add_arguments(parser: ArgumentParser) -> None:
    """Add the flags: how many pairs, drawn by which seed, and how long each is hunted."""
    parser.add_argument("--pairs", type=int, default=100, metavar="N", help="pairs to draw (default: 100)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="which pairs, and of the hunts (default: 1)")
    parser.add_argument("--seconds", type=float, default=30.0, metavar="N", help="of each hunt (default: 30)")
    parser.add_argument(
        "--witness-examples", type=int, default=600, metavar="N", help="to meet an animal's witnesses (default: 600)"
    )
    parser.add_argument("--parallel", type=int, default=1, metavar="N", help="hunts at the same time (default: 1)")
    add_subject_flags(parser)
    parser.add_argument("--verbose", action="store_true", help="show the findings of each pair")
    parser.epilog = EXAMPLES


def main(arguments: Namespace) -> int:
    """Hunt each pair that is not left out, and print a table."""
    from fuzz.bench.animals.visits import spread
    from fuzz.bench.drawing import bugs_of, draw_pairs

    pairs = draw_pairs(bugs_of(subject_of(arguments)), arguments.pairs, arguments.seed)
    bugs = list(dict.fromkeys(bug for pair in pairs for bug in pair))
    searches = [Search(bug, arguments.seed, arguments.witness_examples) for bug in bugs]
    met = dict(zip(bugs, spread(search, searches, arguments.parallel)))
    tasks = [TogetherTask((a, b), (met[a], met[b]), arguments.seed, arguments.seconds) for a, b in pairs]
    print(HEADER, flush=True)

    def tell(one: Together) -> None:
        print("\n".join([row(one), *(details(one) if arguments.verbose else ())]), flush=True)

    print("\n".join(totals(spread(hunt_pair, tasks, arguments.parallel, tell))))
    return 0


def search(one: Search) -> tuple[AnimalWitness, ...]:
    """Return the witnesses of one animal."""
    from fuzz.bench.witnesses import witnesses

    return witnesses(one.bug, one.seed, one.examples)


def hunt_pair(task: TogetherTask) -> Together:
    """Hunt a server with both animals, unless the pair is left out, and tell the outcome."""
    from fuzz.bench.attribution import shown_by
    from fuzz.bench.hunting import hunt_animals
    from fuzz.bench.witnesses import why_left_out

    why = why_left_out(task.pair, *task.witnesses)
    if why:
        return Together(task.pair, LEFT_OUT + why, {})
    found = hunt_animals(task.pair, task.seed, task.seconds)
    shown = shown_by(found.findings, task.pair, found.profile)

    def met(bug: Bug) -> bool:
        other = task.pair[task.pair[0] == bug]
        return was_met(bug, other, found.failures.kept, found.profile)

    return Together(task.pair, outcome_of(task.pair, shown, met), shown, found.findings, found.costs)


def outcome_of(pair: Sequence[Bug], shown: Mapping[str, tuple[Bug, ...]], met: Callable[[Bug], bool]) -> str:
    """Return the outcome of a pair: by the animals that show each finding, and by whether the hunt met each animal."""
    without = [bug for bug in pair if (bug,) not in shown.values()]
    if without:
        if not any(met(bug) for bug in without):
            return NOT_MET
        return ONE_FOR_BOTH if shown else UNTOLD
    return TWO if len(shown) == len(pair) else MORE


def was_met(bug: Bug, other: Bug, failures: Sequence[Case], profile: Profile) -> bool:
    """Say whether some failure fails with the one animal alone and passes with the other alone."""
    from fuzz.bench.planted import judges
    from fuzz.bench.witnesses import fails, ways_of
    from fuzz.config import Settings
    from fuzz.running.targets import open_store_for

    with (
        closing(open_store_for(Settings(subject=bug.subject))) as store,
        judges([[bug], [other]], store, profile) as (with_it, with_other),
    ):
        return any(
            not ways_of(with_other, case) and ways_of(with_it, case) and not fails(with_other, case)
            for case in failures
        )


HEADER = f"{'one':<38} {'other':<38} {'findings':>8} {'one':>4} {'other':>5} {'both':>4} {'nobody':>6}  outcome"


def row(one: Together) -> str:
    """Return the line of a pair: how many findings the one alone shows, the other alone, either of them, and none."""
    first, second = one.pair
    counts = Counter(one.shown.values())
    by = counts[(first,)], counts[(second,)], counts[(first, second)], counts[()]
    return (
        f"{first.name:<38} {second.name:<38} {len(one.shown):>8} {by[0]:>4} {by[1]:>5} {by[2]:>4} {by[3]:>6}  "
        f"{one.outcome}"
    )


def details(one: Together) -> Iterator[str]:
    """Yield the findings of a pair, and the animals that show each."""
    from fuzz.bench.one import needs_of

    for finding in one.findings:
        who = " or ".join(bug.name for bug in one.shown[finding.id]) or "nobody"
        yield f"    {who}: {finding.violation.requirement} {' '.join(finding.violation.ids)}; needs {needs_of(finding)}"


def totals(done: Sequence[Together]) -> Iterator[str]:
    """Yield the pairs that were left out and why, the shares of outcomes, and the costs."""
    from fuzz.bench.costs import cost_lines

    hunted = [one for one in done if one.costs is not None]
    yield ""
    yield f"pairs drawn {len(done)}, hunted {len(hunted)}"
    for why, count in sorted(Counter(one.outcome for one in done if one.costs is None).items()):
        yield f"{why:<25} {count:>4}"
    for outcome in OUTCOMES:
        count = sum(one.outcome == outcome for one in hunted)
        yield f"{outcome:<25} {count:>4} of {len(hunted)}  {count / max(1, len(hunted)):.1%}"
    findings = [finding for one in hunted for finding in one.findings]
    proved = sum(not finding.unproved for finding in findings)
    yield f"findings without a need that is unproved: {proved} of {len(findings)}"
    yield from cost_lines([one.costs for one in hunted if one.costs is not None])

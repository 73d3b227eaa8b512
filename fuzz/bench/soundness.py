"""Measure whether anything at all is found in a subject's own, healthy server: model and server must always agree."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from contextlib import closing
from dataclasses import dataclass, field

from fuzz.config import Settings
from fuzz.flags import add_subject_flags, subject_of
from fuzz.hunt.claims import unclaimed
from fuzz.hunt.rounds import EXAMPLES_A_TURN, furthest_behind, seed_of, turn
from fuzz.running.session import Session
from fuzz.running.targets import open_target
from fuzz.subject import Property
from specs.case import Case, requests
from specs.violation import Violation

TELL_SECONDS = 10.0
MOST_TOLD = 20
EXAMPLES = """\
examples:
  asfuzz bench soundness --requests 100000
  asfuzz bench soundness --requests 20000 --profile reference-v1 --store moto
  asfuzz bench soundness --subject objects

exit codes:
  0  nothing was found
  1  the suite and the embedded server disagree
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the flags: how many requests, by which version of the API, on which store."""
    parser.add_argument("--requests", type=int, default=100_000, metavar="N", help="requests (default: 100000)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="which requests (default: 1)")
    add_subject_flags(parser)
    parser.add_argument("--profile", default="reference", metavar="NAME", help="reference or reference-v1")
    parser.add_argument("--store", default="memory", metavar="memory|moto", help="the store (default: memory)")
    parser.epilog = EXAMPLES


@dataclass(slots=True)
class PropertyResult:
    """The counts of one property: its turns, examples and requests, and what was found."""

    property: Property
    turns: int = 0
    examples: int = 0
    requests: int = 0
    seconds: float = 0.0
    failures: list[tuple[Case, Violation]] = field(default_factory=list)
    warnings: int = 0

    def text(self) -> str:
        return (
            f"{self.property.name:<20} {self.examples:>9,} {self.requests:>9,} {self.seconds:>8.1f} "
            f"{len(self.failures):>9} {self.warnings:>9}"
        )


def main(arguments: Namespace) -> int:
    """Try every property by its share until the requests are spent; print a table and what was found."""
    settings = Settings(subject=subject_of(arguments), profile=arguments.profile, store=arguments.store)
    with open_target(settings) as target, closing(target.session()) as session:
        properties = [one for one in target.subject.properties if not unclaimed(one, target.profile, session.facts)]
        rows = [PropertyResult(one) for one in properties]
        _try(session, rows, arguments.requests, arguments.seed)
    print(f"{'property':<20} {'examples':>9} {'requests':>9} {'seconds':>8} {'failures':>9} {'warnings':>9}")
    for row in rows:
        print(row.text())
    found = [one for row in rows for one in row.failures]
    for case, violation in found[:MOST_TOLD]:
        print(f"\n{violation.requirement}: {violation.title}\n  {violation.expected}\n  {violation.actual}\n  {case!r}")
    asked = sum(row.requests for row in rows)
    warned = sum(row.warnings for row in rows)
    print(f"\n{asked:,} checked requests: {len(found)} failures, {warned} warnings")
    return 1 if found else 0


def _try(session: Session, rows: list[PropertyResult], wanted: int, seed: int) -> None:
    begun = told = time.monotonic()
    while (asked := sum(row.requests for row in rows)) < wanted:
        row = furthest_behind(rows, lambda one: one.requests, lambda one: one.property.share)
        _turn(session, row, seed_of(seed, row.property.name, row.turns))
        now = time.monotonic()
        if now - told > TELL_SECONDS:
            told = now
            rate = asked / (now - begun)
            print(f"{asked:,} of {wanted:,} requests, {rate:,.0f} per second, at {row.property.name}", flush=True)


def _turn(session: Session, row: PropertyResult, seed: int) -> None:
    begun = time.monotonic()

    def attempt(case: Case) -> None:
        judgement = session.judge(case)
        row.examples += 1
        row.requests += requests(case)
        row.failures += [(case, one) for one in judgement.failures]
        row.warnings += len(judgement.violations) - len(judgement.failures)

    turn(row.property.cases(session.profile), seed, EXAMPLES_A_TURN, attempt)
    row.turns += 1
    row.seconds += time.monotonic() - begun

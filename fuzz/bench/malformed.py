"""Measure what the healthy server makes of malformed requests: each kind, how often, and by which statuses."""

from __future__ import annotations

import re
import time
from argparse import ArgumentParser, Namespace
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import dataclass, field

from fuzz.hunt.rounds import EXAMPLES_A_TURN, furthest_behind, seed_of, turn
from fuzz.running.session import Judgement, Session
from fuzz.running.store import open_store
from fuzz.subjects.reductions.processes import start_reference_server
from fuzz.subjects.reductions.properties import PROPERTIES
from fuzz.subjects.reductions.subject import REDUCTIONS
from fuzz.transport.http import HttpClient
from specs.case import Case
from specs.outcome import Reply
from specs.reductions import profile as profiles
from specs.reductions.steps import Send, SendRaw

# How the requests are shared out.
SHARES = {"malformed": 6.0, "contradiction": 3.0, "raw": 1.5, "abuse": 0.5, "whole-schema": 0.2}
TELL_SECONDS = 10.0
EXAMPLES = """\
examples:
  asfuzz bench malformed --requests 50000
  asfuzz bench malformed --requests 5000 --least 1

exit codes:
  0  nothing was found, and every kind was drawn often enough
  1  the suite and the embedded server disagree, or a kind was drawn too rarely
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the flags: how many requests, and how often each kind must come."""
    parser.add_argument("--requests", type=int, default=50_000, metavar="N", help="requests (default: 50000)")
    parser.add_argument(
        "--least", type=int, default=50, metavar="N", help="times that each kind must come (default: 50)"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="which requests (default: 1)")
    parser.epilog = EXAMPLES


@dataclass(slots=True)
class AskedByKind:
    """The number of requests of each kind, the statuses of their answers, and the failures."""

    asked: Counter[str] = field(default_factory=Counter)
    statuses: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    by_property: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[Case, str]] = field(default_factory=list)

    def take(self, name: str, case: Case, judgement: Judgement) -> None:
        sends = [i for i, step in enumerate(case.steps) if isinstance(step, Send | SendRaw)]
        notes = case.notes if len(case.notes) == len(sends) else ("",) * len(sends)
        for number, note in zip(sends, notes):
            kind = f"{name}: {kind_of(note)}"
            outcome = judgement.transcript.outcomes[number]
            self.asked[kind] += 1
            self.by_property[name] += 1
            self.statuses[kind][str(outcome.status) if isinstance(outcome, Reply) else "no answer"] += 1
        self.failures += [(case, f"{one.requirement}: {one.title}: {one.actual}") for one in judgement.failures]


def kind_of(note: str) -> str:
    """Return the kind that a note names: what was broken, without the place."""
    kind = re.split(r" at |:", note)[0].strip()
    return "two at once" if " and " in kind else kind or "as drawn"


def main(arguments: Namespace) -> int:
    """Break requests until there are enough; print the kinds with the statuses seen."""
    tally = AskedByKind()
    with (
        closing(open_store("memory")) as store,
        start_reference_server() as server,
        closing(Session(REDUCTIONS, HttpClient(server.url), store, profiles.load("reference"))) as session,
    ):
        _try(session, tally, arguments.requests, arguments.seed)
    print(f"{'kind':<52} {'times':>7}  statuses")
    for kind, times in sorted(tally.asked.items()):
        seen = ", ".join(f"{status} × {number}" for status, number in sorted(tally.statuses[kind].items()))
        print(f"{kind:<52} {times:>7,}  {seen}")
    rare = [kind for kind, times in tally.asked.items() if times < arguments.least]
    for case, text in tally.failures[:10]:
        print(f"\n{text}\n  {case!r}")
    print(f"\n{tally.asked.total():,} malformed requests of {len(tally.asked)} kinds: {len(tally.failures)} failures")
    if rare:
        print(f"drawn less than {arguments.least} times: {', '.join(rare)}")
    return 1 if tally.failures or rare else 0


def _try(session: Session, tally: AskedByKind, wanted: int, seed: int) -> None:
    begun = told = time.monotonic()
    turns: Counter[str] = Counter()
    chosen = {one.name: one.cases(session.profile) for one in PROPERTIES if one.name in SHARES}
    while (asked := tally.asked.total()) < wanted:
        name = furthest_behind(chosen, tally.by_property.__getitem__, SHARES.__getitem__)
        turns[name] += 1

        def attempt(case: Case, name: str = name) -> None:
            tally.take(name, case, session.judge(case))

        turn(chosen[name], seed_of(seed, name, turns[name]), EXAMPLES_A_TURN, attempt)
        now = time.monotonic()
        if now - told > TELL_SECONDS:
            told = now
            print(f"{asked:,} of {wanted:,} requests, {asked / (now - begun):,.0f} per second", flush=True)

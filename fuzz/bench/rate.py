"""Measure how many requests are checked in a second, and how many a bare loop sends."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fuzz.errors import CannotRun
from fuzz.flags import add_config_flag, add_target_flags, settings_of
from fuzz.subjects.reductions.subject import REDUCTIONS

if TYPE_CHECKING:
    from fuzz.running.targets import Target
    from fuzz.transport.http import HttpMessage
    from fuzz.transport.protocol import Client
    from fuzz.triage.lab import Lab
    from specs.case import Case

EXAMPLES_A_TURN = 20
LONGEST = 64
WARM_UP = 200
EXAMPLES = """\
examples:
  asfuzz bench rate                     small arrays, the embedded server and store
  asfuzz bench rate --requests 10000    steadier numbers
  asfuzz bench rate --launch 'reductionist --host 127.0.0.1 --port {port}' --profile reductionist --store moto

The suite and a store in memory are one process, the server another. After each turn the requests that were just
checked are sent once more, without drawing, judging or uploading anything: that is the bare loop.
"""


def add_arguments(parser: ArgumentParser) -> None:
    """How many requests, and which; against which server."""
    parser.add_argument("--requests", type=int, default=4000, metavar="N", help="requests to check (default: 4000)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="which requests (default: 1)")
    add_target_flags(parser)
    add_config_flag(parser)
    parser.epilog = EXAMPLES


@dataclass(slots=True)
class Spent:
    """Requests, and the time they took: of the clock, and of this process's one core."""

    requests: int = 0
    seconds: float = 0.0
    core_seconds: float = 0.0

    def measure(self, work: Callable[[], int]) -> None:
        begun, core = time.perf_counter(), time.process_time()
        self.requests += work()
        self.seconds += time.perf_counter() - begun
        self.core_seconds += time.process_time() - core

    def row(self, name: str) -> str:
        return (
            f"{name:<9} {self.requests:>8,} {self.requests / self.seconds:>11,.0f} "
            f"{self.requests / self.core_seconds:>16,.0f} {1000 * self.core_seconds / self.requests:>12.2f}"
        )


@dataclass(slots=True)
class Checking:
    """Draws, uploads, sends and judges; counts the cases that fail, and brings back a server that they end."""

    lab: Lab
    target: Target
    failed: int = 0
    asked: int = 0

    def turn(self, seed: int, examples: int = EXAMPLES_A_TURN) -> int:
        """The requests of one turn."""
        from fuzz.hunt.rounds import turn
        from strategies.reductions import cases

        before = self.asked
        turn(cases.reductions(self.target.profile, longest=LONGEST), seed, examples, self.attempt)
        return self.asked - before

    def attempt(self, case: Case) -> None:
        from specs.case import requests

        failures = self.lab.run(case).failures
        if failures and self.target.settings.embedded:
            raise CannotRun(f"the embedded server fails: {failures[0].title}; see asfuzz run")
        self.failed += bool(failures)
        self.asked += requests(case)


def main(arguments: Namespace) -> int:
    """Check and send in turns; print both rates."""
    from fuzz.running.targets import open_target

    checked, bare = Spent(), Spent()
    with open_target(settings_of(arguments)) as target:
        failed = _measure(target, arguments.requests, arguments.seed, checked, bare)
        print(f"{target.name}, profile {target.profile.name}, store {target.settings.store}")
    print(f"{'':<9} {'requests':>8} {'per second':>11} {'per core second':>16} {'core ms each':>12}")
    print(checked.row("checked"))
    print(bare.row("bare"))
    slower = (checked.seconds / checked.requests) / (bare.seconds / bare.requests)
    print(f"a checked request takes {slower:.1f} times a bare one's time")
    if failed:
        print(f"{failed} cases failed: see asfuzz run")
    return 0


def _measure(target: Target, requests: int, seed: int, checked: Spent, bare: Spent) -> int:
    """How many cases failed meanwhile."""
    from fuzz.hunt.life import TargetLife
    from fuzz.hunt.rounds import seed_of
    from fuzz.running.session import Session
    from fuzz.transport.http import HttpClient
    from fuzz.transport.protocol import Exchange
    from fuzz.triage.lab import Lab

    messages: list[HttpMessage] = []

    class Noting(HttpClient):
        """A client that notes what it sends."""

        def exchange(self, message: HttpMessage) -> Exchange:
            messages.append(message)
            return super().exchange(message)

    with (
        closing(HttpClient(target.url, target.client)) as bare_client,
        closing(Session(REDUCTIONS, Noting(target.url, target.client), target.store, target.profile)) as session,
    ):
        checking = Checking(Lab(session, TargetLife.of(target)), target)
        checking.turn(seed_of(seed, "warm-up"), WARM_UP)
        checking.failed = number = 0
        while checked.requests < requests:
            messages.clear()
            checked.measure(lambda: checking.turn(seed_of(seed, number)))  # noqa: B023
            bare.measure(lambda: _send(bare_client, messages))
            number += 1
    return checking.failed


def _send(client: Client, messages: list[HttpMessage]) -> int:
    from fuzz.transport.exchanges import send

    for one in messages:
        send(client, one)
    return len(messages)

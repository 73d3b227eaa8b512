"""Measure how many requests are checked in a second, and how many a bare loop sends."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from fuzz.answers import AnswerLimits
from fuzz.client import Client, ClientSettings
from fuzz.embedded.processes import start_reference_server
from fuzz.errors import CannotRun
from fuzz.executor import Session
from fuzz.hunt.rounds import seed_of, turn
from fuzz.store import open_store
from specs import profile as profiles
from specs.case import Case, requests
from specs.outcome import NoReply, Reply
from strategies import cases

EXAMPLES_A_TURN = 20
LONGEST = 64
WARM_UP = 200
EXAMPLES = """\
examples:
  asfuzz bench rate                     small arrays, the embedded server and store
  asfuzz bench rate --requests 10000    steadier numbers

The suite and the memory store are one process, the server another. After each turn the requests that were just
checked are sent once more, without drawing, judging or uploading anything: that is the bare loop.
"""


def add_arguments(parser: ArgumentParser) -> None:
    """How many requests, and which."""
    parser.add_argument("--requests", type=int, default=4000, metavar="N", help="requests to check (default: 4000)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="which requests (default: 1)")
    parser.epilog = EXAMPLES


@dataclass(slots=True)
class Sending:
    """A client that notes what it sends."""

    client: Client
    sent: list[tuple[str, str, Sequence[tuple[str, str]], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.client.url

    def send(
        self,
        method: str,
        path: str,
        headers: Sequence[tuple[str, str]],
        body: bytes,
        timeout_seconds: float | None = None,
    ) -> Reply | NoReply:
        self.sent.append((method, path, headers, body))
        return self.client.send(method, path, headers, body, timeout_seconds)


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


def main(arguments: Namespace) -> int:
    """Check and send in turns; print both rates."""
    profile = profiles.load("reference")
    checked, bare = Spent(), Spent()
    with closing(open_store("memory")) as store, start_reference_server() as server:
        sending = Sending(Client(server.url, ClientSettings(answers=AnswerLimits())))
        with closing(sending.client):
            # The session asks of a client no more than `send`, `url` and `close`.
            session = Session(sending, store, profile)  # type: ignore[arg-type]
            number = 0
            _check(session, seed_of(arguments.seed, "warm-up"), WARM_UP)
            while checked.requests < arguments.requests:
                sending.sent.clear()
                checked.measure(lambda: _check(session, seed_of(arguments.seed, number)))  # noqa: B023
                bare.measure(lambda: _send(sending))
                number += 1
    print(f"{'':<9} {'requests':>8} {'per second':>11} {'per core second':>16} {'core ms each':>12}")
    print(checked.row("checked"))
    print(bare.row("bare"))
    slower = (checked.seconds / checked.requests) / (bare.seconds / bare.requests)
    print(f"a checked request takes {slower:.1f} times a bare one's time")
    return 0


def _check(session: Session, seed: int, examples: int = EXAMPLES_A_TURN) -> int:
    """Draw, upload, send and judge a turn of cases."""
    asked = 0

    def attempt(case: Case) -> None:
        nonlocal asked
        failures = session.judge(case).failures
        if failures:
            raise CannotRun(f"the embedded server fails: {failures[0].title}; see asfuzz run")
        asked += requests(case)

    turn(cases.reductions(session.profile, longest=LONGEST), seed, examples, attempt)
    return asked


def _send(sending: Sending) -> int:
    for one in sending.sent:
        sending.client.send(*one)
    return len(sending.sent)

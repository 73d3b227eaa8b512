"""Share a run among several workers: each works at its share, and a pool says where.

Workers share nothing but the findings folder, and tell one account. A pool of processes is in `fuzz.hunt.processes`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol

from fuzz.errors import CannotRun
from fuzz.events import Warned
from fuzz.hunt.life import TargetLife
from fuzz.hunt.plan import Plan
from fuzz.hunt.turns import Turns
from fuzz.hunt.worker import Message, Worker

if TYPE_CHECKING:
    from fuzz.config import Settings
    from fuzz.running.targets import Target

POLL_SECONDS = 0.2
STOP_SECONDS = 20.0
# The time that a worker gets if it has started too late for the budget.
LEAST_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Share:
    """One worker's part of a run: the plan, its end, and how to reach the target, in plain values that can be sent.

    `started_by` are the settings of the run, which are saved in findings; `turns` is the folder by which the workers
    take turns.
    """

    number: int
    plan: Plan
    end: float | None
    settings: Settings
    started_by: Settings
    turns: Path | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """A worker could not go on; the text says why."""

    text: str


class Account(Protocol):
    """A protocol to add up the messages of workers."""

    def take(self, message: Message) -> None:
        """Take in a worker's message."""

    def enough(self) -> bool:
        """Say whether the run is to end."""


class Pool(Protocol):
    """A protocol to run workers somewhere."""

    def submit(self, shares: Sequence[Share]) -> None:
        """Start all shares, to be worked at in parallel."""

    def message(self, seconds: float) -> Message | Failed | None:
        """Return the next message of a worker; None where none comes in time."""

    def working(self) -> bool:
        """Say whether some worker has not ended."""

    def ask_to_stop(self) -> None:
        """Ask the workers to end as soon as they can."""

    def close(self) -> str:
        """End all workers, by force if needed, and say how one ended badly; empty if none did."""


def work_together(plan: Plan, target: Target, account: Account, pool: Pool) -> None:
    """Have a pool work at the plan against one target until all workers have ended; raises CannotRun."""
    settings = replace(target.settings, target=target.url, launch=None)
    # The end is set before the workers start, since starting takes a while and must not delay the end.
    end = None if plan.left_seconds is None else time.time() + plan.left_seconds
    with TemporaryDirectory(prefix="asfuzz-turns-") as turns:
        folder = Path(turns)
        shares = [Share(number, plan, end, settings, target.settings, folder) for number in range(plan.workers)]
        _conduct(shares, target, account, pool)


def _conduct(shares: Sequence[Share], target: Target, account: Account, pool: Pool) -> None:
    """Have a pool work at the shares until all workers have ended; raises CannotRun."""
    failures: list[str] = []
    try:
        pool.submit(shares)
        while pool.working():
            _take(pool, account, failures, POLL_SECONDS)
            if account.enough():
                pool.ask_to_stop()
            if target.launcher is not None and not target.launcher.alive():
                target.launcher.restart()
    except BaseException:
        _ended(pool, account, failures)
        for text in failures:
            account.take(Warned(text))
        raise
    ended_badly = _ended(pool, account, failures)
    if failures or ended_badly:
        raise CannotRun(failures[0] if failures else ended_badly)


def _take(pool: Pool, account: Account, failures: list[str], seconds: float) -> bool:
    """Pass one message on, if one comes in time; say whether one came."""
    message = pool.message(seconds)
    if message is None:
        return False
    if isinstance(message, Failed):
        failures.append(message.text)
    else:
        account.take(message)
    return True


def _ended(pool: Pool, account: Account, failures: list[str]) -> str:
    """Let the workers end by themselves while their last messages are taken, then close the pool."""
    pool.ask_to_stop()
    waited = 0.0
    while pool.working() and waited < STOP_SECONDS:
        if not _take(pool, account, failures, POLL_SECONDS):
            waited += POLL_SECONDS
    while _take(pool, account, failures, 0.05):
        pass
    return pool.close()


def work(share: Share, tell: Callable[[Message | Failed], None], stopped: Callable[[], bool]) -> None:
    """Work at a share until it is done or stopped, and tell all messages of the worker."""
    from fuzz.running.targets import open_target

    try:
        with open_target(share.settings, ask_first=False) as found:
            target = replace(found, profile=share.plan.profile, started_by=share.started_by)
            with closing(target.session()) as session:
                plan = _with_what_is_left(share.plan, share.end)
                Worker(plan, session, TargetLife.of(target), tell, share.number, Turns(share.turns)).work(stopped)
    except CannotRun as error:
        tell(Failed(str(error)))


def _with_what_is_left(plan: Plan, end: float | None) -> Plan:
    """Return the plan with the seconds that are left until its end, and at least one."""
    return plan if end is None else replace(plan, seconds=max(LEAST_SECONDS, end - time.time()), starting_seconds=0.0)

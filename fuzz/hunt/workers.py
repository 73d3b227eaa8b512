"""Several workers: processes that share nothing but the findings folder, and tell one account."""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import time
from contextlib import closing, suppress
from dataclasses import replace
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Any

from fuzz.errors import CannotRun
from fuzz.events import Warned
from fuzz.hunt.life import TargetLife
from fuzz.hunt.plan import Plan
from fuzz.hunt.worker import Worker

if TYPE_CHECKING:
    from fuzz.config import Settings
    from fuzz.hunt.campaign import Account
    from fuzz.running.targets import Target

POLL_SECONDS = 0.2
STOP_SECONDS = 20.0
# What a worker gets that has started too late for the budget.
LEAST_SECONDS = 1.0


class _Failed:
    """A worker could not go on; the text says why."""

    def __init__(self, text: str) -> None:
        self.text = text


def work_together(plan: Plan, target: Target, account: Account) -> None:
    """Run the plan's number of workers against one target until all have ended."""
    context = multiprocessing.get_context("spawn")
    messages: Any = context.Queue()
    stop = context.Event()
    settings = replace(target.settings, target=target.url, launch=None)
    # Starting takes processes a while, which is no reason to end late.
    end = None if plan.seconds is None else time.time() + plan.seconds
    arguments = (plan, end, settings, target.settings, messages, stop, os.getpid())
    workers: list[BaseProcess] = [
        context.Process(target=_work, args=(number, *arguments), daemon=True) for number in range(plan.workers)
    ]
    # Ctrl-C at a terminal goes to all processes: it is the parent's to hear, also while the others are still starting.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        for one in workers:
            one.start()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    try:
        _follow(workers, messages, target, account, stop)
    finally:
        stop.set()
        _drain(workers, messages, account)


def _follow(workers: list[BaseProcess], messages: Any, target: Target, account: Account, stop: Any) -> None:
    failures: list[str] = []
    while any(one.is_alive() for one in workers):
        _take(messages, account, failures, POLL_SECONDS)
        if account.enough():
            stop.set()
        if target.launcher is not None and not target.launcher.alive():
            target.launcher.restart()
    while _take(messages, account, failures, 0.05):
        pass
    codes = [one.exitcode for one in workers if one.exitcode]
    if failures or codes:
        raise CannotRun(failures[0] if failures else f"a worker ended with code {codes[0]}")


def _take(messages: Any, account: Account, failures: list[str], seconds: float) -> bool:
    """Pass one message on, if one comes in time."""
    try:
        message = messages.get(timeout=seconds)
    except queue.Empty:
        return False
    if isinstance(message, _Failed):
        failures.append(message.text)
    else:
        account.take(message)
    return True


def _drain(workers: list[BaseProcess], messages: Any, account: Account) -> None:
    """Let the workers end by themselves while their last messages are taken; then by force."""
    failures: list[str] = []
    waited = 0.0
    while any(one.is_alive() for one in workers) and waited < STOP_SECONDS:
        if not _take(messages, account, failures, POLL_SECONDS):
            waited += POLL_SECONDS
    while _take(messages, account, failures, 0.05):
        pass
    for one in workers:
        if one.is_alive():
            one.terminate()
        one.join(STOP_SECONDS)
    for text in failures:
        account.take(Warned(text))


def _work(
    number: int,
    plan: Plan,
    end: float | None,
    settings: Settings,
    started_by: Settings,
    messages: Any,
    stop: Any,
    parent: int,
) -> None:
    """One worker's process. Ctrl-C is the parent's to hear; without the parent it ends."""
    from fuzz.running.targets import open_target

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(BrokenPipeError):
        try:
            with open_target(settings, ask_first=False) as found:
                target = replace(found, profile=plan.profile, started_by=started_by)
                with closing(target.session()) as session:
                    worker = Worker(_with_what_is_left(plan, end), session, TargetLife.of(target), messages.put, number)
                    worker.work(lambda: stop.is_set() or os.getppid() != parent)
        except CannotRun as error:
            messages.put(_Failed(str(error)))


def _with_what_is_left(plan: Plan, end: float | None) -> Plan:
    """The plan with the seconds until its end, and at least one."""
    return plan if end is None else replace(plan, seconds=max(LEAST_SECONDS, end - time.time()))

"""Run workers in a pool of processes on this machine."""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.process import BaseProcess
from typing import Any

from fuzz.hunt.worker import Message
from fuzz.hunt.workers import STOP_SECONDS, Failed, Share, work


class Processes:
    """A pool that starts one process for each share."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._messages: Any = self._context.Queue()
        self._stop = self._context.Event()
        self._workers: list[BaseProcess] = []

    def submit(self, shares: Sequence[Share]) -> None:
        for one in shares:
            arguments = (one, self._messages, self._stop, os.getpid())
            self._workers.append(self._context.Process(target=_work, args=arguments, daemon=True))
        # Ctrl-C at a terminal goes to all processes. Only the parent handles it, also while the workers are starting.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            for process in self._workers:
                process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

    def message(self, seconds: float) -> Message | Failed | None:
        try:
            found: Message | Failed = self._messages.get(timeout=seconds)
        except queue.Empty:
            return None
        return found

    def working(self) -> bool:
        return any(one.is_alive() for one in self._workers)

    def ask_to_stop(self) -> None:
        self._stop.set()

    def close(self) -> str:
        codes = [one.exitcode for one in self._workers if one.exitcode]
        for one in self._workers:
            if one.is_alive():
                one.terminate()
            if one.pid is not None:
                one.join(STOP_SECONDS)
        return f"a worker ended with code {codes[0]}" if codes else ""


def _work(share: Share, messages: Any, stop: Any, parent: int) -> None:
    """Run one worker's process. It ignores Ctrl-C, which the parent handles, and stops if the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(BrokenPipeError):
        work(share, messages.put, lambda: stop.is_set() or os.getppid() != parent)

"""Find out whether the target lives, and bring it back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from fuzz.errors import CannotRun
from fuzz.running.launcher import Launcher
from fuzz.running.served import watched
from fuzz.transport.protocol import Transport

if TYPE_CHECKING:
    from fuzz.running.session import Session
    from fuzz.running.targets import Target

COMEBACK_SECONDS = 15.0
POLL_SECONDS = 0.2
DYING_SECONDS = 0.05


class TargetLife:
    """Waits for a target that somebody else runs, and restarts one that this process launched."""

    def __init__(
        self,
        url: str,
        transport: Transport,
        launcher: Launcher | None = None,
        twin: Callable[[], AbstractContextManager[Session]] | None = None,
    ) -> None:
        self.twin = twin
        self._url = url
        self._transport = transport
        self._launcher = launcher
        self._pause = threading.Event()

    @classmethod
    def of(cls, target: Target) -> TargetLife:
        return cls(target.url, target.subject.transport, target.launcher, target.twin)

    def alive(self) -> bool:
        # A process that ends drops its connections first and still listens for a moment, so look twice.
        if not self._is_there():
            return False
        self._pause.wait(DYING_SECONDS)
        return self._is_there()

    def _is_there(self) -> bool:
        if self._launcher is not None and not self._launcher.alive():
            return False
        return self._transport.accepts(self._url)

    def revive(self) -> bool:
        if self._launcher is not None:
            try:
                self._launcher.restart()
            except CannotRun:
                return False
            return True
        for _ in range(int(COMEBACK_SECONDS / POLL_SECONDS)):
            if self._transport.accepts(self._url):
                return True
            self._pause.wait(POLL_SECONDS)
        return False

    def last_words(self) -> str:
        return "" if self._launcher is None else self._launcher.last_words()

    def watched(self) -> Callable[[], float | None]:
        return watched(self._url)

"""Start object stores that are killed, and start them again on what they kept."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import Any, Protocol

from fuzz.running.launcher import Launcher, free_port
from fuzz.running.store import Credentials
from fuzz.running.store.protocol import impostors
from fuzz.subjects.objects.access import OWN, OWNER, Access
from fuzz.subjects.objects.own_store import start_object_store
from specs.objects.profile import Profile


class Killable(Protocol):
    """A protocol for a store that is killed, and started again on what it kept."""

    access: Access

    def start(self) -> str:
        """Start the store, and return its URL."""

    def kill(self) -> None:
        """End the store by SIGKILL."""

    def close(self) -> None:
        """End the store for good."""


class OwnStore:
    """The suite's own store in a directory, broken in the ways of some animals."""

    def __init__(self, ways: Sequence[str] = ()) -> None:
        self.access = Access({OWNER: OWN[0], **impostors(OWN[0])})
        self._ways = ways
        self._port = free_port()
        self._directory: Path | None = None
        self._running: Any = None
        self._process_id = 0

    @contextmanager
    def folder(self) -> Iterator[OwnStore]:
        """Keep the store in a temporary directory until the end of the block."""
        with tempfile.TemporaryDirectory() as directory:
            self._directory = Path(directory)
            try:
                yield self
            finally:
                self.close()

    def start(self) -> str:
        """Start the store, and return its URL."""
        self.close()
        accounts = {one.access_key: one.secret for one in OWN}
        self._running = start_object_store(accounts, self._ways, port=self._port, directory=self._directory)
        server = self._running.__enter__()
        self._process_id = server.process_id
        return str(server.url)

    def kill(self) -> None:
        """End the store by SIGKILL."""
        os.kill(self._process_id, signal.SIGKILL)

    def close(self) -> None:
        """End the store for good."""
        if self._running is not None:
            running, self._running = self._running, None
            running.__exit__(None, None, None)


class LaunchedStore:
    """A store that the command of its profile starts, always in the same folder."""

    def __init__(self, command: str, folder: str) -> None:
        owner = Credentials(f"ASFUZZ{token_hex(6).upper()}", token_hex(20))
        self.access = Access({OWNER: owner, **impostors(owner)})
        words = {"folder": folder, "access_key": owner.access_key, "secret_key": owner.secret}
        self._launcher = Launcher(command, words=words)

    def start(self) -> str:
        """Start the store, and return its URL."""
        if self._launcher.process_id is None:
            self._launcher.start()
        else:
            self._launcher.restart()
        return f"http://{self._launcher.address}"

    def kill(self) -> None:
        """End the store by SIGKILL."""
        assert self._launcher.process_id is not None
        with suppress(ProcessLookupError):
            os.killpg(self._launcher.process_id, signal.SIGKILL)

    def close(self) -> None:
        """End the store for good."""
        self._launcher.stop()


@contextmanager
def killable(profile: Profile) -> Iterator[Killable]:
    """Open the store of a profile until the end of the block: the suite's own, or one that its command starts."""
    if profile.name == "reference":
        with OwnStore().folder() as own:
            yield own
        return
    with tempfile.TemporaryDirectory() as folder:
        store = LaunchedStore(profile.launch, folder)
        try:
            yield store
        finally:
            store.close()

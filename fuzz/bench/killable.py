"""Start object stores that are killed, and start them again on what they kept."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from secrets import token_hex
from typing import Protocol

from fuzz.embedded.processes import ReferenceServerError, read_announcement, stop
from fuzz.errors import CannotRun
from fuzz.running.launcher import Launcher, free_port
from fuzz.running.store import Credentials
from fuzz.running.store.protocol import impostors
from fuzz.subjects.objects.access import OWN, OWNER, Access
from fuzz.subjects.objects.own_store import animal_classes
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
        self._forking: subprocess.Popen[bytes] | None = None
        self._process_id = 0

    @contextmanager
    def folder(self) -> Iterator[OwnStore]:
        """Keep the store in a temporary directory until the end of the block."""
        with tempfile.TemporaryDirectory() as directory:
            told = {
                "accounts": {one.access_key: one.secret for one in OWN},
                "port": self._port,
                "directory": directory,
                "kinds": animal_classes(self._ways),
            }
            # -P: otherwise a package called fuzz in the current folder would be imported in place of ours.
            command = [sys.executable, "-P", "-m", "fuzz.bench.forked_store"]
            # Its own session keeps Ctrl-C from ending it before those who still need it.
            self._forking = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
            )
            try:
                self._say(json.dumps(told))
                yield self
            finally:
                self.close()

    def start(self) -> str:
        """Start the store, and return its URL; raises CannotRun."""
        assert self._forking is not None
        self._say("")
        try:
            server = read_announcement(self._forking)
        except ReferenceServerError as error:
            raise CannotRun(str(error)) from error
        self._process_id = server.process_id
        return server.url

    def _say(self, line: str) -> None:
        assert self._forking is not None
        assert self._forking.stdin is not None
        self._forking.stdin.write(f"{line}\n".encode())
        self._forking.stdin.flush()

    def kill(self) -> None:
        """End the store by SIGKILL, and wait for its end."""
        assert self._forking is not None
        assert self._forking.stdout is not None
        os.kill(self._process_id, signal.SIGKILL)
        self._forking.stdout.readline()

    def close(self) -> None:
        """End the store for good."""
        if self._forking is not None:
            forking, self._forking = self._forking, None
            stop(forking)


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

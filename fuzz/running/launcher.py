"""Start a server under test, watch it, restart it and end it."""

from __future__ import annotations

import contextlib
import errno
import os
import random
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Self

from fuzz.errors import CannotRun, UsageError

CHUNK_BYTES = 4096
POLL_SECONDS = 0.02
# How long to wait for the last output of a dead server to come through the pipe.
ENDING_POLL_SECONDS = 0.01
READ_SECONDS = 1.0
# How long to wait for the end of a process that has dropped its connections: it still listens for a moment.
DYING_SECONDS = 1.0
# Connections get ports from 32768 on, elsewhere than on Linux from 49152 on: whoever connects or listens in the
# meantime takes none of these from a server that is about to listen.
PORTS = range(20_000, 32_000)


@dataclass(frozen=True, slots=True)
class LaunchLimits:
    """The time that a server may take to start and to end, and how much of its last output is kept."""

    start_seconds: float = 30.0
    stop_seconds: float = 2.0
    tail_bytes: int = 4096


class Launcher:
    """Runs a command in which {port} stands for a free port, {folder} for an empty folder; ends all its processes."""

    def __init__(
        self,
        command: str,
        *,
        words: Mapping[str, str] | None = None,
        host: str = "127.0.0.1",
        limits: LaunchLimits | None = None,
    ) -> None:
        """Take a command; `words` are values of further placeholders, such as {store}."""
        self.command = command
        self.restarts = 0
        self._host = host
        self._limits = limits or LaunchLimits()
        self._words = dict(words or {})
        # The port stays the same over restarts, so that the server's address does.
        self.port = free_port(host)
        self.address = f"{host}:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._folder = ""
        self._tail: deque[int] = deque(maxlen=self._limits.tail_bytes)
        self._last_words = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def stderr_tail(self) -> str:
        """Return the end of the server's standard output and error."""
        return bytes(self._tail).decode("utf-8", "replace")

    @property
    def process_id(self) -> int | None:
        return self._process.pid if self._process else None

    def alive(self) -> bool:
        """Say whether the command runs."""
        return self._process is not None and ending(self._process) is None

    def end_of(self) -> str:
        """Say in words how the server ended; empty while it runs."""
        code = None if self._process is None else ending(self._process)
        if code is None:
            return ""
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"

    def await_end(self, seconds: float) -> None:
        """Wait so long at most for the server to end, which may drop its connections first."""
        until = time.monotonic() + seconds
        while self.alive() and time.monotonic() < until:
            time.sleep(ENDING_POLL_SECONDS)

    def last_words(self) -> str:
        """Return how the last server that died ended and what it wrote last; empty while none has died."""
        if self._process is not None and self.end_of():
            return self._words_of_the_dead()
        return self._last_words

    def _words_of_the_dead(self) -> str:
        if self._reader is not None:
            self._reader.join(READ_SECONDS)
        return "\n".join(part for part in (f"the server {self.end_of()}", self.stderr_tail.strip()) if part)

    def start(self) -> None:
        """Start the command and wait until it accepts connections; raises CannotRun."""
        arguments = self._arguments()
        self._tail.clear()
        try:
            process = subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise CannotRun(f"--launch: {arguments[0]!r} cannot be started: {error.strerror}") from error
        self._process = process
        self._guard = guard(process.pid)
        assert process.stdout is not None
        self._reader = threading.Thread(target=self._read, args=(process.stdout,), daemon=True)
        self._reader.start()
        try:
            self._await_connections(process)
        except BaseException:
            self.stop()
            raise

    def restart(self) -> None:
        """End what is left of the server, and start it again; raises CannotRun where it does not come back."""
        self._last_words = self.last_words()
        self.stop()
        self.restarts += 1
        self.start()

    def revive(self) -> None:
        """Start the server again if it has died; a server that has just dropped a connection gets a moment to end."""
        end = time.monotonic() + DYING_SECONDS
        while self.alive() and time.monotonic() < end:
            time.sleep(POLL_SECONDS)
        if not self.alive() or not self._accepts():
            self.restart()

    def _accepts(self) -> bool:
        try:
            socket.create_connection((self._host, self.port), 1.0).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """End every process of the command: kindly first, then by force."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            end = time.monotonic() + self._limits.stop_seconds
            while ending(process) is None and time.monotonic() < end:
                time.sleep(POLL_SECONDS)
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            self._dismiss_guard()
            self._remove_folder()
            if self._reader is not None:
                self._reader.join(self._limits.stop_seconds)

    def _arguments(self) -> list[str]:
        words = {"port": str(self.port), "host": self._host, "folder": self._fresh_folder(), **self._words}
        text = self.command
        for name, value in words.items():
            text = text.replace(f"{{{name}}}", shlex.quote(value))
        try:
            return shlex.split(text)
        except ValueError as error:
            raise UsageError(f"--launch {self.command!r}: {error}".lower()) from error

    def _fresh_folder(self) -> str:
        """Return a folder for the server's files, emptied at each start of the server."""
        if "{folder}" not in self.command:
            return ""
        self._remove_folder()
        self._folder = tempfile.mkdtemp(prefix="asfuzz-")
        return self._folder

    def _remove_folder(self) -> None:
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = ""

    def _await_connections(self, process: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + self._limits.start_seconds
        while time.monotonic() < end:
            if ending(process) is not None:
                raise CannotRun(f"--launch {self.command!r}: {self.end_of()} before it listened{self._quoted()}")
            if self._accepts():
                return
            time.sleep(POLL_SECONDS)
        raise CannotRun(
            f"--launch {self.command!r}: nothing listens on {self._host}:{self.port} after "
            f"{self._limits.start_seconds:g} s; does the command use {{port}}?{self._quoted()}"
        )

    def _quoted(self) -> str:
        if self._reader is not None and not self.alive():
            self._reader.join(READ_SECONDS)
        text = self.stderr_tail.strip()
        return f"\nits last words:\n{text}" if text else ""

    def _read(self, stream: IO[bytes]) -> None:
        """Drain the server's output, so that a full pipe does not stop the server."""
        with stream:
            while chunk := os.read(stream.fileno(), CHUNK_BYTES):
                self._tail.extend(chunk)

    def _dismiss_guard(self) -> None:
        guard_process, self._guard = self._guard, None
        if guard_process is not None:
            guard_process.kill()
            guard_process.wait()
            assert guard_process.stdin is not None
            guard_process.stdin.close()


def ending(process: subprocess.Popen[bytes]) -> int | None:
    """Return the code that a process ended with; None while it runs."""
    # The process is left unreaped, so that no other process can get its number, which is also its group's.
    if not hasattr(os, "waitid") or process.returncode is not None:
        return process.poll()
    told = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    if told is None:
        return None
    return told.si_status if told.si_code == os.CLD_EXITED else -told.si_status


def guard(process_group: int) -> subprocess.Popen[bytes]:
    """Start a shell that ends the process group when this process dies, in whatever way."""
    return subprocess.Popen(
        ["/bin/sh", "-c", f"read -r _; kill -s KILL -- -{process_group}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def free_port(host: str = "127.0.0.1") -> int:
    """Draw a port on which nothing listens, of those that the system gives to nobody by itself."""
    chance = random.SystemRandom()
    while True:
        port = chance.choice(PORTS)
        try:
            socket.create_server((host, port)).close()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
        else:
            return port

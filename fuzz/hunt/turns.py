"""Workers that ask one server explore at the same time; one that makes a finding has the server alone.

Locks on files do that, so a worker that is killed leaves none behind. All who explore share the floor. Who wants it
alone closes the gate, and those who explore leave the floor when they see the gate closed. Two more locks are each held
by one worker at a time: by the one that has a burden under way, as two of them would keep all of a server's threads
busy, and by the one that explains failures, so that others keep the server busy meanwhile.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

# A case that takes long is not waited for to its end: a server that hangs for one worker is quiet enough for another.
PATIENCE_SECONDS = 10.0
GLANCE_SECONDS = 0.002


class Turns:
    """One worker's turns at the server that all workers ask; with no folder for the locks there is one worker."""

    def __init__(self, folder: Path | None = None) -> None:
        self._locks = None if folder is None else (_Lock(folder / "gate"), _Lock(folder / "floor"))
        self._burden = None if folder is None else _Lock(folder / "burden")
        self._explaining = None if folder is None else _Lock(folder / "explaining")
        self._exploring = self._alone = False

    @property
    def shared(self) -> bool:
        """Say whether there are other workers."""
        return self._locks is not None

    def wanted(self) -> bool:
        """Say whether another worker wants the server alone."""
        if self._locks is None or self._alone:
            return False
        gate, _ = self._locks
        free = gate.taken(fcntl.LOCK_SH)
        if free:
            gate.release()
        return not free

    def explore(self, over: Callable[[], bool]) -> None:
        """Wait until no other worker has the server alone, or the run is over."""
        if self._locks is None or self._exploring or self._alone:
            return
        gate, floor = self._locks
        if _await(lambda: gate.taken(fcntl.LOCK_SH), over):
            self._exploring = _await(lambda: floor.taken(fcntl.LOCK_SH), over)
            gate.release()

    def leave(self) -> None:
        """Let another worker have the server alone."""
        if self._locks is not None and self._exploring:
            self._locks[1].release()
            self._exploring = False

    def end(self) -> None:
        """Let other workers have all, as this one asks no more."""
        self.leave()
        self.leave_burden()
        self.leave_explaining()

    def take_burden(self) -> bool:
        """Keep other workers from beginning a burden, and say whether none of theirs is under way."""
        return self._burden is None or self._burden.taken(fcntl.LOCK_EX)

    def leave_burden(self) -> None:
        """Let other workers begin a burden, as none of this worker is under way any more."""
        if self._burden is not None:
            self._burden.release()

    def take_explaining(self) -> bool:
        """Keep other workers from explaining failures, and say whether none of them does."""
        return self._explaining is None or self._explaining.taken(fcntl.LOCK_EX)

    def leave_explaining(self) -> None:
        """Let other workers explain failures."""
        if self._explaining is not None:
            self._explaining.release()

    @contextmanager
    def alone(self, over: Callable[[], bool]) -> Iterator[bool]:
        """Have the server alone within the block; the value says whether there are other workers at all."""
        if self._locks is None or self._alone:
            yield self.shared
            return
        gate, floor = self._locks
        explored = self._exploring
        self.leave()
        if not _await(lambda: gate.taken(fcntl.LOCK_EX), over):
            yield True
            return
        self._alone = True
        end = time.monotonic() + PATIENCE_SECONDS
        try:
            _await(lambda: floor.taken(fcntl.LOCK_EX), lambda: over() or time.monotonic() > end)
            yield True
        finally:
            floor.release()
            gate.release()
            self._alone = False
            if explored:
                self.explore(over)


class _Lock:
    """A lock on a file, which several processes share or one process holds."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a")

    def taken(self, how: int) -> bool:
        """Take the lock if it is free, and say whether it was."""
        try:
            fcntl.flock(self._file, how | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_UN)


def _await(done: Callable[[], bool], over: Callable[[], bool]) -> bool:
    """Wait until something is done or the run is over, and say whether it is done."""
    while not done():
        if over():
            return False
        time.sleep(GLANCE_SECONDS)
    return True

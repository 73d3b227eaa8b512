"""Tell of the processes that this one has started: how long they kept a processor busy, and what they hold."""

from __future__ import annotations

import os
import resource
from contextlib import suppress
from pathlib import Path


def others_core_seconds() -> float:
    """Return the processor's time of the processes that this one has started: the server, and a store of its own."""
    return ended_core_seconds() + sum(map(_core_seconds, started_processes()))


def ended_core_seconds() -> float:
    """Return the processor's time of those processes that this one has started and that have ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime


def others_resident() -> int:
    """Return the bytes of memory that the processes hold that this one has started."""
    return sum(map(_resident, started_processes()))


def started_processes() -> set[int]:
    """List the processes that this one has started; none where the system does not tell."""
    found = set[int]()
    for path in Path("/proc/self/task").glob("*/children"):
        # A thread may have ended since.
        with suppress(OSError):
            found.update(map(int, path.read_text().split()))
    return found


def _core_seconds(process: int) -> float:
    try:
        words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        # The process has ended since, and counts among those that have.
        return 0.0
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def _resident(process: int) -> int:
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")

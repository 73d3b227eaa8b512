"""Tell for how long a machine let a server work, while a client waited for the server.

On a busy machine a server may be silent for long without a fault of its own: it has work to do, and waits for a
processor. The system tells how long each thread waited so. The server counts, and all processes that this one has
started, such as a store, and this process itself.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

PROCESSES = Path("/proc")
LISTENS = "0A"
FIRST = 1
USUAL_PORTS = {"http": 80, "https": 443}

# The seconds that threads ran, and those that they waited for a processor, by the thread's number.
Threads = Mapping[int, tuple[float, float]]


def watched(url: str) -> Callable[[], float | None]:
    """Begin to watch the server at a URL; return a function that tells how long the machine has let it work since.

    The function returns None where that cannot be told, as the server does not run on this machine, or was not started
    by this process or its parent.
    """
    servers, others = _processes(url)
    begun, before, stolen = time.monotonic(), _threads(servers | others), _stolen_seconds()

    def served_seconds() -> float | None:
        now = time.monotonic()
        of_servers, of_others = (_since(before, _threads(processes)) for processes in (servers, others))
        if not of_servers:
            return None
        held_up = sum(late for _, late in (*of_servers, *of_others)) + _stolen_seconds() - stolen
        # What one thread has worked by itself takes as long on any machine.
        return max(now - begun - held_up, max(run for run, _ in of_servers))

    return served_seconds


def _since(before: Threads, after: Threads) -> list[tuple[float, float]]:
    nothing = 0.0, 0.0
    return [
        (run - before.get(one, nothing)[0], late - before.get(one, nothing)[1]) for one, (run, late) in after.items()
    ]


def _processes(url: str) -> tuple[set[int], set[int]]:
    """List the server's processes, and others that this one has started with itself; no server's if none is known."""
    parts = urlsplit(url)
    # All that has lost its parent comes beneath the first process.
    parents, near = dict(_parents()), {os.getpid(), os.getppid()} - {FIRST}
    lines = {one: {one, *_above(one, parents)} for one in parents}
    listening = _listening_at(parts.port or USUAL_PORTS.get(parts.scheme, 0))
    listening = {one for one in listening if near & lines.get(one, set())}
    servers = {one for one, line in lines.items() if listening & line}
    return servers, {one for one, line in lines.items() if os.getpid() in line} - servers


def _listening_at(port: int) -> set[int]:
    """List the processes of this machine that listen at a port."""
    sockets = {f"socket:[{number}]" for number in _sockets_at(port)}
    return {one for one in _numbers(PROCESSES) if sockets and sockets & set(_descriptors(one))}


def _sockets_at(port: int) -> Iterator[str]:
    for name in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (PROCESSES / "net" / name).read_text().splitlines()[1:]:
                words = line.split()
                if words[3] == LISTENS and int(words[1].rpartition(":")[2], 16) == port:
                    yield words[9]


def _descriptors(process: int) -> Iterator[str]:
    # A process of somebody else does not show its descriptors.
    with suppress(OSError):
        for path in (PROCESSES / str(process) / "fd").iterdir():
            with suppress(OSError):
                yield os.readlink(path)


def _parents() -> Iterator[tuple[int, int]]:
    """List each process with its parent."""
    for one in _numbers(PROCESSES):
        with suppress(OSError):
            yield one, int((PROCESSES / str(one) / "stat").read_text().rpartition(")")[2].split()[1])


def _above(process: int, parents: Mapping[int, int]) -> Iterator[int]:
    while process := parents.get(process, 0):
        yield process


def _threads(processes: set[int]) -> Threads:
    found: dict[int, tuple[float, float]] = {}
    for process in processes:
        for thread in _numbers(PROCESSES / str(process) / "task"):
            # A thread may have ended since.
            with suppress(OSError):
                path = PROCESSES / str(process) / "task" / str(thread) / "schedstat"
                run, late, _ = path.read_text().split()
                found[thread] = int(run) / 1e9, int(late) / 1e9
    return found


def _numbers(folder: Path) -> list[int]:
    try:
        return [int(path.name) for path in folder.iterdir() if path.name.isdigit()]
    except OSError:
        return []


def _stolen_seconds() -> float:
    """Return the processors' time that the machine beneath a virtual one has given to others."""
    try:
        words = (PROCESSES / "stat").read_text().split()
    except OSError:
        return 0.0
    return int(words[8]) / os.sysconf("SC_CLK_TCK")

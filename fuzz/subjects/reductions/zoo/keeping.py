"""Animals in processes of their own, and what they did there."""

import contextlib
import json
import select
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO

from fuzz.embedded.processes import read_announcement, stop

TELL_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Watched:
    """Requests handled, and by animal those that reached its code and those that it answered otherwise."""

    handled: int
    reached: Mapping[str, int]
    triggered: Mapping[str, int]
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class KeptServer:
    """A broken server, and the pipe by which it tells what it did."""

    url: str
    ask: IO[bytes] = field(repr=False)
    hear: IO[bytes] = field(repr=False)

    def told(self) -> Watched:
        """Return what the server did so far; nothing if it has ended or is stuck."""
        try:
            self.ask.write(b"\n")
            self.ask.flush()
            # A server may be stuck where none of its threads gets on.
            ready, _, _ = select.select([self.hear], [], [], TELL_SECONDS)
            line = self.hear.readline() if ready else b""
        except (OSError, ValueError):
            line = b""
        return Watched(**json.loads(line)) if line else Watched(0, {}, {}, 0.0)


@contextlib.contextmanager
def keep(
    animals: Sequence[str], *, command: Sequence[str] = ("-m", "fuzz.subjects.reductions.zoo")
) -> Iterator[KeptServer]:
    """Keep a server with these habits running until the end of the block; a healthy one if there are none."""
    process = subprocess.Popen(
        [sys.executable, *command, *animals], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield KeptServer(read_announcement(process).url, process.stdin, process.stdout)
    finally:
        stop(process)

"""Reference servers in processes of their own, which end with the process that started them."""

import contextlib
import json
import select
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

START_SECONDS = 60.0
STOP_SECONDS = 5.0


class ReferenceServerError(RuntimeError):
    """A reference server's process did not start."""


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server in a process of its own."""

    url: str
    port: int
    process_id: int


@contextlib.contextmanager
def running(command: Sequence[str], first_line: bytes = b"") -> Iterator[RunningServer]:
    """Start a process that tells where it listens, until the end of the block.

    It is told the first line, if there is one.
    """
    # The child reads its standard input to its end, which comes when this process ends, in whatever way.
    # Its own session keeps Ctrl-C from ending it before those who still need it.
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
    try:
        if first_line:
            assert process.stdin is not None
            process.stdin.write(first_line)
            process.stdin.flush()
        yield read_announcement(process)
    finally:
        stop(process)


def read_announcement(process: subprocess.Popen[bytes]) -> RunningServer:
    """Read the line in which the child says where it listens."""
    assert process.stdout is not None
    waiting = select.poll()
    waiting.register(process.stdout, select.POLLIN)
    ready = waiting.poll(1000 * START_SECONDS)
    line = process.stdout.readline() if ready else b""
    if not line:
        state = f"said nothing within {START_SECONDS:g} s"
        if ready:
            # Its output has ended; its exit follows.
            with contextlib.suppress(subprocess.TimeoutExpired):
                state = f"ended with code {process.wait(STOP_SECONDS)}"
        command = " ".join(process.args) if isinstance(process.args, list) else str(process.args)
        raise ReferenceServerError(f"the reference server {state}; to see why, run: {command}")
    announcement = json.loads(line)
    # A process may have started another one that serves.
    process_id = announcement.get("process_id", process.pid)
    return RunningServer(announcement["url"], announcement["port"], process_id)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the child: kindly, by closing its standard input, or else by force."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    # Its output ends as it does, which is seen sooner than by asking again and again.
    ending = select.poll()
    ending.register(process.stdout, select.POLLHUP)
    if not ending.poll(1000 * STOP_SECONDS):
        process.kill()
    process.wait()
    process.stdout.close()

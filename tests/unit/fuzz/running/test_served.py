"""How long a machine let a server work is told of servers that this process has started."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from fuzz.running.launcher import Launcher, free_port
from fuzz.running.served import watched

pytestmark = pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="this system does not tell")

CORE = min(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
ON_ONE_CORE = f"import os, time; os.sched_setaffinity(0, {{{CORE}}})\n"
# Takes one connection, that by which the launcher sees that the server listens.
LISTENS = "import socket, sys\nserver = socket.create_server(('127.0.0.1', int(sys.argv[1])))\nserver.accept()\n"
WORKS, HANGS = "while True: pass", "import threading; threading.Event().wait()"
COMPETES = ON_ONE_CORE + "while time.process_time() < 0.2: pass"


def busy_seconds() -> float:
    """Keep the servers' processor busy with other processes until those have done their work, and say how long."""
    begun = time.monotonic()
    # Each in a session of its own: some machines share a processor among sessions, and the server has its own.
    started = [subprocess.Popen([sys.executable, "-c", COMPETES], start_new_session=True) for _ in range(3)]
    for one in started:
        assert one.wait() == 0
    return time.monotonic() - begun


@pytest.mark.parametrize(("does", "is_starved"), [(WORKS, True), (HANGS, False)])
def test_a_server_that_waits_for_a_processor_is_not_served_and_one_that_hangs_is(
    tmp_path: Path, does: str, is_starved: bool
) -> None:
    script = tmp_path / "server.py"
    script.write_text(ON_ONE_CORE + LISTENS + does)
    with Launcher(f"{sys.executable} {script} {{port}}") as launcher:
        served_seconds = watched(f"http://{launcher.address}")
        took = busy_seconds()
        served = served_seconds()
    assert served is not None
    assert (served < took / 2) is is_starved


def test_a_server_within_this_process_is_watched() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        served = watched(f"http://127.0.0.1:{server.getsockname()[1]}")()
    assert served is not None
    assert served >= 0.0


def test_nothing_is_known_of_a_server_elsewhere() -> None:
    assert watched(f"http://127.0.0.1:{free_port()}")() is None

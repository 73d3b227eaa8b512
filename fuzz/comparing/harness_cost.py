"""Measure what the harness itself costs, on a server that does nothing."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, closing
from statistics import median

from fuzz.comparing.lanes import TimedLanes
from fuzz.comparing.results import HarnessCost
from fuzz.embedded.processes import RunningServer, running

ALONE, EACH = 500, 200
TIMEOUT_SECONDS = 10.0
REQUEST = b"POST /v2/sum/ HTTP/1.1\r\nHost: idle\r\nContent-Length: 256\r\n\r\n" + b" " * 256


def idle_server() -> AbstractContextManager[RunningServer]:
    """Start a server that answers at once, and end it with the block."""
    return running([sys.executable, "-m", "fuzz.comparing.idle_server"])


def measure(clients: Sequence[int]) -> HarnessCost:
    """Return the time of a request that takes a server no time, and how many go in a second from so many clients."""
    with idle_server() as server, closing(TimedLanes(server.url, TIMEOUT_SECONDS)) as lanes:
        lanes.ask([REQUEST] * EACH)
        # One by one, as the rounds do it: each with a loop of its own.
        alone = [lanes.ask([REQUEST])[0][0].elapsed_ms for _ in range(ALONE)]
        rates = {}
        for count in clients:
            came, seconds = lanes.ask([REQUEST] * (EACH * count), count)
            rates[count] = len(came) / seconds
    return HarnessCost(median(alone), rates)

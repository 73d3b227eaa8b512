"""A server with animals that delays each answer by so many times its usual answering time."""

from __future__ import annotations

import statistics
import threading
import time
from argparse import ArgumentParser
from collections import deque

from fuzz.embedded.http_messages import Answer, Handler, HttpRequest
from fuzz.embedded.http_server import HttpServer
from fuzz.subjects.reductions.reference_server.__main__ import build, load_class

# The usual answering time is the median of so many requests.
REQUESTS_REMEMBERED = 101


def slowed(handler: Handler, times: float) -> Handler:
    """Return a handler that gives the same answers, but each of them a number of usual answering times later."""
    recent: deque[float] = deque(maxlen=REQUESTS_REMEMBERED)
    lock = threading.Lock()

    def handle(request: HttpRequest) -> Answer:
        begun = time.monotonic()
        try:
            return handler(request)
        finally:
            with lock:
                recent.append(time.monotonic() - begun)
                usual = statistics.median(recent)
            if times > 0:
                threading.Event().wait(times * usual)

    return handle


def main() -> None:
    """Serve until ended."""
    parser = ArgumentParser(prog="python -m fuzz.bench.slow_server", description=__doc__)
    parser.add_argument("--with", dest="animals", action="append", default=[], metavar="MODULE:CLASS")
    parser.add_argument("--times", type=float, default=0.0, help="how many usual times to wait (default: none)")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    server = build([load_class(path) for path in options.animals])
    with HttpServer(slowed(server.handle, options.times), port=options.port, on_error=server.protocol_error):
        threading.Event().wait()


if __name__ == "__main__":
    main()

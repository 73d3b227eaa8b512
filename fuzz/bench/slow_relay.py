"""A relay that makes a server slower by a share of the time it takes: what a measurement of slowness is tried on."""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time

from fuzz.embedded.http_server import Answer, DropConnection, HttpRequest, HttpResponse, HttpServer
from fuzz.transport.exchanges import send
from fuzz.transport.http import HttpClient, HttpMessage
from specs.outcome import NoReply

OF_THE_CONNECTION = frozenset({"connection", "content-length", "host", "transfer-encoding", "keep-alive"})
# The header by which a single request is made slower than others.
SLOWED_BY = "x-slowed-by"
# About as much longer as a sleep may take than it should.
SPUN_SECONDS = 0.0003


class Relay:
    """Passes requests on to a server, and its answers back when they have taken longer."""

    def __init__(self, upstream: str, share: float) -> None:
        self._upstream = upstream
        self._share = share
        # Each connection has a thread of its own, and so a client of its own.
        self._own = threading.local()

    def __call__(self, request: HttpRequest) -> Answer:
        begun = time.perf_counter()
        client: HttpClient | None = getattr(self._own, "client", None)
        if client is None:
            client = self._own.client = HttpClient(self._upstream)
        headers = tuple((name, value) for name, value in request.headers.items() if name not in OF_THE_CONNECTION)
        outcome = send(client, HttpMessage(request.method, request.target, headers, request.body))
        share = float(request.headers.get(SLOWED_BY, self._share))
        end = begun + (time.perf_counter() - begun) * (1 + share)
        # Sleeping takes a little longer than it should, and what spins for long is made to wait on a busy machine.
        time.sleep(max(0.0, end - time.perf_counter() - SPUN_SECONDS))
        while time.perf_counter() < end:
            pass
        if isinstance(outcome, NoReply):
            return DropConnection()
        kept = {name: value for name, value in outcome.headers if name not in OF_THE_CONNECTION}
        return HttpResponse(outcome.status, kept, outcome.body)


def main() -> int:
    """Relay until standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m fuzz.bench.slow_relay", description=__doc__)
    parser.add_argument("--upstream", required=True, metavar="URL", help="the server that answers")
    parser.add_argument("--share", type=float, default=0.0, help="0.1 takes a tenth longer (default: 0)")
    options = parser.parse_args()
    relay = Relay(options.upstream, options.share)
    with HttpServer(relay, on_error=lambda status, _: HttpResponse(status, {})) as server:
        print(json.dumps({"url": server.url, "port": server.port}), flush=True)
        sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(main())

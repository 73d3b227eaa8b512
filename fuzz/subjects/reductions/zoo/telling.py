"""A server's process: it serves, and tells its tally for each line it is sent."""

import json
import sys
import time

from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.server import serve
from fuzz.subjects.reductions.zoo.watching import WatchedSoFar


def serve_and_tell(server: ReferenceServer, tally: WatchedSoFar) -> None:
    """Serve until standard input ends."""
    with serve(server) as http:
        print(json.dumps({"url": http.url, "port": http.port}), flush=True)
        for _ in sys.stdin:
            print(json.dumps({**tally.told(), "cpu_seconds": time.process_time()}), flush=True)
    server.close()

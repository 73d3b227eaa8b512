"""A broken server as a process: tells where it listens, then its tally for each line it is sent."""

import argparse
import json
import sys
import time

from fuzz.embedded.reference_server import serve
from fuzz.embedded.zoo.catalogue import find
from fuzz.embedded.zoo.watching import Tally, watched


def main() -> int:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m fuzz.embedded.zoo", description=__doc__)
    parser.add_argument("animals", nargs="*", metavar="ID", help="what is broken; nothing unless given")
    options = parser.parse_args()
    tally = Tally()
    server = watched([find(name) for name in options.animals], tally)
    with serve(server) as http:
        print(json.dumps({"url": http.url, "port": http.port}), flush=True)
        for _ in sys.stdin:
            print(json.dumps({**tally.told(), "cpu_seconds": time.process_time()}), flush=True)
    server.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

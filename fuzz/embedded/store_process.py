"""A store in memory as a process: tells on standard output where it listens, ends with standard input.

The first line of its standard input says in JSON whose store it is, so that no secret stands on a command line.
"""

import json
import sys
from contextlib import ExitStack

from fuzz.embedded.memory_store import MemoryStoreServer


def main() -> int:
    """Serve until standard input ends."""
    asked = json.loads(sys.stdin.readline())
    host = asked["host"]
    secrets = {asked["access_key"]: asked["secret"]}
    with ExitStack() as stack:
        store = stack.enter_context(
            MemoryStoreServer(owner=asked["access_key"], secrets=secrets, buckets={}, host=host)
        )
        ways = [stack.enter_context(store.narrowed(mbps, host=host)) for mbps in asked["mbps"]]
        print(json.dumps({"url": store.url, "port": store.port, "narrowed": [way.url for way in ways]}), flush=True)
        sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""A store as a process: tells on standard output where it listens, ends with standard input.

The first line of its standard input says in JSON who its accounts are, so that no secret stands on a command line:
`{"accounts": {"ACCESS-KEY": "SECRET"}, "host": …, "port": …, "directory": …, "kinds": ["module:Class"]}`, all but the
accounts optional. Of several kinds of broken stores, the first takes precedence.
"""

import importlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from fuzz.embedded.store.object_store import ObjectStore
from fuzz.embedded.store.server import serving


def main() -> int:
    """Serve until standard input ends."""
    asked = json.loads(sys.stdin.readline())
    directory = asked.get("directory")
    with serving(
        asked["accounts"],
        host=asked.get("host", "127.0.0.1"),
        port=asked.get("port", 0),
        directory=None if directory is None else Path(directory),
        kind=store_class(asked.get("kinds", ())),
    ) as server:
        print(json.dumps({"url": server.url, "port": server.port}), flush=True)
        sys.stdin.read()
    return 0


def store_class(paths: Sequence[str]) -> type[ObjectStore]:
    """Return the class of stores that is broken in all of these ways, each named `module:Class`."""
    found = []
    for path in paths:
        module, _, name = path.partition(":")
        found.append(getattr(importlib.import_module(module), name))
    return type("Mixed", (*found, ObjectStore), {}) if found else ObjectStore


if __name__ == "__main__":
    sys.exit(main())

"""A reference server as a process: tells on standard output where it listens, ends with standard input."""

import argparse
import contextlib
import importlib
import json
import os
import sys
from pathlib import Path

from fuzz.embedded.large_blocks import keep_memory
from fuzz.subjects.reductions.reference_server.server import ReferenceServer, serve

READ_BYTES = 4096


def main() -> int:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m fuzz.subjects.reductions.reference_server", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 finds a free one")
    parser.add_argument(
        "--with",
        dest="animals",
        action="append",
        default=[],
        metavar="MODULE:CLASS",
        help="a class whose methods replace the server's; may be repeated",
    )
    options = parser.parse_args()
    keep_memory()
    # Last, so that a class of the current folder is found, and nothing of that folder is taken for the suite's.
    sys.path.append(str(Path.cwd()))
    server = build([load_class(path) for path in options.animals])
    with serve(server, host=options.host, port=options.port) as http:
        print(json.dumps({"url": http.url, "port": http.port}), flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            while os.read(sys.stdin.fileno(), READ_BYTES):
                pass
    server.close()
    return 0


def load_class(path: str) -> type[ReferenceServer]:
    """Return the class at `module:name`."""
    module, _, name = path.partition(":")
    animal = getattr(importlib.import_module(module), name, None)
    if not isinstance(animal, type) or not issubclass(animal, ReferenceServer):
        raise SystemExit(f"{path!r} is no class derived from ReferenceServer; name one as module:class")
    return animal


def build(animals: list[type[ReferenceServer]]) -> ReferenceServer:
    """Return one server with the methods of all the classes; those of the first go before."""
    broken: type[ReferenceServer] = type("Broken", (*animals, ReferenceServer), {})
    return broken() if animals else ReferenceServer()


if __name__ == "__main__":
    sys.exit(main())

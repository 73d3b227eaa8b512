"""A broken server as a process: tells where it listens, then its tally for each line it is sent."""

import argparse
import sys

from fuzz.subjects.reductions.zoo.catalogue import find
from fuzz.subjects.reductions.zoo.telling import serve_and_tell
from fuzz.subjects.reductions.zoo.watching import WatchedSoFar, watched


def main() -> int:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m fuzz.subjects.reductions.zoo", description=__doc__)
    parser.add_argument("animals", nargs="*", metavar="ID", help="what is broken; nothing unless given")
    options = parser.parse_args()
    tally = WatchedSoFar()
    serve_and_tell(watched([find(name) for name in options.animals], tally), tally)
    return 0


if __name__ == "__main__":
    sys.exit(main())

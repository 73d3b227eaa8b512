"""A process that has read the modules of the embedded store, and becomes a store, by a fork, as often as it is asked.

A store that is killed hundreds of times would otherwise spend most of its time on reading the same modules again. The
first line of standard input is what `fuzz.embedded.store` takes. For each line that follows, the process tells where a
new store listens, and once that was killed, that it has ended. All end with standard input.
"""

from __future__ import annotations

import json
import os
import select
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fuzz.embedded.store.__main__ import store_class
from fuzz.embedded.store.server import serving

ENDED = {"ended": True}


def main() -> int:
    """Become a store for each line of standard input, one after the other."""
    asked = json.loads(sys.stdin.readline())
    kind = store_class(asked["kinds"])
    while sys.stdin.readline():
        process_id = os.fork()
        if process_id == 0:
            _serve(asked, kind)
            os._exit(0)
        os.waitpid(process_id, 0)
        _tell(ENDED)
    return 0


def _serve(asked: Mapping[str, Any], kind: type) -> None:
    """Serve until nobody is left who could write to standard input."""
    with serving(asked["accounts"], port=asked["port"], directory=Path(asked["directory"]), kind=kind) as server:
        _tell({"url": server.url, "port": server.port, "process_id": os.getpid()})
        # No line is read here: the next one is for the process that forked this one.
        waiting = select.poll()
        waiting.register(sys.stdin, 0)
        waiting.poll()


def _tell(said: Mapping[str, Any]) -> None:
    print(json.dumps(said), flush=True)


if __name__ == "__main__":
    sys.exit(main())

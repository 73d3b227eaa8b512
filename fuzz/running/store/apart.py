"""Run the store in memory in a process of its own, so that serving its objects takes no time of this process."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from secrets import token_hex

from fuzz.embedded.processes import ReferenceServerError, running
from fuzz.running.store.protocol import Credentials, StoreError
from fuzz.running.store.s3 import S3Store


@contextlib.contextmanager
def memory_store_apart(
    mbps: Sequence[float] = (), advertise: str | None = None
) -> Iterator[tuple[S3Store, tuple[str, ...]]]:
    """Start a store in memory, and yield it with its URL over a network of each bandwidth; end it with the block."""
    owner = Credentials(f"OWNER{token_hex(6).upper()}", token_hex(20))
    host = "0.0.0.0" if advertise else "127.0.0.1"
    whose = {"access_key": owner.access_key, "secret": owner.secret, "host": host, "mbps": list(mbps)}
    command = [sys.executable, "-m", "fuzz.embedded.store_process"]
    try:
        with running(command, json.dumps(whose).encode() + b"\n") as served:
            known_as = f"http://{advertise}:{served.port}" if advertise else None
            with closing(S3Store(served.url, owner, advertise_url=known_as)) as store:
                yield store, served.narrowed
    except ReferenceServerError as error:
        raise StoreError(f"the store in memory does not start: {error}") from error

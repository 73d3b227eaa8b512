"""Serves an object store over HTTP, in this process or in one of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from fuzz.embedded.http_messages import HttpLimits
from fuzz.embedded.http_server import HttpServer
from fuzz.embedded.s3_errors import protocol_error
from fuzz.embedded.store.directory import Directory
from fuzz.embedded.store.object_store import ObjectStore

LIMITS = HttpLimits(connections=2048, request_seconds=60.0)


@contextlib.contextmanager
def serving(
    accounts: Mapping[str, str],
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    directory: Path | None = None,
    kind: type[ObjectStore] = ObjectStore,
) -> Iterator[HttpServer]:
    """Serve a store until the end of the block; with a directory, its objects are there again the next time."""
    with contextlib.ExitStack() as stack:
        keeping = None
        if directory is not None:
            keeping = stack.enter_context(contextlib.closing(Directory(directory)))
        store = kind(accounts, state=keeping.state if keeping else None, keeping=keeping)
        yield stack.enter_context(
            HttpServer(store, host=host, port=port, on_error=protocol_error, limits=LIMITS, reception=store.reception)
        )

"""Start the embedded object store in a process of its own, which ends with the process that started it."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from fuzz.embedded.processes import ReferenceServerError, RunningServer, running
from fuzz.errors import CannotRun, UsageError


@contextlib.contextmanager
def start_object_store(
    accounts: Mapping[str, str],
    animals: Sequence[str] = (),
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    directory: Path | None = None,
) -> Iterator[RunningServer]:
    """Run an object store until the end of the block, broken in the ways of the named animals.

    `accounts` are secrets by access key. With a directory, the objects are there again the next time. Raises UsageError
    for unknown animals and CannotRun if the store does not start.
    """
    told = {
        "accounts": dict(accounts),
        "host": host,
        "port": port,
        "directory": None if directory is None else str(directory),
        "kinds": list(animal_classes(animals)),
    }
    # -P: otherwise a package called fuzz in the current folder would be imported in place of ours.
    command = [sys.executable, "-P", "-m", "fuzz.embedded.store"]
    try:
        with running(command, json.dumps(told).encode() + b"\n") as server:
            yield server
    except ReferenceServerError as error:
        raise CannotRun(str(error)) from error


def animal_classes(animals: Sequence[str]) -> tuple[str, ...]:
    """Return the path of each broken store's class: looked up in the zoo, or `module:name` as given."""
    if not animals:
        return ()
    from fuzz.embedded.broken_classes import UnknownAnimal
    from fuzz.subjects.objects import zoo

    try:
        return tuple(one if ":" in one else zoo.find(one).path for one in animals)
    except UnknownAnimal as error:
        raise UsageError(f"--animal: {error}") from error

"""Start reference servers in processes of their own, which end with the process that started them."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from fuzz.embedded.processes import RunningServer, running

if TYPE_CHECKING:
    from fuzz.subjects.reductions.reference_server import ReferenceServer


@contextlib.contextmanager
def start_reference_server(
    animals: Sequence[type[ReferenceServer] | str] = (), *, host: str = "127.0.0.1", port: int = 0
) -> Iterator[RunningServer]:
    """Run a reference server until the end of the block, broken by classes that override its methods.

    A class is given itself or as "module:name"; of several, the first takes precedence.
    """
    # -P: otherwise a package called fuzz in the current folder would be imported in place of ours.
    module = "fuzz.subjects.reductions.reference_server"
    command = [sys.executable, "-P", "-m", module, "--host", host, "--port", str(port)]
    for animal in animals:
        command += ["--with", animal if isinstance(animal, str) else class_path(animal)]
    with running(command) as server:
        yield server


def class_path(animal: type[ReferenceServer]) -> str:
    """Return the text by which another process finds a class."""
    return f"{animal.__module__}:{animal.__qualname__}"

"""Reference servers in processes of their own, which end with the process that started them."""

import contextlib
import sys
from collections.abc import Iterator, Sequence

from fuzz.embedded.processes import RunningServer, running
from fuzz.subjects.reductions.reference_server import ReferenceServer


@contextlib.contextmanager
def start_reference_server(
    animals: Sequence[type[ReferenceServer] | str] = (), *, host: str = "127.0.0.1", port: int = 0
) -> Iterator[RunningServer]:
    """A reference server, made worse by classes that override its methods, until the end of the block.

    A class is given itself or as "module:name"; the first of several goes before the others.
    """
    # -P: in a folder with a package of its own called fuzz, that would be taken for ours.
    module = "fuzz.subjects.reductions.reference_server"
    command = [sys.executable, "-P", "-m", module, "--host", host, "--port", str(port)]
    for animal in animals:
        command += ["--with", animal if isinstance(animal, str) else class_path(animal)]
    with running(command) as server:
        yield server


def class_path(animal: type[ReferenceServer]) -> str:
    """The text by which another process finds a class."""
    return f"{animal.__module__}:{animal.__qualname__}"

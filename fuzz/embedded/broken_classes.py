"""Find the classes of a zoo: those of its modules that derive from a right server, and one of them by its name."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from fuzz.suggestions import nearest

Server = TypeVar("Server")
Described = TypeVar("Described")


class UnknownAnimal(LookupError):
    """There is no animal of that name."""


def classes_in(package: str, modules: Sequence[str], right: type[Server]) -> Iterator[tuple[str, type[Server]]]:
    """Yield the classes that a package's modules define and that derive from the right server, with their modules."""
    for name in modules:
        module = importlib.import_module(f"{package}.{name}")
        for one in vars(module).values():
            if isinstance(one, type) and one.__module__ == module.__name__ and issubclass(one, right):
                yield name, one


def find_in(known: Mapping[str, Described], name: str) -> Described:
    """Return the animal of that id; raises UnknownAnimal, which names the nearest one."""
    if name in known:
        return known[name]
    hint = nearest(name, known, "asfuzz zoo --list shows all of them")
    raise UnknownAnimal(f"animal {name!r} is unknown; {hint}")

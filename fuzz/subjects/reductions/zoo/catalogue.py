"""List the animals: every class of the modules below that derives from the server, and is described."""

import importlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.zoo.marks import OnlyAtOnce, OnlyAWarning, OnlyInV1
from fuzz.suggestions import nearest

HABITS = (
    "selections", "layouts", "axes", "missing", "counting", "accumulating", "floats", "byte_orders", "decoding",
    "fetching", "trusting", "answering", "answering_v1", "errors", "refusing", "credentials", "memory", "sharing",
    "rare", "spelling", "forgiving", "limits",
)  # fmt: skip
SEAM = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-z])(?<!loat)(?<!nt)(?=[0-9])")


class UnknownAnimal(LookupError):
    """There is no animal of that name."""


@dataclass(frozen=True, slots=True)
class Animal:
    """A server that is wrong in one way: what it does, the class of its habit, and where it shows."""

    id: str
    habit: str
    kind: str
    server: type[ReferenceServer]

    @property
    def api(self) -> str:
        """Return the version of the API in which the animal shows."""
        return "v1" if issubclass(self.server, OnlyInV1) else "v2"

    @property
    def warns(self) -> bool:
        """Say whether the animal is poor rather than wrong, so that a warning is all that is due."""
        return issubclass(self.server, OnlyAWarning)

    @property
    def at_once(self) -> bool:
        """Say whether the animal shows only to requests at the same time."""
        return issubclass(self.server, OnlyAtOnce)

    @property
    def path(self) -> str:
        """Return the path by which other processes find the class."""
        return f"{self.server.__module__}:{self.server.__qualname__}"


@cache
def animals() -> Mapping[str, Animal]:
    """Return all animals by id, in the order of their habits."""
    found: dict[str, Animal] = {}
    for kind in HABITS:
        module = importlib.import_module(f"fuzz.subjects.reductions.zoo.{kind}")
        for name, server in vars(module).items():
            own = isinstance(server, type) and server.__module__ == module.__name__
            if own and issubclass(server, ReferenceServer) and overrides(server):
                animal = Animal(id_of(name), (server.__doc__ or "").strip(), kind.replace("_", " "), server)
                found[animal.id] = animal
    return MappingProxyType(found)


def find(name: str) -> Animal:
    """Return the animal of that id."""
    known = animals()
    if name in known:
        return known[name]
    hint = nearest(name, known, "asfuzz zoo --list shows all of them")
    raise UnknownAnimal(f"animal {name!r} is unknown; {hint}")


def overrides(server: type[ReferenceServer]) -> tuple[str, ...]:
    """Return the server's methods that the class replaces by its own."""
    return tuple(
        name
        for name, method in vars(server).items()
        if callable(method) and not name.startswith("__") and hasattr(ReferenceServer, name)
    )


def id_of(name: str) -> str:
    """Return the id of a class: `axis-zero-is-falsy` for `AxisZeroIsFalsy`."""
    return SEAM.sub("-", name).lower()

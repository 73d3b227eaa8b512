"""List the animals: every class of the modules below that derives from the server, and is described."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from fuzz.embedded.broken_classes import classes_in, find_in
from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.zoo.marks import OnlyAtOnce, OnlyAWarning, OnlyInV1

HABITS = (
    "selections", "layouts", "axes", "missing", "counting", "accumulating", "floats", "byte_orders", "decoding",
    "fetching", "trusting", "answering", "answering_v1", "errors", "refusing", "credentials", "memory", "sharing",
    "rare", "spelling", "forgiving", "limits",
)  # fmt: skip
SEAM = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-z])(?<!loat)(?<!nt)(?=[0-9])")


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
    found = [
        Animal(id_of(one.__name__), (one.__doc__ or "").strip(), habit.replace("_", " "), one)
        for habit, one in classes_in(__package__, HABITS, ReferenceServer)
        if overrides(one)
    ]
    return MappingProxyType({one.id: one for one in found})


def find(name: str) -> Animal:
    """Return the animal of that id; raises UnknownAnimal."""
    return find_in(animals(), name)


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

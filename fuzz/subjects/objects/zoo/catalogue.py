"""List the animals: every class of the modules below that derives from the store, and is described."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from fuzz.embedded.store.object_store import ObjectStore
from fuzz.suggestions import nearest

KINDS = (
    "content", "answering", "etags", "ranges", "conditions", "listings", "paging", "multipart", "copies", "batches",
    "digests", "keys", "metadata", "signing", "policies", "tagging", "versioning", "races", "interruption",
    "durability", "malformed",
)  # fmt: skip
SEAM = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class UnknownAnimal(LookupError):
    """There is no animal of that name."""


@dataclass(frozen=True, slots=True)
class Animal:
    """A store that is wrong in one way: what it does, and the class of its habit."""

    id: str
    habit: str
    kind: str
    store: type[ObjectStore]

    @property
    def path(self) -> str:
        """Return the path by which other processes find the class."""
        return f"{self.store.__module__}:{self.store.__qualname__}"


@cache
def animals() -> Mapping[str, Animal]:
    """Return all animals by id, in the order of their kinds."""
    found: dict[str, Animal] = {}
    for kind in KINDS:
        module = importlib.import_module(f"fuzz.subjects.objects.zoo.{kind}")
        for name, store in vars(module).items():
            if isinstance(store, type) and store.__module__ == module.__name__ and issubclass(store, ObjectStore):
                animal = Animal(SEAM.sub("-", name).lower(), (store.__doc__ or "").strip(), kind, store)
                found[animal.id] = animal
    return MappingProxyType(found)


def find(name: str) -> Animal:
    """Return the animal of that id; raises UnknownAnimal."""
    known = animals()
    if name in known:
        return known[name]
    hint = nearest(name, known, "asfuzz zoo --list shows all of them")
    raise UnknownAnimal(f"animal {name!r} is unknown; {hint}")


def overrides(store: type[ObjectStore]) -> tuple[str, ...]:
    """Return the store's methods that the class replaces by its own."""
    return tuple(
        name
        for name, method in vars(store).items()
        if callable(method) and not name.startswith("__") and hasattr(ObjectStore, name)
    )

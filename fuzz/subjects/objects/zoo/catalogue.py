"""List the animals: every class of the modules below that derives from the store, and is described."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from fuzz.embedded.broken_classes import classes_in, find_in
from fuzz.embedded.store.object_store import ObjectStore

KINDS = (
    "content", "answering", "etags", "ranges", "conditions", "listings", "paging", "multipart", "copies", "batches",
    "digests", "keys", "metadata", "signing", "policies", "tagging", "versioning", "races", "interruption",
    "durability", "malformed", "streaming",
)  # fmt: skip
SEAM = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


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
    found = [
        Animal(SEAM.sub("-", one.__name__).lower(), (one.__doc__ or "").strip(), kind, one)
        for kind, one in classes_in(__package__, KINDS, ObjectStore)
    ]
    return MappingProxyType({one.id: one for one in found})


def find(name: str) -> Animal:
    """Return the animal of that id; raises UnknownAnimal."""
    return find_in(animals(), name)

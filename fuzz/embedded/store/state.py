"""Define the state of a store as data: buckets, versions of objects, and uploads in progress."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from fuzz.embedded.store.content import Content

NOTHING: Mapping[str, str] = MappingProxyType({})
NULL_VERSION = "null"


@dataclass(frozen=True, slots=True)
class Attributes:
    """The headers, metadata and tags of an object; header names as they are sent, names of metadata in lower case."""

    headers: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[tuple[str, str], ...] = ()


NO_CONTENT = Content()
NO_ATTRIBUTES = Attributes()


@dataclass(frozen=True, slots=True)
class Version:
    """An object as one write left it, or a marker that says it was deleted.

    `serial` grows from write to write; `modified` are seconds; `part_sizes` are empty for what was put in one piece;
    `served` is how reads are answered.
    """

    id: str
    serial: int
    modified: int
    content: Content = NO_CONTENT
    etag: str = ""
    attributes: Attributes = NO_ATTRIBUTES
    checksums: Mapping[str, str] = field(default_factory=dict)
    part_sizes: tuple[int, ...] = ()
    is_marker: bool = False
    served: str = "well"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an upload; its ETag is quoted."""

    number: int
    content: Content
    etag: str
    modified: int


@dataclass(slots=True)
class Upload:
    """An upload in progress, and the parts that it has so far."""

    id: str
    key: str
    initiated: int
    attributes: Attributes
    parts: dict[int, Part] = field(default_factory=dict)


@dataclass(slots=True)
class Bucket:
    """A bucket: versions by key, the newest first; `keys` are those names in order."""

    name: str
    owner: str
    created: int
    policy: str = ""
    versioning: str = ""
    versions: dict[str, tuple[Version, ...]] = field(default_factory=dict, repr=False)
    keys: list[str] = field(default_factory=list, repr=False)
    uploads: dict[str, Upload] = field(default_factory=dict, repr=False)

    def newest(self, key: str) -> Version | None:
        """Return the object of that key, unless it is missing or deleted."""
        found = self.versions.get(key)
        return None if found is None or found[0].is_marker else found[0]

    def set(self, key: str, versions: tuple[Version, ...]) -> None:
        """Replace what there is under a key."""
        if versions:
            if key not in self.versions:
                insort(self.keys, key)
            self.versions[key] = versions
        elif self.versions.pop(key, None) is not None:
            del self.keys[bisect_left(self.keys, key)]

    def keys_from(self, start: str) -> list[str]:
        """Return the names of all keys from `start` on, in order."""
        return self.keys[bisect_left(self.keys, start) :]


@dataclass(slots=True)
class State:
    """The buckets by name, and the last number that a write was given."""

    buckets: dict[str, Bucket] = field(default_factory=dict)
    serial: int = 0

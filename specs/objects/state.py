"""Define what an object store holds: buckets, objects and their versions, uploads and their parts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType

from specs.objects.content import MOST_REMEMBERED, MUCH_BYTES
from specs.objects.steps import Pairs

STANDARD_HEADERS = (
    "content-type", "cache-control", "content-disposition", "content-encoding", "content-language", "expires",
)  # fmt: skip
METADATA = "x-amz-meta-"
NULL = "null"
# The times between which something was last modified, by the store's own clock, in seconds since 1970.
Window = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Stored:
    """One version of an object, or a marker that it is deleted.

    An ETag, a version's id or a time is None where no answer has told it yet. `free` names headers and metadata that
    the API lets a store keep, change or drop. A plain object has no `parts`.
    """

    content: bytes = b""
    etag: str | None = None
    modified: Window | None = None
    headers: Pairs = ()
    metadata: Pairs = ()
    tags: Pairs = ()
    checksums: Pairs = ()
    parts: tuple[int, ...] = ()
    version: str | None = None
    marker: bool = False
    free: frozenset[str] = frozenset()

    @property
    def id(self) -> str | None:
        """Return the version's id; an object that was written without versions has the id `null`."""
        return NULL if self.version == "" else self.version

    def attributes_of(self, other: Stored) -> Stored:
        """Return this content with the headers and metadata of another object."""
        return replace(self, headers=other.headers, metadata=other.metadata, free=other.free)


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A part of an upload."""

    content: bytes
    etag: str | None


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload in progress; `future` holds the attributes of the object to come."""

    key: str
    future: Stored = Stored()
    parts: Mapping[int, StoredPart] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ended:
    """A completed upload: the list that it was completed by, and the ETag of its object."""

    key: str
    listed: tuple[tuple[str, str], ...]
    etag: str | None


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket; `hazy_uploads` says that uploads may exist whose ids nobody was told."""

    owner: str = "owner"
    objects: Mapping[str, tuple[Stored, ...]] = field(default_factory=dict)
    uploads: Mapping[str, Upload] = field(default_factory=dict)
    ended: Mapping[str, Ended] = field(default_factory=dict)
    versioning: str = ""
    policy: str = ""
    hazy_uploads: bool = False

    def newest(self, key: str) -> Stored | None:
        """Return what a GET of the key gives; None if there is nothing, or a marker."""
        found = self.latest(key)
        return None if found is None or found.marker else found

    def latest(self, key: str) -> Stored | None:
        """Return the newest version of a key, which may be a marker."""
        several = self.objects.get(key)
        return several[-1] if several else None

    def version(self, key: str, version: str) -> Stored | None:
        """Return the version of that id."""
        return next((one for one in self.objects.get(key, ()) if one.id == version), None)

    def keys(self) -> list[str]:
        """List the keys whose newest version is no marker, in the order of their bytes."""
        return sorted((key for key in self.objects if self.newest(key) is not None), key=in_bytes)

    def writing(self, key: str, one: Stored) -> Bucket:
        """Return the bucket with another newest version of a key, in place of the one before as versioning has it."""
        before = self.objects.get(key, ())
        if self.versioning == "Enabled":
            kept = before
        elif self.versioning == "Suspended":
            kept = tuple(old for old in before if old.id != NULL)
        else:
            kept = ()
        return self.holding(key, (*kept, one))

    def holding(self, key: str, versions: tuple[Stored, ...]) -> Bucket:
        """Return the bucket with exactly these versions of a key."""
        if versions:
            return replace(self, objects={**self.objects, key: versions})
        return replace(self, objects={name: some for name, some in self.objects.items() if name != key})

    def known_as(self, key: str, old: Stored, new: Stored) -> Bucket:
        """Return the bucket with more known of one version."""
        return self.holding(key, tuple(new if one is old else one for one in self.objects.get(key, ())))

    def uploading(self, upload_id: str, upload: Upload | None) -> Bucket:
        """Return the bucket with an upload as given, or without it."""
        rest = {name: one for name, one in self.uploads.items() if name != upload_id}
        return replace(self, uploads=rest if upload is None else {**rest, upload_id: upload})


@dataclass(frozen=True, slots=True)
class State:
    """The contents of a store as a case sees them: the case's buckets by their logical names."""

    buckets: Mapping[str, Bucket] = field(default_factory=dict)

    def bucket(self, name: str) -> Bucket | None:
        """Return the bucket of that name, if it exists."""
        return self.buckets.get(name)

    def holding(self, name: str, bucket: Bucket | None) -> State:
        """Return the state with a bucket as given, or without it."""
        rest = {one: held for one, held in self.buckets.items() if one != name}
        return State(rest if bucket is None else {**rest, name: bucket})


EMPTY = State(MappingProxyType({}))


def in_bytes(key: str) -> bytes:
    """Return a key's bytes, by which keys are ordered."""
    return key.encode("utf-8", "surrogateescape")


def md5_etag(content: bytes) -> str:
    """Return the ETag of a plain object."""
    return _etag_of_much(content) if len(content) > MUCH_BYTES else _etag_of(content)


def _etag_of(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


@lru_cache(MOST_REMEMBERED)
def _etag_of_much(content: bytes) -> str:
    """Return the ETag of much content, which is asked for several times while one answer is judged."""
    return _etag_of(content)


def joined_etag(parts: list[StoredPart]) -> str | None:
    """Return the ETag of an object of parts; None if a part's ETag is no MD5."""
    raw = b""
    for one in parts:
        digits = (one.etag or "").strip('"')
        try:
            raw += bytes.fromhex(digits)
        except ValueError:
            return None
    return f'"{hashlib.md5(raw, usedforsecurity=False).hexdigest()}-{len(parts)}"'

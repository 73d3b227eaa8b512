"""Buckets and objects in this process's memory, and who may read them."""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as it was put; a later put makes another one. `served` is how reads of it are answered."""

    data: bytes = field(repr=False)
    etag: str
    modified: int
    headers: Mapping[str, str] = field(repr=False)
    served: str = "well"


@dataclass(frozen=True, slots=True)
class Bucket:
    """Objects by key; what is in a public bucket, everybody may read."""

    name: str
    public: bool = False
    objects: dict[str, StoredObject] = field(default_factory=dict, repr=False)


def stored_object(data: bytes, served: str = "well") -> StoredObject:
    """An object put now."""
    etag = f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'
    modified = int(time.time())
    headers = {
        "ETag": etag,
        "Last-Modified": formatdate(modified, usegmt=True),
        "Accept-Ranges": "bytes",
        "Content-Type": "binary/octet-stream",
    }
    return StoredObject(data, etag, modified, headers, served)


@dataclass(frozen=True, slots=True)
class MemoryObjects:
    """The buckets, the users' secrets by access key, and the one user who owns everything."""

    owner: str
    secrets: Mapping[str, str] = field(repr=False)
    buckets: dict[str, Bucket] = field(default_factory=dict)

    def may_read(self, bucket: Bucket, access_key: str | None) -> bool:
        """Whether a user (None: anybody) may read a bucket's objects."""
        return bucket.public or access_key == self.owner

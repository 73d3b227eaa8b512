"""Objects as readers are served them: all bytes in memory, and the headers that go with them."""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as one write left it; `served` is how reads of it are answered."""

    data: bytes = field(repr=False)
    etag: str
    modified: int
    headers: Mapping[str, str] = field(repr=False)
    served: str = "well"


def stored_object(data: bytes, served: str = "well") -> StoredObject:
    """Return an object that is put now."""
    etag = f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'
    modified = int(time.time())
    headers = {
        "ETag": etag,
        "Last-Modified": formatdate(modified, usegmt=True),
        "Accept-Ranges": "bytes",
        "Content-Type": "binary/octet-stream",
    }
    return StoredObject(data, etag, modified, headers, served)

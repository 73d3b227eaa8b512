"""A store in this process, which needs no installation and puts objects into a dict."""

import ssl
from collections.abc import Mapping
from secrets import token_hex
from typing import Self

from fuzz.embedded.memory_store import PLAIN_PREFIX, MemoryStoreServer
from fuzz.running.store.protocol import (
    OWNER,
    STRANGER,
    Buckets,
    Credentials,
    StoreError,
    impostors,
    new_run,
    no_interface,
    object_url,
)
from specs.manners import WELL


class MemoryStore:
    """Objects in memory, served over S3 and plain HTTP as soon as the store is made."""

    verifies_signatures = True
    public_readable = True
    basic_auth = True
    misserves = True

    def __init__(
        self,
        *,
        advertise: str | None = None,
        port: int = 0,
        owner: Credentials | None = None,
        stranger: Credentials | None = None,
        prefix: str = "asfuzz",
        run: str | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Listen on all interfaces if `advertise` is given, which is then the host in URLs."""
        # Real secrets hold slashes and plus signs, and some stores take colons.
        owner = owner or Credentials(f"OWNER{token_hex(6).upper()}", f"{token_hex(16)}/+:%{token_hex(4)}=")
        stranger = stranger or Credentials(f"STRANGER{token_hex(5).upper()}", token_hex(20))
        self.credentials: Mapping[str, Credentials] = {
            OWNER: owner,
            STRANGER: stranger,
            **impostors(owner),
        }
        self.buckets = Buckets.of_run(prefix, run or new_run())
        self._server = MemoryStoreServer(
            owner=owner.access_key,
            secrets={who.access_key: who.secret for who in (owner, stranger)},
            buckets={self.buckets.private: False, self.buckets.public: True},
            host="0.0.0.0" if advertise else "127.0.0.1",
            port=port,
            tls=tls,
        )
        try:
            self._server.start()
        except OSError as error:
            raise StoreError(f"the memory store cannot start: {error.strerror}") from error
        scheme = "https" if tls else "http"
        self.s3_url = f"{scheme}://{advertise or '127.0.0.1'}:{self._server.port}"
        self.http_url: str | None = f"{self.s3_url}{PLAIN_PREFIX.rstrip('/')}"
        self.interfaces = frozenset({"s3", scheme})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def put(self, bucket: str, key: str, data: bytes, served: str = WELL) -> None:
        """Store an object in the `private` or the `public` bucket, to be served in that manner."""
        self._server.put(self.buckets[bucket], key, data, served)

    def delete(self, bucket: str, key: str) -> None:
        """Remove an object; a missing object is no error."""
        self._server.delete(self.buckets[bucket], key)

    def count(self) -> int:
        """Count the objects that the store holds."""
        return sum(len(one.versions) for one in list(self._server.state.buckets.values()))

    def url(self, bucket: str, key: str, interface: str) -> str:
        """Return the quoted URL of an object for an interface type."""
        if interface not in self.interfaces:
            raise no_interface(interface, "the memory store", self.interfaces)
        base = self.s3_url if interface == "s3" else f"{self.http_url}"
        return object_url(base, self.buckets[bucket], key)

    def close(self) -> None:
        """Stop serving, and forget every object."""
        self._server.close()
        self._server.state.buckets.clear()

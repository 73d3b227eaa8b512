"""Define the protocol that the suite's object stores implement."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from secrets import token_hex
from typing import Protocol, Self, runtime_checkable
from urllib.parse import quote

from fuzz.errors import CannotRun
from specs.manners import WELL
from specs.store_facts import StoreFacts

OWNER, STRANGER, UNKNOWN, WRONG_SECRET = "owner", "stranger", "unknown", "wrong-secret"


class StoreError(CannotRun):
    """The store cannot be used; the text says where and what to check."""


class Unstorable(StoreError):
    """The store does not take this object, though it takes others: for its key, or for how it is to be served."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key and its secret, which is never shown."""

    access_key: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Buckets:
    """The names of the two buckets: one for the owner alone, one for everybody to read."""

    private: str
    public: str

    def __getitem__(self, logical: str) -> str:
        """Return the name of the bucket that the suite calls `private` or `public`."""
        names = [f.name for f in fields(self)]
        if logical not in names:
            raise StoreError(f"bucket {logical!r} is unknown; the buckets are {' and '.join(names)}")
        return str(getattr(self, logical))

    @classmethod
    def of_run(cls, prefix: str, run: str) -> Self:
        """Return names that no other run uses, since a server may have cached objects of another run."""
        return cls(f"{prefix}-{run}-private", f"{prefix}-{run}-public")


@runtime_checkable
class TakesParts(Protocol):
    """A protocol for a store that takes objects in parts as well."""

    def put_in_parts(self, bucket: str, key: str, data: bytes) -> None:
        """Store an object by an upload of one part that is completed."""


class Store(Protocol):
    """An object store with a private and a public bucket, emptied when closed."""

    @property
    def s3_url(self) -> str:
        """Return the S3 endpoint as the server under test reaches it."""

    @property
    def http_url(self) -> str | None:
        """Return the base URL of plain reads, to be followed by bucket and key; None if the store has none."""

    @property
    def interfaces(self) -> frozenset[str]:
        """Return the interface types that `url` has addresses for."""

    @property
    def basic_auth(self) -> bool:
        """Say whether plain reads of private objects take the credentials by Basic authentication."""

    @property
    def verifies_signatures(self) -> bool:
        """Say whether wrong credentials are refused."""

    @property
    def public_readable(self) -> bool:
        """Say whether the public bucket can be read anonymously."""

    @property
    def buckets(self) -> Buckets:
        """Return the names of the two buckets."""

    @property
    def credentials(self) -> Mapping[str, Credentials]:
        """Map logical names to credentials: owner, unknown, wrong-secret, and a stranger without access if any."""

    @property
    def misserves(self) -> bool:
        """Say whether the store serves objects badly when a `put` asks for that."""

    def put(self, bucket: str, key: str, data: bytes, served: str = WELL) -> None:
        """Store an object in the `private` or the `public` bucket; Unstorable if it cannot be served in that manner."""

    def delete(self, bucket: str, key: str) -> None:
        """Remove an object; a missing object is no error."""

    def check(self) -> None:
        """Raise StoreError if the store is there no more."""

    def url(self, bucket: str, key: str, interface: str) -> str:
        """Return the quoted URL of an object for an interface type."""

    def close(self) -> None:
        """Remove everything the run has stored."""


def facts_of(store: Store) -> StoreFacts:
    """Return the facts that hold of the store."""
    return StoreFacts(store.verifies_signatures, store.public_readable, store.basic_auth, store.misserves)


def new_run() -> str:
    """Return a name for a run that no other run has."""
    return token_hex(5)


def impostors(owner: Credentials) -> dict[str, Credentials]:
    """Return credentials that no store should accept: a made-up user, and the owner with another secret."""
    made_up = Credentials(f"UNKNOWN{token_hex(6).upper()}", token_hex(20))
    return {UNKNOWN: made_up, WRONG_SECRET: Credentials(owner.access_key, token_hex(20))}


def object_url(base: str, bucket: str, key: str) -> str:
    """Return the URL of an object, with every byte of the key quoted that could mean something else."""
    return f"{base}/{bucket}/{quote(key, safe='/')}"


def no_interface(interface: str, store: str, offered: frozenset[str]) -> StoreError:
    """Return the error for an interface type that a store has no addresses for."""
    return StoreError(f"{store} offers no interface {interface!r}, only {', '.join(sorted(offered))}")

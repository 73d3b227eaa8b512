"""Keep the accounts that object stores are tested with, in the place of a store that others read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from secrets import token_hex

from fuzz.config import Settings
from fuzz.errors import UsageError
from fuzz.running.store import Credentials, StoreError
from fuzz.running.store.protocol import Buckets, impostors
from specs.manners import WELL

OWNER, SECOND = "owner", "second"
# The accounts of the suite's own store, which listens on this machine alone while a run lasts.
OWN = (
    Credentials("ASFUZZOWNER00000000", "asfuzz-owner/of+its:own%store="),
    Credentials("ASFUZZSECOND0000000", "asfuzz-second"),
)


@dataclass(frozen=True)
class Access:
    """The accounts by their logical names; the store under test is the target itself."""

    credentials: Mapping[str, Credentials] = field(repr=False)
    region: str = "us-east-1"
    s3_url: str = ""
    http_url: str | None = None
    interfaces: frozenset[str] = frozenset()
    basic_auth: bool = False
    verifies_signatures: bool = True
    public_readable: bool = True
    misserves: bool = False
    buckets: Buckets = field(default_factory=lambda: Buckets("none", "none"))

    def put(self, bucket: str, key: str, data: bytes, served: str = WELL) -> None:  # noqa: ARG002
        """Refuse: objects are put by steps."""
        raise StoreError("the store under test takes objects by requests alone")

    def delete(self, bucket: str, key: str) -> None:  # noqa: ARG002
        """Refuse: objects are deleted by steps."""
        raise StoreError("the store under test deletes objects by requests alone")

    def check(self) -> None:
        """Pass: whether the target lives is asked of the target."""

    def url(self, bucket: str, key: str, interface: str) -> str:  # noqa: ARG002
        """Refuse: requests name their own places."""
        raise StoreError("the store under test has no places for others")

    def close(self) -> None:
        """Leave the store as it is; each case has removed what it made."""


def access(settings: Settings) -> Access:
    """Return the accounts that the settings name, or made-up ones for a store that is started here."""
    owner, second = _pair(settings.access_key, settings.secret_key), _second(settings)
    if settings.embedded:
        owner, second = OWN
    elif owner is None and settings.launch is not None:
        owner = Credentials(f"ASFUZZ{token_hex(6).upper()}", token_hex(20))
    elif owner is None:
        raise UsageError(
            "the store under test needs an account: set ASFUZZ_ACCESS_KEY and ASFUZZ_SECRET_KEY, "
            "or ASFUZZ_SECOND_ACCESS_KEY and ASFUZZ_SECOND_SECRET_KEY as well for a second account"
        )
    assert owner is not None
    made = {OWNER: owner, **({SECOND: second} if second else {}), **impostors(owner)}
    return Access(made, settings.region)


def _second(settings: Settings) -> Credentials | None:
    return _pair(settings.second_access_key, settings.second_secret_key)


def _pair(access_key: str | None, secret: str | None) -> Credentials | None:
    return Credentials(access_key, secret) if access_key and secret else None

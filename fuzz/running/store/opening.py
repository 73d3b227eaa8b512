"""Open the store that a user asked for."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from fuzz.running.store.memory import MemoryStore
from fuzz.running.store.protocol import Credentials, Store, StoreError

MEMORY, MOTO = "memory", "moto"


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """The settings to open a store with; each kind of store uses those that concern it."""

    owner: Credentials | None = None
    stranger: Credentials | None = None
    advertise: str | None = None
    port: int = 0
    prefix: str = "asfuzz"
    run: str | None = None
    region: str = "us-east-1"
    verify_tls: bool | str = True
    plain_url: str | None = None


def open_store(spec: str, settings: StoreSettings | None = None) -> Store:
    """Open the store that `memory`, `moto` or a URL means; `advertise` is a host, or for a URL another URL."""
    settings = settings or StoreSettings()
    if spec == MEMORY:
        return MemoryStore(
            advertise=settings.advertise,
            port=settings.port,
            owner=settings.owner,
            stranger=settings.stranger,
            prefix=settings.prefix,
            run=settings.run,
        )
    if spec == MOTO:
        from fuzz.running.store.moto import MotoStore

        return MotoStore(
            advertise=settings.advertise,
            port=settings.port,
            owner=settings.owner,
            prefix=settings.prefix,
            run=settings.run,
        )
    parts = urlsplit(spec)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise StoreError(f"store {spec!r} is unknown; give {MEMORY}, {MOTO} or an URL like http://host:9000")
    return _open_s3(spec, settings)


def _open_s3(url: str, settings: StoreSettings) -> Store:
    # boto3 takes a third of a second to import, which the memory store can do without.
    from fuzz.running.store.s3 import S3Options, S3Store

    if settings.owner is None:
        raise StoreError(f"the store at {url} needs an access key and a secret; none were given")
    return S3Store(
        url,
        settings.owner,
        stranger=settings.stranger,
        options=S3Options(region=settings.region, verify_tls=settings.verify_tls),
        prefix=settings.prefix,
        run=settings.run,
        advertise_url=settings.advertise,
        plain_url=settings.plain_url,
    )

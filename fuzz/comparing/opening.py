"""The store and the contenders of a comparison, started or reached, and ended with the block."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fuzz.comparing.contenders import Bypass, Contender, Server
from fuzz.comparing.results import BYPASS, EMBEDDED
from fuzz.config import AUTO, Settings
from fuzz.errors import CannotRun, UsageError
from fuzz.option_values import http_url, port_command
from fuzz.running.store import StoreError
from fuzz.running.targets import Target, client_settings, open_store_for, resolve_profile, running_server
from fuzz.subjects.reductions.subject import REDUCTIONS
from specs.reductions.profile import Profile

if TYPE_CHECKING:
    from fuzz.running.store import Store

MEMORY = "memory"


@dataclass(frozen=True, slots=True)
class NamedServer:
    """A server by the name that the user gave it: where it answers, or how it is started; the embedded one by none."""

    name: str
    target: str | None = None
    launch: str | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """The field of a comparison, all that it talks to; `lost` are the servers that did not start, and why."""

    store: Store
    profile: Profile
    servers: tuple[Server, ...]
    bypasses: tuple[Contender, ...]
    lost: Mapping[str, str]

    @property
    def contenders(self) -> tuple[Contender, ...]:
        return (*self.servers, *self.bypasses)

    @property
    def targets(self) -> Mapping[str, Target]:
        """Return the servers by name, as they run now."""
        return {one.name: one.target for one in self.servers}


def named_servers(
    servers: Sequence[str], launched: Sequence[str], *, embedded_too: bool = False
) -> tuple[NamedServer, ...]:
    """Return the servers of a command line, and with launched ones the embedded one if wanted; raises UsageError."""
    found = [_named("", text) for text in servers] + [_named("--launch ", text) for text in launched]
    names = [one.name for one in found]
    for name in names:
        if names.count(name) > 1 or name == BYPASS:
            raise UsageError(f"the name {name!r} is taken; give each server one of its own")
    if not found or (launched and embedded_too and EMBEDDED not in names):
        found.append(NamedServer(EMBEDDED))
    return tuple(found)


def _named(flag: str, text: str) -> NamedServer:
    name, equals, place = text.partition("=")
    if text == EMBEDDED and not flag:
        return NamedServer(EMBEDDED)
    if not name or not equals or "://" in name or " " in name:
        wanted = "NAME='my-server --port {port}'" if flag else f"NAME=http://127.0.0.1:8080, or {EMBEDDED}"
        raise UsageError(f"{flag}{text!r} is not of the form {wanted}")
    try:
        return NamedServer(name, launch=port_command(place)) if flag else NamedServer(name, target=http_url(place))
    except ValueError as error:
        raise UsageError(f"{flag}{name}: {error}") from error


@contextmanager
def open_field(settings: Settings, servers: Sequence[NamedServer], mbps: Sequence[float]) -> Iterator[Field]:
    """Open everything that a comparison talks to; a server that cannot be had is lost, and the others are there."""
    if mbps and settings.store != MEMORY:
        raise UsageError(f"--store-mbps goes with the store in memory, not with --store {settings.store}")
    profile = Profile("compare") if settings.profile == AUTO else resolve_profile(settings)
    with ExitStack() as stack:
        store, narrowed = _open_store(settings, mbps, stack)
        lost: dict[str, str] = {}
        found: list[Server] = []
        for one in servers:
            try:
                found.append(_server(one, settings, store, profile, stack))
            except CannotRun as error:
                lost[one.name] = str(error)
        if not found:
            raise CannotRun("\n".join(f"{name}: {why}" for name, why in lost.items()))
        bypasses: list[Contender] = []
        own = settings.store if "://" in settings.store else store.s3_url
        for url, bandwidth in ((own, 0.0), *zip(narrowed, mbps, strict=True)):
            bypass = Bypass(
                url,
                store.buckets["private"],
                store.credentials["owner"],
                settings.region,
                str(settings.ca_cert) if settings.ca_cert else True,
                bandwidth,
            )
            bypasses.append(stack.enter_context(closing(bypass)))
        yield Field(store, profile, tuple(found), tuple(bypasses), lost)


def _open_store(settings: Settings, mbps: Sequence[float], stack: ExitStack) -> tuple[Store, tuple[str, ...]]:
    if settings.store == MEMORY:
        from fuzz.running.store.memory import MemoryStore

        store = stack.enter_context(MemoryStore(advertise=settings.advertise, mbps=mbps))
        return store, store.narrowed
    return stack.enter_context(_closing_told(open_store_for(settings))), ()


@contextmanager
def _closing_told(store: Store) -> Iterator[Store]:
    """Empty the store; one that fails then takes no result with it, but is told."""
    try:
        yield store
    finally:
        try:
            store.close()
        except StoreError as error:
            print(f"asfuzz compare: left behind in the store: {error}", file=sys.stderr)


def _server(one: NamedServer, settings: Settings, store: Store, profile: Profile, stack: ExitStack) -> Server:
    """Open a server that is reached, or started as often as it is asked to; it ends with the stack."""
    running = stack.enter_context(ExitStack())

    def start() -> Target:
        running.close()
        return running.enter_context(_target(one, settings, store, profile))

    server = Server(one.name, start(), start if one.target is None else None)
    return stack.enter_context(closing(server))


@contextmanager
def _target(one: NamedServer, settings: Settings, store: Store, profile: Profile) -> Iterator[Target]:
    client = client_settings(settings)
    own = replace(settings, target=one.target, launch=one.launch, animals=())
    with running_server(own, store, client) as (url, launcher):
        yield Target(REDUCTIONS, url, store, profile, own, client, launcher, one.name)

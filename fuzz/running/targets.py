"""Open everything that a run talks to: the server under test and the store."""

from __future__ import annotations

import contextlib
import shlex
import shutil
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fuzz.config import AUTO, DEFAULT_SUBJECT, Settings
from fuzz.errors import CannotRun, UsageError
from fuzz.findings.remembered import origin_of
from fuzz.findings.scrubbing import without_secrets
from fuzz.registry import registry
from fuzz.running.launcher import Launcher
from fuzz.running.store import Credentials, Store, StoreSettings, open_store
from fuzz.running.store.protocol import OWNER
from fuzz.subject import Subject
from fuzz.transport.protocol import ClientSettings
from specs.profile import Profile, UnusableProfile

if TYPE_CHECKING:
    from fuzz.running.session import Session

LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Target:
    """A server that answers, with its profile and the store that it reads from."""

    subject: Subject
    url: str
    store: Store
    profile: Any
    settings: Settings
    client: ClientSettings = field(default_factory=ClientSettings)
    launcher: Launcher | None = None
    name: str = ""
    doubts: tuple[str, ...] = ()
    started_by: Settings | None = None

    def session(self) -> Session:
        """Open a new session, whose client must not be shared."""
        from fuzz.running.session import Session

        return Session(
            self.subject,
            self.subject.transport.client(self.url, self.client),
            self.store,
            self.profile,
            origin_of(self.started_by or self.settings),
        )

    @property
    def twin(self) -> Callable[[], AbstractContextManager[Session]] | None:
        """Return a function that starts another, fresh server like this one; None if somebody else runs the server."""
        origin = self.started_by or self.settings
        if origin.target is not None:
            return None

        @contextmanager
        def started() -> Iterator[Session]:
            with (
                running_server(origin, self.store, self.client) as (url, _),
                closing(replace(self, url=url).session()) as session,
            ):
                yield session

        return started


@contextmanager
def open_target(settings: Settings, *, ask_first: bool = True) -> Iterator[Target]:
    """Start or reach all that is needed, and end it with the block; raises UsageError and CannotRun.

    A target other than the embedded server is sent a plain request first, unless `ask_first` is false.
    """
    client = client_settings(settings)
    subject = subject_under_test(settings)
    profile = resolve_profile(settings)
    with closing(open_store_for(settings)) as store, running_server(settings, store, client) as (url, launcher):
        embedded = " as ".join([subject.serving.own_name, *settings.animals])
        name = settings.target or settings.launch or embedded
        target = Target(subject, url, store, profile, settings, client, launcher, name, tuple(_doubts(settings, store)))
        if ask_first and not settings.embedded:
            target = _that_answers(target)
        yield target


@contextmanager
def running_server(settings: Settings, store: Store, client: ClientSettings) -> Iterator[tuple[str, Launcher | None]]:
    """Yield the URL of the server; a server that is started here ends with the block."""
    subject = subject_under_test(settings)
    with ExitStack() as stack:
        launcher = None
        if settings.target is not None:
            url = settings.target
        elif settings.launch is not None:
            launcher = stack.enter_context(_launched(settings, settings.launch, store))
            url = _url_of_launched(launcher, settings, client)
        else:
            url = stack.enter_context(subject.serving.start(settings.animals))
        subject.transport.check(url, client)
        yield url, launcher


def _launched(settings: Settings, command: str, store: Store) -> Launcher:
    """Return the launcher of a command; raises CannotRun if it is not installed, with a hint if a profile has one."""
    try:
        program = next(iter(shlex.split(command)), "")
    except ValueError as error:
        raise UsageError(f"--launch {command!r}: {error}".lower()) from error
    if program and shutil.which(program) is None:
        serving = subject_under_test(settings).serving
        shipped = map(serving.load, serving.shipped())
        known = next((one for one in shipped if program in one.launch.split()), None)
        hint = f"; install it by: {known.install}" if known is not None and known.install else ""
        raise CannotRun(f"--launch: {program!r} is not installed, or not on the PATH{hint}")
    owner = store.credentials[OWNER]
    words = {"store": store.s3_url, "access_key": owner.access_key, "secret_key": owner.secret}
    return Launcher(command, words=words)


def _url_of_launched(launcher: Launcher, settings: Settings, client: ClientSettings) -> str:
    """Return the launcher's URL: a secure one if certificates to trust are given and the server has one of theirs."""
    transport = subject_under_test(settings).transport
    secure = f"{transport.secure_scheme}://{launcher.address}"
    if settings.ca_cert is not None:
        with contextlib.suppress(CannotRun):
            transport.check(secure, client)
            return secure
    return f"{transport.scheme}://{launcher.address}"


def _that_answers(target: Target) -> Target:
    """Return the target after it has answered a plain request, probed if it has no profile; raises CannotRun."""
    serving = target.subject.serving

    def connect(profile: Profile) -> Session:
        return replace(target, profile=profile).session()

    try:
        if target.profile.name == AUTO and serving.probe is not None:
            revive = target.launcher.revive if target.launcher is not None else None
            probed = serving.probe(connect, target.store, revive)
            return replace(target, profile=probed.profile, doubts=(*target.doubts, *probed.doubts))
        serving.check(connect, target.profile)
    except CannotRun as error:
        words = target.launcher.last_words() if target.launcher is not None else ""
        if not words:
            raise
        said = without_secrets(words, target.store.credentials.values())
        raise CannotRun(f"{error}\nits last words:\n{said}") from error
    return target


def subject_under_test(settings: Settings) -> Subject:
    """Return the subject asked for; if none is named, the one that has the profile; raises UsageError."""
    subjects = registry().subjects
    if settings.subject == DEFAULT_SUBJECT and settings.profile != AUTO:
        usual = subjects[DEFAULT_SUBJECT]
        if settings.profile not in usual.serving.shipped():
            return next((one for one in subjects.values() if settings.profile in one.serving.shipped()), usual)
    return registry().subject(settings.subject)


def resolve_profile(settings: Settings) -> Any:
    """Return the profile asked for, or else the embedded server's own, or for other servers one to be probed."""
    serving = subject_under_test(settings).serving
    if settings.profile == AUTO:
        return Profile(AUTO) if serving.probe is not None and not settings.embedded else serving.load(serving.own)
    try:
        profile = serving.load(settings.profile)
    except UnusableProfile as error:
        raise UsageError(f"--profile: {error}") from error
    if settings.embedded and (profile.launch or profile.install):
        how = f", or --launch {shlex.quote(profile.launch)}" if profile.launch else " or --launch COMMAND"
        raise UsageError(
            f"--profile {settings.profile} is about another server than the embedded one: give --target URL{how}"
        )
    return profile


def client_settings(settings: Settings) -> ClientSettings:
    if settings.ca_cert is not None:
        try:
            ssl.create_default_context(cafile=str(settings.ca_cert))
        except (OSError, ssl.SSLError) as error:
            raise UsageError(f"--ca-cert {settings.ca_cert}: {error.strerror or error}") from error
    return ClientSettings(
        timeout_seconds=settings.timeout_seconds, ca_cert=str(settings.ca_cert) if settings.ca_cert else None
    )


def open_store_for(settings: Settings, own: StoreSettings | None = None) -> Store:
    """Open the store asked for; `own` says more about a store of the suite's own."""
    instead = subject_under_test(settings).serving.open_store
    if instead is not None:
        return instead(settings)
    common = replace(own or StoreSettings(), advertise=settings.advertise, region=settings.region)
    if "://" in settings.store:
        common = replace(
            common,
            owner=_owner(settings),
            stranger=_credentials(settings.stranger_access_key, settings.stranger_secret_key),
            verify_tls=str(settings.ca_cert) if settings.ca_cert else True,
            run=None,
            plain_url=settings.plain_store,
        )
    elif settings.plain_store is not None:
        raise UsageError(
            f"--plain-store {settings.plain_store}: the store in memory serves its objects by HTTP itself; "
            "it goes with --store URL"
        )
    # The store in memory makes up its own keys, so that no real keys leave this process.
    return open_store(settings.store, common)


def _owner(settings: Settings) -> Credentials:
    owner = _credentials(settings.access_key, settings.secret_key)
    if owner is None and settings.aws_profile is not None:
        owner = _of_aws_profile(settings.aws_profile)
    if owner is None:
        raise UsageError(
            f"--store {settings.store}: no credentials. Set ASFUZZ_ACCESS_KEY and ASFUZZ_SECRET_KEY, "
            "or name an AWS profile by --aws-profile NAME"
        )
    return owner


def _credentials(access_key: str | None, secret_key: str | None) -> Credentials | None:
    return Credentials(access_key, secret_key) if access_key and secret_key else None


def _of_aws_profile(name: str) -> Credentials:
    # boto3 takes a third of a second to import, which most runs can do without.
    import boto3
    from botocore.exceptions import BotoCoreError

    try:
        found = boto3.Session(profile_name=name).get_credentials()
    except BotoCoreError as error:
        raise UsageError(f"--aws-profile {name!r}: {error}") from error
    if found is None:
        raise UsageError(f"--aws-profile {name!r} holds no credentials")
    frozen = found.get_frozen_credentials()
    if frozen.token:
        raise UsageError(
            f"--aws-profile {name!r} holds temporary credentials, which Basic authentication cannot carry; "
            "use a profile with a lasting key"
        )
    return Credentials(frozen.access_key or "", frozen.secret_key or "")


def _doubts(settings: Settings, store: Store) -> Iterator[str]:
    """List circumstances that may keep the run from saying much."""
    host = urlsplit(settings.target or "").hostname
    elsewhere = host is not None and host not in LOOPBACK
    if elsewhere and "://" not in settings.store and settings.advertise is None:
        yield (
            f"the target is at {host}, the store at {store.s3_url}: if that is another machine, "
            "give this one's name by --advertise HOST"
        )
    if not store.verifies_signatures:
        yield "the store accepts any secret: what it answers to wrong credentials says nothing"
    if not store.public_readable:
        yield "the store's public bucket cannot be read anonymously: answers to anonymous requests say nothing"

"""Read a command's settings from asfuzz.toml, then the environment, then flags; later sources win."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from fuzz.errors import UsageError
from fuzz.option_values import (
    duration_seconds,
    http_url,
    names,
    number,
    number_or_auto,
    path,
    port_command,
    server_url,
    store_name,
    switch,
    text,
)
from specs.profile import did_you_mean

FILE_NAME = "asfuzz.toml"
PREFIX = "ASFUZZ_"
AUTO = "auto"
DEFAULT_SUBJECT = "reductions"
DEFAULT_SECONDS = 30.0
MOST_LANES = 64
MOST_WORKERS = 256


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a run. Keys and secrets never show in its text."""

    target: str | None = None
    launch: str | None = None
    store: str = "memory"
    plain_store: str | None = None
    advertise: str | None = None
    region: str = "us-east-1"
    subject: str = DEFAULT_SUBJECT
    load: tuple[str, ...] = ()
    profile: str = AUTO
    seconds: float | None = None
    examples: int | None = None
    seed: int | None = None
    only: tuple[str, ...] = ()
    findings: Path = Path("findings")
    max_findings: int | None = 100
    summary: Path | None = None
    junit: Path | None = None
    github: bool = False
    github_summary: Path | None = None
    workers: int = 1
    # None finds out how many serve.
    lanes: int | None = None
    ca_cert: Path | None = None
    timeout_seconds: float = 10.0
    aws_profile: str | None = None
    animals: tuple[str, ...] = ()
    color: bool = True
    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    stranger_access_key: str | None = field(default=None, repr=False)
    stranger_secret_key: str | None = field(default=None, repr=False)
    second_access_key: str | None = field(default=None, repr=False)
    second_secret_key: str | None = field(default=None, repr=False)

    @property
    def embedded(self) -> bool:
        """Say whether the server under test is the suite's own."""
        return self.target is None and self.launch is None


@dataclass(frozen=True, slots=True)
class Option:
    """One setting: its field, its name in the file (in capitals in the environment), and how its value is read."""

    field: str
    read: Callable[[Any], Any]


OPTIONS: Mapping[str, Option] = MappingProxyType(
    {
        "target": Option("target", server_url),
        "launch": Option("launch", port_command),
        "store": Option("store", store_name),
        "plain_store": Option("plain_store", http_url),
        "advertise": Option("advertise", text),
        "region": Option("region", text),
        "subject": Option("subject", text),
        "load": Option("load", names),
        "profile": Option("profile", text),
        "seconds": Option("seconds", duration_seconds),
        "examples": Option("examples", number(1)),
        "seed": Option("seed", number(0)),
        "only": Option("only", names),
        "findings": Option("findings", path),
        "max_findings": Option("max_findings", number(1)),
        "summary": Option("summary", path),
        "junit": Option("junit", path),
        "github": Option("github", switch),
        "workers": Option("workers", number(1, MOST_WORKERS)),
        "lanes": Option("lanes", number_or_auto(1, MOST_LANES)),
        "ca_cert": Option("ca_cert", path),
        "timeout": Option("timeout_seconds", duration_seconds),
        "aws_profile": Option("aws_profile", text),
        "animals": Option("animals", names),
    }
)
SECRETS = (
    "access_key", "secret_key", "stranger_access_key", "stranger_secret_key", "second_access_key", "second_secret_key",
)  # fmt: skip
RIVALS = (("seconds", "examples"), ("target", "launch"), ("target", "animals"), ("launch", "animals"))


def read_settings(
    flags: Mapping[str, Any] | None = None,
    *,
    config: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Return the settings of file, environment and flags together; raises UsageError. A flag of None was not given."""
    environ = os.environ if environment is None else environment
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    layers = (
        _from_file(config or _path_in(environ)),
        _from_environment(environ),
        {name: _value(name, value, "--" + name.replace("_", "-")) for name, value in given.items()},
    )
    together: dict[str, Any] = {}
    for layer in layers:
        for pair in RIVALS:
            _settle_rivals(pair, layer, together)
        together |= layer
    if together.get("seconds") is None and together.get("examples") is None:
        together["seconds"] = DEFAULT_SECONDS
    fields = {OPTIONS[name].field: value for name, value in together.items()}
    fields = _of_github(environ) | fields
    return _with_secrets(Settings(**fields, color=_wants_color(environ)), environ)


def keep_hypothesis_tidy(environment: MutableMapping[str, str] | None = None) -> None:
    """Have Hypothesis keep its tables in the user's cache, for this process and its workers."""
    environ = os.environ if environment is None else environment
    # It would otherwise leave a .hypothesis in whatever folder the suite is run.
    cache = Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(cache / "asfuzz" / "hypothesis"))


def share_modules(load: tuple[str, ...], environment: MutableMapping[str, str] | None = None) -> None:
    """Have this process and its workers load modules with subjects."""
    if load:
        environ = os.environ if environment is None else environment
        environ[PREFIX + "LOAD"] = " ".join(load)


def modules_to_load(environment: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return the modules with subjects that the user asked for."""
    environ = os.environ if environment is None else environment
    return tuple(environ.get(PREFIX + "LOAD", "").replace(",", " ").split())


def _settle_rivals(pair: tuple[str, str], layer: Mapping[str, Any], together: dict[str, Any]) -> None:
    """Refuse two exclusive settings within a layer; across layers, drop the one in the weaker layer."""
    both = [name for name in pair if layer.get(name) is not None]
    if len(both) == 2:
        one, other = ("animal" if name == "animals" else name for name in pair)
        raise UsageError(f"{one} and {other} are both given; give one of them")
    if both:
        together.pop(pair[1 - pair.index(both[0])], None)


def _path_in(environ: Mapping[str, str]) -> Path | None:
    given = environ.get(PREFIX + "CONFIG")
    return Path(given) if given else None


def _from_file(config: Path | None) -> dict[str, Any]:
    place = config or Path(FILE_NAME)
    if config is None and not place.is_file():
        return {}
    try:
        table = tomllib.loads(place.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"{place} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{place} is not TOML: {error}") from error
    for name in table:
        if name in SECRETS:
            raise UsageError(
                f"{place}: {name} does not belong in a file; set {PREFIX}{name.upper()} in the environment, "
                "or aws_profile to the name of a profile"
            )
        if name not in OPTIONS:
            raise UsageError(f"{place}: {name!r} is unknown.{did_you_mean(name, OPTIONS)}")
    return {name: _value(name, value, f"{place}: {name}") for name, value in table.items()}


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    known = {PREFIX + name.upper(): name for name in (*OPTIONS, *SECRETS, "config")}
    found: dict[str, Any] = {}
    for variable, value in environ.items():
        if not variable.startswith(PREFIX):
            continue
        name = known.get(variable)
        if name is None:
            raise UsageError(f"environment: {variable} is unknown.{did_you_mean(variable, known)}")
        if value and name in OPTIONS:
            found[name] = _value(name, value, variable)
    return found


def _value(name: str, value: Any, place: str) -> Any:
    try:
        return OPTIONS[name].read(value)
    except ValueError as error:
        raise UsageError(f"{place}: {error}") from error


def _of_github(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings for a GitHub workflow: results are shown there and in the step's summary by default."""
    summary = environ.get("GITHUB_STEP_SUMMARY")
    return {"github": True, "github_summary": Path(summary)} if summary else {}


def _wants_color(environ: Mapping[str, str]) -> bool:
    return not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def _with_secrets(settings: Settings, environ: Mapping[str, str]) -> Settings:
    """Add keys from the suite's own variables, else from an AWS profile asked for by name, else from AWS variables."""
    owner = _pair(environ, PREFIX + "ACCESS_KEY", PREFIX + "SECRET_KEY")
    if owner is None and settings.aws_profile is None:
        owner = _pair(environ, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        if owner is not None and environ.get("AWS_SESSION_TOKEN") and settings.store.startswith("http"):
            raise UsageError(
                "AWS_SESSION_TOKEN is set: temporary credentials cannot be sent by Basic authentication, which an "
                f"active-storage server takes. Set {PREFIX}ACCESS_KEY and {PREFIX}SECRET_KEY to lasting ones."
            )
        if owner is None and environ.get("AWS_PROFILE"):
            settings = replace(settings, aws_profile=environ["AWS_PROFILE"])
    stranger = _pair(environ, PREFIX + "STRANGER_ACCESS_KEY", PREFIX + "STRANGER_SECRET_KEY")
    second = _pair(environ, PREFIX + "SECOND_ACCESS_KEY", PREFIX + "SECOND_SECRET_KEY")
    access_key, secret_key = owner or (None, None)
    stranger_access_key, stranger_secret_key = stranger or (None, None)
    second_access_key, second_secret_key = second or (None, None)
    return replace(
        settings,
        access_key=access_key,
        secret_key=secret_key,
        stranger_access_key=stranger_access_key,
        stranger_secret_key=stranger_secret_key,
        second_access_key=second_access_key,
        second_secret_key=second_secret_key,
    )


def _pair(environ: Mapping[str, str], key: str, secret: str) -> tuple[str, str] | None:
    values = environ.get(key), environ.get(secret)
    if values[0] and values[1]:
        return values[0], values[1]
    if values[0] or values[1]:
        there, missing = (key, secret) if values[0] else (secret, key)
        raise UsageError(f"environment: {there} is set without {missing}; set both or neither")
    return None

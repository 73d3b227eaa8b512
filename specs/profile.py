"""Profiles say what one server claims, and which rulings it is held to."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, TypeVar

Loaded = TypeVar("Loaded")


class UnusableProfile(ValueError):
    """The profile cannot be found, or is not a valid profile."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The part of a profile that all subjects share; a subject's own profile adds what such a server can claim.

    The server may refuse a feature that it does not claim, but must not answer it wrongly.
    """

    name: str
    title: str = ""
    api: str = ""
    rulings_off: tuple[str, ...] = ()
    launch: str = ""
    install: str = ""
    version: str = ""
    known: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)

    def rules(self, ruling: str) -> bool:
        """Say whether the server is held to a ruling of the API's description."""
        return ruling not in self.rulings_off


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the end of a message, with the name that was probably meant, or with all known names."""
    names = list(known)
    close = difflib.get_close_matches(word, names, 1)
    return f" Did you mean {close[0]!r}?" if close else f" Known: {', '.join(names)}."


def shipped_in(package: str) -> tuple[str, ...]:
    """List the names of the profiles that come with a package of specs."""
    folder = resources.files(package) / "profiles"
    return tuple(sorted(one.name[: -len(".toml")] for one in folder.iterdir() if one.name.endswith(".toml")))


def shipped_text(package: str, name: str) -> str:
    """Return the text of a profile that comes with a package of specs; raises UnusableProfile."""
    known = shipped_in(package)
    if name not in known:
        raise UnusableProfile(f"profile {name!r} is unknown.{did_you_mean(name, known)}")
    return (resources.files(package) / "profiles" / f"{name}.toml").read_text("utf-8")


def table_of(text: str, where: str, read: Callable[[Mapping[str, Any], str], Loaded]) -> Loaded:
    """Return the profile that a TOML text holds; raises UnusableProfile."""
    try:
        return read(tomllib.loads(text), where)
    except tomllib.TOMLDecodeError as error:
        raise UnusableProfile(f"{where} is not TOML: {error}") from error

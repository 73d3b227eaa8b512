"""Profiles say what one server claims, and which rulings it is held to."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


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

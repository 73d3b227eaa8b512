"""Profiles: what one server claims, and which rulings it is held to."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


class UnusableProfile(ValueError):
    """A profile that cannot be found or does not say what a profile says."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What every profile says of one server; a subject's own adds what such a server can claim.

    What is not claimed may be refused, but not answered wrongly.
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
        """Whether the server is held to a ruling of the API's description."""
        return ruling not in self.rulings_off


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The name that was probably meant, or all that there are, as the end of a message."""
    names = list(known)
    close = difflib.get_close_matches(word, names, 1)
    return f" Did you mean {close[0]!r}?" if close else f" Known: {', '.join(names)}."

"""Requirements: sentences that a server must fulfil, each with its source."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Requirement:
    id: str
    level: str
    sentence: str
    source: str


def catalogue(text: str) -> Mapping[str, Requirement]:
    """Read the requirements of a TOML document, by their ids."""
    table = tomllib.loads(text)
    return MappingProxyType({name: Requirement(name, **entry) for name, entry in table.items()})

"""The catalogue of requirements."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Requirement:
    id: str
    level: str
    sentence: str
    source: str


@cache
def load() -> Mapping[str, Requirement]:
    """Every requirement by its id."""
    table = tomllib.loads((resources.files("specs.reductions") / "requirements.toml").read_text("utf-8"))
    return MappingProxyType({name: Requirement(name, **entry) for name, entry in table.items()})

"""Load the clauses of API.md: each sentence that says what a server must do, and the requirements that hold it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

from specs.clauses import Clause


@cache
def load() -> Mapping[str, Clause]:
    """Return every clause by its id, in the order of the page."""
    table = tomllib.loads((resources.files("specs.reductions") / "clauses.toml").read_text("utf-8"))
    return MappingProxyType({name: _clause(name, entry) for name, entry in table.items()})


def _clause(name: str, entry: Mapping[str, str | list[str]]) -> Clause:
    lists = {key: tuple(value) for key, value in entry.items() if isinstance(value, list)}
    texts = {key: value for key, value in entry.items() if isinstance(value, str)}
    return Clause(name, **texts, **lists)  # type: ignore[arg-type]

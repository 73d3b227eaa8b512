"""Describe which failures an entry of known issues, or a report, is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from fuzz.registry import registry
from specs.profile import did_you_mean
from specs.rules import Rule
from specs.violation import Violation, Way

# Stands for any requirement: one cause may break several.
ANY = "*"
# Between alternatives: of requirements, of ways, of aspects, and within one need.
OR = "|"
FIELDS = ("way", "rules", "status", "aspect")


class Meant(Protocol):
    """A description of failures; fields that are empty are left open, and `rules` if they are None."""

    @property
    def requirement(self) -> str: ...
    @property
    def way(self) -> str: ...
    @property
    def rules(self) -> tuple[str, ...] | None: ...
    @property
    def status(self) -> tuple[int, ...]: ...
    @property
    def aspect(self) -> str: ...


def fits(meant: Meant, violation: Violation) -> bool:
    """Say whether a violation is among those that are meant.

    It breaks no other rules than those given, and one of them at least; or none, where an empty list is given. A
    status tells apart what is wrong by its status alone.
    """
    return (
        (meant.requirement == ANY or violation.requirement in meant.requirement.split(OR))
        and (not meant.way or violation.way in meant.way.split(OR))
        and (not meant.status or violation.status in (None, *meant.status))
        and (not meant.aspect or violation.aspect in meant.aspect.split(OR))
        and _fits_rules(meant.rules, violation.rules)
    )


def _fits_rules(meant: tuple[str, ...] | None, broken: frozenset[Rule]) -> bool:
    if meant is None:
        return True
    return broken <= set(meant) and bool(broken) == bool(meant)


def failure_fields(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a table that say which failures are meant; raises ValueError with what is wrong with one."""
    found: dict[str, Any] = {}
    for name, allowed in (("way", tuple(Way)), ("aspect", registry().aspects)):
        if name in table:
            if not isinstance(table[name], str):
                raise ValueError(f"{name} must be a text, not {table[name]!r}")
            found[name] = table[name]
            _known(name, table[name].split(OR) if table[name] else (), allowed)
    if "rules" in table:
        several = table["rules"]
        if not isinstance(several, list | tuple) or not all(isinstance(one, str) for one in several):
            raise ValueError(f"rules must be a list of texts, not {several!r}")
        _known("rules", several, registry().rules)
        found["rules"] = tuple(several)
    if "status" in table:
        statuses = table["status"] if isinstance(table["status"], list | tuple) else [table["status"]]
        if not all(type(one) is int for one in statuses):
            raise ValueError(f"status must be a number or a list of numbers, not {table['status']!r}")
        found["status"] = tuple(statuses)
    return found


def _known(name: str, values: Any, allowed: tuple[str, ...]) -> None:
    for value in values:
        if value not in allowed:
            raise ValueError(f"{name}: {value!r} is unknown.{did_you_mean(value, [str(one) for one in allowed])}")

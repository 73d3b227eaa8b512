"""Profiles of reduction servers say what one server claims, and which rulings it is held to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from types import MappingProxyType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from specs import profile
from specs.profile import UnusableProfile, did_you_mean
from specs.reductions import request
from specs.reductions.dtypes import NAMES, ByteOrder
from specs.reductions.steps import Interface

RULINGS = (
    "result-order", "integer-sum", "float-sum", "nan", "nothing-left", "empty-object", "surplus-data",
    "nan-is-not-missing", "short-read", "stale-reads", "credentials", "member-streams", "float-overflow",
    "exact-numbers", "foreign-authorization",
)  # fmt: skip

AxisForm = Literal["integer", "list", "empty"]
CountForm = Literal["none", "number", "list"]


@dataclass(frozen=True, slots=True)
class Profile(profile.Profile):
    """The claims of one reduction server."""

    api: Literal["v1", "v2"] = "v2"
    operations: tuple[str, ...] = request.OPERATIONS
    dtypes: tuple[str, ...] = NAMES
    byte_orders: tuple[str, ...] = ("little", "big")
    native_byte_order: ByteOrder = "little"
    orders: tuple[str, ...] = ("C", "F")
    selections: bool = True
    negative_strides: bool = True
    axis_forms: tuple[str, ...] = get_args(AxisForm)
    compressions: tuple[str, ...] = request.COMPRESSIONS
    filters: tuple[str, ...] = request.FILTERS
    missing_kinds: tuple[str, ...] = request.MISSING_KINDS
    options: tuple[str, ...] = request.OPTIONS
    interfaces: tuple[Interface, ...] = ("s3", "http")
    anonymous: bool = True
    count_form: CountForm = "list"
    tells_byte_order: bool = True
    chunk_cache: bool = False
    json_errors: bool = True


def from_table(table: Mapping[str, Any], where: str) -> Profile:
    """Return the profile in a parsed TOML document, after a check of every key and value.

    A profile that `extends` another gives only the differences; its known issues are added to those of the other.
    """
    hints = get_type_hints(Profile)
    names = [one.name for one in fields(Profile)]
    base = _base(table, where)
    values: dict[str, Any] = {}
    for name, value in table.items():
        if name == "extends":
            continue
        if name not in names:
            raise UnusableProfile(f"{where}: {name!r} is not a profile's key.{did_you_mean(name, names)}")
        values[name] = _checked(name, value, hints[name], where)
    for ruling in values.get("rulings_off", ()):
        if ruling not in RULINGS:
            raise UnusableProfile(f"{where}: {ruling!r} is not a ruling.{did_you_mean(ruling, RULINGS)}")
    if "name" not in values:
        raise UnusableProfile(f"{where}: a profile needs a name, as in: name = 'my-server'")
    if base is None:
        return Profile(**values)
    return replace(base, **{**values, "known": (*base.known, *values.get("known", ()))})


def _base(table: Mapping[str, Any], where: str) -> Profile | None:
    name = table.get("extends")
    if name is None:
        return None
    if name not in shipped():
        raise UnusableProfile(
            f"{where}: extends names a shipped profile, not {name!r}.{did_you_mean(str(name), shipped())}"
        )
    if name == table.get("name"):
        raise UnusableProfile(f"{where}: {name!r} extends itself")
    return load(name)


_DOMAINS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "operations": request.OPERATIONS,
        "dtypes": NAMES,
        "byte_orders": get_args(ByteOrder),
        "orders": ("C", "F"),
        "axis_forms": get_args(AxisForm),
        "compressions": request.COMPRESSIONS,
        "filters": request.FILTERS,
        "missing_kinds": request.MISSING_KINDS,
        "options": request.OPTIONS,
        "interfaces": get_args(Interface),
    }
)


def _checked(name: str, value: Any, hint: Any, where: str) -> Any:
    if get_origin(hint) is tuple:
        if not isinstance(value, list):
            raise UnusableProfile(f"{where}: {name} must be a list, not {value!r}")
        for one in value:
            domain = _DOMAINS.get(name)
            if domain is not None and one not in domain:
                raise UnusableProfile(f"{where}: {name} cannot hold {one!r}.{did_you_mean(str(one), domain)}")
        return tuple(value)
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            raise UnusableProfile(f"{where}: {name} must be one of {list(get_args(hint))}, not {value!r}")
    elif not isinstance(value, hint):
        raise UnusableProfile(f"{where}: {name} must be a {hint.__name__}, not {value!r}")
    return value


def shipped() -> tuple[str, ...]:
    """List the names of the profiles that come with the suite."""
    return profile.shipped_in("specs.reductions")


@cache
def load(name: str) -> Profile:
    """Load a shipped profile by name; raises UnusableProfile."""
    return parsed(profile.shipped_text("specs.reductions", name), f"{name}.toml")


def parsed(text: str, where: str) -> Profile:
    """Return the profile that a TOML text holds; raises UnusableProfile."""
    return profile.table_of(text, where, from_table)

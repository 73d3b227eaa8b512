"""Prove by a schema that the text of a request is at fault."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import TYPE_CHECKING, Any

from specs.itself import Itself
from specs.json_text import nests_too_deeply
from specs.reductions.schemas import Schema, exact_validator, lenient_validator, load
from specs.reductions.schemas.places import pointer

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

# No schema nests half as deep, so a deeper text is invalid however it ends; and readers may refuse to read it.
MOST_NESTED_BY_A_SCHEMA = 64
# The rule broken by a number beyond float64: a reader may refuse the text without knowing the place.
MAGNITUDE = "magnitude"
# Python refuses to read integers of more than 4300 digits; no valid number is nearly as long.
_LONGEST_INTEGER = 4000
_GREATEST_FLOAT = int(sys.float_info.max)
_GREATEST_INTEGER = int("9" * _LONGEST_INTEGER)
_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Flaw:
    """One rule broken at one place; if it is `open`, a server may accept the request as well as refuse it."""

    field: str
    rule: str
    place: str
    open: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """Return names of which the error's text must hold one; none where the body as a whole is at fault."""
        steps = self.place.split("/")[1:]
        if self.rule == MAGNITUDE or "" in steps:
            return ()
        return tuple(step for step in steps if not step.isdigit())


class _Syntax(ValueError):
    pass


def schema_faults(text: str, schema: str | Schema) -> tuple[Flaw, ...]:
    """List the faults of a body by a schema (or its name); none, if the schema allows the body.

    Unless all faults are open, a server has to refuse the body.
    """
    opened: list[Flaw] = []
    if text.startswith(_BYTE_ORDER_MARK):
        opened, text = [Flaw("", "byte-order mark", "", open=True)], text[1:]
    if nests_too_deeply(text, MOST_NESTED_BY_A_SCHEMA):
        return (Flaw("", "depth", ""),)
    exact, lenient = _validators(schema)
    try:
        last, repeated = value_and_repeats(text)
        first, _ = value_and_repeats(text, keep="first") if repeated else (last, ())
    except ValueError:
        return (Flaw("", "json", ""),)
    if not repeated:
        return (*opened, *_faults(last, exact, lenient))
    readings = _faults(last, exact, lenient), _faults(first, exact, lenient)
    certain = all(any(not fault.open for fault in faults) for faults in readings)
    found = dict.fromkeys(fault for faults in readings for fault in faults)
    twice = [Flaw(path[0], "duplicate", pointer(path), open=True) for path in repeated]
    return (*opened, *twice, *(fault if certain else _opened(fault) for fault in found))


def refused(faults: Iterable[Flaw]) -> bool:
    """Say whether a server has to refuse a body with these faults."""
    return any(not fault.open for fault in faults)


def value_and_repeats(text: str, *, keep: str = "last") -> tuple[Any, tuple[tuple[str, ...], ...]]:
    """Return a JSON text's value and the places of its repeated keys; numbers are kept finite and of bounded length."""
    repeated: dict[int, tuple[dict[str, Any], list[str]]] = {}

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs if keep == "last" else reversed(pairs))
        if len(made) < len(pairs):
            keys = [key for key, _ in pairs]
            repeated[id(made)] = made, [key for key in made if keys.count(key) > 1]
        return made

    def places(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        inner: Iterable[tuple[Any, Any]] = ()
        if isinstance(value, dict):
            _, keys = repeated.get(id(value), (value, []))
            yield from ((*path, key) for key in keys)
            inner = value.items()
        elif isinstance(value, list):
            inner = enumerate(value)
        for step, below in inner:
            yield from places(below, (*path, str(step)))

    value = json.loads(
        text, object_pairs_hook=members, parse_float=_decimal, parse_int=_integer, parse_constant=_no_constant
    )
    return value, tuple(places(value, ())) if repeated else ()


def _validators(schema: str | Schema) -> tuple[Validator, Validator]:
    return _both(Itself(load(schema) if isinstance(schema, str) else schema))


@functools.lru_cache(maxsize=64)
def _both(key: Itself[Schema]) -> tuple[Validator, Validator]:
    return exact_validator(key.it), lenient_validator(key.it)


def _faults(value: Any, exact: Validator, lenient: Validator) -> tuple[Flaw, ...]:
    found = list(dict.fromkeys(_from_errors(exact.iter_errors(value))))
    if not found:
        return ()
    certain = set(_from_errors(lenient.iter_errors(value)))
    return tuple(fault if fault in certain else _opened(fault) for fault in found)


def _from_errors(errors: Iterable[ValidationError]) -> Iterator[Flaw]:
    for error in errors:
        branch = _branch(error)
        if branch:
            yield from _from_errors(branch)
            continue
        path = [str(step) for step in error.absolute_path]
        for name in _names(error):
            steps = [*path, *name]
            rule = MAGNITUDE if _beyond(error.instance) else str(error.validator)
            yield Flaw(steps[0] if steps else "", rule, pointer(steps))


def _branch(error: ValidationError) -> list[ValidationError]:
    """Return the errors of the alternative that the value was meant for: the first that has its type."""
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.relative_schema_path[0], []).append(inner)
    for inner_errors in branches.values():
        if not any(inner.validator == "type" and not inner.relative_path for inner in inner_errors):
            return inner_errors
    return []


def _names(error: ValidationError) -> list[list[str]]:
    """Return the fields below an error's path that it is about: the missing ones, the unknown ones."""
    instance: Any = error.instance
    wanted: Any = error.validator_value
    if error.validator == "required":
        return [[name] for name in wanted if name not in instance]
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
        return [[name] for name in instance if name not in known]
    return [[]]


def _beyond(value: Any) -> bool:
    return isinstance(value, Decimal) or (isinstance(value, int) and abs(value) > _GREATEST_FLOAT)


def _opened(fault: Flaw) -> Flaw:
    return Flaw(fault.field, fault.rule, fault.place, open=True)


def _decimal(text: str) -> float | Decimal:
    value = float(text)
    if isfinite(value):
        return value
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("-1e999999") if text.startswith("-") else Decimal("1e999999")


def _integer(text: str) -> int:
    if len(text) > _LONGEST_INTEGER:
        return -_GREATEST_INTEGER if text.startswith("-") else _GREATEST_INTEGER
    value = int(text)
    # A number means its nearest float, so a number that rounds to the greatest float is not beyond it.
    return int(float(text)) if abs(value) > _GREATEST_FLOAT and isfinite(float(text)) else value


def _no_constant(text: str) -> Any:
    raise _Syntax(f"{text} is not JSON")

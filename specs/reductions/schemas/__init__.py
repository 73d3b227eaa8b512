"""The JSON Schemas (draft-07) of requests and answers, and validators that follow them exactly."""

import functools
import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from difflib import get_close_matches
from importlib.resources import files
from math import isfinite
from typing import Any, cast

from jsonschema import Draft7Validator, validators
from jsonschema.protocols import Validator

Schema = Mapping[str, Any]

NAMES = ("v1.request", "v2.request", "v2.response", "error")


class Key:
    """A schema as a cache's key: equal to itself alone, and kept, so that no other takes its identity."""

    __slots__ = ("schema",)

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Key) and self.schema is other.schema

    def __hash__(self) -> int:
        return id(self.schema)


@functools.cache
def load(name: str) -> dict[str, Any]:
    """One of the schemas, read once; not to be changed: `places.narrow` copies."""
    if name not in NAMES:
        near = get_close_matches(name, NAMES, 1) or [NAMES[1]]
        raise LookupError(f"schema {name!r} is unknown. Did you mean {near[0]!r}?")
    schema: dict[str, Any] = json.loads(files(__name__).joinpath(f"{name}.json").read_text("utf-8"))
    return schema


@functools.cache
def validator(name: str) -> Validator:
    """The exact validator of one of the schemas: 8.0 is no integer, true is no number."""
    return exact_validator(load(name))


def exact_validator(schema: Schema) -> Validator:
    """Integers are spelled without fraction or exponent; booleans are no numbers."""
    return _validator(schema, _is_integer)


def lenient_validator(schema: Schema) -> Validator:
    """Draft-07's own idea of an integer: 8.0 is one."""
    return _validator(schema, _is_integral)


def _validator(schema: Schema, is_integer: Callable[[Any, Any], bool]) -> Validator:
    made: Validator = _kind(is_integer)(schema)
    return made


@functools.cache
def _kind(is_integer: Callable[[Any, Any], bool]) -> Any:
    checker = Draft7Validator.TYPE_CHECKER.redefine_many({"integer": is_integer, "number": _is_number})
    return cast(Any, validators).extend(Draft7Validator, type_checker=checker)


def _is_integer(_: Any, value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_integral(checker: Any, value: Any) -> bool:
    if isinstance(value, Decimal):
        return value.is_finite() and value == value.to_integral_value()
    return _is_integer(checker, value) or (isinstance(value, float) and value.is_integer())


def _is_number(checker: Any, value: Any) -> bool:
    if isinstance(value, Decimal):
        return value.is_finite()
    return _is_integer(checker, value) or (isinstance(value, float) and isfinite(value))

"""Load the JSON Schemas (draft-07) of requests and answers, and make validators that follow them exactly."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from difflib import get_close_matches
from importlib.resources import files
from math import isfinite
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

Schema = Mapping[str, Any]

NAMES = ("v1.request", "v2.request", "v2.response", "error")


@functools.cache
def load(name: str) -> dict[str, Any]:
    """Return one of the schemas, read once; callers must not change it: `places.narrow` copies."""
    if name not in NAMES:
        near = get_close_matches(name, NAMES, 1) or [NAMES[1]]
        raise LookupError(f"schema {name!r} is unknown. Did you mean {near[0]!r}?")
    schema: dict[str, Any] = json.loads(files(__name__).joinpath(f"{name}.json").read_text("utf-8"))
    return schema


@functools.cache
def validator(name: str) -> Validator:
    """Return the exact validator of one of the schemas: 8.0 is no integer, true is no number."""
    return exact_validator(load(name))


def exact_validator(schema: Schema) -> Validator:
    """Return a validator for which integers have no fraction or exponent, and booleans are no numbers."""
    return _validator(schema, _is_integer)


def lenient_validator(schema: Schema) -> Validator:
    """Return a validator with draft-07's own definition of an integer: 8.0 is one."""
    return _validator(schema, _is_integral)


def _validator(schema: Schema, is_integer: Callable[[Any, Any], bool]) -> Validator:
    made: Validator = _kind(is_integer)(schema)
    return made


@functools.cache
def _kind(is_integer: Callable[[Any, Any], bool]) -> Any:
    # A tenth of a second to import, and most requests of a hunt need no proof.
    from jsonschema import Draft7Validator, validators

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

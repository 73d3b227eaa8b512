"""From a JSON Schema to strategies: its leaves, and whole requests as they come."""

import functools
from typing import Any

from hypothesis.strategies import SearchStrategy
from hypothesis_jsonschema import from_schema

from specs.reductions.schemas import Key, Schema
from specs.reductions.schemas.places import Step, inlined, limits, place, variants, without_null


def leaf(schema: Schema, *path: Step) -> SearchStrategy[Any]:
    """The values of one place, null left out: `leaf(schema, "filters", "element_size")`.

    A step is the name of a field (or of a definition, as `operation` is one), the number of an item in a tuple,
    or `*` for any item; `*` may be left out.
    """
    return _leaf(Key(schema), path)


def choices(schema: Schema, *path: Step) -> tuple[Any, ...]:
    """The values that a place's enum lists, null left out."""
    found = without_null(place(inlined(schema), *path))
    for variant in variants(found):
        if "enum" in variant:
            return tuple(variant["enum"])
    raise LookupError(f"the schema's place {path} has no enum; draw from `leaf`, or look at its `bounds`")


def bounds(schema: Schema, *path: Step) -> tuple[int | float | None, int | float | None]:
    """The least and the greatest number of a place; None where there is no limit."""
    return limits(place(inlined(schema), *path))


def whole_requests(schema: Schema) -> SearchStrategy[Any]:
    """Whole bodies as the schema alone has them: few have a shape and a selection that fit."""
    return from_schema(dict(schema))


@functools.lru_cache(maxsize=256)
def _leaf(key: Key, path: tuple[Step, ...]) -> SearchStrategy[Any]:
    return from_schema(without_null(place(inlined(key.schema), *path)))

"""Make strategies from a JSON Schema: for its single values, and for whole requests."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from specs.itself import Itself
from specs.reductions.schemas import Schema
from specs.reductions.schemas.places import PlaceStep, inlined, limits, place, variants, without_null

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def leaf(schema: Schema, *path: PlaceStep) -> SearchStrategy[Any]:
    """Draw the values of one place, without null: `leaf(schema, "filters", "element_size")`.

    A step is the name of a field (or of a definition, as `operation` is one), the number of an item in a tuple,
    or `*` for any item; `*` may be left out.
    """
    return _leaf(Itself(schema), path)


def choices(schema: Schema, *path: PlaceStep) -> tuple[Any, ...]:
    """List the values of a place's enum, without null."""
    found = without_null(place(inlined(schema), *path))
    for variant in variants(found):
        if "enum" in variant:
            return tuple(variant["enum"])
    raise LookupError(f"the schema's place {path} has no enum; draw from `leaf`, or look at its `bounds`")


def bounds(schema: Schema, *path: PlaceStep) -> tuple[int | float | None, int | float | None]:
    """Return the least and the greatest number of a place; None where there is no limit."""
    return limits(place(inlined(schema), *path))


def whole_requests(schema: Schema) -> SearchStrategy[Any]:
    """Draw whole bodies from the schema alone: in few of them do shape and selection fit."""
    from hypothesis_jsonschema import from_schema

    return from_schema(dict(schema))


@functools.lru_cache(maxsize=256)
def _leaf(key: Itself[Schema], path: tuple[PlaceStep, ...]) -> SearchStrategy[Any]:
    from hypothesis_jsonschema import from_schema

    return from_schema(without_null(place(inlined(key.it), *path)))

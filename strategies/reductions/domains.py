"""Limit the features that are drawn to those that a profile claims and the request's schema knows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from specs.reductions import schemas
from specs.reductions.profile import Profile
from specs.reductions.schemas import Schema
from specs.reductions.schemas.places import inlined, place, types
from strategies.reductions.schema import choices


def request_schema(profile: Profile) -> Schema:
    """Return the schema of the requests of a profile's version of the API."""
    return schemas.load(f"{profile.api}.request")


def narrowed(profile: Profile, schema: Schema | None = None) -> Profile:
    """Return the profile without features that a schema does not know, by default the request's own schema."""
    schema = request_schema(profile) if schema is None else schema
    known = inlined(schema)["properties"]

    def both(claimed: tuple[Any, ...], *path: str) -> tuple[Any, ...]:
        allowed = choices(schema, *path) if path[0] in known or path[0] == "operation" else ()
        return tuple(one for one in claimed if one in allowed)

    kinds = place(inlined(schema), "missing")["properties"] if "missing" in known else {}
    axis_types = types(known["axis"]) if "axis" in known else frozenset()
    return replace(
        profile,
        operations=both(profile.operations, "operation"),
        dtypes=both(profile.dtypes, "dtype"),
        byte_orders=both(profile.byte_orders, "byte_order"),
        orders=both(profile.orders, "order"),
        selections=profile.selections and "selection" in known,
        axis_forms=tuple(one for one in profile.axis_forms if _axis_type(one) in axis_types),
        compressions=both(profile.compressions, "compression", "id"),
        filters=both(profile.filters, "filters", "id"),
        missing_kinds=tuple(one for one in profile.missing_kinds if one in kinds),
        options=tuple(one for one in profile.options if one in known),
        interfaces=both(profile.interfaces, "interface_type") if "interface_type" in known else ("s3",),
    )


def _axis_type(form: str) -> str:
    return "integer" if form == "integer" else "array"

"""Find out whether a request that must be refused is proved invalid by a second reading, that of the schema."""

from __future__ import annotations

import json
from typing import Any

from specs.fields import Fields
from specs.reductions.bodies import full_body
from specs.reductions.profile import Profile
from specs.reductions.proof import refused, schema_faults
from specs.reductions.rules import ALLOWING, Rule
from specs.reductions.schemas import Schema, load
from specs.reductions.schemas.places import example, inlined
from specs.reductions.steps import Send, SendRaw

# The rules that the request's schema covers too. The others are about several fields, the data, the place or HTTP.
IN_THE_SCHEMA = frozenset(
    {
        Rule.NOT_JSON, Rule.UNKNOWN_FIELD, Rule.REQUIRED_FIELD_MISSING, Rule.NOT_A_STRING, Rule.UNKNOWN_INTERFACE,
        Rule.NOT_ONE_OF_THE_ALLOWED, Rule.NOT_A_BOOLEAN, Rule.NOT_AN_INTEGER, Rule.OUT_OF_RANGE, Rule.NOT_A_LIST,
        Rule.NOT_A_NON_EMPTY_LIST, Rule.NOT_A_SLICE, Rule.STRIDE_0, Rule.NOT_A_COMPRESSION, Rule.UNKNOWN_INNER_FIELD,
        Rule.NOT_A_FILTER, Rule.NOT_ONE_KIND_OF_MISSING, Rule.WRONG_FORM, Rule.NOT_A_NUMBER,
    }
)  # fmt: skip


def proved_invalid(step: Send | SendRaw, rules: frozenset[Rule], profile: Profile) -> bool:
    """Say whether the schema agrees that a request is invalid, or a rule is broken that no schema covers.

    A server is blamed for accepting a request only if this is so, as the model alone may be mistaken.
    """
    if not rules - ALLOWING <= IN_THE_SCHEMA:
        return True
    schema = load(f"{profile.api}.request")
    try:
        text = _text(step, profile, schema)
    except UnicodeDecodeError:
        return True
    return refused(schema_faults(text, schema))


def _text(step: Send | SendRaw, profile: Profile, schema: Schema) -> str:
    """Return the body as the server got it, with examples in the place of placeholders."""
    places: dict[str, Any] = {name: example(inlined(schema)["properties"][name]) for name in schema["required"]}
    text = step.body.decode("utf-8") if isinstance(step, SendRaw) else Fields(full_body(step, profile)).text
    for name, value in places.items():
        text = text.replace(f"{{{name}}}", json.dumps(value)[1:-1] if isinstance(value, str) else str(value))
    return text

"""Find what a request asks for beyond a profile's claims, as far as its fields can be read at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from specs.reductions.dtypes import NAMES, ByteOrder
from specs.reductions.profile import Profile
from specs.reductions.request import COMPRESSIONS, FILTERS, MISSING_KINDS, OPTIONS


def beyond(fields: Mapping[str, Any], profile: Profile) -> bool:
    """Say whether a field is valid by the API but not claimed, so that the request may be refused for it alone."""
    choices = (
        ("dtype", NAMES, profile.dtypes),
        ("byte_order", get_args(ByteOrder), profile.byte_orders),
        ("order", ("C", "F"), profile.orders),
        ("compression", COMPRESSIONS, profile.compressions),
        ("filters", FILTERS, profile.filters),
        ("missing", MISSING_KINDS, profile.missing_kinds),
    )
    chosen = any(_names(fields.get(name)) & (set(legal) - set(claimed)) for name, legal, claimed in choices)
    axis = fields.get("axis")
    forms = isinstance(axis, int | list) and axis_form(axis) not in profile.axis_forms
    options = profile.api == "v2" and any(name in fields for name in set(OPTIONS) - set(profile.options))
    return chosen or forms or options or _selection(fields.get("selection"), profile)


def axis_form(axis: Any) -> str:
    """Return the form of an axis, as profiles name it."""
    if not isinstance(axis, list):
        return "integer"
    return "list" if axis else "empty"


def _names(value: Any) -> set[str]:
    """Return the names in a choice: a string itself, the id or the keys of an object, or those of a list of objects."""
    match value:
        case str():
            return {value}
        case Mapping():
            named = value.get("id")
            return {named} if isinstance(named, str) else {name for name in value if isinstance(name, str)}
        case list() | tuple():
            return {name for one in value if isinstance(one, Mapping) for name in _names(one)}
    return set()


def _selection(selection: Any, profile: Profile) -> bool:
    if not isinstance(selection, list):
        return False
    strides = [one[2] for one in selection if isinstance(one, list) and len(one) == 3]
    return not profile.selections or (
        not profile.negative_strides and any(isinstance(one, int) and one < 0 for one in strides)
    )

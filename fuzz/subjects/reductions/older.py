"""Convert violations of a case.json before format 3, which described them by a text called `symptom`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from specs.reductions.rules import Rule
from specs.reductions.validity import NAMES_OF_THE_API
from specs.rules import in_order
from specs.violation import Aspect, Way

SYMPTOM = "symptom"
_STATUS = re.compile(r"\b[1-5][0-9]{2}\b")
_WAYS: Mapping[str, Way] = {
    "answers": Way.DROPPED,
    "survives": Way.DROPPED,
    "no-server-error": Way.SERVER_ERROR,
    "accepts-valid": Way.REFUSED,
    "serves-several": Way.REFUSED,
    "error-status": Way.STATUS,
    "error-form": Way.FORM,
    "answer-form": Way.FORM,
    "as-bytes": Way.FORM,
    "error-names-field": Way.UNNAMED,
    "discloses-nothing": Way.DISCLOSES,
    "refuses-invalid": Way.ACCEPTED,
    "refuses-unfit-data": Way.ACCEPTED,
    "refuses-missing-objects": Way.ACCEPTED,
    "credentials": Way.ACCEPTED,
    "foreign-authorization": Way.ACCEPTED,
}
_OF_REQUIREMENTS: Mapping[str, Aspect] = {
    "counts": Aspect.COUNTS,
    "answer-shape": Aspect.SHAPE,
    "answer-dtype": Aspect.DTYPE,
    "answer-length": Aspect.LENGTH,
    "pairwise-sum": Aspect.PAIRWISE,
}
# By how the symptom begins; the longer beginnings first.
_BEGINNINGS: Mapping[str, Aspect] = {
    "an error of content type ''": Aspect.NO_CONTENT_TYPE,
    "an error of content type": Aspect.CONTENT_TYPE,
    "content type": Aspect.CONTENT_TYPE,
    "an error that is not JSON": Aspect.NOT_JSON,
    "an error without error.message": Aspect.NO_MESSAGE,
    "error.caused_by": Aspect.CAUSED_BY,
    "not CBOR": Aspect.NOT_CBOR,
    "bytes after the CBOR map": Aspect.SURPLUS_BYTES,
    "a CBOR": Aspect.NOT_A_MAP,
    "keys missing": Aspect.KEYS,
    "no header": Aspect.HEADER_MISSING,
    "byte_order": Aspect.BYTE_ORDER,
    "dtype": Aspect.DTYPE,
    "shape unasked": Aspect.SHAPE_TWIN_UNASKED,
    "count unasked": Aspect.COUNT_TWIN_UNASKED,
    "option_shape_as_bytes": Aspect.SHAPE_OPTION_IGNORED,
    "option_count_as_bytes": Aspect.COUNT_OPTION_IGNORED,
    "shape_as_bytes": Aspect.SHAPE_AS_BYTES,
    "count_as_bytes": Aspect.COUNT_AS_BYTES,
    "shape": Aspect.SHAPE,
    "count": Aspect.COUNTS,
    "x-activestorage-shape": Aspect.SHAPE,
    "x-activestorage-count": Aspect.COUNTS,
    "bytes": Aspect.BYTES,
}
_DIFFERING = {"shapes": Aspect.SHAPE, "dtypes": Aspect.DTYPE, "status": Aspect.STATUSES}
_NAMES = "a text that names "


def converted(violation: Mapping[str, Any]) -> dict[str, Any]:
    """Return the table of an older violation in today's form."""
    table = {name: value for name, value in violation.items() if name != SYMPTOM}
    requirement, symptom = violation.get("requirement"), violation.get(SYMPTOM, "")
    if not isinstance(requirement, str) or not isinstance(symptom, str):
        return dict(violation)
    told = ids(requirement, symptom)
    if told["way"] == Way.UNNAMED:
        name = str(violation.get("expected", "")).removeprefix(_NAMES).split(" or ")[0]
        told["aspect"] = name if name in NAMES_OF_THE_API else Aspect.NAME_OF_AN_UNKNOWN_FIELD.value
    return {**table, **told}


def ids(requirement: str, symptom: str) -> dict[str, Any]:
    """Return the way, rules, status and aspect of an old symptom, as far as its text contains them."""
    way = _WAYS.get(requirement, Way.DISAGREES if requirement.startswith("relation-") else Way.VALUES)
    found = _STATUS.search(symptom)
    status = int(found[0]) if found and way in (Way.SERVER_ERROR, Way.REFUSED, Way.STATUS) else None
    if way is Way.DROPPED and symptom.startswith("timeout"):
        way = Way.SILENT
    aspect = _aspect(requirement, way, symptom)
    rules = [rule.value for rule in in_order(_rules(symptom))]
    return {"way": way.value, "rules": rules, "status": status, "aspect": aspect}


def _aspect(requirement: str, way: Way, symptom: str) -> str:
    match way:
        case Way.DROPPED | Way.DISCLOSES:
            return symptom.partition(" ")[0]
        case Way.FORM:
            return next((one.value for start, one in _BEGINNINGS.items() if symptom.startswith(start)), "")
        case Way.DISAGREES:
            return _DIFFERING.get(symptom, symptom)
        case Way.VALUES if requirement in _OF_REQUIREMENTS:
            return _OF_REQUIREMENTS[requirement].value
        case Way.VALUES:
            return {"nan": "nan", "sign": "zero-sign"}.get(symptom.rpartition(" ")[2], Aspect.VALUES.value)
    return Aspect.NONE.value


def _rules(symptom: str) -> Iterator[Rule]:
    """Yield the rules that an old symptom names, beside a status, a reason or a fault of form."""
    text = re.sub(r"^(timeout|closed|reset|refused|garbled|truncated|too-long) ", "", _STATUS.sub("", symptom).strip())
    text = re.sub(r"^an error .*? (?=unknown path$|wrong method$|content type$)", "", text)
    for part in text.split(" or "):
        name = re.sub("[^a-z0-9]+", "-", part.lower().replace("'", "")).strip("-")
        if name.startswith("not-claimed"):
            name = Rule.NOT_CLAIMED.value
        if name in tuple(Rule) and not (name == Rule.CONTENT_TYPE and part == symptom):
            yield Rule(name)

"""The suite with a part left out, to see what the part is worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from fuzz.subject import Property
from fuzz.subjects.reductions.properties import PROPERTIES
from specs.case import Case
from specs.profile import Profile as AnyProfile
from specs.reductions.profile import Profile
from specs.reductions.relations import RELATIONS
from strategies.claims import NotClaimed
from strategies.drawing import Choice
from strategies.reductions import cases

Ablation = Callable[[Sequence[Property]], list[Property]]


def _schema_only(_: Sequence[Property]) -> list[Property]:
    return [Property("whole-schema", "Requests as the schema alone has them.", cases.whole_schema, ())]


def _no_relations(properties: Sequence[Property]) -> list[Property]:
    return [one for one in properties if one.name not in RELATIONS]


def _one_per_upload(properties: Sequence[Property]) -> list[Property]:
    kept = [one for one in properties if one.name not in RELATIONS and one.name != "large-reduction"]
    return [replace(one, cases=_single_reductions) if one.name == "reduction" else one for one in kept]


def _single_reductions(profile: Profile) -> Choice[Case]:
    return cases.reductions(profile, most_requests=1)


def _no_extremes(properties: Sequence[Property]) -> list[Property]:
    # The relations draw arrays by themselves.
    kept = [one for one in properties if one.name not in RELATIONS and one.name != "large-reduction"]
    return [replace(one, cases=_plain_reductions) if one.name == "reduction" else one for one in kept]


def _plain_reductions(profile: Profile) -> Choice[Case]:
    return cases.reductions(profile, extremes=False)


ABLATIONS: Mapping[str, Ablation] = MappingProxyType(
    {
        "schema-only": _schema_only,
        "no-relations": _no_relations,
        "no-extremes": _no_extremes,
        "one-per-upload": _one_per_upload,
    }
)


def properties_of(ablation: str, profile: Profile) -> list[Property]:
    """Return the properties of which a profile claims something, without those that are ablated."""
    return claimed(ABLATIONS[ablation](PROPERTIES) if ablation else PROPERTIES, profile)


def claimed(properties: Sequence[Property], profile: AnyProfile) -> list[Property]:
    """Return the properties of which a profile claims something."""
    return [one for one in properties if _claimed(one, profile)]


def _claimed(one: Property, profile: AnyProfile) -> bool:
    try:
        one.cases(profile)
    except NotClaimed:
        return False
    return True

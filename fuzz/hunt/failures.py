"""When two failures are of one kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fuzz.executor import Judgement
from specs.case import Case
from specs.request import OPERATIONS
from specs.violation import Violation

VALUES = "values"
Judge = Callable[[Case], Judgement]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a failure is, whichever operation shows it."""

    requirement: str
    symptom: str


def kind_of(violation: Violation) -> Kind:
    """The kind of a violation: wrong values are one kind, whatever the operation."""
    requirement = VALUES if violation.requirement.endswith("-values") else violation.requirement
    symptom = " ".join(word for word in violation.symptom.split() if word not in OPERATIONS)
    return Kind(requirement, symptom)


def of_kind(judgement: Judgement, kind: Kind) -> Violation | None:
    """The first failure of that kind."""
    return next((one for one in judgement.failures if kind_of(one) == kind), None)

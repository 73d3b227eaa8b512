"""When two failures are of one kind, and when they may have one cause."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fuzz.executor import Judgement
from specs.case import Case
from specs.request import OPERATIONS
from specs.violation import Violation

VALUES = "values"
WRONG = "wrong answer"
NO_ANSWER_IN_TIME = "timeout"
# One mistake in reading a valid request shows as any of these, depending on the data and on the operation.
SYMPTOMS_OF_WRONG = frozenset(
    {
        "accepts-valid", "no-server-error", "answers", "answer-form", "answer-dtype", "answer-shape", "answer-length",
        "as-bytes", "counts", "sum-accuracy", "discloses-nothing", "error-form", "refuses-unfit-data", VALUES,
    }
)  # fmt: skip

Judge = Callable[[Case], Judgement]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a failure is, whichever operation shows it."""

    requirement: str
    symptom: str

    @property
    def parts(self) -> frozenset[str]:
        """The rules broken, of which a request may break several."""
        return frozenset(self.symptom.split(" or "))


def kind_of(violation: Violation) -> Kind:
    """The kind of a violation: wrong values are one kind, whatever the operation."""
    requirement = VALUES if violation.requirement.endswith("-values") else violation.requirement
    symptom = " ".join(word for word in violation.symptom.split() if word not in OPERATIONS)
    return Kind(requirement, symptom)


def of_kind(judgement: Judgement, kind: Kind) -> Violation | None:
    """The first failure of that kind."""
    return next((one for one in judgement.failures if kind_of(one) == kind), None)


def narrower(judgement: Judgement, kind: Kind) -> Violation | None:
    """The first failure of that kind, or about some of the rules that it names."""

    def fits(other: Kind) -> bool:
        return other.requirement == kind.requirement and other.parts <= kind.parts

    return next((one for one in judgement.failures if fits(kind_of(one))), None)


def family_of(kind: Kind) -> str:
    """Kinds of one family may be symptoms of one cause; hanging is not, as it takes another kind of mistake."""
    if kind.requirement in SYMPTOMS_OF_WRONG and kind.symptom != NO_ANSWER_IN_TIME:
        return WRONG
    return f"{kind.requirement} {kind.symptom}"


def of_family(judgement: Judgement, family: str) -> Violation | None:
    """The first failure of that family."""
    return next((one for one in judgement.failures if family_of(kind_of(one)) == family), None)

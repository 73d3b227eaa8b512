"""When two failures are of one kind, and when they may have one cause."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from fuzz.executor import Judgement
from specs.case import Case
from specs.rules import Rule, in_order
from specs.violation import Aspect, Violation, Way

VALUES = "values"
WRONG = "wrong answer"
UNNAMED = "error-names-field"
OF_VALUES = ("sum-accuracy", "distrusts-store")
UNANSWERED = "answers"
NO_ANSWER_IN_TIME = "timeout"
RULES_OF_FORM = re.compile(" (unknown-path|wrong-method|content-type)$")
NUMBER = re.compile(r"\d+")
STATUS = re.compile(r"\b[1-5][0-9]{2}\b")
# One mistake in reading a valid request shows as any of these, depending on the data and on the operation.
SYMPTOMS_OF_WRONG = frozenset(
    {
        "accepts-valid", "no-server-error", "answers", "answer-form", "answer-dtype", "answer-shape", "answer-length",
        "as-bytes", "counts", "discloses-nothing", "refuses-unfit-data", VALUES,
    }
)  # fmt: skip

# What is wrong with one is wrong with the other.
ALIKE_RULES = {
    Rule.NO_SUCH_BUCKET: Rule.NO_SUCH_OBJECT,
    Rule.NOT_FOUND: Rule.NO_SUCH_OBJECT,
    Rule.NO_BUCKETS_NAME: Rule.NO_SUCH_OBJECT,
}
ALIKE_NAMES = {"NoSuchBucket": "NoSuchKey"}
# Those by which an answer is no answer.
NO_VALUES = frozenset({"accepts-valid", "no-server-error", "error-form", "refuses-unfit-data", "discloses-nothing"})

Judge = Callable[[Case], Judgement]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a failure is, whichever operation shows it: `symptom` is made of the violation's ids.

    `seen` is a violation of the kind, where it is made of one.
    """

    requirement: str
    symptom: str
    seen: Violation | None = field(default=None, compare=False, repr=False)

    @property
    def parts(self) -> frozenset[str]:
        """The rules broken, of which a request may break several."""
        return frozenset(STATUS.sub("", self.symptom).strip().split(" or "))

    @property
    def status(self) -> str:
        """The status that came, where the symptom tells it."""
        return next(iter(STATUS.findall(self.symptom)), "")

    def narrows(self, other: Kind) -> bool:
        """Whether it is the other kind, or about some of the rules that the other names."""
        alike = (self.requirement, self.status) == (other.requirement, other.status)
        return alike and self.parts <= other.parts


def kind_of(violation: Violation) -> Kind:
    """The kind of a violation: wrong values are one kind, whatever the operation.

    A field that is not named is one, whatever the rule.
    """
    of_values = violation.requirement.endswith("-values") or violation.requirement in OF_VALUES
    return Kind(VALUES if of_values else violation.requirement, _symptom(violation), violation)


def _symptom(violation: Violation) -> str:
    rules = [rule.value for rule in in_order(ALIKE_RULES.get(rule, rule) for rule in violation.rules)]
    status = "" if violation.status is None else str(violation.status)
    match violation.way:
        case Way.UNNAMED:
            return ALIKE_NAMES.get(violation.aspect, str(violation.aspect))
        case Way.ACCEPTED | Way.STATUS:
            parts = [" or ".join(rules), status]
        case Way.SILENT:
            parts = [NO_ANSWER_IN_TIME, *rules[:1]]
        case Way.VALUES:
            parts = [str(violation.aspect)] if violation.aspect in (Aspect.NAN, Aspect.ZERO_SIGN) else []
        case _:
            parts = [status, str(violation.aspect), *rules[:1]]
    return " ".join(part for part in parts if part)


def says_the_same(one: Violation, other: Violation) -> bool:
    """Whether two errors that name no field have one text, numbers aside; who says it says it of anything."""
    texts = {NUMBER.sub("", each.actual) for each in (one, other)}
    return {one.requirement, other.requirement} == {UNNAMED} and len(texts) == 1


def without_rule(kind: Kind) -> Kind:
    """The kind, whatever rule the request breaks."""
    if kind.requirement == "error-form":
        return replace(kind, symptom=RULES_OF_FORM.sub("", kind.symptom))
    if kind.requirement == "discloses-nothing":
        return kind
    return replace(kind, symptom=kind.status or kind.symptom.partition(" ")[0])


def narrower(judgement: Judgement, kind: Kind) -> Violation | None:
    """The first failure of that kind, or about some of the rules that it names."""
    return next((one for one in judgement.failures if kind_of(one).narrows(kind)), None)


def is_silence(kind: Kind) -> bool:
    """Whether no answer came in time."""
    return kind.requirement == UNANSWERED and kind.symptom.partition(" ")[0] == NO_ANSWER_IN_TIME


def unanswered(judgement: Judgement) -> Violation | None:
    """The first request that got no answer, for whatever reason."""
    return next((one for one in judgement.failures if one.requirement == UNANSWERED), None)


def family_of(kind: Kind) -> str:
    """Kinds of one family may be symptoms of one cause; hanging is not, as it takes another kind of mistake."""
    if kind.requirement in SYMPTOMS_OF_WRONG and not is_silence(kind):
        return WRONG
    return f"{kind.requirement} {kind.symptom}"


def of_family(judgement: Judgement, family: str) -> Violation | None:
    """The first failure of that family."""
    return next((one for one in judgement.failures if family_of(kind_of(one)) == family), None)

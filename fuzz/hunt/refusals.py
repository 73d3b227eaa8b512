"""Whether a server does the same wrong thing in refusals of all sorts: then it is one cause, whatever the rule."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from fuzz.hunt.failures import Judge, Kind, kind_of
from fuzz.hunt.reducer import Smallest
from specs.case import Case, Put, Send
from specs.fields import Fields

MANY_REFUSALS = "many refusals"
# What a refusal can get wrong whatever it is about; that a rule is not known at all is a cause for each rule.
CONCERNED = ("error-status", "error-names-field", "no-server-error")
# One field at fault each, by rules that have nothing to do with each other.
PLAINLY_WRONG: tuple[Mapping[str, Any], ...] = (
    {"offset": -1},
    {"order": "X"},
    {"shape": []},
    {"missing": {"missing_value": "0"}},
    {"shape": [2], "selection": [[0, 2, 0]]},
    {"shape": [2], "axis": [0, 0]},
)
A_HABIT = 3


@dataclass(frozen=True, slots=True)
class Habit:
    """What a server gets wrong in refusals of all sorts: how its failures look, and one of them."""

    kind: Kind
    smallest: Smallest

    def covers(self, kind: Kind) -> bool:
        """Whether a failure is this one, whatever rule it is about."""
        pattern = re.escape(self.kind.symptom).replace(re.escape(MANY_REFUSALS), ".+")
        return kind.requirement == self.kind.requirement and re.fullmatch(pattern, kind.symptom) is not None


def habit_of(requirement: str, name: str, judge: Judge) -> Habit | None:
    """The habit by which a server breaks a requirement, if there is one."""
    found = [_failure(fields, requirement, name, judge) for fields in PLAINLY_WRONG]
    for habit in found:
        if habit is not None and sum(one is not None and one.kind == habit.kind for one in found) >= A_HABIT:
            return habit
    return None


def _failure(fields: Mapping[str, Any], requirement: str, name: str, judge: Judge) -> Habit | None:
    case = Case(name, (Put("a", bytes(8)), Send("sum", Fields({"dtype": "int32", **fields}), "a")))
    judgement = judge(case)
    violation = next((one for one in judgement.failures if one.requirement == requirement), None)
    due = judgement.expectations[-1] if judgement.expectations else None
    if violation is None or due is None or due.rejection is None:
        return None
    rule = due.rejection.cause
    kind = kind_of(violation)
    told = replace(violation, title=violation.title.replace(rule, MANY_REFUSALS))
    return Habit(Kind(requirement, kind.symptom.replace(rule, MANY_REFUSALS)), Smallest(case, judgement, told, None))

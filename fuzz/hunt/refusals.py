"""Whether a server does the same wrong thing in refusals of all sorts: then it is one cause, whatever the rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from fuzz.hunt.failures import UNNAMED, Judge, Kind, kind_of, narrower, without_rule
from fuzz.hunt.reducer import Smallest
from specs.case import Case, Credential, Put, Send, SendRaw
from specs.fields import Fields
from specs.rules import told as told_rules

MANY_REFUSALS = "many refusals"
# What a refusal can get wrong whatever it is about; that a rule is not known at all is a cause for each rule.
CONCERNED = ("error-status", UNNAMED, "no-server-error", "error-form", "discloses-nothing")
# One field at fault each, by rules that have nothing to do with each other.
PLAINLY_WRONG: tuple[Mapping[str, Any], ...] = (
    {"offset": -1},
    {"offset": "1"},
    {"size": 0.5},
    {"order": "X"},
    {"shape": []},
    {"shape": [-1]},
    {"missing": {"missing_value": "0"}},
    {"missing": {"nothing_known": 0}},
    {"filters": [{"id": "nothing_known"}]},
    {"compression": {"id": "nothing_known"}},
    {"shape": [2], "selection": [[0, 2, 0]]},
    {"shape": [2], "axis": [0, 0]},
    {"nothing_known": 1},
)
A_HABIT = 3
DENIED = ("401", "403")
OWNER: Credential = "owner"


@dataclass(frozen=True, slots=True)
class Habit:
    """What a server gets wrong in refusals of all sorts: how its failures look, and one of them."""

    kind: Kind
    smallest: Smallest

    def covers(self, kind: Kind) -> bool:
        """Whether a failure is this one, whatever rule it is about."""
        return _generally(kind) == self.kind


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
    told = replace(violation, title=violation.title.replace(told_rules(due.rejection.rules), MANY_REFUSALS))
    return Habit(_generally(kind_of(violation)), Smallest(case, judgement, told, None))


def _generally(kind: Kind) -> Kind:
    """The kind, whatever rule it is about."""
    told = "" if kind.requirement == UNNAMED else without_rule(kind).symptom
    return Kind(kind.requirement, f"{MANY_REFUSALS} {told}".strip())


def sender_of(case: Case) -> Credential | None:
    """Whose credentials a case's last request has."""
    match case.steps[-1:]:
        case (Send() | SendRaw() as step,):
            return step.credentials
    return None


def is_about_the_sender(single: Case, kind: Kind, judge: Judge) -> bool:
    """Whether a request has another status because of who sends it: sent by the object's owner, it is refused well."""
    step = single.steps[-1]
    denied = kind.requirement == "error-status" and kind.status in DENIED
    if not denied or not isinstance(step, Send | SendRaw) or step.credentials == OWNER:
        return False
    by_owner = replace(single, steps=(*single.steps[:-1], replace(step, credentials=OWNER)))
    return narrower(judge(by_owner), kind) is None

"""Describe in plain JSON values what a finding's script has to do, and which answers it has to expect."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from fuzz.findings.case_files import bytes_as_json
from fuzz.findings.finding import Finding
from fuzz.subjects.reductions.scripts import canned
from fuzz.subjects.reductions.scripts.script_judge import faults
from specs.case import Case
from specs.manners import WELL
from specs.outcome import NoReply, Outcome, Reply
from specs.reductions import requirements
from specs.reductions.bodies import full_body
from specs.reductions.checks import LEAKS
from specs.reductions.expectation import Expectation, Values
from specs.reductions.model import expectations
from specs.reductions.profile import Profile
from specs.reductions.refusals import statuses_of
from specs.reductions.steps import Delete, Put, Send, SendRaw, Step
from specs.spellings import PLAINLY
from specs.store_facts import StoreFacts

MOST_VALUES: Final = 4096
_ARRAYS: Final = ("values", "also", "low", "high", "loose", "free")


def plan_of(finding: Finding, profile: Profile) -> dict[str, Any]:
    """Return everything about a finding that a script needs.

    `by_bytes` is true where a script can recognise the wrong answer by its exact bytes only.
    """
    violation, case = finding.violation, finding.case
    entry = requirements.load().get(violation.requirement)
    due = expectations(case, profile, StoreFacts())
    outcomes = (*finding.outcomes, *[None] * len(case.steps))
    plan: dict[str, Any] = {
        "title": violation.title,
        "must": entry.sentence if entry else violation.requirement,
        "expected": violation.expected,
        "actual": violation.actual,
        "api": profile.api,
        "unwelcome": [*LEAKS] if violation.requirement == "discloses-nothing" else [],
        "together": case.together,
    }
    steps = [
        _planned(step, expected, outcome, profile)
        | _served(step, case)
        | {"judged": case.together or violation.step in (-1, number)}
        for number, (step, expected, outcome) in enumerate(zip(case.steps, due, outcomes))
    ]
    by_bytes = not case.together and not any(_faults_of_then(plan, steps, outcomes))
    return {**plan, "by_bytes": by_bytes, "steps": steps}


def _faults_of_then(
    plan: dict[str, Any], steps: Sequence[dict[str, Any]], outcomes: Sequence[Outcome]
) -> Iterator[list[str]]:
    """Yield the faults that a script would find in the answers kept with the finding."""
    for step, outcome in zip(steps, outcomes):
        if step["judged"] and outcome is not None and "answers" in step:
            yield faults({**plan, **step}, as_reply(outcome))


def as_reply(outcome: Reply | NoReply) -> Any:
    """Return an outcome in the form that scripts use: status, headers and body, or a text where no reply came."""
    if isinstance(outcome, NoReply):
        return f"{outcome.reason} {outcome.detail}".strip()
    return outcome.status, {name.lower(): value for name, value in outcome.headers}, outcome.body


def printable(text: str) -> str:
    """Return a text in one printable line, for the comments of scripts."""
    return "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))


def takes_bad_store(case: Case) -> bool:
    """Say whether the store must serve some object badly, which no real store does on demand."""
    return any(isinstance(step, Put) and step.served != WELL for step in case.steps)


def _served(step: Step, case: Case) -> dict[str, Any]:
    """Return the answers that the script gives in place of a badly serving store; empty where none is needed."""
    return {"served": canned.answers(step, case)} if takes_bad_store(case) and isinstance(step, Put) else {}


def _planned(step: Step, expected: Expectation | None, outcome: Outcome, profile: Profile) -> dict[str, Any]:
    """Return a step with everything that the script needs to run it and to judge its answer."""
    place = {"key": step.key, "bucket": step.bucket}
    match step:
        case Put():
            return {"step": "put", **place, "data": bytes_as_json(step.data)}
        case Delete():
            return {"step": "delete", **place}
        case Send():
            asked: dict[str, Any] = {
                "step": "send",
                "operation": step.operation,
                "body": dict(full_body(step, profile)),
                "interface": step.interface,
            }
            if step.spelled != PLAINLY:
                asked["spelled"] = step.spelled
        case SendRaw():
            asked = {
                "step": "send-raw",
                "method": step.method,
                "path": step.path,
                "headers": step.headers,
                "body": bytes_as_json(step.body),
            }
    rejection = expected.rejection if expected is not None else None
    return {
        **asked,
        **place,
        "credentials": step.credentials,
        "answers": [_allowed(one) for one in expected.answers] if expected is not None else [],
        "statuses": _ranges(statuses_of(rejection.classes)) if rejection is not None else [],
        "words": [*rejection.words] if rejection is not None else [],
        "json": profile.json_errors and isinstance(step, Send),
        "came": _came(outcome),
    }


def _ranges(statuses: Iterable[int]) -> list[list[int]]:
    """Return statuses as ranges, each a pair of its first and last."""
    found: list[list[int]] = []
    for status in sorted(statuses):
        if found and status == found[-1][1] + 1:
            found[-1][1] = status
        else:
            found.append([status, status])
    return found


def _came(outcome: Outcome) -> str:
    return "" if not isinstance(outcome, Reply) else f"{outcome.status} {hashlib.sha256(outcome.body).hexdigest()}"


def _allowed(values: Values) -> dict[str, Any]:
    """Return an allowed answer in JSON values, without its elements where they are very many."""
    told: dict[str, Any] = {"dtype": values.dtype, "shape": list(values.shape), "count": list(values.counts)}
    if values.values.size <= MOST_VALUES:
        told |= {name: array.tolist() for name in _ARRAYS if (array := getattr(values, name)) is not None}
    return told

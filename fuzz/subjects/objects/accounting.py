"""Count which requirements the cases about object stores have tested, and which operations they had."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fuzz.subject import ExploredRequest
from specs.case import Case, at_once
from specs.objects import steps
from specs.objects.model.judging import Due
from specs.objects.profile import Profile
from specs.outcome import Outcome, Reply

SHOWN = ("etag", "headers", "last-modified", "content-length")


def at_stake(case: Case, due: Sequence[Due], outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield the requirements that a wrong answer to the case could have broken, once for each request."""
    if at_once(case):
        yield from ("linearizable", "no-torn-reads")
        if any(name.lower() in ("if-match", "if-none-match") for step in case.steps for name, _ in step.headers):
            yield "one-winner"
        return
    for step, expected, outcome in zip(case.steps, due, outcomes):
        if outcome is None or not expected.alternatives:
            continue
        first = expected.alternatives[0]
        yield from {first.requirement, *(one.requirement for one in expected.alternatives if one.grade == "right")}
        if isinstance(step, steps.GetObject | steps.HeadObject) and not first.refuses:
            yield from SHOWN
        if first.refuses:
            yield "refusals"


def operation(step: Any) -> str:
    """Name a step's operation as reports do."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(step).__name__).lower()


def asked(case: Case, due: Sequence[Due], outcomes: Sequence[Outcome], _profile: Profile) -> Iterator[ExploredRequest]:
    """Yield the requests of a case with their operation, their way of signing, and how they are to be answered."""
    for step, expected, outcome in zip(case.steps, due, outcomes):
        if outcome is None or not expected.alternatives:
            continue
        first = expected.alternatives[0]
        size = len(outcome.body) if isinstance(outcome, Reply) else 0
        values = {
            "operation": operation(step),
            "signing": step.sent.signing,
            "due": "refused" if first.refuses else "done",
        }
        took = outcome.elapsed_ms if isinstance(outcome, Reply) and outcome.status < 300 else 0.0
        yield ExploredRequest(values, size, operation(step), took)


def domains(_profile: Profile) -> Mapping[str, tuple[str, ...]]:
    """Return the values that requests can have."""
    names = tuple(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", one.__name__).lower() for one in steps.ALL)
    return {"operation": names, "signing": steps.SIGNINGS, "due": ("done", "refused")}

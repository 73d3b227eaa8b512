"""What a wrong answer would be right for: evidence of what a server overlooks, which costs no request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from fuzz.triage.lab import Seen
from fuzz.triage.trial import Trial
from specs.case import Case
from specs.outcome import Reply
from specs.reductions import checks
from specs.reductions.access import StoreFacts
from specs.reductions.model import expectations
from specs.reductions.request import OPTIONS
from specs.reductions.steps import Send
from specs.violation import Way

# Fields whose absence gives another answer, and what the answer is then read as.
IGNORED = (
    "byte_order", "offset", "size", "axis", "order", "selection", "compression", "filters", "missing", *OPTIONS,
)  # fmt: skip
OTHER_ORDER = {"big": "little", "little": "big"}


def reads_as(trial: Trial, seen: Seen, facts: StoreFacts) -> frozenset[str]:
    """For which altered requests the answer would be right, in words."""
    step, outcome = trial.last, seen.judgement.transcript.outcomes[-1]
    if seen.signature.way not in (Way.VALUES, Way.ACCEPTED) or trial.case.together:
        return frozenset()
    if not isinstance(step, Send) or not isinstance(outcome, Reply) or outcome.status != 200:
        return frozenset()
    before = trial.case.steps[:-1]
    found = set()
    for words, other in alterations(step):
        case = replace(trial.case, steps=(*before, other))
        if _is_right(case, outcome, trial, facts):
            found.add(words)
    return frozenset(found)


def _is_right(case: Case, outcome: Reply, trial: Trial, facts: StoreFacts) -> bool:
    due, last = expectations(case, trial.profile, facts)[-1], case.steps[-1]
    if due is None or not due.answers or not isinstance(last, Send):
        return False
    broken = checks.violations(checks.Exchange(last, outcome, trial.profile), due, 0)
    return not any(one.severity == "failure" for one in broken)


def alterations(step: Send) -> Iterator[tuple[str, Send]]:
    """The request with one thing that it says left out, or said otherwise."""
    for name in IGNORED:
        if step.fields.get(name) is not None:
            yield f"the answer to the same request without {name}", replace(step, fields=step.fields.without(name))
    order = step.fields.get("byte_order")
    swapped = OTHER_ORDER.get(str(order)) or "big"
    if order is None:
        yield f"the answer for {swapped}-endian data", replace(step, fields=step.fields.but(byte_order=swapped))
    axis = step.fields.get("axis")
    if isinstance(axis, list) and len(axis) > 1:
        yield "the answer for the first axis alone", replace(step, fields=step.fields.but(axis=axis[:1]))
        yield "the answer without the last axis", replace(step, fields=step.fields.but(axis=axis[:-1]))
    if step.fields.get("order") == "F":
        yield "the answer for data in C order", replace(step, fields=step.fields.but(order="C"))
    selection = step.fields.get("selection")
    if isinstance(selection, list) and all(isinstance(one, list) and len(one) == 3 for one in selection):
        plain = [[start, end, 1 if stride > 0 else -1] for start, end, stride in selection]
        if plain != selection:
            yield "the answer without the stride", replace(step, fields=step.fields.but(selection=plain))

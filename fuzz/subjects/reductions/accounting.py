"""Count which requirements the cases about reductions have tested, and which feature values their requests had."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fuzz.subject import ExploredRequest
from fuzz.subjects.reductions.features import Contents, features
from fuzz.subjects.reductions.stakes import compared, requirements_at_stake
from specs.case import Case
from specs.outcome import Outcome, Reply
from specs.reductions.expectation import Expectation
from specs.reductions.profile import Profile
from specs.reductions.relations import RELATIONS
from specs.reductions.steps import Delete, Put, Send, SendRaw

# Computing features reads the whole object; for larger objects only the size is recorded.
MOST_BYTES = 2**22


def at_stake(case: Case, due: Sequence[Expectation | None], outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield the requirements that a wrong answer to the case could have broken, once for each request."""
    for step, expected, outcome in zip(case.steps, due, outcomes):
        if isinstance(step, Send | SendRaw) and expected is not None:
            yield from {*requirements_at_stake(step, expected, outcome)}
            if case.together and expected.answers:
                yield "serves-several"
    if case.property in RELATIONS and compared(case, tuple(due), tuple(outcomes)):
        yield f"relation-{case.property}"


def asked(
    case: Case, due: Sequence[Expectation | None], outcomes: Sequence[Outcome], profile: Profile
) -> Iterator[ExploredRequest]:
    """Yield the requests of a case that had to be answered with values, with their features."""
    held: dict[tuple[str, str], bytes] = {}
    told: Contents = {}
    for step, expected, outcome in zip(case.steps, due, outcomes):
        if isinstance(step, Put):
            held[step.about] = step.data
        elif isinstance(step, Delete):
            held.pop(step.about, None)
        elif isinstance(step, Send) and expected is not None and expected.answers:
            content = held.get(step.about, b"")
            known = len(content) <= MOST_BYTES
            values = features(step, content, profile.native_byte_order, told) if known else {}
            answered = isinstance(outcome, Reply) and outcome.status == 200
            elapsed_ms = outcome.elapsed_ms if answered and outcome is not None else 0.0
            yield ExploredRequest(values, len(content), "" if case.together else step.operation, elapsed_ms)

"""Compare answers to reduction requests with the expected ones, and the answers of one case with each other."""

from __future__ import annotations

from collections.abc import Sequence

from specs.case import at_once
from specs.outcome import Transcript
from specs.reductions import checks, relations
from specs.reductions.expectation import Expectation
from specs.reductions.profile import Profile
from specs.reductions.steps import Send, SendRaw
from specs.violation import Violation


def violations(
    transcript: Transcript, due: Sequence[Expectation | None], profile: Profile, secrets: tuple[str, ...]
) -> list[Violation]:
    """List the violations of a case: those of single answers and, if none is a failure, of relations between them."""
    case = transcript.case
    found: list[Violation] = []
    for number, (step, outcome, expected) in enumerate(zip(case.steps, transcript.outcomes, due)):
        if isinstance(step, Send | SendRaw) and outcome is not None and expected is not None:
            exchange = checks.Answered(step, outcome, profile, secrets, at_once(case))
            found += checks.violations(exchange, expected, number)
    if not any(one.severity == "failure" for one in found):
        found += relations.violations(transcript, tuple(due), profile)
    return found

"""Run turns of one property: Hypothesis draws cases from a seed, and each case is tried."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

from specs.case import Case


class _Ended(BaseException):
    """Carries an exception through Hypothesis, which would take an ordinary one for a failure of the example."""


def turn(cases: SearchStrategy[Case], number: int, examples: int, attempt: Callable[[Case], None]) -> None:
    """Try that many cases. `attempt` handles their failures, so that Hypothesis neither stops at nor shrinks them."""

    @seed(number)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=False,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases)
    def tried(case: Case) -> None:
        try:
            attempt(case)
        except Exception as error:
            raise _Ended from error

    try:
        tried()
    except _Ended as end:
        # The cause is raised outside of Hypothesis, which would repeat the case, note and print it.
        raise end.__cause__ or end from None


def seed_of(*parts: object) -> int:
    """Return a seed that depends on nothing but the parts."""
    text = "\0".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")

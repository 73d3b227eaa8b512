"""Turns of one property: Hypothesis draws cases from a seed, and each is tried."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

from specs.case import Case


class _Ended(BaseException):
    """Passes through Hypothesis, which takes exceptions for failures of the example."""


def turn(cases: SearchStrategy[Case], number: int, examples: int, attempt: Callable[[Case], None]) -> None:
    """Try that many cases. Failures are the attempt's to keep: Hypothesis neither stops at nor shrinks them."""

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
        # What ended the turn is no failure of the case, which Hypothesis would repeat, note and print.
        raise end.__cause__ or end from None


def seed_of(*parts: object) -> int:
    """A seed that depends on nothing but the parts."""
    text = "\0".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")

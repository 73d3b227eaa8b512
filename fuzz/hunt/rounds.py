"""Run turns of one property: cases are drawn from a seed, and each case is tried. Choose whose turn it is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from specs.case import Case
from strategies.drawing import Choice, by_chance, strategy_of

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from fuzz.subject import Cases


EXAMPLES_A_TURN = 20
# Where one failure ends a measurement, a turn is shorter, so that all properties have theirs sooner.
EXAMPLES_A_SHORT_TURN = 10


Sharer = TypeVar("Sharer")


class _Ended(BaseException):
    """Carries an exception through Hypothesis, which would take an ordinary one for a failure of the example."""


def furthest_behind(
    several: Iterable[Sharer], had: Callable[[Sharer], float], share: Callable[[Sharer], float]
) -> Sharer:
    """Return the one that had least in proportion to its share, the first of equals; raises ValueError without any."""
    return min(several, key=lambda one: had(one) / share(one))


def turn(cases: Cases, number: int, examples: int, attempt: Callable[[Case], None]) -> None:
    """Try that many cases. `attempt` handles their failures, and nothing shrinks them here."""
    if isinstance(cases, Choice):
        for case in islice(by_chance(cases, number), examples):
            attempt(case)
    else:
        _turn_of_hypothesis(strategy_of(cases), number, examples, attempt)


def _turn_of_hypothesis(
    cases: SearchStrategy[Case], number: int, examples: int, attempt: Callable[[Case], None]
) -> None:
    """Try cases that Hypothesis draws."""
    from hypothesis import HealthCheck, Phase, given, seed, settings

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

"""Budgets: a failure may cost fewer requests where each of them may take long."""

from __future__ import annotations

import pytest

from fuzz.running.session import Judgement
from fuzz.triage.budgets import (
    REQUESTS,
    REQUESTS_OF_A_GLANCE_BACK,
    REQUESTS_OF_A_HISTORY,
    REQUESTS_OF_DEATH,
    REQUESTS_OF_SILENCE,
    SLOW_MS,
    requests_after_others,
    requests_for,
)
from fuzz.triage.lab import Seen
from fuzz.triage.trial import Signature
from specs.case import Case
from specs.outcome import Reply, Transcript
from specs.violation import Aspect, Violation, Way

SLOW, QUICK = SLOW_MS + 1, 1.0


@pytest.mark.parametrize(
    ("elapsed_ms", "aspect", "alone", "after_others"),
    [
        ((QUICK, QUICK), Aspect.NONE, REQUESTS, REQUESTS_OF_A_HISTORY),
        ((QUICK, SLOW), Aspect.NONE, REQUESTS_OF_SILENCE, REQUESTS_OF_SILENCE),
        # What comes before the failure is slow: only the history is dear.
        ((SLOW, QUICK), Aspect.NONE, REQUESTS, REQUESTS_OF_SILENCE),
        ((QUICK, QUICK), Aspect.GONE, REQUESTS_OF_DEATH, REQUESTS_OF_DEATH),
    ],
)
def test_what_is_slow_may_cost_fewer_requests(
    elapsed_ms: tuple[float, float], aspect: Aspect, alone: int, after_others: int
) -> None:
    outcomes = tuple(Reply(500, (), b"", elapsed_ms=one) for one in elapsed_ms)
    failed = Violation("no-server-error", "", "", "", way=Way.SERVER_ERROR, aspect=aspect, step=1)
    judgement = Judgement(Transcript(Case("x", ()), outcomes), (failed,))
    seen = Seen(judgement, failed, Signature(Way.SERVER_ERROR, aspect=aspect))
    assert requests_for(seen, 1) == alone
    assert requests_after_others(seen) == after_others
    assert requests_for(seen, 1, burden=True) == requests_after_others(seen, burden=True) == REQUESTS
    assert requests_after_others(seen, far=False) == min(after_others, REQUESTS_OF_A_GLANCE_BACK)

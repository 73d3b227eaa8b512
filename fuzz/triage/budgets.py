"""Limit the requests that one failure may cost: in general, where each costs a wait or a restart, and for races."""

from __future__ import annotations

from fuzz.running.session import Judgement
from fuzz.triage.lab import Seen

REQUESTS = 400
REQUESTS_OF_SILENCE = 40
REQUESTS_OF_DEATH = 80
REQUESTS_OF_A_RACE = 1500
REQUESTS_OF_A_HISTORY = 1000
# A request that fails after this time, having used up memory for example, is not sent often.
SLOW_MS = 1000.0


def requests_for(first: Seen, number: int) -> int:
    """Return how many requests the failure of a case's step may cost."""
    if is_slow(first.judgement, number):
        return REQUESTS_OF_SILENCE
    return REQUESTS_OF_DEATH if first.signature.died else REQUESTS


def requests_after_others(first: Seen) -> int:
    """Return how many requests a history may cost: fewer where each may cost a wait or a restart.

    A history is asked with all that came before the failure, so that any of it may take its time again.
    """
    if first.signature.died:
        return REQUESTS_OF_DEATH
    steps = range(len(first.judgement.transcript.outcomes))
    slow = any(is_slow(first.judgement, step) for step in steps)
    return REQUESTS_OF_SILENCE if slow else REQUESTS_OF_A_HISTORY


def is_slow(judgement: Judgement, number: int) -> bool:
    """Say whether a step of a case failed only after a long time."""
    outcome = judgement.transcript.outcomes[number] if number < len(judgement.transcript.outcomes) else None
    return outcome is not None and outcome.elapsed_ms > SLOW_MS

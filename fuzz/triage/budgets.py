"""Limit the requests that one failure may cost: in general, where each costs a wait or a restart, and for races."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fuzz.running.session import Judgement
from fuzz.transport.protocol import Client
from fuzz.triage.lab import HASTE_OF_THE_SLOW, MOST_HANG_SECONDS, Seen, hurried, is_silent
from specs.case import at_once
from specs.outcome import Reply

REQUESTS = 400
REQUESTS_OF_SILENCE = 80
REQUESTS_OF_DEATH = 80
REQUESTS_OF_A_RACE = 1500
REQUESTS_OF_A_HISTORY = 1000
# What hardly ever comes again is looked for among the likeliest earlier requests.
REQUESTS_OF_A_GLANCE_BACK = 150
# A request that fails after this time, having used up memory for example, is not sent often.
SLOW_MS = 1000.0


def requests_for(first: Seen, number: int, *, burden: bool = False) -> int:
    """Return how many requests the failure of a case's step may cost; each burden costs several (see the lab)."""
    if burden:
        return REQUESTS
    if is_slow(first.judgement, number):
        return REQUESTS_OF_SILENCE
    return REQUESTS_OF_DEATH if first.signature.died else REQUESTS


def requests_after_others(first: Seen, *, far: bool = True, burden: bool = False) -> int:
    """Return how many requests a history may cost: fewer if it is not to be far back, or each may cost a wait.

    A history is asked with all that came before the failure, so that any of it may take its time again.
    """
    if burden:
        return REQUESTS
    if first.signature.died:
        return REQUESTS_OF_DEATH
    steps = range(len(first.judgement.transcript.outcomes))
    if any(is_slow(first.judgement, step) for step in steps):
        return REQUESTS_OF_SILENCE
    if at_once(first.judgement.transcript.case):
        return REQUESTS_OF_A_RACE
    return REQUESTS_OF_A_HISTORY if far else REQUESTS_OF_A_GLANCE_BACK


def is_slow(judgement: Judgement, number: int) -> bool:
    """Say whether a step of a case failed only after a long time."""
    outcome = judgement.transcript.outcomes[number] if number < len(judgement.transcript.outcomes) else None
    return outcome is not None and outcome.elapsed_ms > SLOW_MS


@contextmanager
def in_haste(client: Client, judgement: Judgement) -> Iterator[None]:
    """Wait less long within the block, as long as variants of a failure are likely to take.

    Variants of what hangs hang too, and so may those of other failures, if the server hangs for many requests.
    """
    answered = max((one.elapsed_ms for one in judgement.failed_outcomes if isinstance(one, Reply)), default=0.0)
    least_ms = 0.0 if is_silent(judgement) else MOST_HANG_SECONDS * 1000 / HASTE_OF_THE_SLOW
    with hurried(client, max(answered, least_ms)):
        yield

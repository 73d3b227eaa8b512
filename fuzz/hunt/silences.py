"""Requests that get no answer for long: each try costs all of the wait, so that they are asked again in haste."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from fuzz.client import Client
from fuzz.executor import Judgement
from fuzz.findings.finding import Finding
from fuzz.hunt.avoiding import hurried
from fuzz.hunt.failures import Judge, Kind, kind_of, unanswered
from fuzz.hunt.memory import Memory
from fuzz.hunt.reducer import Reducer, Smallest
from fuzz.hunt.scene import scene_of
from fuzz.hunt.triage import Cause, cause_of, cause_of_request
from specs.case import Case
from specs.profile import Profile

# How a wait for an answer ends is a matter of who gives up first.
ENDS = ("timeout", "closed", "reset")


def known_silence(memory: Memory, single: Case, kind: Kind) -> Finding | None:
    """A finding about the same silence, however it ended."""
    for reason in ENDS:
        told = replace(kind, symptom=" ".join([reason, *kind.symptom.split()[1:]]))
        known = memory.of_fingerprint(cause_of_request(told, single).fingerprint)
        if known is not None:
            return known
    return None


def looked_into(
    single: Case, client: Client, judge: Judge, reducer: Callable[[Kind], Reducer], profile: Profile
) -> tuple[Smallest, Cause] | Judgement:
    """The smallest case of a silence, and its cause; or what came of asking, where it comes and goes."""
    with hurried(client):
        judged = judge(single)
        silent = unanswered(judged)
        if silent is None:
            return judged
        smallest = reducer(kind_of(silent)).reduce(single, judged)
    confirmed = judge(smallest.case)
    if unanswered(confirmed) is None:
        # Slow is not silent: what is found in haste must be so with patience, too.
        confirmed = judge(single)
        smallest = Smallest(single, judged, silent, scene_of(single, profile))
    failure = unanswered(confirmed)
    if failure is None:
        return judged
    with hurried(client):
        cause = cause_of(smallest, judge)
    told = kind_of(failure)
    cause = replace(cause, kind=told) if cause.of_scene else cause_of_request(told, smallest.case)
    return replace(smallest, judgement=confirmed, violation=failure), cause

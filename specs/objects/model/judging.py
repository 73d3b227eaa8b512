"""Judge the answers to a case's steps, one after the other, against every state that the store may be in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, combinations
from typing import Any

from specs.case import Case
from specs.objects import steps
from specs.objects.answers import OPEN, Alternative, faults, unlike
from specs.objects.model import concurrent
from specs.objects.model.asked import Asked
from specs.objects.model.commuting import serial
from specs.objects.model.listings import last_item
from specs.objects.model.operations import alternatives
from specs.objects.model.part_lists import listed_so_far
from specs.objects.profile import Profile
from specs.objects.state import EMPTY, Bucket, State
from specs.objects.words import NOTHING, Memory, instant, learned
from specs.outcome import NoReply, Outcome, Reply
from specs.violation import Aspect, Violation, Way

# Each case begins with these buckets, which are empty, and belong to the owner.
FIRST_BUCKETS = ("a", "b")
# More states than these are not told apart; the rest of such a case is not judged.
MOST_STATES = 64
SLOW_DOWN = (429, 503)
ABOUT_THE_END_OF_TIME = 4e9


@dataclass(frozen=True, slots=True)
class Due:
    """The answers that are due for a step if all before it came as they should."""

    alternatives: tuple[Alternative, ...]

    def __str__(self) -> str:
        return " or ".join(dict.fromkeys(one.told for one in self.alternatives if one.grade == "right"))


def first_state() -> State:
    """Return the state that each case begins with."""
    return State({name: Bucket() for name in FIRST_BUCKETS})


def expectations(case: Case, profile: Profile, _facts: object = None) -> tuple[Due, ...]:
    """Return what is due for each step of a case whose steps are taken one after the other."""
    state, memory, due = first_state(), NOTHING, []
    for step in case.steps:
        several = alternatives(Asked(step, state, profile, memory, ABOUT_THE_END_OF_TIME))
        due.append(Due(tuple(several)))
        first = several[0]
        state = first.then
        if not first.refuses:
            memory = memory.with_told(step.called, dict(first.tells))
    return tuple(due)


@dataclass(frozen=True, slots=True)
class Judged:
    """The states that are possible after a step, what the step told, and what was wrong with its answer."""

    states: tuple[State, ...]
    memory: Memory
    violations: tuple[Violation, ...] = ()


def violations(case: Case, outcomes: Sequence[Outcome], profile: Profile) -> Iterator[Violation]:
    """List what is wrong with the answers, up to the first step that fails.

    Requests at the same time that touch different things are judged like requests one after the other; those of one
    client are judged up to its own first failure.
    """
    order = serial(case)
    if order is None:
        yield from concurrent.violations(case, outcomes, profile)
        return
    for number, found in _judged_in(order, case, outcomes, profile):
        for one in found:
            yield replace(one, step=number)


def checked(case: Case, outcomes: Sequence[Outcome], profile: Profile) -> int:
    """Count the answers that can be judged: what comes after a failure, or an outcome that is unknown, cannot."""
    order = serial(case)
    if order is not None:
        judged = [number for number, _ in _judged_in(order, case, outcomes, profile)]
        return sum(isinstance(outcomes[number], Reply) for number in judged)
    return sum(isinstance(one, Reply) for one in outcomes) if not concurrent.left_out(case, outcomes) else 0


def allowed_last(case: Case, outcomes: Sequence[Outcome], profile: Profile) -> tuple[Alternative, ...]:
    """Return the answers that are allowed for the last step after the outcomes of the steps before it.

    There are none if these outcomes leave open what the store holds.
    """
    states: tuple[State, ...] = (first_state(),)
    memory = NOTHING
    for step, outcome in zip(case.steps[:-1], outcomes):
        if outcome is None or (isinstance(outcome, NoReply) and outcome.reason != "left"):
            return ()
        judged = judge(step, outcome, states, memory, profile)
        states, memory = judged.states, judged.memory
    dates = [instant(one.header("date")) for one in outcomes[: len(case.steps)] if isinstance(one, Reply)]
    now = next((one for one in reversed(dates) if one is not None), ABOUT_THE_END_OF_TIME)
    asked = (Asked(case.steps[-1], state, profile, memory, now) for state in states)
    return tuple(one for at in asked for one in alternatives(at))


def _judged_in(
    order: Sequence[int], case: Case, outcomes: Sequence[Outcome], profile: Profile
) -> Iterator[tuple[int, tuple[Violation, ...]]]:
    """Judge the steps in that order, and yield the number of each that is judged with what is wrong."""
    states: tuple[State, ...] = (first_state(),)
    memory, given_up = NOTHING, set[int]()
    for number in order:
        step, outcome = case.steps[number], outcomes[number]
        if step.lane in given_up:
            continue
        if given_up and not step.lane:
            # What this request meets hangs on requests that were not judged.
            return
        if outcome is not None:
            judged = judge(step, outcome, states, memory, profile)
            yield number, judged.violations
            if judged.states and not any(one.severity == "failure" for one in judged.violations):
                states, memory = judged.states, judged.memory
                continue
        if not step.lane:
            return
        given_up.add(step.lane)


def judge(step: Any, outcome: Outcome, states: Sequence[State], memory: Memory, profile: Profile) -> Judged:
    """Judge one answer, and return the states that are possible after it."""
    if isinstance(outcome, NoReply) and outcome.reason == "left":
        # Nothing is stored of a body that did not come to its end.
        return Judged(tuple(states) if profile.rules("interrupted") else (), memory)
    if isinstance(outcome, NoReply):
        return Judged((), memory, (_unanswered(outcome),))
    assert isinstance(outcome, Reply)
    now = instant(outcome.header("date")) or 0.0
    asked = [Asked(step, state, profile, memory, now) for state in states]
    every = [(at, one) for at in asked for one in alternatives(at)]
    if outcome.status in SLOW_DOWN:
        # The store asks to come again later; whether it did anything is not known.
        return Judged((), memory)
    tried = [
        (at, one, list(faults(one, outcome, profile.rules("codes")))) for at, one in every if one.admits(outcome.status)
    ]
    good = [(at, one, found) for at, one, found in tried if not any(v.severity == "failure" for v in found)]
    if not good:
        if tried:
            found = min((found for _, _, found in tried), key=lambda found: sum(v.severity == "failure" for v in found))
            return Judged((), memory, tuple(found))
        return Judged((), memory, (unlike([one for _, one in every], outcome),))
    fewest = min(len(found) for _, _, found in good)
    warnings = next(found for _, _, found in good if len(found) == fewest)
    after = _distinct(state for at, one, _ in good for state in _after(at, one, outcome))
    if len(after) > MOST_STATES:
        return Judged((), memory)
    known = learned(memory, step, outcome)
    if isinstance(step, steps.ListObjects) and step.called and (last := last_item(asked[0], outcome)) is not None:
        known = known.with_told(step.called, {"last": last})
    if isinstance(step, steps.ListUploads | steps.ListVersions) and (told := listed_so_far(asked[0], outcome)):
        known = known.with_told(step.called, {"listed": told})
    return Judged(after, known, tuple(warnings))


def _after(at: Asked, one: Alternative, reply: Reply) -> Iterator[State]:
    """List the states that may follow an answer that is this alternative."""
    if one.status != OPEN:
        yield one.learns(reply) if one.learns is not None and reply.status < 400 else one.then
        return
    yield at.state
    if reply.status < 300:
        # Where all is left open, an answer of success leaves it open too whether the write took effect.
        yield from (other.then for other in alternatives(at) if not other.refuses and other.then is not at.state)


def _distinct(states: Iterator[State]) -> tuple[State, ...]:
    found: list[State] = []
    for one in states:
        if not any(one is other or one == other for other in found):
            found.append(one)
        if len(found) > MOST_STATES:
            break
    return tuple(found)


def unknown(step: Any, states: Sequence[State], memory: Memory, profile: Profile) -> tuple[State, ...]:
    """Return the states that are possible after a request whose outcome is unknown: without it, or with all of it.

    A batch counts key by key, so each of its keys may be deleted or not. An abort may have removed any of the parts.
    There are none if they are too many.
    """
    if isinstance(step, steps.DeleteObjects) and len(step.keys) > 1:
        found = tuple(states)
        for key in step.keys:
            found = unknown(replace(step, keys=(key,)), found, memory, profile)
        return found
    if isinstance(step, steps.CreateUpload):
        # Nobody was told the id of what it may have begun.
        step = replace(step, called="")
    asked = [Asked(step, state, profile, memory, 0.0) for state in states]
    after = (one.then for at in asked for one in alternatives(at) if not one.refuses)
    some = (one for at in asked for one in _aborted_in_part(at)) if isinstance(step, steps.AbortUpload) else ()
    found = _distinct(chain(states, after, some))
    return found if len(found) <= MOST_STATES else ()


def _aborted_in_part(at: Asked) -> Iterator[State]:
    """List the states in which an upload that is being aborted has lost some of its parts."""
    told = at.id_of("upload", at.step.upload)
    upload = None if at.bucket is None else at.bucket.uploads.get(told)
    if at.bucket is None or upload is None or upload.key != at.step.key:
        return
    for count in range(len(upload.parts)):
        for kept in combinations(upload.parts, count):
            parts = {number: upload.parts[number] for number in kept}
            yield at.holding(at.bucket.uploading(told, replace(upload, parts=parts)))


def _unanswered(outcome: NoReply) -> Violation:
    silent = outcome.reason == "timeout"
    aspect = {
        "closed": Aspect.CLOSED,
        "reset": Aspect.RESET,
        "refused": Aspect.CONNECTION_REFUSED,
        "garbled": Aspect.GARBLED,
        "truncated": Aspect.TRUNCATED,
        "too-long": Aspect.TOO_LONG,
    }
    return Violation(
        "answers",
        f"no answer: {outcome.reason}",
        "an answer",
        f"{outcome.reason}: {outcome.detail}",
        way=Way.SILENT if silent else Way.DROPPED,
        aspect=aspect.get(outcome.reason, Aspect.NONE),
    )


__all__ = [
    "EMPTY",
    "Due",
    "Judged",
    "allowed_last",
    "checked",
    "expectations",
    "first_state",
    "judge",
    "unknown",
    "violations",
]

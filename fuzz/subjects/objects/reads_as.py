"""Find altered histories for which a wrong answer would be right, which shows what a store made of the requests."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from fuzz.subjects.objects.bare_lists import of_bare_lists
from fuzz.subjects.objects.conversions import source_of
from fuzz.subjects.objects.ignoring import of_things_ignored
from fuzz.subjects.objects.misread_keys import of_misread_keys
from fuzz.subjects.objects.traits.steps import words
from fuzz.triage.lab import Seen
from fuzz.triage.trial import Trial
from specs.case import Case, at_once, lane_of
from specs.objects import steps
from specs.objects.content import Content
from specs.objects.model import judging
from specs.objects.model.asked import Asked
from specs.objects.model.operations import alternatives
from specs.objects.profile import Profile
from specs.objects.state import State, md5_etag
from specs.objects.steps import STAYS
from specs.objects.words import NOTHING, Memory
from specs.outcome import Outcome, Reply

KEPT = "the answer for a store that keeps what comes of a body before it looks at the request"
FORGOTTEN = "the answer as it was before the last {}"
LATE = "the answer for a store that answers {} before it is done"
DELETES = "the answer for a store whose {} deletes the object"
# What a store may forget though it has said that it is done.
FORGETTABLE = (steps.PutObject, steps.CopyObject, steps.StreamCopy, steps.DeleteObject, steps.CompleteUpload)
# What has nothing to do with the object that is there.
OF_UPLOADS = (steps.CreateUpload, steps.UploadPart, steps.UploadPartCopy, steps.AbortUpload)


# A step of a history, and its outcome; None if the store is taken to have done it without an answer.
Done = tuple[Any, Outcome]


def reads_as(trial: Trial, seen: Seen, among: Collection[str] | None = None) -> frozenset[str]:
    """Return descriptions of the altered histories for which the answer would be right, of some or of all."""
    outcomes = seen.judgement.transcript.outcomes
    # What is sent beside a request may stand after it in the case.
    case = seen.judgement.transcript.case if at_once(trial.case) else trial.case
    if case.together or len(outcomes) < len(case.steps) or not isinstance(outcomes[seen.violation.step], Reply):
        return frozenset()
    history = list(zip(case.steps, outcomes, strict=False))
    several = ((said, altered) for said, altered in _altered(history) if among is None or said in among)
    return frozenset(said for said, altered in several if _is_right(altered, trial.profile))


def shows(said: str, trial: Trial) -> bool:
    """Say whether an answer that is due to the last request of the altered history is wrong for the trial's own."""
    history: list[Done] = [(step, None) for step in trial.case.steps]
    plain = _due(history, trial.profile)
    return any(said == one and _due(altered, trial.profile) - plain for one, altered in _altered(history))


def is_right_for(said: str, trial: Trial, outcome: Outcome) -> bool:
    """Say whether an answer to a trial's last request is right after the altered history, all else as it should be."""
    *before, last = trial.case.steps
    history: list[Done] = [*((step, None) for step in before), (last, outcome)]
    return any(said == one and _is_right(altered, trial.profile) for one, altered in _altered(history))


def _altered(history: Sequence[Done]) -> Iterator[tuple[str, list[Done]]]:
    """List altered histories, each with its description."""
    for size in dict.fromkeys((STAYS, *_sizes_read(history))):
        yield KEPT, _with_others(history, partial(_kept, history, size), before=True)
    done = [number for number, one in enumerate(history[:-1]) if isinstance(one[0], FORGETTABLE) and not _failed(one)]
    for kind in dict.fromkeys(type(history[number][0]) for number in done):
        last = max(number for number in done if isinstance(history[number][0], kind))
        yield FORGOTTEN.format(words(kind)), _without(history, last)
        yield LATE.format(words(kind)), _late(history, kind) if history[last][0].lane else _without(history, last)
    for kind in dict.fromkeys(type(step) for step, _ in history if isinstance(step, OF_UPLOADS)):
        yield DELETES.format(words(kind)), _with_others(history, partial(_deleted, history, kind))
    several = [step for step, _ in history]
    for said, other in (*of_misread_keys(several), *of_things_ignored(several)):
        yield said, list(zip(other, (outcome for _, outcome in history), strict=True))
    yield from of_bare_lists(history)


def _failed(one: Done) -> bool:
    outcome = one[1]
    return outcome is not None and not (isinstance(outcome, Reply) and outcome.status < 300)


def _with_others(
    history: Sequence[Done], others: Callable[[int], Iterator[Any]], *, before: bool = False
) -> list[Done]:
    """Return the history with other steps, which are just done, before or after each of its own."""
    made: list[Done] = []
    for number, (step, outcome) in enumerate(history):
        more = [(other, _beside(other, outcome)) for other in others(number)]
        made += [*more, (step, outcome)] if before else [(step, outcome), *more]
    return made


def _beside(step: Any, outcome: Outcome) -> Outcome:
    """Return the outcome of a step that is done while another one is; None where steps are taken one by one."""
    if not step.lane or outcome is None:
        return None
    return replace(_told(step), elapsed_ms=outcome.elapsed_ms, begun_ms=outcome.begun_ms)


def _kept(history: Sequence[Done], size: int, number: int) -> Iterator[Any]:
    """Yield the plain put of what comes of a body: so many bytes where reads may meet it, or it broke off."""
    step = history[number][0]
    if isinstance(step, steps.PutObject):
        content = step.content
    elif isinstance(step, steps.StreamCopy) and not step.part_bytes:
        content = source_of([one for one, _ in history], number).content
    else:
        return
    if step.leaves != STAYS:
        content = Content(content.read(0, min(step.leaves, content.size - 1)))
    if (step.lane or step.leaves != STAYS) and STAYS < size < content.size:
        content = Content(content.read(0, size))
    kept = tuple(pair for pair in step.headers if _describes(pair[0]))
    yield steps.PutObject(bucket=step.bucket, key=step.key, content=content, headers=kept, lane=step.lane)


def _describes(name: str) -> bool:
    """Say whether a header belongs to the object, and is no condition nor digest."""
    return not name.lower().startswith(("if-", "content-md5", "x-amz-checksum-", "x-amz-sdk-checksum-"))


def _sizes_read(history: Sequence[Done]) -> Iterator[int]:
    """List how long the bodies are that reads show."""
    for step, outcome in history:
        if isinstance(step, steps.GetObject) and isinstance(outcome, Reply) and outcome.status == 200:
            yield len(outcome.body)


def _deleted(history: Sequence[Done], kind: type, number: int) -> Iterator[Any]:
    step, same = history[number][0], type(history[number][0]) is kind
    if same:
        yield steps.DeleteObject(bucket=step.bucket, key=step.key, lane=step.lane)


def _without(history: Sequence[Done], number: int) -> list[Done]:
    """Return the history in which a step is answered, and has no effect: one that reads nothing takes its place."""
    step, outcome = history[number]
    told = replace(outcome, status=200, body=b"") if isinstance(outcome, Reply) else None
    nothing = steps.HeadBucket(bucket=step.bucket, called=step.called, lane=step.lane)
    return [*history[:number], (nothing, told), *history[number + 1 :]]


def _late(history: Sequence[Done], kind: type) -> list[Done]:
    """Return the history in which the requests of a kind that are sent beside others take until all have ended."""
    ends = [one.begun_ms + one.elapsed_ms for step, one in history if step.lane and one is not None]
    return [
        (step, one if one is None or type(step) is not kind or not lane_of(step) else _until(max(ends), one))
        for step, one in history
    ]


def _until(end: float, outcome: Any) -> Outcome:
    """Return the same outcome, which came at that time."""
    return replace(outcome, elapsed_ms=end - outcome.begun_ms)  # type: ignore[no-any-return]


def _is_right(history: Sequence[Done], profile: Profile) -> bool:
    """Say whether nothing is wrong with the answers to a history; a refusal must be the very one that is due."""
    if any(step.lane for step, _ in history):
        several = [(step, outcome or _told(step)) for step, outcome in history]
        case, outcomes = Case("", tuple(step for step, _ in several)), [outcome for _, outcome in several]
        return not any(one.severity == "failure" for one in judging.violations(case, outcomes, profile))
    states, memory = _before_the_last(history, profile)
    step, last = history[-1]
    if not states or not isinstance(last, Reply):
        return False
    found = judging.judge(step, last, states, memory, profile)
    return not any(one.severity == "failure" or last.status >= 400 for one in found.violations)


def _told(step: Any) -> Reply:
    """Return the answer of success to a step that is just done, before any requests beside each other."""
    content = getattr(step, "content", None)
    headers = () if content is None else (("etag", md5_etag(content.data)),)
    return Reply(204 if isinstance(step, steps.DeleteObject) else 200, headers, b"")


def _before_the_last(history: Sequence[Done], profile: Profile) -> tuple[Sequence[State], Memory]:
    """Return the states that a store may be in before the last request, and what it has told; no state if none fits."""
    states: Sequence[State] = (judging.first_state(),)
    memory = NOTHING
    for step, outcome in history[:-1]:
        if not states:
            break
        if outcome is None:
            states, memory = _done(step, states, memory, profile)
        else:
            judged = judging.judge(step, outcome, states, memory, profile)
            states, memory = judged.states, judged.memory
    return states, memory


def _done(step: Any, states: Sequence[State], memory: Memory, profile: Profile) -> tuple[Sequence[State], Memory]:
    """Return the states after a step that a store has done, or refused, as it should, and what it tells."""
    firsts = [alternatives(Asked(step, state, profile, memory, judging.ABOUT_THE_END_OF_TIME))[0] for state in states]
    for one in firsts:
        if not one.refuses:
            memory = memory.with_told(step.called, dict(one.tells))
    return [one.then for one in firsts], memory


def _due(history: Sequence[Done], profile: Profile) -> set[tuple[int, str, str]]:
    """Return the answers that are due to the last request of a history whose steps are all done as they should be."""
    states, memory = _before_the_last(history, profile)
    asked = (Asked(history[-1][0], state, profile, memory, judging.ABOUT_THE_END_OF_TIME) for state in states)
    return {(one.status, one.code, one.says) for at in asked for one in alternatives(at)}

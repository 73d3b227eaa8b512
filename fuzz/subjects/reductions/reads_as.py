"""Find altered requests for which a wrong answer would be right, which shows what a server ignores."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Literal

import numpy as np

from fuzz.subjects.reductions.alterations import (
    ALL_BUT_THE_LAST,
    BEGUN_AT_FIRST,
    NARROWER,
    ORDERED,
    all_but_the_last,
    alterations,
    field_taken_over,
    first_compared,
    infinite_missed,
    misfetched,
    misread,
    remembered,
    summed,
)
from fuzz.subjects.reductions.lenient import read_leniently
from fuzz.subjects.reductions.misread_keys import of_misread_keys
from fuzz.subjects.reductions.scene import Scene, case_of
from fuzz.subjects.reductions.stakes import alike
from fuzz.subjects.reductions.traits.slices import picked
from fuzz.triage.lab import Seen
from fuzz.triage.trial import BY_ASPECT, Trial
from specs.case import Case
from specs.outcome import Outcome, Reply
from specs.reductions import checks
from specs.reductions.dtypes import FLOATS, Array
from specs.reductions.expectation import Expectation, Values
from specs.reductions.model import expectations
from specs.reductions.profile import Profile
from specs.reductions.steps import Send
from specs.store_facts import StoreFacts
from specs.violation import Way

# Rulings that are about particular numbers, each with a description of an answer that it alone forbids.
RULED: Mapping[str, str] = MappingProxyType(
    {
        ruling: f"an answer that nothing but the ruling {ruling} forbids"
        for ruling in ("integer-sum", "float-overflow", "nan", "result-order")
    }
)
OTHER_RESULT_ORDER = "the answer with its elements laid out in the other order"
SHAPE_FORM = "option_shape_as_bytes"
SHAPE_OF_DATA = "the answer with the shape of the data"
LENGTHS_KEPT = "the answer with the dimensions that are reduced kept at length one"
FORMS = (SHAPE_FORM, "option_count_as_bytes")


@dataclass(frozen=True, slots=True)
class Altered:
    """A case with its last request altered, or held to fewer rulings, and a description of what is altered.

    `mistake` is what a server makes of the right answer to that request, where it makes another one of it.
    """

    words: str
    case: Case
    profile: Profile
    mistake: Callable[[Values], Values] | None = None

    def due(self, facts: StoreFacts) -> Expectation | None:
        due = expectations(self.case, self.profile, facts)[-1]
        if due is None or self.mistake is None:
            return due
        return replace(due, answers=tuple(map(self.mistake, due.answers)))

    def answers(self, facts: StoreFacts) -> tuple[Values, ...]:
        due = self.due(facts)
        return () if due is None else due.answers

    def forms(self, due: Expectation) -> tuple[bool, ...]:
        """Say for each option about the form of an answer whether the request asks for it and it makes a difference."""
        step, has_shape = self.case.steps[-1], any(answer.shape for answer in due.answers)
        asked = (isinstance(step, Send) and step.fields.get(name) is True for name in FORMS)
        return tuple(told and (name != SHAPE_FORM or has_shape) for name, told in zip(FORMS, asked, strict=True))


def reads_as(trial: Trial, seen: Seen, facts: StoreFacts, among: Collection[str] | None = None) -> frozenset[str]:
    """Return descriptions of the altered requests for which the answer would be right, of some or of all."""
    outcome = seen.judgement.transcript.outcomes[-1]
    if trial.case.together or not isinstance(outcome, Reply):
        return frozenset()
    if _is_right(Altered("", trial.case, trial.profile), outcome, facts):
        return frozenset()
    if seen.signature.way in (Way.VALUES, Way.ACCEPTED, Way.FORM) and outcome.status == 200:
        several = _altered(trial, facts)
    elif seen.signature.way is Way.REFUSED:
        # Other data may be refused for good reasons; another request is refused for too many.
        several = _of_other_data(trial)
    elif seen.signature.way in (Way.STATUS, Way.UNNAMED):
        # The error may be right for what a lenient server takes the request for.
        several = _taken_leniently(trial)
    else:
        return frozenset()
    wanted = (one for one in several if among is None or one.words in among)
    return frozenset(one.words for one in wanted if _is_right(one, outcome, facts))


def shows(words: str, trial: Trial, facts: StoreFacts) -> bool:
    """Say whether a trial's answer differs from that of its altered request."""
    plain = Altered("", trial.case, trial.profile)
    return any(one.words == words and not _answered_alike(plain, one, facts) for one in _altered(trial, facts))


def may_take_over(words: str, trial: Trial) -> bool:
    """Say whether a trial's request lacks the field that the altered one has from an earlier request."""
    name, last = field_taken_over(words), trial.last
    return name is None or not isinstance(last, Send) or last.fields.get(name) is None


def differ(words: str, others: str, trial: Trial, facts: StoreFacts) -> bool:
    """Say whether the answers to two altered requests of a trial differ."""
    told = [one for one in _altered(trial, facts) if one.words in (words, others)]
    mine, theirs = ([one for one in told if one.words == each] for each in (words, others))
    return any(not _answered_alike(one, other, facts) for one in mine for other in theirs)


def is_right_for(words: str, trial: Trial, outcome: Outcome, facts: StoreFacts) -> bool:
    """Say whether an answer to a trial's request, of whichever sort, is right for its altered request."""
    if not isinstance(outcome, Reply):
        return False
    return any(one.words == words and _is_right(one, outcome, facts) for one in _altered(trial, facts))


def _answered_alike(one: Altered, other: Altered, facts: StoreFacts) -> bool:
    mine, theirs = one.due(facts), other.due(facts)
    if mine is None or theirs is None:
        return False
    if one.case == other.case and other.mistake is None:
        # Held to fewer rulings, a server may give more answers, or any number in some places.
        free = (answer.free for answer in theirs.answers)
        return len(mine.answers) == len(theirs.answers) and not any(mask is not None and mask.any() for mask in free)
    return alike(mine, theirs) and one.forms(mine) == other.forms(theirs)


def _in_dtype(due: Values, dtype: str) -> Values:
    """Return values converted to another dtype, as far as that can hold them."""
    with np.errstate(all="ignore"):
        return replace(due, dtype=dtype, values=due.values.astype(dtype), also=None)


def _with_infinity(due: Values, number: float, infinity: float) -> Values:
    """Return values with an infinity in the place of a number."""
    return replace(due, values=np.where(due.values == number, infinity, due.values).astype(due.values.dtype), also=None)


def _begun_at(due: Values, first: Array) -> Values:
    """Return the extremes, each of its elements and one more."""
    if due.values.size != first.size:
        return due
    with_first = np.minimum if due.operation == "min" else np.maximum
    return replace(due, values=with_first(due.values, first.astype(due.values.dtype)), also=None)


def _taken_for_the_end(due: Values, narrow: str) -> Values:
    """Return the extremes, with the end of the dtype for those that equal it in a narrower one.

    A server that puts that end in the place of missing elements finds it equal to an extreme nearby.
    """
    ends = np.iinfo(due.values.dtype)
    end = due.values.dtype.type(ends.max if due.operation == "min" else ends.min)
    same = due.values.astype(narrow) == end.astype(narrow)
    return replace(due, values=np.where(same, end, due.values), also=None)


def _laid_out(due: Values, order: Literal["C", "F"]) -> Values:
    """Return values laid out in the other order than this one, beside counts that stand in it."""
    other: Literal["C", "F"] = "C" if order == "F" else "F"

    def relaid(flat: Array | None) -> Array | None:
        return None if flat is None or len(due.shape) < 2 else flat.reshape(due.shape, order=order).ravel(order=other)

    values = relaid(due.values)
    if values is None:
        return due
    relaid_ones = replace(due, values=values, also=relaid(due.also), loose=relaid(due.loose), free=relaid(due.free))
    return replace(relaid_ones, low=relaid(due.low), high=relaid(due.high), pairwise_low=None, pairwise_high=None)


def _other_shapes(scene: Scene) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the shapes that a server may tell for an answer in place of its own, each with a description."""
    if scene.shape is None:
        return
    yield SHAPE_OF_DATA, scene.shape
    if scene.operation != "select":
        rank = len(scene.shape)
        axes = range(rank) if scene.axis is None else scene.axes
        selected = scene.shape if scene.selection is None else tuple(map(picked, scene.selection, scene.shape))
        yield LENGTHS_KEPT, tuple(1 if axis in axes else selected[axis] for axis in range(rank))


def _altered(trial: Trial, facts: StoreFacts) -> Iterator[Altered]:
    step, case = trial.last, trial.case
    if not isinstance(step, Send):
        return
    for words, other in (*alterations(step), *remembered(case.steps)):
        yield Altered(words, replace(case, steps=(*case.steps[:-1], other)), trial.profile)
    for words, scene in misread(trial.scene) if trial.scene is not None else ():
        yield Altered(words, case_of(scene, case.property), trial.profile)
    for words, scene in summed(trial.scene) if trial.scene is not None else ():
        yield Altered(words, case_of(scene, case.property), trial.profile, partial(_in_dtype, dtype=trial.scene.dtype))
    for words, scene, number, infinity in infinite_missed(trial.scene) if trial.scene is not None else ():
        mistake = partial(_with_infinity, number=number, infinity=infinity)
        yield Altered(words, case_of(scene, case.property), trial.profile, mistake)
    first = None if trial.scene is None else first_compared(trial.scene)
    if first is not None:
        yield Altered(BEGUN_AT_FIRST, case, trial.profile, partial(_begun_at, first=first))
    if first is not None and trial.scene.dtype not in FLOATS:
        for narrow in NARROWER.get(trial.scene.dtype, ()):
            yield Altered(ORDERED[narrow], case, trial.profile, partial(_taken_for_the_end, narrow=narrow))
    fewer = None if trial.scene is None else all_but_the_last(trial.scene)
    if fewer is not None:
        # The last element is counted all the same.
        for answer in Altered("", case, trial.profile).answers(facts):
            mistake = partial(replace, counts=answer.counts)
            yield Altered(ALL_BUT_THE_LAST, case_of(fewer, case.property), trial.profile, mistake)
    for words, shape in _other_shapes(trial.scene) if trial.scene is not None else ():
        yield Altered(words, case, trial.profile, partial(replace, shape=shape))
    order = step.fields.get("order")
    yield Altered(OTHER_RESULT_ORDER, case, trial.profile, partial(_laid_out, order="F" if order == "F" else "C"))
    yield from _of_other_data(trial)
    yield from _of_other_keys(trial)
    for ruling, words in RULED.items():
        if trial.profile.rules(ruling):
            rulings = (*trial.profile.rulings_off, ruling)
            yield Altered(words, case, replace(trial.profile, rulings_off=rulings))


def _taken_leniently(trial: Trial) -> Iterator[Altered]:
    for words, other in read_leniently(trial.last) if isinstance(trial.last, Send) else ():
        yield Altered(words, replace(trial.case, steps=(*trial.case.steps[:-1], other)), trial.profile)


def _of_other_keys(trial: Trial) -> Iterator[Altered]:
    for words, other in of_misread_keys(trial.last) if isinstance(trial.last, Send) else ():
        yield Altered(words, replace(trial.case, steps=(*trial.case.steps[:-1], other)), trial.profile)


def _of_other_data(trial: Trial) -> Iterator[Altered]:
    for words, case in misfetched(trial.case):
        yield Altered(words, case, trial.profile)


def _is_right(altered: Altered, outcome: Reply, facts: StoreFacts) -> bool:
    due, last = altered.due(facts), altered.case.steps[-1]
    if due is None or due.unspecified or not isinstance(last, Send):
        return False
    broken = checks.violations(checks.Answered(last, outcome, altered.profile), due, 0)
    # An error that is right may be told badly, which is another bug.
    told_badly = BY_ASPECT if outcome.status != 200 else ()
    return not any(one.severity == "failure" and one.way not in told_badly for one in broken)

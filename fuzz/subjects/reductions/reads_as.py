"""Find altered requests for which a wrong answer would be right, which shows what a server ignores."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType

import numpy as np

from fuzz.subjects.reductions.scene import Scene, case_of
from fuzz.subjects.reductions.traits.missing import is_near, with_missing_numbers, with_more_missing, with_numbers
from fuzz.triage.lab import Seen
from fuzz.triage.trial import Trial
from specs.case import Case
from specs.outcome import Reply
from specs.reductions import checks
from specs.reductions.dtypes import FLOATS, Array, Bools
from specs.reductions.model import expectations
from specs.reductions.request import OPTIONS
from specs.reductions.steps import Send
from specs.store_facts import StoreFacts
from specs.violation import Way

# Fields that a server may ignore: the answer is compared with the one to the request without them.
IGNORED = (
    "byte_order", "offset", "size", "axis", "order", "selection", "compression", "filters", "missing", *OPTIONS,
)  # fmt: skip
# For each dtype, the narrower dtypes that a server may convert its numbers to on the way.
NARROWER: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "float64": ("float32",),
        "int64": ("float64", "float32"),
        "uint64": ("float64", "float32"),
        "int32": ("float32",),
        "uint32": ("float32",),
    }
)
ROUNDED = {narrow: f"the answer for numbers rounded to {narrow}" for narrow in ("float32", "float64")}
COMPARED = {narrow: f"the answer for missing numbers compared as {narrow}" for narrow in ROUNDED}
TOLD = {narrow: f"the answer for missing numbers rounded to {narrow}" for narrow in ROUNDED}
BESIDE = "the answer for the number beside the one that is missing"
ALMOST = "the answer for numbers that are all but missing taken for missing"
# Readings that need particular numbers.
OF_NUMBERS = frozenset({*ROUNDED.values(), *COMPARED.values(), *TOLD.values(), BESIDE, ALMOST})
OTHER_ORDER = {"big": "little", "little": "big"}


def reads_as(trial: Trial, seen: Seen, facts: StoreFacts) -> frozenset[str]:
    """Return descriptions of the altered requests for which the answer would be right."""
    step, outcome = trial.last, seen.judgement.transcript.outcomes[-1]
    if seen.signature.way not in (Way.VALUES, Way.ACCEPTED) or trial.case.together:
        return frozenset()
    if not isinstance(step, Send) or not isinstance(outcome, Reply) or outcome.status != 200:
        return frozenset()
    cases = [(words, replace(trial.case, steps=(*trial.case.steps[:-1], other))) for words, other in alterations(step)]
    if trial.scene is not None:
        cases += [(words, case_of(scene, trial.case.property)) for words, scene in misread(trial.scene)]
    return frozenset(words for words, case in cases if _is_right(case, outcome, trial, facts))


def _is_right(case: Case, outcome: Reply, trial: Trial, facts: StoreFacts) -> bool:
    due, last = expectations(case, trial.profile, facts)[-1], case.steps[-1]
    if due is None or not due.answers or not isinstance(last, Send):
        return False
    broken = checks.violations(checks.Exchange(last, outcome, trial.profile), due, 0)
    return not any(one.severity == "failure" for one in broken)


def alterations(step: Send) -> Iterator[tuple[str, Send]]:
    """Yield the request with one field left out or changed, each with a description."""
    for name in IGNORED:
        if step.fields.get(name) is not None:
            yield f"the answer to the same request without {name}", replace(step, fields=step.fields.without(name))
    order = step.fields.get("byte_order")
    swapped = OTHER_ORDER.get(str(order)) or "big"
    if order is None:
        yield f"the answer for {swapped}-endian data", replace(step, fields=step.fields.but(byte_order=swapped))
    axis = step.fields.get("axis")
    if isinstance(axis, list) and len(axis) > 1:
        yield "the answer for the first axis alone", replace(step, fields=step.fields.but(axis=axis[:1]))
        yield "the answer without the last axis", replace(step, fields=step.fields.but(axis=axis[:-1]))
    if step.fields.get("order") == "F":
        yield "the answer for data in C order", replace(step, fields=step.fields.but(order="C"))
    selection = step.fields.get("selection")
    if isinstance(selection, list) and all(isinstance(one, list) and len(one) == 3 for one in selection):
        plain = [[start, end, 1 if stride > 0 else -1] for start, end, stride in selection]
        if plain != selection:
            yield "the answer without the stride", replace(step, fields=step.fields.but(selection=plain))


def misread(scene: Scene) -> Iterator[tuple[str, Scene]]:
    """Yield the scene as a server may misread it by another dtype or an inexact comparison, with a description."""
    for narrow in NARROWER.get(scene.dtype, ()):
        rounded = with_numbers(scene, partial(_through, dtype=narrow))
        if rounded is not None:
            yield ROUNDED[narrow], rounded
        told = with_missing_numbers(scene, partial(_through, dtype=narrow))
        if told is not None:
            yield TOLD[narrow], told
        compared = with_more_missing(scene, partial(_same_as, dtype=narrow))
        if compared is not None:
            yield COMPARED[narrow], compared
    if scene.dtype in FLOATS:
        for end in (-math.inf, math.inf):
            beside = with_missing_numbers(scene, partial(_beside, end=end))
            if beside is not None:
                yield BESIDE, beside
    almost = with_more_missing(scene, is_near)
    if almost is not None:
        yield ALMOST, almost


def _same_as(elements: Array, numbers: Array, dtype: str) -> Bools:
    """Return a mask of the elements that equal some number once both are converted to another dtype."""
    with np.errstate(all="ignore"):
        same: Bools = np.isin(elements.astype(dtype), numbers.astype(dtype))
    return same


def _beside(numbers: Array, end: float) -> Array:
    beside: Array = np.nextafter(numbers, numbers.dtype.type(end))
    return beside


def _through(numbers: Array, dtype: str) -> Array:
    """Return the numbers converted to another dtype and back; those outside of its range stay."""
    with np.errstate(all="ignore"):
        there = numbers.astype(dtype)
        back = there.astype(numbers.dtype)
    if numbers.dtype.kind != "f":
        # The greatest integers would round to a number beyond their dtype.
        back = np.where(there.astype(np.float64) >= float(np.iinfo(numbers.dtype).max), numbers, back)
    return back

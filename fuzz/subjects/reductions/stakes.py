"""Find out what a request tests: the requirements that its answer may break, and the fields its answer depends on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from specs.case import Case
from specs.outcome import Outcome, Reply
from specs.reductions.dtypes import Bools
from specs.reductions.expectation import Expectation, Values
from specs.reductions.model import expectations
from specs.reductions.profile import Profile
from specs.reductions.request import OPERATIONS, OPTIONS
from specs.reductions.rules import Rule, requirement_of_all
from specs.reductions.steps import Delete, Put, Send, SendRaw
from specs.reductions.value_checks import same_bits
from specs.store_facts import StoreFacts

ALWAYS = ("answers", "no-server-error", "survives")
ANSWERS = ("answer-form", "answer-dtype", "answer-shape", "answer-length", "counts")
TWINS = ("option_shape_as_bytes", "option_count_as_bytes")
DROPPED = object()
# A server without a cache answers alike with and without this option, so it shows nothing.
IDLE = "option_disable_chunk_cache"
NEIGHBOURS: Mapping[str, str] = MappingProxyType(
    {
        "int32": "uint32", "uint32": "int32", "int64": "uint64", "uint64": "int64", "float32": "int32",
        "float64": "int64", "little": "big", "big": "little", "C": "F", "F": "C",
    }
)  # fmt: skip


def requirements_at_stake(step: Send | SendRaw, due: Expectation, outcome: Outcome) -> Iterator[str]:
    """Yield the requirements that a wrong answer to this request may break."""
    yield from ALWAYS
    failed = isinstance(outcome, Reply) and outcome.status >= 400
    if failed:
        yield from ("error-form", "discloses-nothing")
    if due.rejection is not None and not due.answers:
        yield "error-status"
        yield requirement_of_all(due.rejection.rules)
        if due.rejection.words:
            yield "error-names-field"
    if due.answers:
        yield from ANSWERS
        yield from _values_at_stake(due.answers[0])
        if due.rejection is None:
            yield "accepts-valid"
        elif due.of_bad_store:
            yield "distrusts-store"
        if any(step.fields.get(name) for name in TWINS) if isinstance(step, Send) else False:
            yield "as-bytes"


def _values_at_stake(due: Values) -> Iterator[str]:
    if due.values.size == 0 or _free(due).all():
        return
    yield f"{due.operation}-values"
    if due.low is not None:
        yield "sum-accuracy"
    if due.pairwise_low is not None and bool(np.isfinite(due.pairwise_low).any()):
        yield "pairwise-sum"


def _free(values: Values) -> Bools:
    return np.zeros(values.values.shape, np.bool_) if values.free is None else values.free


def compared(case: Case, due: tuple[Expectation | None, ...], outcomes: tuple[Outcome, ...]) -> bool:
    """Say whether all requests of a case were answered with values, as expected, and some values could be compared."""
    asked = [number for number, step in enumerate(case.steps) if isinstance(step, Send)]
    pairs = [(due[number], outcomes[number]) for number in asked]
    return all(
        expected is not None and bool(expected.answers) and isinstance(outcome, Reply) and outcome.status == 200
        for expected, outcome in pairs
    ) and any(expected is not None and _values_told(expected) for expected, _ in pairs)


def _values_told(due: Expectation) -> bool:
    return any(one.values.size > 0 and not _free(one).all() for one in due.answers)


def fields_that_matter(
    case: Case, number: int, due: Expectation, profile: Profile, store: StoreFacts
) -> Iterator[tuple[str, bool]]:
    """Yield each field of a request, and whether another value for it, or none, would change the expected answer."""
    step = case.steps[number]
    if not isinstance(step, Send) or due.unspecified:
        return
    before = tuple(one for one in case.steps[:number] if isinstance(one, Put | Delete))
    for name, other in alterations(step):
        if name == IDLE:
            continue
        changed = expectations(Case(case.property, (*before, other)), profile, store)[-1]
        if changed is not None and not changed.unspecified:
            yield name, not alike(due, changed) or _changes_form(name, due)


def _changes_form(name: str, due: Expectation) -> bool:
    """Say whether a `..._as_bytes` option changes the form of the answer: it does unless the list is empty."""
    if name not in TWINS or not due.answers:
        return False
    return bool(due.answers[0].counts) if name == "option_count_as_bytes" else bool(due.answers[0].shape)


def alterations(step: Send) -> Iterator[tuple[str, Send]]:
    """Yield variants of a request; each has one of its fields, or another part of it, changed."""
    if step.operation in OPERATIONS:
        following = OPERATIONS[(OPERATIONS.index(step.operation) + 1) % len(OPERATIONS)]
        yield "operation", replace(step, operation=following)
    yield "credentials", replace(step, credentials=None if step.credentials else "owner")
    for name, value in step.fields.items():
        if value is None:
            continue
        other = ALTERED.get(name, _dropped)(value, step)
        if other is DROPPED:
            yield name, replace(step, fields=step.fields.without(name))
        elif other != value:
            yield name, replace(step, fields=step.fields.but(**{name: other}))


def _dropped(_value: Any, _step: Send) -> Any:
    return DROPPED


def _neighbour(value: Any, _step: Send) -> Any:
    return NEIGHBOURS.get(value, DROPPED) if isinstance(value, str) else DROPPED


def _negated(value: Any, _step: Send) -> Any:
    return not value if isinstance(value, bool) else DROPPED


def _reversed(value: Any, step: Send) -> Any:
    """Return a reversed list. Where that changes nothing, drop the field unless another field needs a shape."""
    if not isinstance(value, list) or value != value[::-1]:
        return value[::-1] if isinstance(value, list) else DROPPED
    return value if "axis" in step.fields or "selection" in step.fields else DROPPED


ALTERED: Mapping[str, Callable[[Any, Send], Any]] = MappingProxyType(
    {
        "dtype": _neighbour,
        "byte_order": _neighbour,
        "order": _neighbour,
        "shape": _reversed,
        **dict.fromkeys(OPTIONS, _negated),
    }
)


def alike(one: Expectation, other: Expectation) -> bool:
    """Say whether some answer is right for both expectations."""
    if bool(one.answers) != bool(other.answers):
        return False
    if not one.answers:
        return _rules(one) == _rules(other)
    return any(_same_values(a, b) for a in one.answers for b in other.answers)


def _rules(due: Expectation) -> frozenset[Rule]:
    return due.rejection.rules if due.rejection is not None else frozenset()


def _same_values(one: Values, other: Values) -> bool:
    if (one.dtype, one.shape, one.counts) != (other.dtype, other.shape, other.counts):
        return False
    return bool((same_bits(one.values, other.values) | _free(one) | _free(other)).all())

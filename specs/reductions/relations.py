"""Compare answers to requests that must agree, whatever the oracle says of each.

A case whose property is a relation's name sends its requests in groups of fixed size, told apart by position: see
RELATIONS.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from specs.case import Case
from specs.outcome import Outcome, Reply, Transcript
from specs.reductions.dtypes import FLOATS, Array, Bools
from specs.reductions.expectation import Expectation
from specs.reductions.profile import Profile
from specs.reductions.steps import Delete, Put, Send
from specs.reductions.told import FlatAnswer, told
from specs.reductions.tolerance import sum_bounds
from specs.reductions.value_checks import shown
from specs.violation import Aspect, Violation, Way

Disagreements = Iterator[tuple[Aspect, str, str]]
# The plural in words of each aspect on which answers may disagree.
DIFFERING = {
    Aspect.SHAPE: "shapes",
    Aspect.DTYPE: "dtypes",
    Aspect.COUNTS: "counts",
    Aspect.VALUES: "values",
    Aspect.STATUSES: "statuses",
}


@dataclass(frozen=True, slots=True)
class Relation:
    """The size of a group of requests, and a function that lists disagreements: the aspect, expected and actual.

    `layout` says whether the answers' layout matters; with `ends` only the first and the last request are compared;
    with `answered_alike` both are answered with values, or both refused.
    """

    size: int
    disagreements: Callable[[Sequence[FlatAnswer]], Disagreements]
    layout: bool = False
    ends: bool = False
    answered_alike: bool = False


def violations(transcript: Transcript, due: tuple[Expectation | None, ...], profile: Profile) -> list[Violation]:
    """List the violations of the relation that the case's property names."""
    name = transcript.case.property
    relation = RELATIONS.get(name)
    if relation is None:
        return []
    found: list[Violation] = []
    for group in _groups(transcript.case, relation):
        sends = [(number, send, transcript.outcomes[number], due[number]) for number, send in group]
        answers = [one for one in (told(*each, profile) for each in sends) if one is not None]
        last = group[-1][0]
        if relation.answered_alike:
            found += _answered_alike(name, last, [outcome for _, _, outcome, _ in sends])
        if len(answers) < relation.size or (relation.layout and _layout_is_open(answers, profile)):
            continue
        found += [
            _differ(name, what, expected, actual, last) for what, expected, actual in relation.disagreements(answers)
        ]
    return found


def _differ(name: str, what: Aspect, expected: str, actual: str, step: int) -> Violation:
    title = f"{name}: {DIFFERING[what]} differ"
    return Violation(f"relation-{name}", title, expected, actual, way=Way.DISAGREES, aspect=what, step=step)


def _groups(case: Case, relation: Relation) -> Iterator[list[tuple[int, Send]]]:
    """List the requests in groups, without groups between whose requests one of their objects changes."""
    sends = [(number, step) for number, step in enumerate(case.steps) if isinstance(step, Send)]
    if relation.ends:
        sends = [*sends[:1], *sends[1:][-1:]]
    for first in range(0, len(sends) - relation.size + 1, relation.size):
        group = sends[first : first + relation.size]
        objects = {(send.bucket, send.key) for _, send in group}
        between = case.steps[group[0][0] : group[-1][0]]
        if not any(isinstance(one, Put | Delete) and (one.bucket, one.key) in objects for one in between):
            yield group


def _layout_is_open(answers: Sequence[FlatAnswer], profile: Profile) -> bool:
    return not profile.rules("result-order") and any(len(one.shape) > 1 for one in answers)


def _answered_alike(name: str, step: int, outcomes: Sequence[Outcome]) -> Iterator[Violation]:
    """Check that the same request is answered every time, or refused every time."""
    statuses = [one.status for one in outcomes if isinstance(one, Reply)]
    if len(statuses) == len(outcomes) and len({status == 200 for status in statuses}) > 1:
        was, now = (str(status) for status in statuses)
        yield _differ(name, Aspect.STATUSES, was, now, step)


@dataclass(frozen=True, slots=True, eq=False)
class _Result:
    """The answer that follows from the other answers, flat and in the order of the result."""

    dtype: str
    shape: tuple[int, ...]
    values: Array
    counts: Array | None
    free: Bools
    width: Array


def _same(answers: Sequence[FlatAnswer]) -> Disagreements:
    """Check that two answers are equal in all parts."""
    first, second = answers
    return _compared(_Result(first.dtype, first.shape, first.values, first.counts, first.free, first.width), second)


def _reversed(answers: Sequence[FlatAnswer]) -> Disagreements:
    """Check that two answers have reversed shapes and the same elements in order."""
    first, second = answers
    shape = first.shape[::-1]
    return _compared(_Result(first.dtype, shape, first.values, first.counts, first.free, first.width), second)


def _compared(due: _Result, got: FlatAnswer) -> Disagreements:
    if due.shape != got.shape:
        yield Aspect.SHAPE, f"shape {list(due.shape)}", f"shape {list(got.shape)}"
        return
    if due.dtype != got.dtype:
        yield Aspect.DTYPE, due.dtype, got.dtype
        return
    if due.counts is not None and got.counts is not None and not np.array_equal(due.counts, got.counts):
        yield Aspect.COUNTS, shown(due.counts), shown(got.counts)
    if (_unlike(due.values, got.values, due.width + got.width, got.request.operation) & ~(due.free | got.free)).any():
        yield Aspect.VALUES, shown(due.values), shown(got.values)


def _unlike(due: Array, got: Array, width: Array, operation: str) -> Bools:
    """Say which elements differ: by value, for select bit by bit, for float sums by more than `width`."""
    if operation == "select":
        bits = f"u{got.dtype.itemsize}"
        unlike: Bools = np.ascontiguousarray(due).view(bits) != np.ascontiguousarray(got).view(bits)
    else:
        with np.errstate(invalid="ignore"):
            unlike = due != got
    if got.dtype.name not in FLOATS:
        return unlike
    with np.errstate(invalid="ignore", over="ignore"):
        near = np.abs(due.astype(np.float64) - got.astype(np.float64)) <= width
    if operation == "sum":
        unlike &= ~near
    return unlike & ~(np.isnan(due) & np.isnan(got))


def _selection_split(answers: Sequence[FlatAnswer]) -> Disagreements:
    """Check a whole against two parts that differ in the selection along one dimension alone."""
    first, second = answers[1].request.selection or (), answers[2].request.selection or ()
    differing = [number for number, (one, other) in enumerate(zip(first, second)) if one != other]
    return _recombined(answers, differing[0]) if len(differing) == 1 else iter(())


def _window_split(answers: Sequence[FlatAnswer]) -> Disagreements:
    """Check a whole against two windows on the stored bytes, which split the slowest dimension."""
    request = answers[0].request
    rank = len(request.shape or (0,))
    return _recombined(answers, 0 if request.order == "C" else rank - 1)


def _recombined(answers: Sequence[FlatAnswer], dimension: int) -> Disagreements:
    """Check a whole against its parts: joined if the split dimension is kept, folded by the operation if reduced."""
    whole, one, other = answers
    request = whole.request
    rank = len(request.shape or (0,))
    reduced = tuple(range(rank)) if request.axis is None else request.axis
    kept = [axis for axis in range(rank) if request.operation == "select" or axis not in reduced]
    if dimension in kept:
        due = _joined(whole, one, other, kept.index(dimension))
    elif one.shape == other.shape:
        due = _folded(one, other, request.operation)
    else:
        due = None
    if due is None:
        yield Aspect.SHAPE, f"shape {list(whole.shape)} in two", f"shapes {list(one.shape)} and {list(other.shape)}"
        return
    yield from _compared(due, whole)


def _joined(whole: FlatAnswer, one: FlatAnswer, other: FlatAnswer, dimension: int) -> _Result | None:
    lengths = [(*part.shape[:dimension], *part.shape[dimension + 1 :]) for part in (one, other)]
    if lengths[0] != lengths[1] or dimension >= min(len(one.shape), len(other.shape)):
        return None

    def join(a: Array, b: Array) -> Array:
        both = np.concatenate([one.shaped(a), other.shaped(b)], axis=dimension)
        return both.ravel(order=whole.request.order)

    counts: Array | None = None
    if one.counts is not None and other.counts is not None:
        if whole.counts_each and one.counts_each and other.counts_each:
            counts = join(one.counts, other.counts)
        elif whole.counts is not None and whole.counts.size == 1:
            counts = np.array([one.counts.sum() + other.counts.sum()], np.int64)
    values = join(one.values, other.values)
    shape = list(one.shape)
    shape[dimension] += other.shape[dimension]
    return _Result(one.dtype, tuple(shape), values, counts, join(one.free, other.free), join(one.width, other.width))


def _folded(one: FlatAnswer, other: FlatAnswer, operation: str) -> _Result:
    """Combine two parts element by element; where one has nothing left, take the other's element."""
    wide = operation == "sum" and one.dtype in FLOATS
    with np.errstate(over="ignore", invalid="ignore"):
        pair = [part.values.astype(np.float64) if wide else part.values for part in (one, other)]
        values = FOLDS[operation](*pair)
    free: Bools = one.free | other.free
    counts = None
    if one.counts is not None and other.counts is not None:
        counts = one.counts + other.counts
        if operation in ("min", "max") and one.counts_each and other.counts_each:
            gone, other_gone = one.counts == 0, other.counts == 0
            values = np.where(gone, other.values, np.where(other_gone, one.values, values))
            free = (gone & other_gone) | (one.free & ~gone) | (other.free & ~other_gone)
    return _Result(one.dtype, one.shape, values, counts, free, one.width + other.width)


def _counted_over_axis(answers: Sequence[FlatAnswer]) -> Disagreements:
    """Check that the counts along axes add up to the count over all."""
    parts, whole = answers
    if int(parts.values.sum()) != int(whole.values.sum()):
        yield Aspect.VALUES, f"{shown(whole.values)} in all", shown(parts.values)


def _selected_then_reduced(answers: Sequence[FlatAnswer]) -> Disagreements:
    """Check a reduction against NumPy's of the answer of select, if nothing is missing."""
    selected, reduced = answers
    if reduced.request.missing is not None or len(selected.shape) != len(reduced.request.shape or (0,)):
        return
    elements = selected.shaped(selected.values)
    rank = elements.ndim
    axes = tuple(range(rank)) if reduced.request.axis is None else reduced.request.axis
    kept = tuple(axis for axis in range(rank) if axis not in axes)
    shape = tuple(elements.shape[axis] for axis in kept)
    ordered = kept if reduced.request.order == "C" else kept[::-1]
    length = math.prod(elements.shape[axis] for axis in axes)
    rows = elements.transpose(*ordered, *axes).reshape(math.prod(shape), length)
    yield from _compared(_reduced(rows, shape, reduced), reduced)


def _reduced(rows: Array, shape: tuple[int, ...], told_of: FlatAnswer) -> _Result:
    """Reduce each row by the operation."""
    operation, dtype = told_of.request.operation, told_of.request.dtype
    count, length = rows.shape
    free, width = np.full(count, length == 0 and operation in ("min", "max")), np.zeros(count)
    if operation == "count":
        values, dtype = np.full(count, length, np.int64), "int64"
    elif operation == "sum" and dtype in FLOATS:
        bounds = sum_bounds(rows, None, dtype)
        values, free = bounds.nearest, bounds.loose
        with np.errstate(invalid="ignore", over="ignore"):
            width = np.where(np.isfinite(bounds.nearest), bounds.high - bounds.low, 0.0)
    elif operation == "sum":
        values = np.add.reduce(rows, axis=1, dtype=rows.dtype)
    else:
        values = FOLDS[operation].reduce(rows, axis=1) if length else np.zeros(count, rows.dtype)
    counts = np.full(count, length, np.int64) if told_of.counts_each else None
    return _Result(dtype, shape, values, counts, free | ~np.isfinite(width), width)


FOLDS: Mapping[str, np.ufunc] = MappingProxyType({"count": np.add, "sum": np.add, "min": np.minimum, "max": np.maximum})

RELATIONS: Mapping[str, Relation] = MappingProxyType(
    {
        # The whole selection, then its parts one and two along one dimension; the requests are alike otherwise.
        "selection-split": Relation(3, _selection_split, layout=True),
        # A window on the stored bytes, then two adjacent ones that make it up.
        "window-split": Relation(3, _window_split, layout=True),
        # count over some axes, then count over all.
        "count-over-axis": Relation(2, _counted_over_axis),
        # All axes by name, then no axis.
        "all-axes": Relation(2, _same),
        # Order F; then order C, with shape, axis and selection reversed.
        "fortran-transposed": Relation(2, _reversed, layout=True),
        # The same array stored in one byte order, then in the other.
        "byte-order-swapped": Relation(2, _same),
        # The same array filtered or compressed or both, then plain.
        "encoded-plain": Relation(2, _same),
        # The data among other bytes, told by offset and size, then an object of the data alone.
        "padding": Relation(2, _same),
        # Lists, then their byte twins.
        "as-bytes": Relation(2, _same),
        # By s3, then by http.
        "s3-http": Relation(2, _same),
        # A request first, and the same request last.
        "asked-twice": Relation(2, _same, ends=True, answered_alike=True),
        # select, then a reduction of the same data and selection.
        "select-then-reduce": Relation(2, _selected_then_reduced, layout=True),
    }
)

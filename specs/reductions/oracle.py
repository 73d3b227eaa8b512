"""Compute the right answer to one request on one content, by NumPy and exact arithmetic."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from specs.reductions.decoding import Undecodable, decode
from specs.reductions.dtypes import FLOATS, INTEGERS, Array, Bools, all_nearest, name_of, through_float64
from specs.reductions.expectation import (
    Because,
    Expectation,
    Rejection,
    Values,
    breaking,
    either,
    unspecified,
)
from specs.reductions.profile import Profile
from specs.reductions.refusals import RefusalClass
from specs.reductions.request import Missing, Request
from specs.reductions.rules import Rule
from specs.reductions.tolerance import sum_bounds

# So many values are looked for in one go, not one after the other.
MANY_VALUES = 16
REFUSED_DATA = {
    Rule.UNDECODABLE_DATA: RefusalClass.UNFIT_DATA,
    Rule.DATA_DOES_NOT_FIT: RefusalClass.UNFIT_DATA,
    Rule.SHORT_READ: RefusalClass.ANY_OF_THE_CLIENT,
    Rule.RANGE_BEYOND_THE_OBJECT: RefusalClass.ANY_OF_THE_CLIENT,
    Rule.INFLATES_TOO_FAR: RefusalClass.ANY_OF_THE_CLIENT,
}


def may_refuse(rule: Rule) -> Rejection:
    """Return a rejection that allows any refusal that says that the client is at fault."""
    return breaking(rule, RefusalClass.ANY_OF_THE_CLIENT)


@dataclass(frozen=True, slots=True, eq=False)
class _Groups:
    """The selected elements, one row for each element of the result, in the result's order.

    `present` is None where none is missing.
    """

    rows: Array
    present: Bools | None
    shape: tuple[int, ...]

    def counts(self) -> Array:
        """Count the elements that are present in each row."""
        if self.present is None:
            return np.full(len(self.rows), self.rows.shape[1], np.int64)
        counts: Array = np.add.reduce(self.present, axis=1, dtype=np.int64)
        return counts

    def or_else(self, value: Any) -> Array:
        """Return the rows, with that value in place of missing elements."""
        return self.rows if self.present is None else np.where(self.present, self.rows, self.rows.dtype.type(value))


def expect(request: Request, content: bytes, profile: Profile) -> Expectation:
    """Return the expectation for a valid request on an object's bytes."""
    try:
        decoded = decode(request, content)
    except Undecodable as error:
        if error.rule is None:
            return unspecified(error.detail, Because.THE_API, Rule.UNDECODABLE_DATA)
        if error.rule is Rule.SHORT_READ and not profile.rules("short-read"):
            return unspecified("less data than the request calls for", Because.THE_API, error.rule)
        return Expectation(rejection=breaking(error.rule, REFUSED_DATA[error.rule]))
    off = _ruled_out(request, decoded.array, decoded.doubts, profile)
    if off:
        return unspecified(f"the ruling {off} is off")
    if Rule.SURPLUS_DATA in decoded.doubts and request.filters:
        return unspecified("filters over more data than the shape calls for", Because.THE_API, Rule.SURPLUS_DATA)
    doubts = [may_refuse(doubt) for doubt in decoded.doubts]
    selected = _select(decoded.array, request)
    if not content:
        doubts.append(may_refuse(Rule.EMPTY_OBJECT))
    answers = _answers(selected, request, profile, doubts)
    return Expectation(answers, either(doubts) if doubts else None)


def _ruled_out(request: Request, array: Array, doubts: tuple[Rule, ...], profile: Profile) -> str | None:
    """Return the ruling that the answer hangs on and that the profile has switched off."""
    if not profile.rulings_off:
        return None
    touched = {
        "surplus-data": Rule.SURPLUS_DATA in doubts,
        "member-streams": request.compression == "gzip" and Rule.BYTES_AFTER_THE_STREAM in doubts,
        "empty-object": array.size == 0,
        "exact-numbers": request.missing is not None and any(abs(x) > 2**53 for x in request.missing.values),
        "nan-is-not-missing": request.missing is not None and request.dtype in FLOATS and bool(np.isnan(array).any()),
    }
    return next((ruling for ruling, is_touched in touched.items() if is_touched and not profile.rules(ruling)), None)


def _select(array: Array, request: Request) -> Array:
    if request.selection is None:
        return array
    return array[tuple(_slice(*bounds, length) for bounds, length in zip(request.selection, array.shape))]


def _slice(start: int, end: int, stride: int, length: int) -> slice:
    """Return a NumPy slice of the same elements; bounds beyond 64 bits are clamped first."""
    first, last, step = slice(start, end, stride).indices(length)
    count = len(range(first, last, step))
    if count == 0:
        return slice(0, 0, 1)
    if count == 1:
        return slice(first, first + 1, 1)
    return slice(first, last if last >= 0 else None, step)


def _answers(selected: Array, request: Request, profile: Profile, doubts: list[Rejection]) -> tuple[Values, ...]:
    """Return the answers by each reading of the numbers that say what is missing."""
    return tuple(
        answer
        for reading in _readings(selected, request)
        for answer in _answers_by(
            selected, request if reading is request.missing else replace(request, missing=reading), profile, doubts
        )
    )


def _readings(selected: Array, request: Request) -> list[Missing | None]:
    """List the readings of `missing`, with each float32 rounded once, or twice through float64.

    A JSON reader may round integers in one way and other numbers in the other. Readings with the same effect are
    merged.
    """
    missing = request.missing
    found = [missing]
    if missing is None or request.dtype != "float32":
        return found
    for twice in ((int,), (float,), (int, float)):
        values = tuple(through_float64(one).item() if type(one) in twice else one for one in missing.values)
        reading = replace(missing, values=values)
        if all(math.isfinite(one) for one in values) and not any(_alike(selected, reading, one) for one in found):
            found.append(reading)
    return found


def _alike(array: Array, one: Missing, other: Missing | None) -> bool:
    """Say whether the same elements are missing by two readings."""
    if other is None or one == other:
        return True
    present, also = _present(array, one), _present(array, other)
    if present is None or also is None:
        return present is also
    return bool(np.array_equal(present, also))


def _answers_by(selected: Array, request: Request, profile: Profile, doubts: list[Rejection]) -> tuple[Values, ...]:
    if request.operation == "select":
        answers = [_selected(selected, request)]
    else:
        answers = [_reduced(selected, request, profile, doubts)]
    if not profile.rules("result-order") and len(answers[0].shape) > 1:
        other = replace(request, order="F" if request.order == "C" else "C")
        answers += (
            [_selected(selected, other)]
            if request.operation == "select"
            else [_reduced(selected, other, profile, doubts)]
        )
    return tuple(answers)


def _selected(selected: Array, request: Request) -> Values:
    present = _present(selected, request.missing)
    count = selected.size if present is None else int(np.count_nonzero(present))
    return Values("select", request.dtype, selected.shape, (count,), selected.ravel(order=request.order))


def _reduced(selected: Array, request: Request, profile: Profile, doubts: list[Rejection]) -> Values:
    groups = _grouped(selected, request)
    counts = groups.counts()
    if request.operation == "count":
        return Values("count", "int64", groups.shape, tuple(counts.tolist()), counts)
    if request.operation != "sum":
        return _extreme(groups, counts, request, profile, doubts)
    if request.dtype in INTEGERS:
        return _integer_sum(groups, counts, request, profile)
    return _float_sum(groups, counts, request, profile, doubts)


def _grouped(selected: Array, request: Request) -> _Groups:
    """Put reduced axes last and kept axes first, in the request's order, so that a row is one element of the result."""
    rank = selected.ndim
    if request.axis is None or len(request.axis) == rank:
        rows = selected.reshape(1, selected.size)
        return _Groups(rows, _present(rows, request.missing), ())
    kept = [one for one in range(rank) if one not in request.axis]
    shape = tuple(selected.shape[one] for one in kept)
    first = kept if request.order == "C" else kept[::-1]
    length = math.prod(selected.shape[one] for one in request.axis)
    rows = selected.transpose(*first, *request.axis).reshape(math.prod(shape), length)
    return _Groups(rows, _present(rows, request.missing), shape)


def _present(array: Array, missing: Missing | None) -> Bools | None:
    """Return which elements are not missing. A comparison with NaN is false, so a NaN is never missing."""
    if missing is None:
        return None
    values = all_nearest(missing.values, name_of(array.dtype))
    absent: Bools = np.zeros(array.shape, np.bool_)
    with np.errstate(invalid="ignore"):
        if len(values) > MANY_VALUES and missing.kind == "missing_values":
            absent = np.isin(array, np.array(values, array.dtype))
        elif missing.kind in ("missing_value", "missing_values"):
            for value in values:
                absent |= array == value
        if missing.kind in ("valid_min", "valid_range"):
            absent |= array < values[0]
        if missing.kind in ("valid_max", "valid_range"):
            absent |= array > values[-1]
    return None if not absent.any() else ~absent


def _extreme(groups: _Groups, counts: Array, request: Request, profile: Profile, doubts: list[Rejection]) -> Values:
    free: Bools = np.equal(counts, 0)
    if free.all() or (free.any() and not profile.rules("nothing-left")):
        doubts.append(may_refuse(Rule.NOTHING_LEFT))
    least, pick = (
        (_largest(request.dtype), np.minimum) if request.operation == "min" else (_smallest(request.dtype), np.maximum)
    )
    with np.errstate(invalid="ignore"):
        values = pick.reduce(groups.or_else(least), axis=1, initial=least)
    numbers = tuple(counts.tolist())
    if request.dtype not in FLOATS:
        return Values(request.operation, request.dtype, groups.shape, numbers, values, free=free)
    free = free | _nan_doubts(np.isnan(values), profile, doubts)
    also = _other_zero(groups, values) if (values == 0).any() else None
    return Values(request.operation, request.dtype, groups.shape, numbers, values, also=also, free=free)


def _largest(dtype: str) -> Any:
    return np.dtype(dtype).type(np.inf if dtype in FLOATS else np.iinfo(dtype).max)


def _smallest(dtype: str) -> Any:
    return np.dtype(dtype).type(-np.inf if dtype in FLOATS else np.iinfo(dtype).min)


def _other_zero(groups: _Groups, values: Array) -> Array:
    """Return values with the other zero where zeros of both signs tie; set the sign where zeros have one sign only."""
    rows = groups.or_else(1)
    zeros, signs = rows == 0, np.signbit(rows)
    negative, positive = (zeros & signs).any(axis=1), (zeros & ~signs).any(axis=1)
    one = values.dtype.type
    zero = values == 0
    values[zero] = np.where(negative & ~positive, one(-0.0), one(0.0))[zero]
    return np.where(zero & negative & positive, one(-0.0), values)


def _nan_doubts(has_nan: Bools, profile: Profile, doubts: list[Rejection]) -> Bools:
    """Add the doubt that NaN may be refused by a 4xx that says so; with the ruling off, NaN elements are free."""
    if has_nan.any():
        words = ("nan", "notanumber", "finite")
        doubts.append(breaking(Rule.NAN, RefusalClass.ANY_OF_THE_CLIENT, *(words if profile.rules("nan") else ())))
    return has_nan if not profile.rules("nan") else np.zeros(has_nan.shape, np.bool_)


def _integer_sum(groups: _Groups, counts: Array, request: Request, profile: Profile) -> Values:
    terms = groups.or_else(0)
    values = np.add.reduce(terms, axis=1, dtype=request.dtype)
    free = None if profile.rules("integer-sum") else _wraps(terms, values)
    also = _missing_elements(groups, counts, values, request)
    return Values("sum", request.dtype, groups.shape, tuple(counts.tolist()), values, also=also, free=free)


def _float_sum(groups: _Groups, counts: Array, request: Request, profile: Profile, doubts: list[Rejection]) -> Values:
    bounds = sum_bounds(groups.rows, groups.present, request.dtype)
    with np.errstate(over="ignore"):
        values = bounds.nearest.astype(request.dtype)
    has_nan: Bools = np.logical_or.reduce(np.isnan(groups.or_else(0)), axis=1)
    free = _nan_doubts(has_nan, profile, doubts)
    if not profile.rules("float-overflow"):
        free = free | bounds.loose
    if not profile.rules("float-sum"):
        free = np.ones(free.shape, np.bool_)
    return Values(
        "sum", request.dtype, groups.shape, tuple(counts.tolist()), values,
        also=_missing_elements(groups, counts, values, request),
        low=bounds.low,
        high=bounds.high,
        pairwise_low=bounds.pairwise_low,
        pairwise_high=bounds.pairwise_high,
        loose=bounds.loose,
        free=free,
    )  # fmt: skip


def _missing_elements(groups: _Groups, counts: Array, values: Array, request: Request) -> Array | None:
    """Return values with missing elements in place, which a sum over no axes at all may return."""
    if request.axis != () or groups.present is None:
        return None
    return np.where(np.equal(counts, 0), groups.rows[:, 0], values)


def _wraps(terms: Array, values: Array) -> Bools:
    """Return which sums are beyond the dtype."""
    exact = [sum(row) for row in terms.tolist()]
    return np.array([a != b for a, b in zip(exact, values.tolist())], np.bool_)

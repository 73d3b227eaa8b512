"""Read a server's answer to one request, to compare it with its answer to another."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from specs.outcome import Outcome, Reply
from specs.reductions import wire
from specs.reductions.bodies import read_send
from specs.reductions.dtypes import FLOATS, Array, Bools
from specs.reductions.expectation import Expectation, Values
from specs.reductions.profile import Profile
from specs.reductions.request import Request
from specs.reductions.steps import Send


@dataclass(frozen=True, slots=True, eq=False)
class FlatAnswer:
    """A well-formed answer, flat and in the result's order.

    `counts` is None where the answer has none; `free` elements may be anything; `width` is how far apart two right
    float sums may lie.
    """

    step: int
    request: Request
    dtype: str
    shape: tuple[int, ...]
    values: Array
    counts: Array | None
    free: Bools
    width: Array

    @property
    def counts_each(self) -> bool:
        """Say whether there is a count for each element of the result."""
        return self.counts is not None and self.counts.size == self.values.size and self.request.operation != "select"

    def shaped(self, flat: Array) -> Array:
        """Return the result's elements in the result's shape."""
        return flat.reshape(self.shape, order=self.request.order)


def told(step: int, send: Send, outcome: Outcome, due: Expectation | None, profile: Profile) -> FlatAnswer | None:
    """Read the answer to a valid request; return None for anything but a 200 whose parts fit together."""
    if not isinstance(outcome, Reply) or outcome.status != 200:
        return None
    request = read_send(send, profile).request
    try:
        answer = wire.answer_of(outcome, profile)
        values = answer.values()
    except ValueError:
        return None
    counts = None if answer.counts is None else np.array(answer.counts, np.int64)
    if (
        request is None
        or values.size != math.prod(answer.shape)
        or (counts is not None and counts.size not in (values.size, 1))
    ):
        return None
    sure = due.answers[0] if due is not None and len(due.answers) == 1 else None
    if sure is not None and (sure.values.size, sure.dtype) != (values.size, answer.dtype):
        sure = None
    free = _free(request, values, counts, sure)
    width = _width(values, sure) if request.operation == "sum" and request.dtype in FLOATS else np.zeros(values.shape)
    return FlatAnswer(step, request, answer.dtype, answer.shape, values, counts, free | ~np.isfinite(width), width)


def _free(request: Request, values: Array, counts: Array | None, due: Values | None) -> Bools:
    """Say which elements may be anything: those with nothing left, and those that a ruling leaves open."""
    free = np.zeros(values.shape, np.bool_)
    if due is not None and due.free is not None:
        free |= due.free
    if request.operation not in ("min", "max") and request.axis != ():
        return free
    if counts is not None and counts.size == values.size:
        free |= counts == 0
    elif due is not None and len(due.counts) == values.size:
        free |= np.array(due.counts, np.int64) == 0
    return free


def _width(values: Array, due: Values | None) -> Array:
    """Return the width of the bounds on float sums; infinite where there are none."""
    if due is None or due.low is None or due.high is None:
        return np.full(values.shape, np.inf)
    fixed = (due.low == due.high) | np.isnan(due.low)
    with np.errstate(invalid="ignore", over="ignore"):
        width = np.where(fixed, 0.0, due.high - due.low)
    return width if due.loose is None else np.where(due.loose, np.inf, width)

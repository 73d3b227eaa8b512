"""Check a 200's form and values against the answers that are allowed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from specs.outcome import Reply
from specs.reductions import wire
from specs.reductions.dtypes import FLOATS, Array, Bools
from specs.reductions.expectation import Values
from specs.reductions.profile import Profile
from specs.reductions.steps import Send, SendRaw
from specs.violation import Aspect, Violation, Way

CONTENT_TYPES = {"v1": "application/octet-stream", "v2": "application/cbor"}
MOST_SHOWN = 8
# A float sum that is wrong by no more than this share of it is inexact.
NEARLY = 1e-3


def answer_checks(
    reply: Reply, allowed: tuple[Values, ...], profile: Profile, step: Send | SendRaw
) -> Iterator[Violation]:
    """Check the form first, then each part of the answer; if several are allowed, report the first's differences."""
    content_type = (reply.header("content-type") or "").split(";")[0].strip().lower()
    if content_type != CONTENT_TYPES[profile.api]:
        aspect = Aspect.CONTENT_TYPE if content_type else Aspect.NO_CONTENT_TYPE
        due = CONTENT_TYPES[profile.api]
        yield Violation("answer-form", "wrong content type", due, repr(content_type), way=Way.FORM, aspect=aspect)
        return
    try:
        answer = wire.answer_of(reply, profile)
    except wire.Malformed as error:
        yield Violation(
            "answer-form", "a malformed answer", "the API's form", str(error), way=Way.FORM, aspect=error.aspect
        )
        return
    if profile.api == "v2" and isinstance(step, Send):
        yield from _twins(answer, step.fields)
    best: list[Violation] | None = None
    for values in allowed:
        found = list(_differences(answer, values, profile))
        if not any(one.severity == "failure" for one in found):
            yield from found
            return
        best = found if best is None else best
    yield from _together(best or [])


def _together(found: list[Violation]) -> Iterator[Violation]:
    """Yield what is wrong with one answer; each failure names the aspects of the others."""
    failures = [one for one in found if one.severity == "failure"]
    for one in found:
        yield replace(one, besides=tuple(other.aspect for other in failures if other is not one))


def _twins(answer: wire.Answer, fields: Mapping[str, Any]) -> Iterator[Violation]:
    """Check that the options choose lists or their byte twins, never both."""
    for option, listed, twin, ignored, unasked in (
        (
            "option_shape_as_bytes", answer.listed_shape, answer.shape_twin,
            Aspect.SHAPE_OPTION_IGNORED, Aspect.SHAPE_TWIN_UNASKED,
        ),
        (
            "option_count_as_bytes", answer.listed_counts, answer.counts_twin,
            Aspect.COUNT_OPTION_IGNORED, Aspect.COUNT_TWIN_UNASKED,
        ),
    ):  # fmt: skip
        as_bytes = fields.get(option) is True
        name = option.removeprefix("option_").removesuffix("_as_bytes")
        if as_bytes and listed:
            told = f"{name} {list(listed)}"
            yield Violation("as-bytes", f"{option} is ignored", f"an empty {name}", told, way=Way.FORM, aspect=ignored)
        elif not as_bytes and twin:
            title = f"{name}_as_bytes without being asked"
            yield Violation("as-bytes", title, "an empty twin", twin.hex(), way=Way.FORM, aspect=unasked)


def _differences(answer: wire.Answer, due: Values, profile: Profile) -> Iterator[Violation]:
    if answer.dtype != due.dtype:
        yield Violation("answer-dtype", f"{due.operation}: wrong dtype", due.dtype, answer.dtype, aspect=Aspect.DTYPE)
        return
    if answer.shape != due.shape:
        yield Violation(
            "answer-shape", f"{due.operation}: wrong shape", _shown_shape(due), _shown_answer(answer),
            aspect=Aspect.SHAPE,
        )  # fmt: skip
        return
    wanted_bytes = due.values.size * due.values.dtype.itemsize
    if len(answer.data) != wanted_bytes:
        yield Violation(
            "answer-length",
            f"{due.operation}: wrong number of bytes",
            f"{wanted_bytes} bytes",
            f"{len(answer.data)} bytes",
            aspect=Aspect.LENGTH,
        )
        return
    yield from _counts(answer, due, profile)
    yield from _values(answer.values(), due)


def _counts(answer: wire.Answer, due: Values, profile: Profile) -> Iterator[Violation]:
    if answer.counts is None:
        return
    counts = due.counts
    if profile.api == "v1" and profile.count_form == "number":
        counts = (sum(counts),)
    if answer.counts != counts:
        title = f"{due.operation}: wrong counts"
        yield Violation("counts", title, shown(counts), shown(answer.counts), aspect=Aspect.COUNTS)


def _values(got: Array, due: Values) -> Iterator[Violation]:
    wrong = ~_allowed(got, due)
    if wrong.any():
        requirement = "sum-accuracy" if due.low is not None else f"{due.operation}-values"
        yield Violation(
            requirement,
            f"{due.operation}: wrong values",
            shown(due.values),
            shown(got),
            aspect=_aspect(got, due, wrong),
        )
    elif due.pairwise_low is not None and due.pairwise_high is not None:
        wide = _widened(got)
        outside = (
            ~((wide >= due.pairwise_low) & (wide <= due.pairwise_high))
            & np.isfinite(due.pairwise_low)
            & np.isfinite(wide)
        )
        if due.free is not None:
            outside &= ~due.free
        if due.also is not None:
            outside &= ~same_bits(got, due.also)
        if outside.any():
            yield Violation(
                "pairwise-sum",
                "a sum less accurate than pairwise summation",
                shown(due.values),
                shown(got),
                aspect=Aspect.PAIRWISE,
                severity="warning",
            )


def _allowed(got: Array, due: Values) -> Bools:
    """Say which elements are right."""
    if due.low is not None and due.high is not None:
        wide = _widened(got)
        right = ((wide >= due.low) & (wide <= due.high)) | (np.isnan(wide) & np.isnan(due.low))
        if due.loose is not None:
            right |= due.loose & ~np.isfinite(wide)
    else:
        right = same_bits(got, due.values)
    if due.also is not None:
        right |= same_bits(got, due.also)
    if due.free is not None:
        right |= due.free
    return right


def same_bits(got: Array, due: Array) -> Bools:
    """Say which elements have equal bit patterns, or are both NaN."""
    bits = f"u{got.dtype.itemsize}"
    same: Bools = np.ascontiguousarray(got).view(bits) == np.ascontiguousarray(due).view(bits)
    if got.dtype.kind == "f":
        same |= np.isnan(got) & np.isnan(due)
    return same


def _aspect(got: Array, due: Values, wrong: Bools) -> Aspect:
    """Return the kind of difference, if it tells causes apart."""
    if due.dtype in FLOATS:
        pair = got[wrong][0], due.values[wrong][0]
        if np.isnan(pair).any():
            return Aspect.NAN
        if pair[0] == pair[1]:
            return Aspect.ZERO_SIGN
        if due.low is not None and math.isclose(*pair, rel_tol=NEARLY):
            return Aspect.INEXACT
    return Aspect.VALUES


def _shown_shape(due: Values) -> str:
    return f"shape {list(due.shape)}"


def _shown_answer(answer: wire.Answer) -> str:
    return f"shape {list(answer.shape)}"


def _widened(got: Array) -> Array:
    """Convert to float64, without a warning for signalling NaNs, which may come."""
    with np.errstate(invalid="ignore"):
        return got.astype(np.float64)


def shown(values: Array | tuple[int, ...]) -> str:
    """Show the first few numbers, in full precision."""
    first = values[:MOST_SHOWN]
    text = " ".join(str(x) for x in first)
    more = f" … ({len(values)} in all)" if len(values) > MOST_SHOWN else ""
    return f"[{text}{more}]"

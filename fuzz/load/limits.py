"""Compare what was measured with the limits that the user sets."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from fuzz.errors import UsageError
from fuzz.load.measured import Measured, percentile
from specs.profile import did_you_mean


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit on an operation, or on each one if none is named: a percentile in ms at most, or a rate at least."""

    flag: str
    kind: Literal["percentile", "rate"]
    bound: float
    share: float = 0.0
    operation: str = ""


def limits(flag: str, kind: Literal["percentile", "rate"], texts: Sequence[str], share: float = 0.0) -> Iterator[Limit]:
    """Read the values of a flag: `100`, or `get-object=100`; raises UsageError."""
    for text in texts:
        read = re.fullmatch(r"(?:([a-z-]+)=)?(\d+(?:\.\d+)?)", text)
        if read is None:
            raise UsageError(f"{flag} {text!r} is not a number, or an operation with one, such as get-object=100")
        yield Limit(flag, kind, float(read[2]), share, read[1] or "")


def check_names(several: Sequence[Limit], operations: Collection[str]) -> None:
    """Raise UsageError where a limit names an operation that the scenario has not."""
    for one in several:
        if one.operation and one.operation not in operations:
            hint = did_you_mean(one.operation, sorted(operations))
            raise UsageError(f"{one.flag}: the scenario has no operation {one.operation!r}.{hint}")


def broken(several: Sequence[Limit], measured: Measured) -> Iterator[str]:
    """Say in a line each where a limit does not hold."""
    for one in several:
        for name, of in measured.rounds.items():
            for operation, times in of.times.items():
                if one.operation not in ("", operation):
                    continue
                rate = of.rate(times)
                if one.kind == "rate" and rate < one.bound:
                    yield f"{name}: {operation} was answered {rate:.1f} times a second; at least {one.bound:g}"
                took = percentile(times.took_ms, one.share)
                if one.kind == "percentile" and took > one.bound:
                    share = f"{100 * one.share:.0f} %"
                    yield f"{name}: {share} of {operation} were answered within {took:.1f} ms; at most {one.bound:g} ms"

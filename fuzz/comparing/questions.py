"""The questions of a comparison: every combination of sizes, types, operations, selections and codecs."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from fuzz.errors import UsageError
from specs.case import Case
from specs.fields import Fields
from specs.profile import did_you_mean
from specs.reductions import encoding
from specs.reductions.dtypes import FLOATS, ITEM_SIZES, NAMES, Array
from specs.reductions.request import COMPRESSIONS, FILTERS, OPERATIONS, Filter
from specs.reductions.steps import Put, Send

ALL, NONE = "all", "none"
LONGEST_SIDE = 4000
# By the side of a square, the same for its rows and columns but where it says otherwise.
SELECTIONS: Mapping[str, Callable[[int], list[list[int]] | None]] = MappingProxyType(
    {
        ALL: lambda _: None,
        "half": lambda side: [[0, max(1, side // 2), 1], [0, side, 1]],
        "strided": lambda side: [[0, side, 2], [0, side, 2]],
        "corner": lambda side: [[0, max(1, side // 10), 1], [0, max(1, side // 10), 1]],
    }
)


@dataclass(frozen=True, slots=True)
class TimedQuestion:
    """One reduction of a square array, whoever is asked for it."""

    side: int
    dtype: str = "float32"
    operation: str = "sum"
    selection: str = ALL
    codec: str = NONE

    @property
    def label(self) -> str:
        """Return the question in a few words."""
        return f"{self.kind} · {self.side}²"

    @property
    def kind(self) -> str:
        """Return all of the question but the size."""
        more = [self.selection] * (self.selection != ALL) + [self.codec] * (self.codec != NONE)
        return " ".join([self.operation, self.dtype, *more])

    @property
    def selected(self) -> list[list[int]] | None:
        return SELECTIONS[self.selection](self.side)

    @property
    def filters(self) -> tuple[Filter, ...]:
        return tuple(Filter(name, ITEM_SIZES[self.dtype]) for name in self.codec.split("+") if name in FILTERS)

    @property
    def compression(self) -> str | None:
        return next((name for name in self.codec.split("+") if name in COMPRESSIONS), None)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def data(self) -> bytes:
        """Say what the object holds."""
        return encoding.stored(_array(self.side, self.dtype), filters=self.filters, compression=self.compression)

    def send(self) -> Send:
        """Return the request about an object that holds the data."""
        fields: dict[str, Any] = {"dtype": self.dtype, "byte_order": "little", "shape": [self.side, self.side]}
        if self.selected is not None:
            fields["selection"] = self.selected
        if self.filters:
            fields["filters"] = [asdict(one) for one in self.filters]
        if self.compression is not None:
            fields["compression"] = {"id": self.compression}
        return Send(self.operation, Fields(fields), "a")

    def case(self, data: bytes) -> Case:
        """Return the question as a case, which the model can answer."""
        return Case("comparison", (Put("a", data), self.send()))


def _array(side: int, dtype: str) -> Array:
    """Return a field that changes smoothly, with some noise on it: compressed, it gets smaller, but not small."""
    x = np.linspace(0.0, 6.0, side)
    field = 280.0 + 20.0 * np.sin(x)[:, None] * np.cos(x)[None, :]
    field += np.random.default_rng(side).normal(0.0, 0.5, (side, side))
    return (np.round(field, 1) if dtype in FLOATS else np.round(field * 10)).astype(dtype)


def questions(
    sizes: Sequence[int],
    dtypes: Sequence[str],
    operations: Sequence[str],
    selections: Sequence[str],
    codecs: Sequence[str],
) -> tuple[TimedQuestion, ...]:
    """Return every combination; raises UsageError for a name that means nothing."""
    _known("--dtypes", dtypes, NAMES)
    _known("--operations", operations, OPERATIONS)
    _known("--selections", selections, tuple(SELECTIONS))
    for codec in codecs:
        if codec != NONE:
            _known("--codecs", codec.split("+"), (*FILTERS, *COMPRESSIONS, NONE))
            _in_order(codec)
    for side in sizes:
        if not 1 <= side <= LONGEST_SIDE:
            raise UsageError(f"--sizes: {side} is not the side of a square from 1 to {LONGEST_SIDE}")
    return tuple(_combined(sizes, dtypes, operations, selections, codecs))


def _combined(sizes: Sequence[int], *rest: Sequence[str]) -> Iterator[TimedQuestion]:
    for dtype, operation, selection, codec in itertools.product(*rest):
        for side in sizes:
            yield TimedQuestion(side, dtype, operation, selection, codec)


def _known(flag: str, given: Sequence[str], known: Sequence[str]) -> None:
    for name in given:
        if name not in known:
            raise UsageError(f"{flag}: {name!r} is unknown.{did_you_mean(name, list(known))}")


def _in_order(codec: str) -> None:
    """Raise UsageError unless a codec is filters and then at most one compression."""
    *first, last = codec.split("+")
    if any(name in COMPRESSIONS for name in first) or NONE in first or last == NONE:
        raise UsageError(f"--codecs: {codec!r}: filters come first, then one compression, such as shuffle+gzip")

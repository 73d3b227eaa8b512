"""Read Range headers as the API does: one range of bytes, or something that is left open."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

ONE = re.compile(r"bytes=(?:([0-9]+)-([0-9]*)|-([0-9]+))")
MOST_SIZE = 2**63


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes from `start` to before `end` of an object of `size` bytes."""

    start: int
    end: int
    size: int

    @property
    def text(self) -> str:
        """Return the value of Content-Range."""
        return f"bytes {self.start}-{self.end - 1}/{self.size}"


@dataclass(frozen=True, slots=True)
class WantedRange:
    """The meaning of a Range header for an object: a span, one that cannot be satisfied, or one left open."""

    kind: Literal["span", "unsatisfiable", "open"]
    span: Span | None = None
    # Of what is left open: whether the whole object is empty and any suffix of it may be too.
    empty: bool = False


def asked(text: str, size: int) -> WantedRange:
    """Read a Range header of an object of that size."""
    match = ONE.fullmatch(text)
    if match is None:
        return WantedRange("open", _readable(text, size))
    first, last, suffix = match.groups()
    if any(int(one) >= MOST_SIZE for one in (first, last, suffix) if one):
        return WantedRange("open", _span(match, size))
    if suffix is not None and size == 0 and int(suffix) > 0:
        return WantedRange("open", empty=True)
    if first is not None and last and int(last) < int(first):
        return WantedRange("open")
    span = _span(match, size)
    return WantedRange("unsatisfiable") if span is None else WantedRange("span", span)


def _span(match: re.Match[str], size: int) -> Span | None:
    first, last, suffix = match.groups()
    if suffix is not None:
        wanted = min(int(suffix), size)
        return Span(size - wanted, size, size) if wanted else None
    start = int(first)
    if start >= size or (last and int(last) < start):
        return None
    return Span(start, min(int(last), size - 1) + 1 if last else size, size)


def _readable(text: str, size: int) -> Span | None:
    """Return the span that a malformed header can be read as, with blanks and signs taken away."""
    plain = re.sub(r"[ \t+]", "", text).lower()
    match = ONE.fullmatch(plain)
    return None if match is None else _span(match, size)

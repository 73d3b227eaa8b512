"""Tell which cases may keep a server busy, those whose data promises much more than it holds, and have it promise less.

A chunk of blosc2 has the number of bytes that it holds at its beginning. A server that believes the number reserves so
much memory, and fills it; a gigabyte takes most of a second of one processor.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace
from typing import Any

from specs.case import Case
from specs.reductions.steps import Put, Send

# To fill so many bytes takes a server a few milliseconds.
MANY_BYTES = 1 << 24
# Where in a chunk of blosc2 the number of its bytes stands.
PROMISE = slice(4, 8)


def promises_much(case: Case) -> bool:
    """Say whether a request takes an object for a chunk of blosc2 that says that it holds very much."""
    data = {step.about: step.data for step in case.steps if isinstance(step, Put)}
    return any(_promised(data[place], start) >= MANY_BYTES for place, start in _chunks(case) if place in data)


def promising_less(case: Case) -> Case | None:
    """Return the case with chunks that promise less; None if none promises very much."""
    if not promises_much(case):
        return None
    chunks = _chunks(case)
    return replace(case, steps=tuple(_promising_less(step, chunks) for step in case.steps))


def _promising_less(step: Any, chunks: Set[tuple[tuple[str, str], int]]) -> Any:
    if not isinstance(step, Put):
        return step
    data = bytearray(step.data)
    ends = [start + PROMISE.stop for place, start in chunks if place == step.about]
    ends = [end for end in ends if _promised(step.data, end - PROMISE.stop) >= MANY_BYTES]
    # What is left to be promised is still more than most objects hold. Where chunks overlap, the least counts.
    for back, byte in ((2, 0xFF), (1, 0)):
        for end in ends:
            data[end - back] = byte
    return replace(step, data=bytes(data))


def _chunks(case: Case) -> Set[tuple[tuple[str, str], int]]:
    """List where a server may look for chunks of blosc2: in which objects, and from which byte on.

    A server that leaves the offset out takes what stands before the chunk for its beginning.
    """
    found = set[tuple[tuple[str, str], int]]()
    for step in case.steps:
        if isinstance(step, Send) and _takes_for_blosc2(step):
            offset = step.fields.get("offset")
            starts = {0, offset} if isinstance(offset, int) and offset > 0 else {0}
            found.update(((step.bucket, step.key), start) for start in starts)
    return found


def _takes_for_blosc2(step: Send) -> bool:
    compression = step.fields.get("compression")
    return isinstance(compression, Mapping) and compression.get("id") == "blosc2"


def _promised(data: bytes, start: int) -> int:
    """Return how many bytes a chunk says that it holds; little where there is none."""
    return int.from_bytes(data[start + PROMISE.start : start + PROMISE.stop], "little")

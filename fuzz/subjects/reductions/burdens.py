"""Tell which cases may keep a server busy: those whose data promises much more than it holds.

A chunk of blosc2 has the number of bytes that it holds at its beginning. A server that believes the number reserves so
much memory, and fills it; a gigabyte takes most of a second of one processor.
"""

from __future__ import annotations

from collections.abc import Mapping

from specs.case import Case
from specs.reductions.steps import Put, Send

# To fill so many bytes takes a server a few milliseconds.
MANY_BYTES = 1 << 24
# Where in a chunk of blosc2 the number of its bytes stands.
PROMISE = slice(4, 8)


def promises_much(case: Case) -> bool:
    """Say whether a request takes an object for a chunk of blosc2 that says that it holds very much."""
    data = {step.about: step.data for step in case.steps if isinstance(step, Put)}
    return any(
        _promised(data[bucket, key], step) >= MANY_BYTES
        for step in case.steps
        if isinstance(step, Send) and _takes_for_blosc2(step)
        for bucket, key in [(step.bucket, step.key)]
        if (bucket, key) in data
    )


def _takes_for_blosc2(step: Send) -> bool:
    compression = step.fields.get("compression")
    return isinstance(compression, Mapping) and compression.get("id") == "blosc2"


def _promised(data: bytes, step: Send) -> int:
    """Return how many bytes a chunk says that it holds, wherever in the object a server may look for the chunk.

    A server that leaves the offset out takes what stands before the chunk for its beginning.
    """
    offset = step.fields.get("offset")
    starts = {0, offset} if isinstance(offset, int) and offset > 0 else {0}
    return max(int.from_bytes(data[start:][PROMISE], "little") for start in starts)

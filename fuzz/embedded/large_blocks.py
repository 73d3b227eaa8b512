"""Has a process keep the memory of large blocks that it has done with, or give each back at once.

The C library does either by rules of its own, which hang on what came before and on the thread. A server keeps it:
taking pages anew costs more than summing what is in them, and the same request took 5 or 15 ms, for minutes, on one
connection or on all. A hunt gives it back: the few cases with much data would leave behind as much memory, with small
blocks here and there that keep the rest of it. From time to time it gives back the gaps between those as well.
"""

import ctypes
from collections.abc import Mapping
from contextlib import suppress

# Of mallopt in glibc's malloc.h; the largest threshold that it takes for a block of its own is 32 MiB.
TRIM_THRESHOLD, TOP_PAD, MMAP_THRESHOLD, MOST_ARENAS = -1, -2, -3, -8
MIB = 1024 * 1024
# Threads that take turns need no memory each of its own, of which each would keep what its busiest moment took.
KEPT = {MMAP_THRESHOLD: 32 * MIB, TRIM_THRESHOLD: 1024 * MIB, TOP_PAD: 128 * MIB, MOST_ARENAS: 1}
# To set a threshold keeps the library from raising it to the largest block that was ever given back.
GIVEN_BACK = {MMAP_THRESHOLD: MIB // 4, MOST_ARENAS: 1}
# What comes of asking a C library other than glibc.
UNKNOWN_LIBRARY = (AttributeError, OSError, TypeError)


def keep_memory() -> None:
    """Take large blocks from memory that is kept; another C library than glibc is left to its own rules."""
    _set(KEPT)


def give_memory_back() -> None:
    """Give the memory of each large block back as soon as it is of no use."""
    _set(GIVEN_BACK)


def give_gaps_back() -> None:
    """Give back all pages in which nothing is held, also those between blocks that stay."""
    with suppress(*UNKNOWN_LIBRARY):
        ctypes.CDLL(None).malloc_trim(0)


def _set(rules: Mapping[int, int]) -> None:
    with suppress(*UNKNOWN_LIBRARY):
        mallopt = ctypes.CDLL(None).mallopt
        for parameter, value in rules.items():
            mallopt(parameter, value)

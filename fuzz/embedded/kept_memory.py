"""Has a process keep the memory of arrays that it has done with.

The C library gives large blocks back to the system, or keeps them, by rules of its own that hang on what came before
and on the thread. Taking pages anew costs more than summing what is in them: the same request took 5 or 15 ms, for
minutes, on one connection or on all.
"""

import ctypes
from contextlib import suppress

# Of mallopt in glibc's malloc.h; the largest threshold that it takes for a block of its own is 32 MiB.
TRIM_THRESHOLD, TOP_PAD, MMAP_THRESHOLD = -1, -2, -3
MIB = 1024 * 1024
KEPT = {MMAP_THRESHOLD: 32 * MIB, TRIM_THRESHOLD: 1024 * MIB, TOP_PAD: 128 * MIB}


def keep_memory() -> None:
    """Take large blocks from memory that is kept; another C library than glibc is left to its own rules."""
    with suppress(AttributeError, OSError, TypeError):
        mallopt = ctypes.CDLL(None).mallopt
        for parameter, value in KEPT.items():
            mallopt(parameter, value)

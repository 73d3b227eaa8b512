"""A network that carries so many bits a second, whoever sends over it."""

import threading
import time
from collections.abc import Callable, Iterator

PIECE_BYTES = 16 * 1024
# Who sleeps wakes up a little late; that is made up for, lest the network be slower than was asked for.
LATE_SECONDS = 0.005


class SharedBandwidth:
    """Says when the next piece would have arrived over a network of a given bandwidth, which all senders share."""

    def __init__(self, mbps: float, clock: Callable[[], float] = time.monotonic) -> None:
        if mbps <= 0:
            raise ValueError(f"a network of {mbps:g} Mbit/s carries nothing")
        self._seconds_a_byte = 8 / (mbps * 1e6)
        self._clock = clock
        self._free = clock()
        self._lock = threading.Lock()

    def pieces(self, data: bytes) -> Iterator[tuple[memoryview, float]]:
        """Yield the data in pieces, each with the seconds to wait before it is sent on."""
        view = memoryview(data)
        for start in range(0, len(view), PIECE_BYTES):
            piece = view[start : start + PIECE_BYTES]
            yield piece, self._delay(len(piece))

    def _delay(self, length: int) -> float:
        with self._lock:
            now = self._clock()
            begin = self._free if now - self._free < LATE_SECONDS else now
            self._free = begin + length * self._seconds_a_byte
            return max(0.0, self._free - now)

"""Servers that are healthy but for some requests, on which they give trouble instead of an answer."""

from __future__ import annotations

import os
import threading
from argparse import ArgumentParser

import numpy as np

from fuzz.embedded.http_messages import Answer, DropConnection, HttpRequest, Stall
from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.reduction import Array, Outcome, Reduction
from fuzz.subjects.reductions.reference_server.server import serve

STALL_SECONDS = 3600.0
EATEN_BYTES = 2**28


class _Trouble(Exception):
    """A request that the server has no answer to."""


class Troublesome(ReferenceServer):
    """Gives trouble where there is a NaN among floats, or the stride is negative: one request in ten or so."""

    def handle(self, request: HttpRequest) -> Answer:
        try:
            return super().handle(request)
        except _Trouble:
            return self.trouble()

    def reduce(self, array: Array, reduction: Reduction) -> Outcome:
        reversed_ = any(stride < 0 for _, _, stride in reduction.selection or ())
        if reversed_ or (array.dtype.kind == "f" and np.isnan(array).any()):
            raise _Trouble
        return super().reduce(array, reduction)

    def trouble(self) -> Answer:
        """Return the answer that causes trouble in place of the right one."""
        raise NotImplementedError


class Panics(Troublesome):
    """The connection is closed without an answer."""

    def trouble(self) -> Answer:
        return DropConnection()


class Hangs(Troublesome):
    """A request without an answer: the server hangs."""

    def trouble(self) -> Answer:
        return Stall(STALL_SECONDS)


class EatsMemory(Troublesome):
    """The connection is closed after a quarter of a gigabyte was written."""

    def trouble(self) -> Answer:
        np.ones(EATEN_BYTES, np.uint8)
        return DropConnection()


class Dies(Troublesome):
    """The process ends."""

    def trouble(self) -> Answer:
        os._exit(1)


TROUBLES: tuple[type[Troublesome], ...] = (Panics, Hangs, EatsMemory, Dies)


def main() -> None:
    """Serve until ended."""
    parser = ArgumentParser(prog="python -m fuzz.bench.troublesome", description=__doc__)
    parser.add_argument("trouble", choices=["none", *(one.__name__ for one in TROUBLES)])
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    broken = next((one for one in TROUBLES if one.__name__ == options.trouble), ReferenceServer)
    with serve(broken(), port=options.port):
        threading.Event().wait()


if __name__ == "__main__":
    main()

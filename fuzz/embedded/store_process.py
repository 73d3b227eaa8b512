"""A store in memory as a process: takes objects from standard input, and ends with it.

The first line says in JSON whose store it is, so that no secret stands on a command line, and which descriptors listen
already. Each line that follows is an order; what is to be put follows the order that puts it.
"""

import json
import os
import select
import socket
import sys
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from fuzz.embedded.http_messages import Answer, HttpRequest
from fuzz.embedded.memory_store import MemoryStoreServer

ONE_READ_BYTES = 1024 * 1024


class OrderedStore(MemoryStoreServer):
    """A store that first carries out whatever it was ordered to before a request came."""

    def __init__(self, orders_from: int, asked: Mapping[str, Any], listener: socket.socket) -> None:
        """Take the descriptor that orders come from, whose store it is, and where it listens."""
        super().__init__(owner=asked["owner"], secrets=asked["secrets"], buckets=asked["buckets"], listener=listener)
        os.set_blocking(orders_from, False)
        self._orders_from = orders_from
        self._turn = threading.Lock()
        self._unread = bytearray()

    def carry_out(self) -> bool:
        """Carry out the orders that have come whole; say whether more can come."""
        with self._turn:
            while True:
                try:
                    came = os.read(self._orders_from, ONE_READ_BYTES)
                except BlockingIOError:
                    return True
                if not came:
                    return False
                self._unread += came
                while self._carry_out_the_first():
                    pass

    def _carry_out_the_first(self) -> bool:
        """Carry out the first order that has not been; say whether it had come whole."""
        end = self._unread.find(b"\n") + 1
        if not end:
            return False
        order = json.loads(self._unread[:end])
        data_end = end + order.get("bytes", 0)
        if len(self._unread) < data_end:
            return False
        match order["do"]:
            case "put":
                self.put(order["bucket"], order["key"], bytes(self._unread[end:data_end]), order["served"])
            case "delete":
                self.delete(order["bucket"], order["key"])
            case "count":
                print(sum(len(one.versions) for one in self.state.buckets.values()), flush=True)
        del self._unread[:data_end]
        return True

    def _handle(self, request: HttpRequest) -> Answer:
        self.carry_out()
        return super()._handle(request)


def main() -> int:
    """Serve until standard input ends."""
    orders_from = sys.stdin.fileno()
    first = _first_line(orders_from)
    if not first:
        return 0
    asked = json.loads(first)
    listeners = [socket.socket(fileno=one) for one in asked["listeners"]]
    store = OrderedStore(orders_from, asked, listeners[0])
    with ExitStack() as stack:
        stack.enter_context(store)
        for mbps, listener in zip(asked["mbps"], listeners[1:], strict=True):
            stack.enter_context(store.narrowed(mbps, listener))
        waiting = select.poll()
        waiting.register(orders_from, select.POLLIN)
        while store.carry_out():
            waiting.poll()
    return 0


def _first_line(descriptor: int) -> bytes:
    """Read a line and nothing that follows it; what is read ends without a line's end where the input does."""
    line = b""
    while not line.endswith(b"\n") and (more := os.read(descriptor, 1)):
        line += more
    return line if line.endswith(b"\n") else b""


if __name__ == "__main__":
    sys.exit(main())

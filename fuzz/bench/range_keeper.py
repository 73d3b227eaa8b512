"""A server that takes bodies of any size, keeps a few ranges of them, and gives these ranges back."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Mapping, Sequence

from fuzz.embedded.byte_ranges import RANGE
from fuzz.embedded.http_messages import HttpRequest, HttpResponse, RequestHead
from fuzz.embedded.http_server import HttpServer

Range = tuple[int, int]


class Ranges:
    """Keeps the bytes of some ranges, in the order of their starts, of what comes."""

    def __init__(self, wanted: Sequence[Range]) -> None:
        self._wanted = wanted
        self._first = 0
        self.size = 0
        self.kept = [bytearray() for _ in wanted]

    def write(self, data: bytes) -> None:
        """Take the next bytes."""
        begin, end = self.size, self.size + len(data)
        self.size = end
        while self._first < len(self._wanted) and self._wanted[self._first][1] <= begin:
            self._first += 1
        for number in range(self._first, len(self._wanted)):
            start, stop = self._wanted[number]
            if start >= end:
                return
            self.kept[number] += data[max(start - begin, 0) : max(stop - begin, 0)]


class RangeKeeper:
    """Answers a PUT with the size of its body, and a GET of a range that it kept with the bytes."""

    def __init__(self, wanted: Sequence[Range]) -> None:
        self._wanted = sorted(wanted)
        self._lock = threading.Lock()
        self._kept: Mapping[Range, bytes] = {}
        self._size = 0

    def reception(self, _head: RequestHead) -> Ranges:
        """Return what takes the body of a request."""
        return Ranges(self._wanted)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if isinstance(request.received, Ranges):
            kept = map(bytes, request.received.kept)
            with self._lock:
                self._kept, self._size = dict(zip(self._wanted, kept, strict=True)), request.received.size
            return HttpResponse(200, {"X-Size": str(request.received.size)})
        match = RANGE.fullmatch(request.headers.get("range", ""))
        asked = (int(match[1]), int(match[2]) + 1) if match and match[1] and match[2] else (0, 0)
        with self._lock:
            if asked not in self._kept:
                return HttpResponse(416, {})
            headers = {"Content-Range": f"bytes {asked[0]}-{asked[1] - 1}/{self._size}"}
            return HttpResponse(206, headers, self._kept[asked])


def main() -> int:
    """Serve until standard input ends; its first line is the list of ranges."""
    keeper = RangeKeeper([(start, stop) for start, stop in json.loads(sys.stdin.readline())])
    with HttpServer(keeper, on_error=lambda status, _: HttpResponse(status, {}), reception=keeper.reception) as server:
        print(json.dumps({"url": server.url, "port": server.port}), flush=True)
        sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(main())

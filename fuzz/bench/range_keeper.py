"""A server that takes bodies of any size, keeps a few ranges of them, and gives these ranges back."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence

from fuzz.embedded.byte_ranges import RANGE
from fuzz.embedded.http_messages import HttpRequest, HttpResponse, RequestHead
from fuzz.embedded.http_server import HttpServer

Range = tuple[int, int]
CONTENT_RANGE = re.compile(r"bytes ([0-9]+)-")


class Ranges:
    """Keeps the bytes of some ranges, in the order of their starts, of what comes from an offset on."""

    def __init__(self, wanted: Sequence[Range], start: int = 0) -> None:
        self._wanted = wanted
        self._first = 0
        self.start = self.size = start
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
    """Answers a GET of a range that has come, of a body that may have broken off since, and refuses other ranges."""

    def __init__(self, wanted: Sequence[Range]) -> None:
        self._wanted = sorted(wanted)
        self._came = Ranges(self._wanted)

    def reception(self, head: RequestHead) -> Ranges:
        """Return what takes the body of a request, which may be a part of a larger one."""
        match = CONTENT_RANGE.match(head.headers.get("content-range", ""))
        self._came = Ranges(self._wanted, int(match[1]) if match else 0)
        return self._came

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method == "PUT":
            return HttpResponse(200, {"X-Size": str(self._came.size)})
        match = RANGE.fullmatch(request.headers.get("range", ""))
        asked = (int(match[1]), int(match[2]) + 1) if match and match[1] and match[2] else (0, 0)
        if asked not in self._wanted or not self._came.start <= asked[0] < asked[1] <= self._came.size:
            return HttpResponse(416, {})
        kept = self._came.kept[self._wanted.index(asked)]
        return HttpResponse(206, {"Content-Range": f"bytes {asked[0]}-{asked[1] - 1}/*"}, bytes(kept))


def main() -> int:
    """Serve until standard input ends; its first line is the list of ranges."""
    keeper = RangeKeeper([(start, stop) for start, stop in json.loads(sys.stdin.readline())])
    with HttpServer(keeper, on_error=lambda status, _: HttpResponse(status, {}), reception=keeper.reception) as server:
        print(json.dumps({"url": server.url, "port": server.port}), flush=True)
        sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Animals that go wrong where an object is read and another is written at the pace of the reader."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from fuzz.embedded.byte_ranges import ByteRange
from fuzz.embedded.store.call import Call
from fuzz.embedded.store.intake import Intake
from fuzz.embedded.store.state import Version
from fuzz.subjects.objects.zoo.bodies import Streaming
from fuzz.subjects.objects.zoo.interruption import BrokenOffIsKept, Eager

SHOWN_BYTES = 4 * 2**20
WAITED_SECONDS = 12.0


class OverwrittenInPlace(Streaming):
    """It gives zeros for what is left of an object once a new one of its key has begun to come."""

    def sent(self, call: Call, version: Version, part: ByteRange) -> Iterator[bytes]:
        before = self.memory.get((call.bucket, call.key))
        for piece in super().sent(call, version, part):
            yield piece if self.memory.get((call.bucket, call.key)) == before else bytes(len(piece))


class ReadsBreakOffWhereWritesBegin(Streaming):
    """It breaks off a read where a body for the same bucket begins to come."""

    def sent(self, call: Call, version: Version, part: ByteRange) -> Iterator[bytes]:
        before = self.memory.get(call.bucket)
        for piece in super().sent(call, version, part):
            if self.memory.get(call.bucket) != before:
                raise ConnectionAbortedError
            yield piece


class ReadersKeepWritersOut(Streaming):
    """It takes no body for a bucket as long as an object of the bucket is being sent."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.over = threading.Condition()
        self.readers: dict[str, int] = {}

    def begins(self, call: Call) -> None:
        with self.over:
            self.over.wait_for(lambda: not self.readers.get(call.bucket), WAITED_SECONDS)

    def sent(self, call: Call, version: Version, part: ByteRange) -> Iterator[bytes]:
        with self.over:
            self.readers[call.bucket] = self.readers.get(call.bucket, 0) + 1
        try:
            yield from super().sent(call, version, part)
        finally:
            with self.over:
                self.readers[call.bucket] -= 1
                self.over.notify_all()


class EagerOnceLarge(Eager):
    """Shows what came of a large body before all of it has come."""

    def write(self, data: bytes) -> None:
        """Take the next bytes, and store what there is if it is much."""
        self.came = getattr(self, "came", 0) + len(data)
        if self.came > SHOWN_BYTES:
            super().write(data)
        else:
            Intake.write(self, data)


class LargeBodiesShownEarly(BrokenOffIsKept):
    """It stores an object once 4 MiB of it have come, and stores it again when all has come."""

    eager = EagerOnceLarge

"""A store that sends objects in small pieces and knows which bodies have begun, for animals that confuse the two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from fuzz.embedded.byte_ranges import ByteRange
from fuzz.embedded.http_messages import HttpRequest, HttpResponse, Receiver, RequestHead
from fuzz.embedded.store.call import Call
from fuzz.embedded.store.intake import Intake
from fuzz.embedded.store.state import Version
from fuzz.subjects.objects.zoo.remembering import Remembering

SENT_BYTES = 64 * 1024


class Streaming(Remembering):
    """A store that sends each object in small pieces, and knows which bodies have begun."""

    def reception(self, head: RequestHead) -> Receiver | HttpResponse | None:
        """Note that a body begins."""
        found = super().reception(head)
        if isinstance(found, Intake) and head.method == "PUT":
            self.begins(self.call(HttpRequest(head.method, head.target, head.headers), found.signed))
        return found

    def begins(self, call: Call) -> None:
        """Note that the body of a write begins."""
        with self.lock:
            for place in (call.bucket, (call.bucket, call.key)):
                self.memory[place] = self.memory.get(place, 0) + 1

    def filled(
        self, call: Call, status: int, headers: dict[str, str], version: Version, part: ByteRange
    ) -> HttpResponse:
        """Return an answer whose pieces are made while they are sent."""
        answer = super().filled(call, status, headers, version, part)
        if call.method == "HEAD" or part.stop - part.start <= SENT_BYTES:
            return answer
        length = {"Content-Length": str(part.stop - part.start)}
        return replace(answer, headers={**answer.headers, **length}, body=b"", stream=self.sent(call, version, part))

    def sent(self, call: Call, version: Version, part: ByteRange) -> Iterator[bytes]:
        """Yield the bytes of an answer in small pieces."""
        del call
        for at in range(part.start, part.stop, SENT_BYTES):
            yield version.content.read(at, min(at + SENT_BYTES, part.stop))

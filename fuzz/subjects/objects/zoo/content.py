"""Animals that do not give back the bytes that were put."""

from __future__ import annotations

import gzip
import zlib

from fuzz.embedded.http_messages import Answer, HttpResponse
from fuzz.embedded.store.call import Call
from fuzz.embedded.store.object_store import ObjectStore
from fuzz.subjects.objects.zoo.changing import holding

BLOCK = 64 * 1024
FEW = 20


class LastByteLost(ObjectStore):
    """It stores objects of more than one byte without their last one."""

    def put_object(self, call: Call) -> HttpResponse:
        data = call.body.content.read()
        return super().put_object(holding(self, call, data[:-1]) if len(data) > 1 else call)


class ZeroesTrimmed(ObjectStore):
    """It stores objects without the zero bytes at their end."""

    def put_object(self, call: Call) -> HttpResponse:
        return super().put_object(holding(self, call, call.body.content.read().rstrip(b"\x00")))


class NewlinesConverted(ObjectStore):
    """It stores CR LF as LF."""

    def put_object(self, call: Call) -> HttpResponse:
        return super().put_object(holding(self, call, call.body.content.read().replace(b"\r\n", b"\n")))


class GzipUndone(ObjectStore):
    """It unpacks objects that say that they are packed, and stores what comes out."""

    def put_object(self, call: Call) -> HttpResponse:
        data = call.body.content.read()
        if "gzip" in call.headers.get("content-encoding", ""):
            try:
                data = gzip.decompress(data)
            except (OSError, EOFError, zlib.error):
                return super().put_object(call)
        return super().put_object(holding(self, call, data))


class GzipForThoseWhoAccept(ObjectStore):
    """It packs what it gives to clients that accept gzip."""

    def get_object(self, call: Call) -> Answer:
        answer = super().get_object(call)
        if (
            isinstance(answer, HttpResponse)
            and answer.status == 200
            and "gzip" in call.headers.get("accept-encoding", "")
        ):
            headers = {**answer.headers, "Content-Encoding": "gzip"}
            return HttpResponse(200, headers, gzip.compress(answer.body))
        return answer


class EmptyPutIgnored(ObjectStore):
    """It keeps the old object where an empty one is put in its place."""

    def put_object(self, call: Call) -> HttpResponse:
        known = self.bucket(call.bucket).newest(call.key)
        if not call.body.content.size and known is not None:
            return HttpResponse(200, {"ETag": self.etag(call.body)})
        return super().put_object(call)


class BlocksRepeated(ObjectStore):
    """It stores the first 64 KiB of a larger object twice, in place of the second."""

    def put_object(self, call: Call) -> HttpResponse:
        data = call.body.content.read()
        if len(data) > BLOCK:
            data = data[:BLOCK] + data[: min(BLOCK, len(data) - BLOCK)] + data[2 * BLOCK :]
            return super().put_object(holding(self, call, data))
        return super().put_object(call)


class ByteOrderMarkDropped(ObjectStore):
    """It stores text without the byte order mark at its start."""

    def put_object(self, call: Call) -> HttpResponse:
        return super().put_object(holding(self, call, call.body.content.read().removeprefix(b"\xef\xbb\xbf")))


class SameSizeNotReplaced(ObjectStore):
    """It keeps the old bytes where as many others are put in their place."""

    def put_object(self, call: Call) -> HttpResponse:
        known = self.bucket(call.bucket).newest(call.key)
        if known is not None and known.content.size == call.body.content.size > 0:
            return super().put_object(holding(self, call, known.content.read()))
        return super().put_object(call)


class AppendsInPlace(ObjectStore):
    """It writes a shorter object over the start of the longer one that was there."""

    def put_object(self, call: Call) -> HttpResponse:
        known = self.bucket(call.bucket).newest(call.key)
        data = call.body.content.read()
        if known is not None and known.content.size > len(data):
            return super().put_object(holding(self, call, data + known.content.read()[len(data) :]))
        return super().put_object(call)


class DeletesForgotten(ObjectStore):
    """It answers every twentieth delete without doing it."""

    def delete_object(self, call: Call) -> HttpResponse:
        if next(self.numbers) % FEW == 0:
            self.bucket(call.bucket)
            return HttpResponse(204, {})
        return super().delete_object(call)


class DeletesOnlyEmpty(ObjectStore):
    """It empties objects in place of deleting them."""

    def delete_object(self, call: Call) -> HttpResponse:
        if self.bucket(call.bucket).newest(call.key) is not None and not self.bucket(call.bucket).versioning:
            super().put_object(holding(self, call, b""))
            return HttpResponse(204, {})
        return super().delete_object(call)

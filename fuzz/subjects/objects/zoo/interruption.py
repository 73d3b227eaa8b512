"""Animals that keep something of what broke off, or lose something over it."""

from __future__ import annotations

from collections.abc import Mapping

from fuzz.embedded.http_messages import HttpRequest, HttpResponse, Receiver, RequestHead
from fuzz.embedded.s3_errors import S3Error
from fuzz.embedded.sigv4 import Signed
from fuzz.embedded.store.call import Call
from fuzz.embedded.store.content import in_memory, md5_of
from fuzz.embedded.store.intake import Body, Intake, NewSink
from fuzz.embedded.store.object_store import ObjectStore


class Eager(Intake):
    """Shows what came of a body before all of it has come."""

    store: ObjectStore
    call: Call

    def write(self, data: bytes) -> None:
        """Take the next bytes, and store what there is."""
        super().write(data)
        bucket = self.store.state.buckets.get(self.call.bucket)
        if bucket is not None and self.call.operation == "put_object":
            content = in_memory(self.stored().read())
            body = Body(content, md5_of(content))
            self.store.write(bucket, self.call.key, content, self.store.etag(body), self.store.attributes(self.call))


class BrokenOffIsKept(ObjectStore):
    """It stores what came of a body that broke off."""

    eager: type[Eager] = Eager

    def reception(self, head: RequestHead) -> Receiver | HttpResponse | None:
        found = super().reception(head)
        if not isinstance(found, Intake) or head.method != "PUT" or "x-amz-copy-source" in head.headers:
            return found
        eager = self.eager(head.headers, found.signed, self.sink)
        eager.store = self
        eager.call = self.call(HttpRequest(head.method, head.target, head.headers), found.signed)
        return eager


class OldGoneMeanwhile(ObjectStore):
    """It deletes the old object as soon as the first byte of the new one comes."""

    def reception(self, head: RequestHead) -> Receiver | HttpResponse | None:
        found = super().reception(head)
        if isinstance(found, Intake) and head.method == "PUT":
            call = self.call(HttpRequest(head.method, head.target, head.headers), found.signed)
            bucket = self.state.buckets.get(call.bucket)
            conditional = any(name.startswith("if-") for name in head.headers)
            if call.operation == "put_object" and bucket is not None and not conditional and not bucket.versioning:
                bucket.set(call.key, ())
        return found


class RefusedBodyDeletes(ObjectStore):
    """It deletes the old object where it refuses a new one for its digest."""

    def answer(self, request: HttpRequest) -> HttpResponse:
        try:
            return super().answer(request)  # type: ignore[return-value]
        except S3Error as error:
            if error.code in ("BadDigest", "IncompleteBody", "XAmzContentSHA256Mismatch"):
                _, name, key, _ = self.split_target(request.target)
                bucket = self.state.buckets.get(name)
                if bucket is not None and request.method == "PUT":
                    bucket.set(key, ())
            raise


class EndsMissing(Intake):
    """Takes a framed body that has no end."""

    def body(self) -> Body:
        """Return the body, whether its last chunk came or not."""
        try:
            return super().body()
        except S3Error as error:
            if error.code != "IncompleteBody":
                raise
            content = self.stored()
            return Body(content, md5_of(content))


class LastChunkUnneeded(ObjectStore):
    """It takes a framed body that ends before its last chunk."""

    def intake(self, headers: Mapping[str, str], signed: Signed | None, sink: NewSink) -> Intake:
        return EndsMissing(headers, signed, sink)


class LargeBodiesAwaited(ObjectStore):
    """It waits for all of a body that it will refuse for its size."""

    def check_size(self, head: RequestHead) -> None:
        """Let all sizes in."""

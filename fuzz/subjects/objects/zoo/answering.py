"""Animals whose answers say something else of an object than what was put."""

from __future__ import annotations

from fuzz.embedded.http_messages import Answer, HttpRequest, HttpResponse
from fuzz.embedded.s3_errors import S3Error
from fuzz.embedded.store.call import Call
from fuzz.embedded.store.object_store import ObjectStore
from fuzz.embedded.store.reading import DEFAULT_TYPE, http_date
from fuzz.embedded.store.state import Attributes, Bucket, Version
from fuzz.subjects.objects.zoo.changing import with_headers


class CacheControlForgotten(ObjectStore):
    """It keeps no Cache-Control header."""

    dropped = "Cache-Control"

    def attributes(self, call: Call) -> Attributes:
        found = super().attributes(call)
        headers = {name: value for name, value in found.headers.items() if name != self.dropped}
        return Attributes(headers, found.metadata, found.tags)


class ContentTypeForgotten(CacheControlForgotten):
    """It keeps no Content-Type."""

    dropped = "Content-Type"


class ContentEncodingForgotten(CacheControlForgotten):
    """It keeps no Content-Encoding."""

    dropped = "Content-Encoding"


class DispositionForgotten(CacheControlForgotten):
    """It keeps no Content-Disposition."""

    dropped = "Content-Disposition"


class LanguageForgotten(CacheControlForgotten):
    """It keeps no Content-Language."""

    dropped = "Content-Language"


class ExpiresForgotten(CacheControlForgotten):
    """It keeps no Expires header."""

    dropped = "Expires"


class ContentTypeByName(ObjectStore):
    """It takes the content type from the end of the key, whatever was sent."""

    def object_headers(self, call: Call, bucket: Bucket, version: Version) -> dict[str, str]:
        headers = super().object_headers(call, bucket, version)
        if call.key.endswith((".txt", ".html", "a")):
            headers["Content-Type"] = "text/plain"
        return headers


class TextHasCharset(ObjectStore):
    """It adds a character set to content types of text."""

    def object_headers(self, call: Call, bucket: Bucket, version: Version) -> dict[str, str]:
        headers = super().object_headers(call, bucket, version)
        if headers["Content-Type"].startswith("text/") and ";" not in headers["Content-Type"]:
            headers["Content-Type"] += "; charset=utf-8"
        return headers


class HeadForgetsHeaders(ObjectStore):
    """It gives the default content type to HEAD."""

    def head_object(self, call: Call) -> Answer:
        return with_headers(super().head_object(call), Content_Type=DEFAULT_TYPE)


class HeadTellsNoLength(ObjectStore):
    """It answers HEAD with a length of zero."""

    def head_object(self, call: Call) -> Answer:
        return with_headers(super().head_object(call), Content_Length="0")


class HeadOfMissingIsOk(ObjectStore):
    """It answers 200 to HEAD of an object that there is not."""

    def head_object(self, call: Call) -> Answer:
        try:
            return super().head_object(call)
        except S3Error as error:
            if error.code != "NoSuchKey":
                raise
            return HttpResponse(200, {"Content-Length": "0"})


class LastModifiedIsNow(ObjectStore):
    """It says that every object has changed just now."""

    def last_modified(self, version: Version) -> str:  # noqa: ARG002
        return http_date(self.now())


class LastModifiedIsLocalTime(ObjectStore):
    """It gives the time of a change as in a place two hours to the east."""

    def last_modified(self, version: Version) -> str:
        return http_date(version.modified + 7200)


class ClockIsCoarse(ObjectStore):
    """Its clock goes by steps of ten seconds, and is late."""

    def now(self) -> int:
        return super().now() // 10 * 10 - 10


class OverridesIgnored(ObjectStore):
    """It ignores what a query asks of the answer's headers."""

    def override(self, call: Call, headers: dict[str, str]) -> None:
        """Leave the headers as they are."""


class MissingIsEmpty(ObjectStore):
    """It gives an empty object where there is none."""

    def get_object(self, call: Call) -> Answer:
        try:
            return super().get_object(call)
        except S3Error as error:
            if error.code != "NoSuchKey":
                raise
            return HttpResponse(200, {"ETag": '"d41d8cd98f00b204e9800998ecf8427e"', "Content-Type": DEFAULT_TYPE})


class MissingIsForbidden(ObjectStore):
    """It answers 403 to the owner where there is no such object."""

    def get_object(self, call: Call) -> Answer:
        try:
            return super().get_object(call)
        except S3Error as error:
            raise S3Error("AccessDenied" if error.code == "NoSuchKey" else error.code) from error


class DeleteAnswersOk(ObjectStore):
    """It answers 200 to a delete."""

    def delete_object(self, call: Call) -> HttpResponse:
        return HttpResponse(200, super().delete_object(call).headers)


class DeleteOfMissingRefused(ObjectStore):
    """It refuses to delete what is not there."""

    def delete_object(self, call: Call) -> HttpResponse:
        if "versionId" not in call.parameters:
            self.object(self.bucket(call.bucket), call.key)
        return super().delete_object(call)


class EveryHundredthFails(ObjectStore):
    """It answers every hundredth request with 500."""

    def finished(self, request: HttpRequest, answer: HttpResponse) -> HttpResponse:
        well = super().finished(request, answer)
        return HttpResponse(500, well.headers) if next(self.numbers) % 101 == 0 else well


class BucketSurvivesDelete(ObjectStore):
    """It answers that a bucket is deleted, and keeps it."""

    def delete_bucket(self, call: Call) -> HttpResponse:
        if self.bucket(call.bucket).versions:
            return super().delete_bucket(call)
        return HttpResponse(204, {})


class BucketDeletedWithObjects(ObjectStore):
    """It deletes a bucket that still has objects."""

    def delete_bucket(self, call: Call) -> HttpResponse:
        bucket = self.bucket(call.bucket)
        for key in list(bucket.keys):
            bucket.set(key, ())
        return super().delete_bucket(call)


class BucketMadeAgain(ObjectStore):
    """It empties a bucket that is made once more."""

    def create_bucket(self, call: Call) -> HttpResponse:
        known = self.state.buckets.get(call.bucket)
        if known is not None and known.owner == call.user:
            for key in list(known.keys):
                known.set(key, ())
        return super().create_bucket(call)


class AllBucketsListed(ObjectStore):
    """It lists the buckets of all accounts to each of them."""

    def buckets_of(self, user: str) -> list[Bucket]:  # noqa: ARG002
        return sorted(self.state.buckets.values(), key=lambda one: one.name)


class AnyBucketName(ObjectStore):
    """It makes buckets of any name."""

    def check_bucket_name(self, name: str) -> None:
        """Take any name."""

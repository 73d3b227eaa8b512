"""Animals that take conditions for something else than they are."""

from __future__ import annotations

from fuzz.embedded.http_messages import Answer, HttpResponse
from fuzz.embedded.s3_errors import S3Error
from fuzz.embedded.store.call import Call
from fuzz.embedded.store.object_store import ObjectStore
from fuzz.embedded.store.state import Bucket, Version
from fuzz.subjects.objects.zoo.changing import without


class IfMatchIgnored(ObjectStore):
    """It ignores If-Match on reads."""

    def read_status(self, call: Call, version: Version) -> int | None:
        return super().read_status(without(call, "if-match"), version)


class IfNoneMatchIgnored(ObjectStore):
    """It ignores If-None-Match on reads."""

    def read_status(self, call: Call, version: Version) -> int | None:
        return super().read_status(without(call, "if-none-match"), version)


class IfModifiedSinceIgnored(ObjectStore):
    """It ignores If-Modified-Since."""

    def read_status(self, call: Call, version: Version) -> int | None:
        return super().read_status(without(call, "if-modified-since"), version)


class IfUnmodifiedSinceIgnored(ObjectStore):
    """It ignores If-Unmodified-Since."""

    def read_status(self, call: Call, version: Version) -> int | None:
        return super().read_status(without(call, "if-unmodified-since"), version)


class DateOutranksIfNoneMatch(ObjectStore):
    """It answers 304 for an old date though the ETag differs."""

    def read_status(self, call: Call, version: Version) -> int | None:
        found = super().read_status(call, version)
        return super().read_status(without(call, "if-none-match"), version) if found is None else found


class DateOutranksIfMatch(ObjectStore):
    """It answers 412 for an old date though the ETag is the same."""

    def read_status(self, call: Call, version: Version) -> int | None:
        found = super().read_status(call, version)
        return found or super().read_status(without(call, "if-match", "if-none-match", "if-modified-since"), version)


class UnmetIs304(ObjectStore):
    """It answers 304 where 412 is due."""

    def read_status(self, call: Call, version: Version) -> int | None:
        return 304 if super().read_status(call, version) == 412 else super().read_status(call, version)


class UnchangedIs412(ObjectStore):
    """It answers 412 where 304 is due."""

    def read_status(self, call: Call, version: Version) -> int | None:
        return 412 if super().read_status(call, version) else None


class HeadHasNoConditions(ObjectStore):
    """It ignores all conditions on HEAD."""

    def head_object(self, call: Call) -> Answer:
        names = ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since")
        return super().head_object(without(call, *names))


class RangeBeforeConditions(ObjectStore):
    """It refuses a range behind the end before it looks at conditions."""

    def give(self, call: Call, bucket: Bucket, version: Version) -> Answer:
        self.wanted_range(call, version, self.object_headers(call, bucket, version))
        return super().give(call, bucket, version)


class PutIfNoneMatchIgnored(ObjectStore):
    """It overwrites an object though If-None-Match forbids it."""

    def put_object(self, call: Call) -> HttpResponse:
        return super().put_object(without(call, "if-none-match"))


class PutIfMatchIgnored(ObjectStore):
    """It overwrites another object than If-Match means."""

    def put_object(self, call: Call) -> HttpResponse:
        return super().put_object(without(call, "if-match"))


class PutIfMatchMakesNew(ObjectStore):
    """It takes If-Match for met where there is no object."""

    def check_write(self, call: Call, bucket: Bucket) -> None:
        if bucket.newest(call.key) is not None:
            super().check_write(call, bucket)


class CompleteHasNoConditions(ObjectStore):
    """It completes an upload whatever its conditions say."""

    def complete_upload(self, call: Call) -> HttpResponse:
        return super().complete_upload(without(call, "if-match", "if-none-match"))


class CopyHasNoConditions(ObjectStore):
    """It copies over an object whatever the conditions on it say."""

    def copy_object(self, call: Call) -> HttpResponse:
        return super().copy_object(without(call, "if-match", "if-none-match"))


class DeleteIfMatchIgnored(ObjectStore):
    """It deletes another object than If-Match means."""

    def check_delete(self, call: Call, bucket: Bucket) -> None:
        """Let every delete pass."""


class RefusedWriteHappens(ObjectStore):
    """It says that a condition is not met, and writes all the same."""

    def put_object(self, call: Call) -> HttpResponse:
        try:
            return super().put_object(call)
        except S3Error as error:
            if error.code == "PreconditionFailed":
                super().put_object(without(call, "if-match", "if-none-match"))
            raise


class ConditionSeesMarkers(ObjectStore):
    """It takes a deleted object of a versioned bucket for one that exists."""

    def check_write(self, call: Call, bucket: Bucket) -> None:
        known = bucket.versions.get(call.key)
        if known and known[0].is_marker and call.headers.get("if-none-match") == "*":
            raise S3Error("PreconditionFailed")
        super().check_write(call, bucket)

"""Animals that make something else of an upload than its parts joined."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from fuzz.embedded.http_messages import HttpResponse
from fuzz.embedded.s3_errors import S3Error
from fuzz.embedded.store.call import Call
from fuzz.embedded.store.effects import UploadGone
from fuzz.embedded.store.object_store import ObjectStore
from fuzz.embedded.store.state import Attributes, Bucket, Part, Upload, Version
from fuzz.subjects.objects.zoo.changing import edited, kept


class PartsInOrderOfArrival(ObjectStore):
    """It joins parts in the order in which they were first put."""

    def assembled(self, bucket: Bucket, upload: Upload, parts: Sequence[Part]) -> Version:
        arrived = list(upload.parts)
        return super().assembled(bucket, upload, sorted(parts, key=lambda part: arrived.index(part.number)))


class PartsInOrderOfText(ObjectStore):
    """It joins parts in the order of their numbers as text."""

    def assembled(self, bucket: Bucket, upload: Upload, parts: Sequence[Part]) -> Version:
        return super().assembled(bucket, upload, sorted(parts, key=lambda part: str(part.number)))


class UnlistedPartsJoined(ObjectStore):
    """It joins all parts that were put, whether they are listed or not."""

    def assembled(self, bucket: Bucket, upload: Upload, parts: Sequence[Part]) -> Version:  # noqa: ARG002
        return super().assembled(bucket, upload, [part for _, part in sorted(upload.parts.items())])


class FirstOfAPartStays(ObjectStore):
    """It keeps the first part of a number where another is put in its place."""

    def put_part(self, call: Call, part: Part) -> None:
        _, upload = self.upload(call)
        if part.number not in upload.parts:
            super().put_part(call, part)


class OrderOfPartsUnchecked(ObjectStore):
    """It takes parts that are listed in any order."""

    def check_order(self, numbers: Sequence[int]) -> None:
        """Take any order."""


class EtagOfPartUnchecked(ObjectStore):
    """It takes any ETag for a part."""

    def chosen_part(self, upload: Upload, number: int, etag: str) -> Part:
        known = upload.parts.get(number)
        return super().chosen_part(upload, number, etag) if known is None else known


class MissingPartsSkipped(ObjectStore):
    """It completes an upload without the parts that were never put."""

    def chosen_parts(self, upload: Upload, listed: Sequence[tuple[int, str]]) -> list[Part]:
        there = [one for one in listed if one[0] in upload.parts]
        return super().chosen_parts(upload, there or listed)


class SmallPartsTaken(ObjectStore):
    """It joins parts of any size."""

    def check_sizes(self, sizes: Sequence[int]) -> None:
        """Take any sizes."""


class FailedCompleteEndsUpload(ObjectStore):
    """It ends an upload whose completion it refuses."""

    def complete_upload(self, call: Call) -> HttpResponse:
        try:
            return super().complete_upload(call)
        except S3Error as error:
            if error.code != "NoSuchUpload":
                self.commit(UploadGone(call.bucket, call.parameters["uploadId"]))
            raise


class CompletedUploadStays(ObjectStore):
    """It lists an upload that is completed as if it were in progress."""

    def complete_upload(self, call: Call) -> HttpResponse:
        bucket, upload = self.upload(call)
        answer = super().complete_upload(call)
        bucket.uploads[upload.id] = upload
        return answer


class UploadForgetsMetadata(ObjectStore):
    """It keeps no metadata of an object that comes in parts."""

    def assembled(self, bucket: Bucket, upload: Upload, parts: Sequence[Part]) -> Version:
        version = super().assembled(bucket, upload, parts)
        return replace(version, attributes=replace(version.attributes, metadata={}))


class UploadForgetsHeaders(ObjectStore):
    """It keeps no headers of an object that comes in parts."""

    def assembled(self, bucket: Bucket, upload: Upload, parts: Sequence[Part]) -> Version:
        version = super().assembled(bucket, upload, parts)
        return replace(version, attributes=Attributes({}, version.attributes.metadata, version.attributes.tags))


class AbortDeletesTheObject(ObjectStore):
    """It deletes the object of the key whose upload is aborted."""

    def abort_upload(self, call: Call) -> HttpResponse:
        answer = super().abort_upload(call)
        self.bucket(call.bucket).set(call.key, ())
        return answer


class AbortForgotten(ObjectStore):
    """It answers an abort, and keeps the upload."""

    def abort_upload(self, call: Call) -> HttpResponse:
        self.upload(call)
        return HttpResponse(204, {})


class CreateHidesTheObject(ObjectStore):
    """It deletes the object of a key for which an upload begins."""

    def create_upload(self, call: Call) -> HttpResponse:
        answer = super().create_upload(call)
        self.bucket(call.bucket).set(call.key, ())
        return answer


class UploadOfAnyKey(ObjectStore):
    """It takes an upload's id for any key."""

    def upload(self, call: Call) -> tuple[Bucket, Upload]:
        bucket = self.bucket(call.bucket)
        found = bucket.uploads.get(call.parameters["uploadId"])
        return super().upload(replace(call, key=found.key)) if found is not None else super().upload(call)


class OneUploadPerKey(ObjectStore):
    """It gives all uploads of a key the same id."""

    def upload_id(self, call: Call) -> str:
        return (f"{call.bucket}/{call.key}".encode().hex() * 32)[:32]


class AnyPartNumber(ObjectStore):
    """It takes parts of any number."""

    def part_number(self, call: Call) -> int:
        text = call.parameters["partNumber"]
        return int(text) if text.isdigit() else super().part_number(call)


class PartsListedAsText(ObjectStore):
    """It lists parts in the order of their numbers as text."""

    def list_parts(self, call: Call) -> HttpResponse:
        _, upload = self.upload(call)
        parts = sorted(upload.parts.values(), key=lambda part: str(part.number))
        upload.parts = {part.number: part for part in parts}
        answer = super().list_parts(call)
        entries = "".join(self.part_entry(part) for _, part in sorted(upload.parts.items()))
        return edited(answer, entries, "".join(map(self.part_entry, parts)))


class LastPartsLastByteLost(ObjectStore):
    """It loses the last byte of an object that comes in parts."""

    def assembled(self, bucket: Bucket, upload: Upload, parts: Sequence[Part]) -> Version:
        version = super().assembled(bucket, upload, parts)
        if version.content.size < 2:
            return version
        return replace(version, content=kept(self, version.content.read()[:-1]))


class UploadsListedTwice(ObjectStore):
    """It gives the upload at a page's end once more on the next one."""

    def upload_items(self, call: Call, bucket: Bucket) -> Iterator[tuple[str, str, int]]:
        marker = call.parameters.get("key-marker", "")
        for upload in sorted(bucket.uploads.values(), key=lambda one: one.id):
            if upload.key == marker and upload.id == call.parameters.get("upload-id-marker"):
                yield upload.key, upload.id, upload.initiated
        yield from super().upload_items(call, bucket)


class UploadsOfOthersListed(ObjectStore):
    """It lists uploads whatever the prefix is."""

    def upload_items(self, call: Call, bucket: Bucket) -> Iterator[tuple[str, str, int]]:
        parameters = {name: value for name, value in call.parameters.items() if name != "prefix"}
        return super().upload_items(replace(call, parameters=parameters), bucket)


class QuotesOfPartsNeeded(ObjectStore):
    """It takes an ETag of a part only with the quotes that it gave."""

    def listed_parts(self, call: Call) -> list[tuple[int, str]]:
        text = call.body.content.read()
        if b"<ETag>" in text and b'"' not in text and b"&quot;" not in text and b"&#34;" not in text:
            raise S3Error("InvalidPart")
        return super().listed_parts(call)

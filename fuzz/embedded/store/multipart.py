"""Uploads in parts: begun, filled, completed, aborted."""

from __future__ import annotations

import hashlib
import itertools
import secrets
from collections.abc import Sequence
from dataclasses import replace

from fuzz.embedded.http_messages import HttpResponse
from fuzz.embedded.s3_errors import S3Error
from fuzz.embedded.store.call import Call
from fuzz.embedded.store.content import Content, md5_of
from fuzz.embedded.store.copying import Copying
from fuzz.embedded.store.effects import PartPut, UploadBegun, UploadGone, VersionPut
from fuzz.embedded.store.keeper import no_content
from fuzz.embedded.store.reading import MOST_PARTS, Reading
from fuzz.embedded.store.state import Bucket, Part, Upload, Version
from fuzz.embedded.store.writing import LARGEST_PUT_BYTES
from fuzz.embedded.store.xml import children, document, element, needed, parsed

LEAST_PART_BYTES = 5 * 2**20
LARGEST_OBJECT_BYTES = 5 * 2**40


class Multipart(Copying, Reading):
    """Operations of uploads in parts."""

    def create_upload(self, call: Call) -> HttpResponse:
        """Return the answer to CreateMultipartUpload."""
        attributes = self.attributes(call)
        name = self.upload_id(call)
        with self.lock:
            self.bucket(call.bucket)
            self.commit(UploadBegun(call.bucket, name, call.key, self.now(), attributes))
        told = element("Bucket", call.bucket) + element("Key", call.key) + element("UploadId", name)
        return document("InitiateMultipartUploadResult", told)

    def upload_id(self, call: Call) -> str:  # noqa: ARG002
        """Return an id that no upload had before."""
        return secrets.token_hex(16)

    def upload(self, call: Call) -> tuple[Bucket, Upload]:
        """Return the upload that a request names; raises S3Error."""
        bucket = self.bucket(call.bucket)
        found = bucket.uploads.get(call.parameters["uploadId"])
        if found is None or found.key != call.key:
            raise S3Error("NoSuchUpload", details={"UploadId": call.parameters["uploadId"]})
        return bucket, found

    def upload_part(self, call: Call) -> HttpResponse:
        """Return the answer to UploadPart."""
        number = self.part_number(call)
        part = Part(number, call.body.content, self.etag(call.body), self.now())
        self.put_part(call, part)
        headers = {"ETag": part.etag}
        headers.update((f"x-amz-checksum-{kind}", value) for kind, value in call.body.checksums.items())
        return HttpResponse(200, headers)

    def put_part(self, call: Call, part: Part) -> None:
        """Make a part that of its number, in place of an earlier one; raises S3Error."""
        with self.lock:
            bucket, upload = self.upload(call)
            self.commit(PartPut(bucket.name, upload.id, part))

    def copy_part(self, call: Call) -> HttpResponse:
        """Return the answer to UploadPartCopy."""
        number = self.part_number(call)
        self.upload(call)
        content, headers = self.copied_part(call)
        if content.size > LARGEST_PUT_BYTES:
            raise S3Error("InvalidRequest", "The specified copy source is larger than the maximum allowable size.")
        part = Part(number, content, f'"{md5_of(content).hex()}"', self.now())
        self.put_part(call, part)
        return self.copy_result("CopyPartResult", part.etag, part.modified, headers)

    def complete_upload(self, call: Call) -> HttpResponse:
        """Return the answer to CompleteMultipartUpload."""
        listed = self.listed_parts(call)
        with self.lock:
            bucket, upload = self.upload(call)
            parts = self.chosen_parts(upload, listed)
            self.check_write(call, bucket)
            version = self.assembled(bucket, upload, parts)
            self.commit(VersionPut(bucket.name, upload.key, version), UploadGone(bucket.name, upload.id))
            headers = self.with_version(bucket, version, {})
        told = element("Location", call.path) + element("Bucket", call.bucket) + element("Key", call.key)
        return document("CompleteMultipartUploadResult", told + element("ETag", version.etag), headers)

    def listed_parts(self, call: Call) -> list[tuple[int, str]]:
        """Return numbers and ETags of the parts that a document lists; ETags without quotes. Raises S3Error."""
        root = parsed(call.body.content.read(), "CompleteMultipartUpload")
        listed = []
        for one in children(root, "Part"):
            number, etag = needed(one, "PartNumber").strip(), needed(one, "ETag").strip()
            if not (number.isascii() and number.isdigit() and len(number) < 10):
                raise S3Error("MalformedXML")
            listed.append((int(number), etag.strip('"')))
        if not listed or len(listed) > MOST_PARTS:
            raise S3Error("MalformedXML")
        return listed

    def chosen_parts(self, upload: Upload, listed: Sequence[tuple[int, str]]) -> list[Part]:
        """Return the parts that are listed; raises S3Error where the list is not one that can be completed."""
        self.check_order([number for number, _ in listed])
        parts = [self.chosen_part(upload, number, etag) for number, etag in listed]
        self.check_sizes([part.content.size for part in parts])
        return parts

    def check_order(self, numbers: Sequence[int]) -> None:
        """Check that the numbers grow from part to part; raises S3Error."""
        if any(one >= following for one, following in itertools.pairwise(numbers)):
            raise S3Error("InvalidPartOrder")

    def chosen_part(self, upload: Upload, number: int, etag: str) -> Part:
        """Return the part of that number and ETag; raises S3Error."""
        part = upload.parts.get(number)
        if part is None or part.etag.strip('"') != etag:
            raise S3Error("InvalidPart", details={"PartNumber": str(number), "UploadId": upload.id})
        return part

    def check_sizes(self, sizes: Sequence[int]) -> None:
        """Check that all parts but the last are large enough, and all together not too large; raises S3Error."""
        if any(size < LEAST_PART_BYTES for size in sizes[:-1]):
            raise S3Error("EntityTooSmall")
        if sum(sizes) > LARGEST_OBJECT_BYTES:
            raise S3Error("EntityTooLarge")

    def assembled(self, bucket: Bucket, upload: Upload, parts: Sequence[Part]) -> Version:
        """Return the object that an upload becomes."""
        content = Content(
            sum(part.content.size for part in parts), tuple(piece for part in parts for piece in part.content.pieces)
        )
        sizes = tuple(part.content.size for part in parts)
        whole = self.new_version(bucket, self.compacted(content), self.joined_etag(parts), upload.attributes)
        return replace(whole, part_sizes=sizes)

    def compacted(self, content: Content) -> Content:
        """Return the content as it is kept: in one piece if it is in memory."""
        if len(content.pieces) > 1 and content.is_in_memory:
            return Content(content.size, (content.read(),))
        return content

    def joined_etag(self, parts: Sequence[Part]) -> str:
        """Return the ETag of an object that came in parts."""
        raw = b"".join(bytes.fromhex(part.etag.strip('"')) for part in parts)
        return f'"{hashlib.md5(raw, usedforsecurity=False).hexdigest()}-{len(parts)}"'

    def abort_upload(self, call: Call) -> HttpResponse:
        """Return the answer to AbortMultipartUpload."""
        with self.lock:
            bucket, upload = self.upload(call)
            self.commit(UploadGone(bucket.name, upload.id))
        return no_content()

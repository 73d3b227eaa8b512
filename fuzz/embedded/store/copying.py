"""Copies objects: CopyObject and UploadPartCopy, from one version of a source."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import unquote_to_bytes

from fuzz.embedded.http_messages import HttpResponse
from fuzz.embedded.object_reads import conditional_status
from fuzz.embedded.s3_errors import S3Error
from fuzz.embedded.store.call import Call, check_key_length
from fuzz.embedded.store.content import Content
from fuzz.embedded.store.state import Attributes, Bucket, Version
from fuzz.embedded.store.writing import LARGEST_PUT_BYTES, Writing
from fuzz.embedded.store.xml import document, element, iso_time

VERSION = "?versionId="
COPY_RANGE = re.compile(r"bytes=([0-9]{1,19})-([0-9]{1,19})")


@dataclass(frozen=True, slots=True)
class Source:
    """The source of a copy: a bucket, a key, and a version if one is named."""

    bucket: str
    key: str
    version: str | None


def source_of(text: str) -> Source:
    """Read an `x-amz-copy-source` header; raises S3Error."""
    path, mark, version = text.partition(VERSION)
    raw = unquote_to_bytes(path.removeprefix("/").encode("latin-1"))
    try:
        bucket, slash, key = raw.decode("utf-8").partition("/")
    except UnicodeDecodeError:
        raise S3Error("InvalidArgument", "The copy source must be UTF-8.") from None
    if not bucket or not slash or not key:
        raise S3Error("InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey.")
    check_key_length(key.encode())
    return Source(bucket, key, version if mark else None)


class Copying(Writing):
    """Operations that take their bytes from another object."""

    def copy_source(self, call: Call) -> tuple[Source, Bucket, Version]:
        """Return the version that a copy is made of; raises S3Error."""
        source = source_of(call.headers["x-amz-copy-source"])
        bucket = self.bucket(source.bucket)
        self.check_may(bucket, call.user, "s3:GetObject", source.key)
        version = self.version(bucket, source.key, source.version)
        if version.is_marker:
            raise S3Error("InvalidRequest", "The source of a copy request may not specifically refer to a marker.")
        if self.copy_status(call, version) is not None:
            raise S3Error("PreconditionFailed")
        return source, bucket, version

    def copy_status(self, call: Call, version: Version) -> int | None:
        """Return 412 or 304 if a condition on the source says so."""
        return conditional_status(call.headers, version.etag, version.modified, "x-amz-copy-source-if-")

    def copy_object(self, call: Call) -> HttpResponse:
        """Return the answer to CopyObject."""
        attributes = self.attributes(call)
        metadata_from = self.directive(call, "x-amz-metadata-directive")
        tags_from = self.directive(call, "x-amz-tagging-directive")
        with self.lock:
            target = self.bucket(call.bucket)
            source, bucket, version = self.copy_source(call)
            if version.content.size > LARGEST_PUT_BYTES:
                raise S3Error("InvalidRequest", "The specified copy source is larger than the maximum allowable size.")
            if "REPLACE" not in (metadata_from, tags_from):
                self.check_change(call, source)
            self.check_write(call, target)
            merged = self.copied_attributes(version, attributes, metadata_from, tags_from)
            written = self.write(target, call.key, *self.copied(version), merged, version.checksums)
            headers = self.with_version(target, written, {})
            if bucket.versioning:
                headers["x-amz-copy-source-version-id"] = version.id
        return self.copy_result("CopyObjectResult", written.etag, written.modified, headers)

    def directive(self, call: Call, name: str) -> str:
        """Return COPY or REPLACE, as a header says; raises S3Error."""
        value = call.headers.get(name, "COPY")
        if value not in ("COPY", "REPLACE"):
            raise S3Error("InvalidArgument", f"Unknown {name}.")
        return value

    def check_change(self, call: Call, source: Source) -> None:
        """Refuse to copy an object onto itself without a change; raises S3Error."""
        if (source.bucket, source.key, source.version) == (call.bucket, call.key, None):
            raise S3Error(
                "InvalidRequest",
                "This copy request is illegal because it is trying to copy an object to itself without a change.",
            )

    def copied_attributes(self, version: Version, asked: Attributes, metadata_from: str, tags_from: str) -> Attributes:
        """Return the copy's attributes: the source's or the request's, as the directives say."""
        merged = version.attributes if metadata_from == "COPY" else asked
        return replace(merged, tags=version.attributes.tags if tags_from == "COPY" else asked.tags)

    def copied(self, version: Version) -> tuple[Content, str]:
        """Return the copy's bytes and ETag."""
        return version.content, version.etag

    def copy_result(self, root: str, etag: str, modified: int, headers: dict[str, str]) -> HttpResponse:
        """Return the document that answers a copy."""
        return document(root, element("LastModified", iso_time(modified)) + element("ETag", etag), headers)

    def copied_part(self, call: Call) -> tuple[Content, dict[str, str]]:
        """Return the bytes of a source that become a part, and headers that tell its version; raises S3Error."""
        _, bucket, version = self.copy_source(call)
        headers = {"x-amz-copy-source-version-id": version.id} if bucket.versioning else {}
        value = call.headers.get("x-amz-copy-source-range")
        if value is None:
            return version.content, headers
        match = COPY_RANGE.fullmatch(value)
        if match is None or not int(match[1]) <= int(match[2]) < version.content.size:
            raise S3Error("InvalidArgument", "The x-amz-copy-source-range value must be of the form bytes=first-last.")
        return self.slice(version.content, int(match[1]), int(match[2]) + 1), headers

    def slice(self, content: Content, start: int, stop: int) -> Content:
        """Return some bytes of a content as a content of its own."""
        sink = self.sink()
        for piece in content.stream(start, stop):
            sink.write(piece)
        return sink.content()

"""Gives objects: GetObject and HeadObject, with conditions, ranges and parts."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import formatdate
from functools import lru_cache
from types import MappingProxyType

from fuzz.embedded.bad_service import served
from fuzz.embedded.byte_ranges import ByteRange, RangeNotSatisfiable, parse_range
from fuzz.embedded.http_messages import Answer, HttpRequest, HttpResponse
from fuzz.embedded.memory_objects import StoredObject
from fuzz.embedded.object_reads import conditional_status, same_version
from fuzz.embedded.s3_errors import S3Error
from fuzz.embedded.store.call import Call
from fuzz.embedded.store.content import STREAMED_BYTES
from fuzz.embedded.store.keeper import Keeper
from fuzz.embedded.store.state import Bucket, Version

DEFAULT_TYPE = "binary/octet-stream"
MOST_PARTS = 10_000
OVERRIDES: Mapping[str, str] = MappingProxyType(
    {
        "response-content-type": "Content-Type",
        "response-content-language": "Content-Language",
        "response-content-encoding": "Content-Encoding",
        "response-content-disposition": "Content-Disposition",
        "response-cache-control": "Cache-Control",
        "response-expires": "Expires",
    }
)


@lru_cache(maxsize=64)
def http_date(seconds: int) -> str:
    """Return a time as HTTP gives it."""
    return formatdate(seconds, usegmt=True)


class Reading(Keeper):
    """Operations that give one object."""

    def get_object(self, call: Call) -> Answer:
        """Return the answer to GetObject."""
        bucket, version = self.read_version(call)
        return self.give(call, bucket, version)

    def head_object(self, call: Call) -> Answer:
        """Return the answer to HeadObject, which is that to GetObject without the body."""
        return self.get_object(call)

    def read_version(self, call: Call) -> tuple[Bucket, Version]:
        """Return the version that a read asks for; raises S3Error."""
        bucket = self.bucket(call.bucket)
        version = self.version(bucket, call.key, call.parameters.get("versionId"))
        if version.is_marker:
            raise S3Error("MethodNotAllowed", headers={"x-amz-delete-marker": "true", "x-amz-version-id": version.id})
        return bucket, version

    def give(self, call: Call, bucket: Bucket, version: Version) -> Answer:
        """Return the answer that gives a version, in whole or in part, or says why not."""
        headers = self.object_headers(call, bucket, version)
        status = self.read_status(call, version)
        if status == 304:
            return HttpResponse(304, {name: headers[name] for name in ("ETag", "Last-Modified")})
        if status == 412:
            raise S3Error("PreconditionFailed")
        if "partNumber" in call.parameters:
            return self.give_part(call, version, headers)
        wanted = self.wanted_range(call, version, headers)
        if wanted is None:
            self.add_checksums(call, version, headers)
            return self.filled(call, 200, headers, version, ByteRange(0, version.content.size, version.content.size))
        return self.partial(call, version, headers, wanted)

    def read_status(self, call: Call, version: Version) -> int | None:
        """Return 412 or 304 if a condition says so."""
        return conditional_status(call.headers, version.etag, version.modified)

    def wanted_range(self, call: Call, version: Version, headers: Mapping[str, str]) -> ByteRange | None:
        """Return the bytes that the Range header asks for; None means all. Raises S3Error."""
        value = call.headers.get("range")
        if value is None or not same_version(call.headers.get("if-range"), version.etag, headers["Last-Modified"]):
            return None
        size = version.content.size
        try:
            return self.parsed_range(value, size)
        except RangeNotSatisfiable:
            raise S3Error(
                "InvalidRange",
                headers={"Content-Range": f"bytes */{size}"},
                details={"RangeRequested": value, "ActualObjectSize": str(size)},
            ) from None

    def parsed_range(self, value: str, size: int) -> ByteRange | None:
        """Return the bytes that a Range header means for an object of a size."""
        return parse_range(value, size)

    def give_part(self, call: Call, version: Version, headers: dict[str, str]) -> HttpResponse:
        """Answer with one part of an object, as it was uploaded; an object that was put is its only part."""
        number = self.part_number(call)
        if "range" in call.headers:
            raise S3Error("InvalidRequest", "Cannot specify both Range header and partNumber query parameter.")
        sizes = version.part_sizes or (version.content.size,)
        if number > len(sizes):
            raise S3Error("InvalidPartNumber", details={"ActualPartCount": str(len(sizes))})
        if version.part_sizes:
            headers["x-amz-mp-parts-count"] = str(len(sizes))
        start, size = sum(sizes[: number - 1]), sizes[number - 1]
        if not size:
            return self.filled(call, 200, headers, version, ByteRange(start, start, version.content.size))
        return self.partial(call, version, headers, ByteRange(start, start + size, version.content.size))

    def part_number(self, call: Call) -> int:
        """Return the number of a part, 1 to 10,000; raises S3Error."""
        text = call.parameters["partNumber"]
        if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= MOST_PARTS):
            raise S3Error("InvalidArgument", f"Part number must be an integer between 1 and {MOST_PARTS}, inclusive.")
        return int(text)

    def partial(self, call: Call, version: Version, headers: dict[str, str], part: ByteRange) -> HttpResponse:
        """Return the answer that gives some of the bytes."""
        headers["Content-Range"] = self.content_range(part)
        return self.filled(call, 206, headers, version, part)

    def content_range(self, part: ByteRange) -> str:
        """Return the Content-Range header of a part."""
        return part.content_range

    def filled(
        self, call: Call, status: int, headers: dict[str, str], version: Version, part: ByteRange
    ) -> HttpResponse:
        """Return an answer with bytes of the object; for HEAD, with their number."""
        content, length = version.content, part.stop - part.start
        if call.method == "HEAD":
            return HttpResponse(status, {**headers, "Content-Length": str(length)})
        if length <= STREAMED_BYTES or content.is_in_memory:
            return HttpResponse(status, headers, content.read(part.start, part.stop))
        headers["Content-Length"] = str(length)
        return HttpResponse(status, headers, stream=content.stream(part.start, part.stop))

    def add_checksums(self, call: Call, version: Version, headers: dict[str, str]) -> None:
        """Add the checksums of the whole object, where they are asked for."""
        if version.checksums and call.headers.get("x-amz-checksum-mode", "").upper() == "ENABLED":
            headers.update((f"x-amz-checksum-{kind}", value) for kind, value in version.checksums.items())
            headers["x-amz-checksum-type"] = "FULL_OBJECT"

    def object_headers(self, call: Call, bucket: Bucket, version: Version) -> dict[str, str]:
        """Return the headers that go with an object whatever part of it is asked for."""
        attributes = version.attributes
        headers = {
            "ETag": version.etag,
            "Last-Modified": self.last_modified(version),
            "Accept-Ranges": "bytes",
            "Content-Type": DEFAULT_TYPE,
            **attributes.headers,
        }
        for name, value in attributes.metadata.items():
            headers[f"x-amz-meta-{name}"] = value
        if attributes.tags:
            headers["x-amz-tagging-count"] = str(len(attributes.tags))
        self.with_version(bucket, version, headers)
        if call.parameters:
            self.override(call, headers)
        return headers

    def last_modified(self, version: Version) -> str:
        """Return the time at which the version was written, for a header."""
        return http_date(version.modified)

    def override(self, call: Call, headers: dict[str, str]) -> None:
        """Replace headers by those that a signed query asks for; raises S3Error."""
        for parameter, name in OVERRIDES.items():
            if parameter in call.parameters:
                if call.user is None:
                    raise S3Error("InvalidRequest", "Request specific response headers need a signed request.")
                headers[name] = header_text(call.parameters[parameter])

    def as_served(self, request: HttpRequest, call: Call, well: Answer) -> Answer:
        """Return the answer of the object's manner in place of the one that is due."""
        found = self.state.buckets.get(call.bucket)
        version = found.newest(call.key) if found is not None else None
        if version is None or version.served == "well" or not isinstance(well, HttpResponse):
            return well
        return served(request, stored_of(version), well)


def header_text(text: str) -> str:
    """Return text as a header can hold it: line ends become spaces."""
    encoded = text.encode("utf-8", "surrogateescape").decode("latin-1")
    return "".join(c if c >= " " and c != "\x7f" else " " for c in encoded)


def stored_of(version: Version) -> StoredObject:
    """Return a version in the form in which it is served over plain HTTP."""
    headers = {
        "ETag": version.etag,
        "Last-Modified": http_date(version.modified),
        "Accept-Ranges": "bytes",
        "Content-Type": DEFAULT_TYPE,
        **version.attributes.headers,
    }
    return StoredObject(version.content.read(), version.etag, version.modified, headers, version.served)

"""Animals that do not verify what a request says of its body, or tell it wrongly."""

from __future__ import annotations

from collections.abc import Mapping

from fuzz.embedded.http_messages import HttpRequest, HttpResponse, Receiver, RequestHead
from fuzz.embedded.s3_errors import S3Error
from fuzz.embedded.sigv4 import Signed
from fuzz.embedded.store.call import Call
from fuzz.embedded.store.intake import Body, Intake, NewSink
from fuzz.embedded.store.object_store import ObjectStore
from fuzz.embedded.store.state import Bucket, Version


class Gullible(Intake):
    """Verifies no MD5."""

    def check_md5(self, came: bytes, declared_md5: bytes) -> None:
        """Take any MD5."""


class Md5Unverified(ObjectStore):
    """It takes a body whose MD5 is not the one that was sent."""

    def intake(self, headers: Mapping[str, str], signed: Signed | None, sink: NewSink) -> Intake:
        return Gullible(headers, signed, sink)


class Trusting(Intake):
    """Verifies no checksum."""

    def check_checksum(self, came: bytes, declared_checksum: bytes) -> None:
        """Take any checksum."""


class ChecksumUnverified(ObjectStore):
    """It takes a body whose checksum is not the one that was sent."""

    def intake(self, headers: Mapping[str, str], signed: Signed | None, sink: NewSink) -> Intake:
        return Trusting(headers, signed, sink)


class Crc32cUnverified(ObjectStore):
    """It does not verify checksums of the kind CRC-32C."""

    kind = "crc32c"

    def intake(self, headers: Mapping[str, str], signed: Signed | None, sink: NewSink) -> Intake:
        if f"x-amz-checksum-{self.kind}" in headers:
            return Trusting(headers, signed, sink)
        return super().intake(headers, signed, sink)


class Crc64Unverified(Crc32cUnverified):
    """It does not verify checksums of the kind CRC-64."""

    kind = "crc64nvme"


class Sha1Unverified(Crc32cUnverified):
    """It does not verify checksums of the kind SHA-1."""

    kind = "sha1"


class Sha256Unverified(Crc32cUnverified):
    """It does not verify checksums of the kind SHA-256."""

    kind = "sha256"


class ChecksumsUntold(ObjectStore):
    """It gives no checksums to those who ask for them."""

    def add_checksums(self, call: Call, version: Version, headers: dict[str, str]) -> None:
        """Add nothing."""


class ChecksumOfPutUntold(ObjectStore):
    """It answers a put without the checksum that it verified."""

    def put_headers(self, call: Call, bucket: Bucket, version: Version) -> dict[str, str]:
        headers = super().put_headers(call, bucket, version)
        return {name: value for name, value in headers.items() if not name.startswith("x-amz-checksum-")}


class ChecksumToldReversed(ObjectStore):
    """It gives the checksum of an object with its bytes in reverse order."""

    def add_checksums(self, call: Call, version: Version, headers: dict[str, str]) -> None:
        import base64

        super().add_checksums(call, version, headers)
        for kind, value in version.checksums.items():
            if f"x-amz-checksum-{kind}" in headers:
                headers[f"x-amz-checksum-{kind}"] = base64.b64encode(base64.b64decode(value)[::-1]).decode()


class Credulous(Gullible, Trusting):
    """Verifies neither MD5 nor checksum."""


class DigestsOfPartsUnverified(ObjectStore):
    """It does not verify the digests of parts."""

    def reception(self, head: RequestHead) -> Receiver | HttpResponse | None:
        found = super().reception(head)
        if isinstance(found, Intake) and "uploadId=" in head.target:
            return Credulous(head.headers, found.signed, self.sink)
        return found


class WrongDigestStored(ObjectStore):
    """It says that a digest is wrong, and stores the body all the same."""

    def answer(self, request: HttpRequest) -> HttpResponse:
        received = request.received
        try:
            return super().answer(request)  # type: ignore[return-value]
        except S3Error as error:
            if error.code == "BadDigest" and isinstance(received, Intake) and request.method == "PUT":
                call = self.call(request, received.signed)
                if call.operation == "put_object":
                    content = received.stored()
                    self.write(self.bucket(call.bucket), call.key, content, '"0"', self.attributes(call))
            raise


class EmptyBodiesUnverified(ObjectStore):
    """It does not verify the digests of empty bodies."""

    def empty_body(self, request: HttpRequest, signed: Signed | None) -> Body:  # noqa: ARG002
        from fuzz.embedded.store.intake import NO_BODY

        return NO_BODY


class ChecksumsWithoutSigns(ObjectStore):
    """It refuses checksums that contain a plus or a slash."""

    def intake(self, headers: Mapping[str, str], signed: Signed | None, sink: NewSink) -> Intake:
        for name, value in headers.items():
            if name.startswith("x-amz-checksum-") and set("+/") & set(value):
                raise S3Error("InvalidRequest")
        return super().intake(headers, signed, sink)


class HexDigestsWanted(ObjectStore):
    """It takes an MD5 in hex digits, and refuses one in base64."""

    def intake(self, headers: Mapping[str, str], signed: Signed | None, sink: NewSink) -> Intake:
        if len(headers.get("content-md5", "")) == 24:
            raise S3Error("InvalidDigest")
        return super().intake(headers, signed, sink)

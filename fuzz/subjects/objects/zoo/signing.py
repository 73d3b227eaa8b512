"""Animals that let in whom they should not, or keep out whom they should let in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from fuzz.embedded import aws_chunks
from fuzz.embedded.http_messages import HttpRequest
from fuzz.embedded.s3_errors import S3Error
from fuzz.embedded.sigv4 import Signed, header_claim, parse_timestamp, query_pairs, signed_by, signing_key
from fuzz.embedded.store.intake import Intake, NewSink
from fuzz.embedded.store.object_store import ObjectStore
from fuzz.embedded.store.state import Bucket


def believed(store: ObjectStore, request: HttpRequest) -> Signed:
    """Return what the Authorization header claims, right or wrong."""
    claim = header_claim(request.headers["authorization"], request)
    return Signed(claim, signing_key(store.accounts[claim.access_key], claim.day, claim.region))


class SignatureUnchecked(ObjectStore):
    """It believes any signature of a known account."""

    def signer(self, request: HttpRequest) -> Signed | None:
        try:
            return super().signer(request)
        except S3Error as error:
            if error.code != "SignatureDoesNotMatch" or "authorization" not in request.headers:
                raise
            return believed(self, request)


class UnknownKeyIsTheOwner(ObjectStore):
    """It takes an account that it does not know for its first one."""

    def signer(self, request: HttpRequest) -> Signed | None:
        try:
            return super().signer(request)
        except S3Error as error:
            if error.code != "InvalidAccessKeyId" or "authorization" not in request.headers:
                raise
            owner = next(iter(self.accounts))
            claim = replace(header_claim(request.headers["authorization"], request), access_key=owner)
            return Signed(claim, b"")


class BadSignatureIsAnonymous(ObjectStore):
    """It takes a request with a wrong signature for one without."""

    def signer(self, request: HttpRequest) -> Signed | None:
        try:
            return super().signer(request)
        except S3Error as error:
            if error.code != "SignatureDoesNotMatch":
                raise
            return None


class MethodNotSigned(ObjectStore):
    """It takes a signature of a read for a write."""

    def signer(self, request: HttpRequest) -> Signed | None:
        try:
            return super().signer(request)
        except S3Error as error:
            if error.code != "SignatureDoesNotMatch":
                raise
            return super().signer(replace(request, method="GET" if request.method != "GET" else "PUT"))


class QueryNotSigned(ObjectStore):
    """It takes a signature for any query."""

    def signer(self, request: HttpRequest) -> Signed | None:
        try:
            return super().signer(request)
        except S3Error as error:
            if error.code != "SignatureDoesNotMatch" or "authorization" not in request.headers:
                raise
            return super().signer(replace(request, target=request.target.partition("?")[0]))


class ClockUnchecked(ObjectStore):
    """It takes requests of any time."""

    def signer(self, request: HttpRequest) -> Signed | None:
        try:
            return super().signer(request)
        except S3Error as error:
            if error.code != "RequestTimeTooSkewed":
                raise
            return believed(self, request)


class ClockOfFiveMinutes(ObjectStore):
    """It refuses requests from a clock that is five minutes late."""

    def moment(self) -> datetime:
        return super().moment() + timedelta(minutes=8)


class ExpiryUnchecked(ObjectStore):
    """It takes presigned requests that have expired."""

    def signer(self, request: HttpRequest) -> Signed | None:
        stamp = dict(query_pairs(request.target.partition("?")[2])).get("X-Amz-Date", "")
        at = parse_timestamp(stamp)
        if at is None or "authorization" in request.headers:
            return super().signer(request)
        return signed_by(request, self.accounts, at)


class Careless(Intake):
    """Verifies no hash of the payload."""

    def check_payload(self, came: str, signed: str) -> None:
        """Take any payload."""


class PayloadHashUnchecked(ObjectStore):
    """It takes another body than the one that was signed."""

    def intake(self, headers: Mapping[str, str], signed: Signed | None, sink: NewSink) -> Intake:
        return Careless(headers, signed, sink)


class Unframing(aws_chunks.ChunkDecoder):
    """Takes off frames, and verifies no signature."""

    def _verify_chunk(self) -> None:
        """Take any signature."""

    def _verify_trailer(self, signed: Signed) -> None:  # noqa: ARG002
        self.trailers.pop(aws_chunks.TRAILER_SIGNATURE, None)


class Framed(Intake):
    """Verifies no signatures of chunks."""

    new_decoder = Unframing


class ChunkSignaturesUnchecked(ObjectStore):
    """It takes chunks whatever their signatures are."""

    def intake(self, headers: Mapping[str, str], signed: Signed | None, sink: NewSink) -> Intake:
        return Framed(headers, signed, sink)


class Lengthless(Intake):
    """Verifies no length of what was framed."""

    def check_length(self, came: int, announced: int | None) -> None:
        """Take any length."""


class DecodedLengthUnchecked(ObjectStore):
    """It takes a framed body of another length than was announced."""

    def intake(self, headers: Mapping[str, str], signed: Signed | None, sink: NewSink) -> Intake:
        return Lengthless(headers, signed, sink)


class FramesKept(ObjectStore):
    """It stores the frame of a body along with the body."""

    def intake(self, headers: Mapping[str, str], signed: Signed | None, sink: NewSink) -> Intake:
        hidden = {"x-amz-trailer", "x-amz-decoded-content-length"}
        if headers.get("x-amz-content-sha256", "") in aws_chunks.FRAMINGS:
            kept = {name: value for name, value in headers.items() if name not in hidden}
            return super().intake({**kept, "x-amz-content-sha256": "UNSIGNED-PAYLOAD"}, signed, sink)
        return super().intake(headers, signed, sink)


class EverybodyReads(ObjectStore):
    """It lets everybody read everything."""

    def may(self, bucket: Bucket, user: str | None, action: str, key: str) -> bool:
        return action == "s3:GetObject" or super().may(bucket, user, action, key)


class EverybodyLists(ObjectStore):
    """It lets everybody list every bucket."""

    def may(self, bucket: Bucket, user: str | None, action: str, key: str) -> bool:
        return action == "s3:ListBucket" or super().may(bucket, user, action, key)


class AnyAccountWrites(ObjectStore):
    """It lets every account write into every bucket."""

    def may(self, bucket: Bucket, user: str | None, action: str, key: str) -> bool:
        return (user is not None and action == "s3:PutObject") or super().may(bucket, user, action, key)


class AnyAccountDeletes(ObjectStore):
    """It lets every account delete in every bucket."""

    def may(self, bucket: Bucket, user: str | None, action: str, key: str) -> bool:
        return (user is not None and action == "s3:DeleteObject") or super().may(bucket, user, action, key)


class EscapedPathsRefused(ObjectStore):
    """It refuses signatures of paths in which something is escaped."""

    def signer(self, request: HttpRequest) -> Signed | None:
        if "%" in request.target.partition("?")[0] and "authorization" in request.headers:
            raise S3Error("SignatureDoesNotMatch")
        return super().signer(request)


class FramedBodiesRefused(ObjectStore):
    """It refuses bodies whose chunks are signed."""

    def intake(self, headers: Mapping[str, str], signed: Signed | None, sink: NewSink) -> Intake:
        if headers.get("x-amz-content-sha256", "") == aws_chunks.SIGNED:
            raise S3Error("NotImplemented")
        return super().intake(headers, signed, sink)

"""Fetch the stored bytes of a request from an object store."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from fuzz.subjects.reductions.reference_server.reduction import ObjectPlace, Reduction, ServerLimits, StoreCredentials
from fuzz.subjects.reductions.reference_server.refusal import Refusal
from fuzz.subjects.reductions.reference_server.request_signing import signed_headers
from fuzz.subjects.reductions.reference_server.store_connection import (
    CutShort,
    StoreAnswer,
    StoreBodyTooLarge,
    StoreConnections,
    StoreFailure,
    StoreTimeout,
)

CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)")
ERROR_CODE = re.compile(rb"<Code>\s*([A-Za-z0-9.]{1,64})\s*</Code>")
ERROR_MESSAGE = re.compile(rb"<Message>([^<]{1,300})</Message>")
ERROR_SEARCHED_BYTES = 16 * 1024
CREDENTIAL_CODES = (
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "AuthorizationHeaderMalformed",
    "InvalidToken",
    "ExpiredToken",
)


class Fetching:
    """Reads from object stores by S3 or plain HTTP."""

    limits: ServerLimits
    connections: StoreConnections

    def fetch(self, reduction: Reduction, credentials: StoreCredentials | None) -> bytes:
        """Return the stored bytes that the request is about."""
        wanted = self.byte_range(reduction)
        answer = self.ask_store(reduction.place, self.store_headers(reduction, credentials, wanted))
        if answer.status not in (200, 206):
            raise self.store_refusal(answer, reduction)
        if answer.status == 206:
            return self.check_part(answer, reduction)
        return self.cut_whole(answer.body, reduction)

    def byte_range(self, reduction: Reduction) -> str | None:
        """Return the Range header's value; None for the whole object, which may be empty."""
        if reduction.size is not None:
            return f"bytes={reduction.offset}-{reduction.offset + reduction.size - 1}"
        return f"bytes={reduction.offset}-" if reduction.offset else None

    def store_headers(
        self, reduction: Reduction, credentials: StoreCredentials | None, wanted: str | None
    ) -> Mapping[str, str]:
        """Return the headers of the request to the store, with the client's credentials."""
        headers = {"host": reduction.place.authority}
        if wanted is not None:
            headers["range"] = wanted
        if credentials is None:
            return headers
        if reduction.place.interface == "s3":
            return self.sign(reduction.place, headers, credentials)
        return {**headers, "authorization": credentials.header}

    def sign(self, place: ObjectPlace, headers: Mapping[str, str], credentials: StoreCredentials) -> Mapping[str, str]:
        """Return the headers with those that an S3 store needs to know who asks."""
        return signed_headers(place.path, headers, credentials, datetime.now(UTC))

    def ask_store(self, place: ObjectPlace, headers: Mapping[str, str]) -> StoreAnswer:
        """Return the store's answer to a GET."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        request = f"GET {place.path} HTTP/1.1\r\n{lines}\r\n".encode("ascii")
        try:
            return self.connections.exchange(place, request, self.limits.store_seconds, self.limits.stored_bytes)
        except StoreTimeout as error:
            raise Refusal(504, f"the store at {place.authority} took too long", str(error)) from error
        except CutShort as error:
            return self.take_cut_short(error.begun, place)
        except StoreFailure as error:
            raise Refusal(502, f"the store at {place.authority} gave no answer", str(error)) from error
        except StoreBodyTooLarge as error:
            raise Refusal(400, "the object is too large; ask for a part by offset and size", str(error)) from error

    def take_cut_short(self, begun: StoreAnswer, place: ObjectPlace) -> StoreAnswer:
        """Refuse an answer of the store that ends early."""
        raise Refusal(
            502, f"the store at {place.authority} gave no answer", f"it broke off after {len(begun.body)} bytes"
        )

    def check_part(self, answer: StoreAnswer, reduction: Reduction) -> bytes:
        """Return the bytes of a partial answer, once it is the part that was asked for."""
        match = CONTENT_RANGE.fullmatch(answer.headers.get("content-range", ""))
        if match is None or self.byte_range(reduction) is None:
            raise Refusal(502, "the store answered with a part of the object, and not one that was asked for")
        first, last = int(match[1]), int(match[2])
        if first != reduction.offset or last - first + 1 != len(answer.body):
            raise Refusal(502, f"the store answered with another range than was asked for: {match[0]}")
        end = None if match[3] == "*" else int(match[3])
        if end is not None and last >= end:
            raise Refusal(502, f"the store answered with an impossible range: {match[0]}")
        self.check_part_ends(reduction, last, end)
        return answer.body

    def check_part_ends(self, reduction: Reduction, last: int, end: int | None) -> None:
        """Check that a part is as long as the request says, or reaches the end of the object."""
        if reduction.size is None:
            if end is not None and last != end - 1:
                raise Refusal(502, f"the store left out the end: it sent up to byte {last} of {end}")
            return
        wanted = reduction.offset + reduction.size - 1
        if last > wanted:
            raise Refusal(502, f"the store answered up to byte {last}, though asked up to {wanted}")
        if last < wanted:
            self.refuse_short_read(reduction, last + 1 - reduction.offset)

    def cut_whole(self, body: bytes, reduction: Reduction) -> bytes:
        """Return the wanted range of a whole object."""
        offset, size = reduction.offset, reduction.size
        if offset and offset >= len(body):
            raise Refusal(416, f"offset: {offset} is not within the object's {len(body)} bytes")
        part = body[offset:] if size is None else body[offset : offset + size]
        if size is not None and len(part) < size:
            self.refuse_short_read(reduction, len(part))
        return part

    def refuse_short_read(self, reduction: Reduction, found: int) -> None:
        """Refuse a range that reaches beyond the end of the object."""
        raise Refusal(
            400,
            f"size: {reduction.size} bytes at offset {reduction.offset} reach beyond the object's end; "
            f"it has {found} there",
        )

    def store_refusal(self, answer: StoreAnswer, reduction: Reduction) -> Refusal:
        """Return the refusal that passes on a store's error."""
        code = self.store_code(answer)
        status = self.status_of_store_error(answer.status, code)
        found = ERROR_MESSAGE.search(answer.body[:ERROR_SEARCHED_BYTES])
        reason = found[1].decode("utf-8", "replace") if found else "without a reason"
        field = "url" if reduction.version >= 2 else "bucket" if code == "NoSuchBucket" else "object"
        return Refusal(
            status,
            f"{field}: the store refused with {code or answer.status}: {reason} {reduction.place.path}",
            f"the store at {reduction.place.authority} answered {answer.status}",
        )

    def store_code(self, answer: StoreAnswer) -> str:
        """Return the code in an S3 error; empty where there is none."""
        match = ERROR_CODE.search(answer.body[:ERROR_SEARCHED_BYTES])
        return match[1].decode("ascii") if match else ""

    def status_of_store_error(self, status: int, code: str) -> int:
        """Return the status that the client gets for a store's error."""
        if code in CREDENTIAL_CODES:
            return 401
        if status in (401, 403, 404, 416):
            return status
        return 400 if status in (400, 405, 410, 414) else 502

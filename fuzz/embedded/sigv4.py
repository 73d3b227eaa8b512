"""Signature version 4 of S3 requests: who sent this, going by its headers or its presigned query."""

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

from fuzz.embedded.http_messages import HttpRequest
from fuzz.embedded.s3_errors import S3Error

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
CONTENT_HASH = "x-amz-content-sha256"
TIMESTAMP = "%Y%m%dT%H%M%SZ"
CLOCK_SKEW = timedelta(minutes=15)
LONGEST_EXPIRY_SECONDS = 7 * 24 * 3600
UNRESERVED = "-_.~"

AUTHORIZATION = re.compile(ALGORITHM + r" +Credential=([^ ,]+) *, *SignedHeaders=([^ ,]+) *, *Signature=([0-9a-f]{64})")
TIMESTAMP_FORM = re.compile(r"[0-9]{8}T[0-9]{6}Z")
SPACES = re.compile(r" +")


@dataclass(frozen=True, slots=True)
class Claim:
    """The statements of a request about its own signature."""

    access_key: str
    day: str
    region: str
    time: datetime
    signed_headers: tuple[str, ...]
    payload: str
    signature: str

    @property
    def scope(self) -> str:
        """Return the scope in which the signing key is valid."""
        return f"{self.day}/{self.region}/s3/aws4_request"


@dataclass(frozen=True, slots=True)
class Signed:
    """A request's true claim, and the key that it was signed with, for what is signed after it."""

    claim: Claim
    key: bytes

    def sign(self, algorithm: str, *lines: str) -> str:
        """Return the signature that follows the others of the same request."""
        claim = self.claim
        text = "\n".join((algorithm, claim.time.strftime(TIMESTAMP), claim.scope, *lines))
        return hmac.digest(self.key, text.encode(), "sha256").hex()


def signed_by(request: HttpRequest, secrets: Mapping[str, str], now: datetime) -> Signed | None:
    """Return who truly signed a request, or None if it is anonymous; its body is not looked at."""
    path, _, query = request.target.partition("?")
    pairs = query_pairs(query)
    parameters = dict(pairs)
    authorization = request.headers.get("authorization")
    presigned = "X-Amz-Algorithm" in parameters or "X-Amz-Signature" in parameters
    if authorization is None and not presigned:
        return None
    if authorization is not None and presigned:
        raise S3Error("InvalidArgument", "Only one auth mechanism allowed.")
    if authorization is not None:
        claim = header_claim(authorization, request)
        check_clock(claim.time, now)
    else:
        claim = query_claim(parameters, request, now)
        pairs = [pair for pair in pairs if pair[0] != "X-Amz-Signature"]
    secret = secrets.get(claim.access_key)
    if secret is None:
        raise S3Error("InvalidAccessKeyId")
    signed = Signed(claim, signing_key(secret, claim.day, claim.region))
    for canonical_path in canonical_paths(path):
        canonical = canonical_request(claim, request, canonical_path, pairs)
        wanted = signed.sign(ALGORITHM, hashlib.sha256(canonical.encode("latin-1", "replace")).hexdigest())
        if hmac.compare_digest(wanted, claim.signature):
            check_all_signed(claim, request.headers)
            return signed
    raise S3Error("SignatureDoesNotMatch")


def canonical_paths(path: str) -> Iterator[str]:
    """List the ways in which clients sign a path: as they send it, or as S3 would encode it; nearly always the same."""
    yield path
    encoded = quote(unquote_to_bytes(path.encode("latin-1")), safe="/" + UNRESERVED)
    if encoded != path:
        yield encoded


@lru_cache(maxsize=64)
def signing_key(secret: str, day: str, region: str) -> bytes:
    """Return the key of one day, region and service that a secret gives."""
    key = f"AWS4{secret}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def check_all_signed(claim: Claim, headers: Mapping[str, str]) -> None:
    """Check that no header that S3 obeys was added by somebody else, and that the payload's hash is signed."""
    for name in headers:
        if name.startswith("x-amz-") and name != CONTENT_HASH and name not in claim.signed_headers:
            raise S3Error("AccessDenied", f"There were headers present in the request which were not signed: {name}.")


def query_pairs(query: str) -> list[tuple[str, str]]:
    """Return the names and values of a query, decoded; a plus sign is a plus sign."""
    pairs = []
    for part in query.split("&"):
        if part:
            name, _, value = part.partition("=")
            pairs.append((decoded(name), decoded(value)))
    return pairs


def decoded(text: str) -> str:
    """Decode percent-encoded UTF-8; bytes that are not UTF-8 encode back to themselves."""
    return unquote_to_bytes(text.encode("latin-1")).decode("utf-8", "surrogateescape")


def header_claim(authorization: str, request: HttpRequest) -> Claim:
    """Return the claim made by an Authorization header."""
    match = AUTHORIZATION.fullmatch(authorization)
    if match is None:
        kind = authorization.partition(" ")[0]
        raise S3Error("AuthorizationHeaderMalformed", f"Of {kind[:40]!r} nothing can be read; use {ALGORITHM}.")
    credential, signed_headers, given = match.groups()
    payload = request.headers.get(CONTENT_HASH)
    if payload is None:
        raise S3Error("InvalidRequest", f"Missing required header for this request: {CONTENT_HASH}")
    access_key, day, region = credential_parts(credential, "AuthorizationHeaderMalformed")
    time = request_time(request.headers)
    check_day(day, time, "AuthorizationHeaderMalformed")
    names = header_names(signed_headers, "AuthorizationHeaderMalformed")
    return Claim(access_key, day, region, time, names, payload, given)


def query_claim(parameters: Mapping[str, str], request: HttpRequest, now: datetime) -> Claim:
    """Return the claim made by a presigned URL."""
    code = "AuthorizationQueryParametersError"
    names = ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature")
    missing = [f"X-Amz-{name}" for name in names if f"X-Amz-{name}" not in parameters]
    if missing:
        raise S3Error(code, f"Query parameters are missing: {', '.join(missing)}.")
    algorithm, credential, date, expires, signed_headers, given = (parameters[f"X-Amz-{name}"] for name in names)
    if algorithm != ALGORITHM:
        raise S3Error(code, f"X-Amz-Algorithm only supports {ALGORITHM!r}.")
    access_key, day, region = credential_parts(credential, code)
    time = parse_timestamp(date)
    if time is None:
        raise S3Error(code, "X-Amz-Date must be in the ISO8601 long format yyyyMMdd'T'HHmmss'Z'.")
    check_day(day, time, code)
    if not (expires.isascii() and expires.isdigit() and len(expires) < 9):
        raise S3Error(code, "X-Amz-Expires should be a number.")
    seconds = int(expires)
    if not 1 <= seconds <= LONGEST_EXPIRY_SECONDS:
        raise S3Error(code, f"X-Amz-Expires must be 1 to {LONGEST_EXPIRY_SECONDS} seconds.")
    if now > time + timedelta(seconds=seconds):
        raise S3Error("AccessDenied", "Request has expired.")
    if time > now + CLOCK_SKEW:
        raise S3Error("AccessDenied", "Request is not valid yet.")
    payload = request.headers.get(CONTENT_HASH, UNSIGNED)
    names_signed = header_names(signed_headers, code)
    return Claim(access_key, day, region, time, names_signed, payload, given)


def credential_parts(credential: str, code: str) -> tuple[str, str, str]:
    """Split a credential into access key, day and region; access keys may hold slashes."""
    parts = credential.rsplit("/", 4)
    if len(parts) != 5 or parts[3] != "s3" or parts[4] != "aws4_request":
        raise S3Error(code, "The credential must be ACCESS-KEY/YYYYMMDD/REGION/s3/aws4_request.")
    return parts[0], parts[1], parts[2]


def header_names(signed_headers: str, code: str) -> tuple[str, ...]:
    """Return the names of the signed headers, among which Host must be."""
    names = tuple(signed_headers.split(";"))
    if "host" not in names:
        raise S3Error(code, "The Host header must be signed.")
    return names


def request_time(headers: Mapping[str, str]) -> datetime:
    """Return the time at which a request says that it was signed."""
    text = headers.get("x-amz-date")
    if text is not None:
        time = parse_timestamp(text)
    else:
        try:
            time = parsedate_to_datetime(headers.get("date", "")).astimezone(UTC)
        except ValueError:
            time = None
    if time is None:
        raise S3Error("AuthorizationHeaderMalformed", "AWS authentication requires a valid Date or x-amz-date header.")
    return time


def parse_timestamp(text: str) -> datetime | None:
    """Return a time in SigV4's format."""
    if TIMESTAMP_FORM.fullmatch(text) is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def check_day(day: str, time: datetime, code: str) -> None:
    """Check that the credential's day is the day of the signature."""
    if day != time.strftime("%Y%m%d"):
        raise S3Error(code, f"Invalid credential date {day[:20]!r}.")


def check_clock(time: datetime, now: datetime) -> None:
    """Check that the two clocks agree closely enough."""
    if abs(now - time) > CLOCK_SKEW:
        raise S3Error("RequestTimeTooSkewed")


def canonical_request(claim: Claim, request: HttpRequest, path: str, pairs: Sequence[tuple[str, str]]) -> str:
    """Return the text that stands for a request in its signature."""
    encoded = sorted((percent_encoded(name), percent_encoded(value)) for name, value in pairs)
    headers = (f"{name}:{canonical_value(request.headers.get(name, ''))}\n" for name in claim.signed_headers)
    return "\n".join(
        (
            request.method,
            path,
            "&".join(f"{name}={value}" for name, value in encoded),
            "".join(headers),
            ";".join(claim.signed_headers),
            claim.payload,
        )
    )


def percent_encoded(text: str) -> str:
    """Return text as SigV4 encodes it in queries."""
    return quote(text.encode("utf-8", "surrogateescape"), safe=UNRESERVED)


def canonical_value(value: str) -> str:
    """Return a header's value in which each run of spaces is made one."""
    return SPACES.sub(" ", value.strip())

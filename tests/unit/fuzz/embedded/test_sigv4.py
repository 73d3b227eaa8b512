"""Signatures made by botocore and by hand are verified; a change of anything signed is noticed."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fuzz.embedded.http_messages import HttpRequest
from fuzz.embedded.s3_errors import S3Error
from fuzz.embedded.sigv4 import signed_by
from fuzz.embedded.store.intake import InMemory, Intake

HOST = "127.0.0.1:9000"
SECRETS = {"OWNER": "a/secret+with=signs", "with/slash": "other"}
KEYS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=30)


def sent(request: AWSRequest, body: bytes = b"") -> HttpRequest:
    """A botocore request as the server sees it."""
    prepared = request.prepare()
    headers = {name.lower(): value for name, value in request.headers.items()}
    target = prepared.url.removeprefix(f"http://{HOST}")
    return HttpRequest(request.method, target, {"host": HOST, **headers}, body)


def by_botocore(
    target: str, *, access_key: str = "OWNER", secret: str | None = None, method: str = "GET", body: bytes = b""
) -> HttpRequest:
    request = AWSRequest(method, f"http://{HOST}{target}", data=body)
    credentials = Credentials(access_key, secret or SECRETS[access_key])
    S3SigV4Auth(credentials, "s3", "eu-west-2").add_auth(request)
    return sent(request, body)


def presigned(target: str, expires: int = 60) -> HttpRequest:
    request = AWSRequest("GET", f"http://{HOST}{target}")
    S3SigV4QueryAuth(Credentials("OWNER", SECRETS["OWNER"]), "s3", "us-east-1", expires).add_auth(request)
    return sent(request)


def by_hand(target: str, canonical_path: str, canonical_query: str = "") -> HttpRequest:
    """The published recipe, step by step."""
    now = datetime.now(UTC)
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    payload = hashlib.sha256(b"").hexdigest()
    headers = {"host": HOST, "range": "bytes=0-3", "x-amz-content-sha256": payload, "x-amz-date": stamp}
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    signed = ";".join(sorted(headers))
    canonical = f"GET\n{canonical_path}\n{canonical_query}\n{lines}\n{signed}\n{payload}"
    scope = f"{day}/us-east-1/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = b"AWS4" + SECRETS["OWNER"].encode()
    for part in (*scope.split("/"), text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    authorization = f"AWS4-HMAC-SHA256 Credential=OWNER/{scope},SignedHeaders={signed},Signature={key.hex()}"
    return HttpRequest("GET", target, {**headers, "authorization": authorization}, b"")


def who(request: HttpRequest, now: datetime | None = None) -> str | None:
    signed = signed_by(request, SECRETS, now or datetime.now(UTC))
    if signed is None:
        return None
    intake = Intake(request.headers, signed, InMemory)
    intake.write(request.body)
    intake.body()
    return signed.claim.access_key


def refusal(request: HttpRequest, now: datetime | None = None) -> str:
    """The code of the error that a request meets."""
    with pytest.raises(S3Error) as caught:
        who(request, now)
    return caught.value.code


@given(KEYS)
@settings(deadline=None)
def test_botocore_signatures_hold_for_every_key(key: str) -> None:
    target = f"/bucket/{quote(key, safe='/~')}"
    assert who(by_botocore(target)) == "OWNER"
    assert who(presigned(target)) == "OWNER"


@given(KEYS, KEYS)
@settings(deadline=None)
def test_botocore_signatures_hold_for_every_query(name: str, value: str) -> None:
    assume(not name.startswith("X-Amz-"))
    query = f"{quote(name, safe='')}={quote(value, safe='')}&list-type=2&empty="
    assert who(by_botocore(f"/bucket?{query}")) == "OWNER"


@given(KEYS)
def test_a_hand_made_signature_holds_however_the_path_is_sent(key: str) -> None:
    encoded = f"/bucket/{quote(key, safe='/~')}"
    assert who(by_hand(encoded, encoded)) == "OWNER"
    everything = "/bucket/" + "".join(f"%{byte:02x}" for byte in key.encode())
    assert who(by_hand(everything, encoded)) == "OWNER"


def test_a_path_is_encoded_once_not_twice() -> None:
    assert who(by_hand("/bucket/a%2520b", "/bucket/a%2520b")) == "OWNER"
    assert refusal(by_hand("/bucket/a%2520b", "/bucket/a%25252520b")) == "SignatureDoesNotMatch"
    assert refusal(by_hand("/bucket/a%2520b", "/bucket/a%20b")) == "SignatureDoesNotMatch"


def test_query_parameters_are_signed_in_their_own_order() -> None:
    assert who(by_hand("/bucket?b=2&a=1&a=0", "/bucket", "a=0&a=1&b=2")) == "OWNER"


def test_access_keys_may_hold_slashes() -> None:
    assert who(by_botocore("/b/k", access_key="with/slash")) == "with/slash"


def test_without_a_signature_the_request_is_anonymous() -> None:
    assert who(HttpRequest("GET", "/b/k?x=y", {"host": HOST})) is None


def test_who_signed_wrongly_is_told_how() -> None:
    assert refusal(by_botocore("/b/k", access_key="NOBODY", secret="x")) == "InvalidAccessKeyId"
    assert refusal(by_botocore("/b/k", secret="wrong")) == "SignatureDoesNotMatch"


@pytest.mark.parametrize(
    "change",
    [
        {"method": "HEAD"},
        {"target": "/bucket/other"},
        {"target": "/bucket/key?acl"},
        {"headers": {"host": "elsewhere"}},
        {"headers": {"range": "bytes=0-4"}},
    ],
)
def test_a_change_of_anything_signed_is_noticed(change: dict[str, object]) -> None:
    request = by_hand("/bucket/key", "/bucket/key")
    headers = {**request.headers, **change.get("headers", {})}  # type: ignore[dict-item]
    changed = HttpRequest(str(change.get("method", request.method)), str(change.get("target", request.target)), headers)
    assert who(request) == "OWNER"
    assert refusal(changed) == "SignatureDoesNotMatch"


def test_a_change_of_the_body_is_noticed() -> None:
    request = by_botocore("/b/k", method="PUT", body=b"abc")
    assert who(request) == "OWNER"
    changed = HttpRequest("PUT", request.target, request.headers, b"abd")
    assert refusal(changed) == "XAmzContentSHA256Mismatch"


def test_a_presigned_query_cannot_be_changed_or_outlive_its_time() -> None:
    request = presigned("/b/k?versionId=1")
    assert who(request) == "OWNER"
    changed = HttpRequest("GET", request.target.replace("versionId=1", "versionId=2"), request.headers)
    assert refusal(changed) == "SignatureDoesNotMatch"
    longer = HttpRequest("GET", request.target.replace("Expires=60", "Expires=61"), request.headers)
    assert refusal(longer) == "SignatureDoesNotMatch"
    assert refusal(request, datetime.now(UTC) + timedelta(seconds=70)) == "AccessDenied"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Signature=", "Sig="),
        ("Expires=60", "Expires=soon"),
        ("Expires=60", "Expires=604801"),
        ("X-Amz-Date=2", "X-Amz-Date=x"),
        ("aws4_request", "aws5_request"),
        ("SignedHeaders=host", "SignedHeaders=date"),
    ],
)
def test_malformed_presigned_queries_are_told_apart(old: str, new: str) -> None:
    request = presigned("/b/k")
    assert old in request.target
    changed = HttpRequest("GET", request.target.replace(old, new), request.headers)
    assert refusal(changed) == "AuthorizationQueryParametersError"


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("Basic YTpi", "AuthorizationHeaderMalformed"),
        ("AWS OWNER:signature", "AuthorizationHeaderMalformed"),
        ("", "AuthorizationHeaderMalformed"),
        ("AWS4-HMAC-SHA256 nonsense", "AuthorizationHeaderMalformed"),
        (
            f"AWS4-HMAC-SHA256 Credential=OWNER/x, SignedHeaders=host, Signature={'0' * 64}",
            "AuthorizationHeaderMalformed",
        ),
    ],
)
def test_malformed_authorization_is_told_apart(authorization: str, code: str) -> None:
    headers = {**by_hand("/b/k", "/b/k").headers, "authorization": authorization}
    assert refusal(HttpRequest("GET", "/b/k", headers)) == code


def test_clocks_far_apart_are_noticed() -> None:
    request = by_hand("/b/k", "/b/k")
    assert who(request, datetime.now(UTC) + timedelta(minutes=14)) == "OWNER"
    assert refusal(request, datetime.now(UTC) + timedelta(minutes=16)) == "RequestTimeTooSkewed"


def test_the_date_and_the_hash_must_be_there() -> None:
    request = by_hand("/b/k", "/b/k")
    for name, code in (("x-amz-date", "AuthorizationHeaderMalformed"), ("x-amz-content-sha256", "InvalidRequest")):
        headers = {key: value for key, value in request.headers.items() if key != name}
        assert refusal(HttpRequest("GET", "/b/k", headers)) == code

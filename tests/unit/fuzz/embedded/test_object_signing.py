"""The embedded store refuses what is not signed as it should be, and takes all three framings."""

from __future__ import annotations

import base64
import hashlib
import hmac
import zlib
from collections.abc import Iterator, Sequence

import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.unit.store_asking import ACCOUNTS, OWNER, Client, Told, asking

SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
UNSIGNED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
NOTHING = hashlib.sha256(b"").hexdigest()
CRC32 = "x-amz-checksum-crc32"


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with asking() as client:
        yield client


def crc32(data: bytes) -> str:
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def framed(framing: str, chunks: Sequence[bytes], headers: dict[str, str], trailer: str = "") -> bytes:
    """A body in chunks, as the page says, signed after the request's own signature."""
    authorization = headers["Authorization"]
    scope = authorization.partition("Credential=")[2].partition(",")[0].partition("/")[2]
    last = authorization.rpartition("Signature=")[2]
    stamp = headers["X-Amz-Date"]
    key = b"AWS4" + ACCOUNTS[OWNER].encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")

    def sign(algorithm: str, *hashes: str) -> str:
        nonlocal last
        text = "\n".join((algorithm, stamp, scope, last, *hashes))
        last = hmac.digest(key, text.encode(), "sha256").hex()
        return last

    body = b""
    for chunk in (*chunks, b""):
        line = f"{len(chunk):x}"
        if framing != UNSIGNED:
            line += f";chunk-signature={sign('AWS4-HMAC-SHA256-PAYLOAD', NOTHING, hash_of(chunk))}"
        body += line.encode() + b"\r\n" + (chunk + b"\r\n" if chunk else b"")
    if trailer:
        body += trailer.encode() + b"\r\n"
        if framing != UNSIGNED:
            signature = sign("AWS4-HMAC-SHA256-TRAILER", hash_of(f"{trailer}\n".encode()))
            body += f"x-amz-trailer-signature:{signature}\r\n".encode()
    return body + b"\r\n"


def hash_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def put_framed(
    client: Client,
    framing: str,
    chunks: Sequence[bytes],
    trailer: str = "",
    change: tuple[bytes, bytes] = (b"", b""),
    length: int | None = None,
) -> Told:
    size = sum(map(len, chunks)) if length is None else length
    headers = {"X-Amz-Content-SHA256": framing, "x-amz-decoded-content-length": str(size)}
    headers["Content-Encoding"] = "aws-chunked,gzip"
    if trailer:
        headers["x-amz-trailer"] = trailer.partition(":")[0]
    sent = client.signed("PUT", "/box/f", b"", headers, OWNER)
    body = framed(framing, chunks, sent, trailer)
    assert change[0] in body
    return client.send("PUT", "/box/f", body.replace(*change, 1) if change[0] else body, sent)


CHUNKS = (b"a" * 8192, b"b" * 8192, b"cde")
WHOLE = b"".join(CHUNKS)
TRAILER = f"{CRC32}:{crc32(WHOLE)}"
FRAMINGS = [(SIGNED, ""), (f"{SIGNED}-TRAILER", TRAILER), (UNSIGNED, TRAILER)]


@pytest.mark.parametrize(("framing", "trailer"), FRAMINGS)
def test_a_framed_body_is_stored_without_its_frame(client: Client, framing: str, trailer: str) -> None:
    client("DELETE", "/box/f")
    told = put_framed(client, framing, CHUNKS, trailer)
    assert told.status == 200, told
    assert told.headers["etag"] == f'"{hashlib.md5(WHOLE).hexdigest()}"'
    got = client("GET", "/box/f")
    assert (got.body, got.headers["content-encoding"]) == (WHOLE, "gzip")
    assert put_framed(client, framing, (), trailer and f"{CRC32}:{crc32(b'')}").status == 200
    assert client("GET", "/box/f").body == b""


@pytest.mark.parametrize(("framing", "trailer"), FRAMINGS)
def test_a_broken_frame_is_refused(client: Client, framing: str, trailer: str) -> None:
    client("DELETE", "/box/f")
    signed = framing != UNSIGNED
    changed = put_framed(client, framing, CHUNKS, trailer, (b"aaa", b"aab"))
    assert changed.code == ("SignatureDoesNotMatch" if signed else "BadDigest")
    assert put_framed(client, framing, CHUNKS, trailer, length=5).code == "IncompleteBody"
    assert put_framed(client, framing, CHUNKS, trailer, (b"2000", b"1fff")).code == "IncompleteBody"
    assert put_framed(client, framing, CHUNKS, trailer, (b"2000", b"x")).code == "IncompleteBody"
    assert client("HEAD", "/box/f").status == 404


def test_a_trailer_is_as_announced_and_true(client: Client) -> None:
    client("DELETE", "/box/f")
    for framing in (f"{SIGNED}-TRAILER", UNSIGNED):
        wrong = f"{CRC32}:{crc32(b'other')}"
        assert put_framed(client, framing, CHUNKS, wrong).code == "BadDigest"
        assert put_framed(client, framing, CHUNKS, f"{CRC32}:xyz").code == "MalformedTrailerError"
    renamed = put_framed(client, UNSIGNED, CHUNKS, TRAILER, (CRC32.encode(), b"x-amz-checksum-crc31"))
    assert renamed.code == "MalformedTrailerError"
    missing = put_framed(client, UNSIGNED, CHUNKS, TRAILER, (TRAILER.encode() + b"\r\n", b""))
    assert missing.code == "MalformedTrailerError"
    assert client("HEAD", "/box/f").status == 404


def test_a_framed_body_says_how_long_it_is(client: Client) -> None:
    sent = client.signed("PUT", "/box/f", b"", {"X-Amz-Content-SHA256": UNSIGNED}, OWNER)
    told = client.send("PUT", "/box/f", b"0\r\n\r\n", sent)
    assert (told.status, told.code) == (411, "MissingContentLength")


def presigned(client: Client, method: str, target: str, expires: int = 60) -> str:
    request = AWSRequest(method, client.url + target)
    S3SigV4QueryAuth(Credentials(OWNER, ACCOUNTS[OWNER]), "s3", "us-east-1", expires).add_auth(request)
    return request.prepare().url.removeprefix(client.url)


def test_presigned_requests_do_what_signed_ones_do(client: Client) -> None:
    assert client("PUT", presigned(client, "PUT", "/box/p"), b"abc", who=None).status == 200
    assert client("GET", presigned(client, "GET", "/box/p"), who=None).body == b"abc"
    assert client("GET", presigned(client, "PUT", "/box/p"), who=None).code == "SignatureDoesNotMatch"
    for expires in (0, -1, 604_801):
        told = client("GET", presigned(client, "GET", "/box/p", expires), who=None)
        assert told.code == "AuthorizationQueryParametersError"
    assert client("GET", presigned(client, "GET", "/box/p", 604_800), who=None).status == 200


def test_what_is_added_to_a_signed_request_is_refused(client: Client) -> None:
    sent = client.signed("PUT", "/box/p", b"", {}, OWNER)
    assert client.send("PUT", "/box/p", b"", {**sent, "x-amz-meta-a": "b"}).code == "AccessDenied"
    assert client.send("PUT", "/box/p", b"x", sent).code == "XAmzContentSHA256Mismatch"
    assert client("PUT", "/box/p", b"x", {"X-Amz-Content-SHA256": "abc"}).code == "InvalidArgument"
    assert client("PUT", "/box/p", b"x", {"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}).status == 200
    assert client("GET", "/box/p").body == b"x"


def test_a_header_that_comes_twice_is_signed_as_one(client: Client) -> None:
    sent = client.signed("PUT", "/box/p", b"", {"x-amz-meta-a": "b,c"}, OWNER)
    del sent["x-amz-meta-a"]
    import socket

    lines = [f"{name}: {value}" for name, value in sent.items()] + ["x-amz-meta-a: b", "x-amz-meta-a: c"]
    head = "\r\n".join(["PUT /box/p HTTP/1.1", f"Host: 127.0.0.1:{client.port}", *lines, "Connection: close", "", ""])
    with socket.create_connection(("127.0.0.1", client.port), 20) as connection:
        connection.sendall(head.encode())
        answer = b"".join(iter(lambda: connection.recv(1000), b""))
    assert answer.startswith(b"HTTP/1.1 200 "), answer

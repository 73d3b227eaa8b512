"""The store in memory speaks S3 and plain HTTP as clients expect them."""

import base64
import http.client
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.embedded.memory_store import MemoryStoreServer
from fuzz.running.store import Credentials, MemoryStore
from fuzz.running.store.moto import MotoStore
from fuzz.running.store.s3 import S3Options, S3Store, s3_client

DATA = bytes(range(100))
PRIVATE, PUBLIC = "private", "public"


class Reader:
    """Reads by http.client on one connection, signed by botocore where credentials are given."""

    def __init__(self, store: MemoryStore | S3Store) -> None:
        self.store = store
        self._connection = http.client.HTTPConnection(store.s3_url.removeprefix("http://"), timeout=100)

    def __call__(
        self,
        target: str,
        *,
        method: str = "GET",
        who: str | None = None,
        body: bytes = b"",
        **headers: str,
    ) -> tuple[int, Mapping[str, str], bytes]:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if who is not None:
            request = AWSRequest(method, self.store.s3_url + target, headers=sent, data=body)
            given = self.store.credentials[who]
            S3SigV4Auth(BotoCredentials(given.access_key, given.secret), "s3", "us-east-1").add_auth(request)
            sent = dict(request.headers.items())
        self._connection.request(method, target, body or None, sent)
        answer = self._connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

    def path(self, bucket: str, key: str) -> str:
        return f"/{self.store.buckets[bucket]}/{quote(key, safe='/~')}"

    def plain(self, bucket: str, key: str) -> str:
        return f"/plain{self.path(bucket, key)}"

    def close(self) -> None:
        self._connection.close()


def code_of(body: bytes) -> str:
    """The code in an XML error; nothing where there is none."""
    found = re.search(rb"<Code>(\w+)</Code>", body)
    return found[1].decode() if found else ""


def basic(credentials: Credentials) -> str:
    pair = f"{credentials.access_key}:{credentials.secret}".encode()
    return f"Basic {base64.b64encode(pair).decode()}"


@pytest.fixture(scope="module")
def store() -> Iterator[MemoryStore]:
    with MemoryStore() as opened:
        opened.put(PRIVATE, "k", DATA)
        opened.put(PUBLIC, "k", DATA)
        opened.put(PUBLIC, "empty", b"")
        yield opened


@pytest.fixture(scope="module")
def read(store: MemoryStore) -> Iterator[Reader]:
    reader = Reader(store)
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def moto_read() -> Iterator[Reader]:
    with MotoStore() as opened:
        opened.put(PUBLIC, "k", DATA)
        opened.put(PUBLIC, "empty", b"")
        reader = Reader(opened)
        yield reader
        reader.close()


@pytest.fixture(scope="module")
def client(store: MemoryStore) -> Any:
    return s3_client(store.s3_url, store.credentials["owner"], S3Options())


@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=40) | st.text("/.%+ ?#&=~", min_size=1))
@settings(deadline=None)
def test_every_key_is_found_over_both_protocols(store: MemoryStore, read: Reader, key: str) -> None:
    data = key.encode()
    store.put(PRIVATE, key, data)
    owner = basic(store.credentials["owner"])
    assert read(read.path(PRIVATE, key), who="owner")[::2] == (200, data)
    assert read(read.plain(PRIVATE, key), Authorization=owner)[::2] == (200, data)
    store.delete(PRIVATE, key)
    assert read(read.path(PRIVATE, key), who="owner")[0] == 404


def test_a_key_is_decoded_exactly_once(store: MemoryStore, read: Reader) -> None:
    store.put(PUBLIC, "a%20b", b"escaped")
    store.put(PUBLIC, "a b", b"space")
    assert read(f"/{store.buckets.public}/a%2520b")[2] == b"escaped"
    assert read(f"/{store.buckets.public}/a%20b")[2] == b"space"


@given(st.binary(max_size=60), st.integers(0, 70), st.integers(0, 70))
@settings(deadline=None)
def test_a_range_gives_the_slice(store: MemoryStore, read: Reader, data: bytes, first: int, extra: int) -> None:
    store.put(PUBLIC, "ranged", data)
    last = first + extra
    for target in (read.path(PUBLIC, "ranged"), read.plain(PUBLIC, "ranged")):
        status, headers, body = read(target, Range=f"bytes={first}-{last}")
        if first < len(data):
            end = min(last, len(data) - 1)
            assert (status, body) == (206, data[first : last + 1])
            assert headers["content-range"] == f"bytes {first}-{end}/{len(data)}"
        else:
            assert status == 416
            assert headers["content-range"] == f"bytes */{len(data)}"


@pytest.mark.parametrize("bucket", [PRIVATE, PUBLIC])
@pytest.mark.parametrize(
    ("who", "private", "public"),
    [
        ("owner", "", ""),
        ("stranger", "AccessDenied", ""),
        (None, "AccessDenied", ""),
        ("unknown", "InvalidAccessKeyId", "InvalidAccessKeyId"),
        ("wrong-secret", "SignatureDoesNotMatch", "SignatureDoesNotMatch"),
    ],
)
def test_only_those_allowed_read_over_s3(read: Reader, bucket: str, who: str | None, private: str, public: str) -> None:
    expected = private if bucket == PRIVATE else public
    status, _, body = read(read.path(bucket, "k"), who=who)
    assert code_of(body) == expected
    assert status == (403 if expected else 200)
    assert read(read.path(bucket, "k"), who=who, method="HEAD")[::2] == (status, b"")


@pytest.mark.parametrize(
    ("who", "status"),
    [("owner", 200), ("stranger", 403), (None, 401), ("unknown", 401), ("wrong-secret", 401)],
)
def test_only_those_allowed_read_over_plain_http(
    store: MemoryStore, read: Reader, who: str | None, status: int
) -> None:
    headers = {} if who is None else {"Authorization": basic(store.credentials[who])}
    actual, answered, _ = read(read.plain(PRIVATE, "k"), **headers)
    assert actual == status
    assert ("www-authenticate" in answered) == (status == 401)
    assert read(read.plain(PUBLIC, "k"), **headers)[::2] == (200, DATA)


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic eA==", "Bearer eDp5", "Basic \xe9"])
def test_malformed_basic_authentication_is_no_authentication(read: Reader, header: str) -> None:
    assert read(read.plain(PRIVATE, "k"), Authorization=header)[0] == 401


def test_plain_errors_are_plain(read: Reader) -> None:
    assert read(read.plain(PUBLIC, "missing"))[0] == 404
    assert read("/plain/nowhere/k")[0] == 404
    assert read(f"/plain/{read.store.buckets.public}/%ff")[0] == 400
    status, headers, body = read(read.plain(PUBLIC, "k"), method="PUT", body=b"x")
    assert (status, headers["allow"]) == (405, "GET, HEAD")
    assert b"<" not in body


@pytest.mark.parametrize("write", ["PUT", "DELETE"])
@pytest.mark.parametrize("who", [None, "stranger"])
def test_only_the_owner_writes(read: Reader, write: str, who: str | None) -> None:
    for bucket in (PRIVATE, PUBLIC):
        status, _, body = read(read.path(bucket, "k"), who=who, method=write)
        assert (status, code_of(body)) == (403, "AccessDenied")
        assert read(read.path(bucket, "k"), who="owner")[2] == DATA


SAME_AS_MOTO: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("GET", "k", {}),
    ("HEAD", "k", {}),
    ("GET", "missing", {}),
    ("HEAD", "missing", {}),
    ("GET", "k", {"Range": "bytes=3-5"}),
    ("GET", "k", {"Range": "bytes=3-"}),
    ("GET", "k", {"Range": "bytes=-3"}),
    ("GET", "k", {"Range": "bytes=90-200"}),
    ("GET", "k", {"Range": "bytes=100-"}),
    ("GET", "k", {"Range": "bytes=100-200"}),
    ("HEAD", "k", {"Range": "bytes=3-5"}),
    ("GET", "k", {"If_Match": '"0000"'}),
    ("GET", "k", {"If_None_Match": '"0000"'}),
    ("GET", "k", {"If_Modified_Since": "Fri, 01 Jan 2100 00:00:00 GMT"}),
    ("GET", "k", {"If_Unmodified_Since": "Fri, 01 Jan 2010 00:00:00 GMT"}),
    ("GET", "empty", {}),
)
COMPARED_HEADERS = ("content-range", "content-length", "etag")


@pytest.mark.parametrize(("method", "key", "headers"), SAME_AS_MOTO)
def test_answers_are_those_of_another_store(
    read: Reader, moto_read: Reader, method: str, key: str, headers: dict[str, str]
) -> None:
    ours, theirs = (
        reader(reader.path(PUBLIC, key), who="owner", method=method, **headers) for reader in (read, moto_read)
    )
    assert ours[0] == theirs[0]
    assert code_of(ours[2]) == code_of(theirs[2])
    if ours[0] in (200, 206):
        assert ours[2] == theirs[2]
        assert [ours[1].get(name) for name in COMPARED_HEADERS] == [theirs[1].get(name) for name in COMPARED_HEADERS]


def test_a_missing_bucket_is_named_so_to_everybody(read: Reader, moto_read: Reader) -> None:
    for reader, who in ((read, "owner"), (read, None), (moto_read, "owner")):
        status, _, body = reader("/no-such-bucket/k", who=who)
        assert (status, code_of(body)) == (404, "NoSuchBucket")


def test_an_unsatisfiable_range_tells_the_size(read: Reader) -> None:
    _, headers, body = read(read.path(PUBLIC, "k"), Range="bytes=100-")
    assert headers["content-range"] == "bytes */100"
    assert b"<ActualObjectSize>100</ActualObjectSize>" in body
    assert read(read.path(PUBLIC, "empty"), Range="bytes=0-")[0] == 416


@pytest.mark.parametrize("value", ["bytes=5-2", "bytes=0-1,3-4", "bytes=x", "lines=1-2"])
def test_ranges_that_s3_does_not_understand_are_ignored(read: Reader, value: str) -> None:
    assert read(read.path(PUBLIC, "k"), Range=value)[::2] == (200, DATA)


def test_conditions_on_etag_and_date(read: Reader) -> None:
    path = read.path(PUBLIC, "k")
    _, headers, _ = read(path)
    etag, modified = headers["etag"], headers["last-modified"]
    later = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    earlier = "Fri, 01 Jan 2010 00:00:00 GMT"
    assert read(path, If_Match=etag)[0] == 200
    assert read(path, If_Match=f'"x", {etag}')[0] == 200
    assert read(path, If_None_Match=etag)[::2] == (304, b"")
    assert read(path, If_None_Match="*")[0] == 304
    assert read(path, If_Modified_Since=modified)[0] == 304
    assert read(path, If_Modified_Since=earlier)[0] == 200
    assert read(path, If_Unmodified_Since=later)[0] == 200
    assert read(path, If_Modified_Since="nonsense")[0] == 200
    assert read(path, Range="bytes=0-0", If_Range=etag)[0] == 206
    assert read(path, Range="bytes=0-0", If_Range='"x"')[0] == 200


@pytest.mark.parametrize(
    ("method", "target", "status", "code"),
    [
        ("GET", "/{public}/%ff", 400, "InvalidURI"),
        ("GET", "/{public}/" + "x" * 1025, 400, "KeyTooLongError"),
        ("GET", "/{public}/k?acl", 501, "NotImplemented"),
        ("POST", "/{public}/k", 405, "MethodNotAllowed"),
        ("PUT", "/{public}/k?retention", 501, "NotImplemented"),
        ("GET", "/{public}?cors", 501, "NotImplemented"),
        ("GET", "/{public}?max-keys=x", 400, "InvalidArgument"),
        ("GET", "/{public}?list-type=2&continuation-token=%00", 400, "InvalidArgument"),
        ("PUT", "/plain", 400, "InvalidBucketName"),
        ("PUT", "/UPPER", 400, "InvalidBucketName"),
        ("PUT", "/{public}", 409, "BucketAlreadyOwnedByYou"),
        ("DELETE", "/{public}", 409, "BucketNotEmpty"),
        ("DELETE", "/", 405, "MethodNotAllowed"),
    ],
)
def test_refusals_have_s3_codes(read: Reader, method: str, target: str, status: int, code: str) -> None:
    path = target.format(public=read.store.buckets.public)
    actual, _, body = read(path, method=method, who="owner")
    assert (actual, code_of(body)) == (status, code)


def test_nobody_lists_buckets_anonymously(read: Reader) -> None:
    assert code_of(read("/")[2]) == "AccessDenied"


def test_boto3_works_on_objects_and_buckets(store: MemoryStore, client: Any) -> None:
    bucket = store.buckets.private
    etag = client.put_object(Bucket=bucket, Key="b/é +", Body=b"abc")["ETag"]
    got = client.get_object(Bucket=bucket, Key="b/é +", Range="bytes=1-")
    assert (got["Body"].read(), got["ETag"], got["ContentRange"]) == (b"bc", etag, "bytes 1-2/3")
    assert client.head_object(Bucket=bucket, Key="b/é +")["ContentLength"] == 3
    assert client.get_bucket_location(Bucket=bucket)["LocationConstraint"] is None
    assert client.head_bucket(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"] == 200
    names = [found["Name"] for found in client.list_buckets()["Buckets"]]
    assert names == [store.buckets.private, store.buckets.public]
    client.delete_object(Bucket=bucket, Key="b/é +")
    with pytest.raises(ClientError, match="NoSuchKey"):
        client.get_object(Bucket=bucket, Key="b/é +")


def test_boto3_checksums_and_framed_bodies_are_understood(store: MemoryStore) -> None:
    import boto3
    from botocore.config import Config

    owner = store.credentials["owner"]
    default = boto3.session.Session().client(
        "s3",
        endpoint_url=store.s3_url,
        aws_access_key_id=owner.access_key,
        aws_secret_access_key=owner.secret,
        region_name="us-east-1",
        config=Config(s3={"addressing_style": "path"}, proxies={}),
    )
    default.put_object(Bucket=store.buckets.private, Key="sum", Body=b"abc", ChecksumAlgorithm="SHA256")
    assert default.get_object(Bucket=store.buckets.private, Key="sum")["Body"].read() == b"abc"


@given(st.lists(st.text("ab/", min_size=1, max_size=5), max_size=12, unique=True), st.integers(1, 4))
@settings(deadline=None)
def test_listing_page_by_page_finds_every_key(store: MemoryStore, client: Any, keys: list[str], page: int) -> None:
    bucket = store.buckets.private
    for key in keys:
        store.put(PRIVATE, f"list/{key}", b"")
    paginator = client.get_paginator("list_objects_v2")
    try:
        pages = list(paginator.paginate(Bucket=bucket, Prefix="list/", PaginationConfig={"PageSize": page}))
        found = [entry["Key"] for answer in pages for entry in answer.get("Contents", ())]
        assert found == sorted(f"list/{key}" for key in keys)
        pages = list(
            paginator.paginate(Bucket=bucket, Prefix="list/", Delimiter="/", PaginationConfig={"PageSize": page})
        )
        found = [entry["Key"] for answer in pages for entry in answer.get("Contents", ())]
        folders = [entry["Prefix"] for answer in pages for entry in answer.get("CommonPrefixes", ())]
        assert found == sorted(f"list/{key}" for key in keys if "/" not in key)
        assert folders == sorted({f"list/{key.partition('/')[0]}/" for key in keys if "/" in key})
    finally:
        for key in keys:
            store.delete(PRIVATE, f"list/{key}")


def test_keys_that_xml_cannot_hold_do_not_break_a_listing(store: MemoryStore, client: Any) -> None:
    key = "odd/\x01\n<&>"
    store.put(PRIVATE, key, b"")
    listed = client.list_objects_v2(Bucket=store.buckets.private, Prefix="odd/")
    assert [entry["Key"] for entry in listed["Contents"]] == [key]
    store.delete(PRIVATE, key)


def test_the_path_of_plain_http_is_no_bucket() -> None:
    with pytest.raises(ValueError, match="'plain'"):
        MemoryStoreServer(owner="o", secrets={}, buckets={"plain": True})


def test_a_broken_request_is_told_in_xml(store: MemoryStore) -> None:
    import socket

    host, _, port = store.s3_url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), 10) as connection:
        connection.sendall(b"GET\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(1000), b""))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert code_of(answer) == "InvalidRequest"

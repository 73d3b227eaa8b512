"""The embedded store answers requests about single objects as the API page says."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Iterator
from email.utils import formatdate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.store_asking import OTHER, Client, asking, path_of

KEYS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=30) | st.sampled_from(
    ["a", "a/", "a/b", "//", ".", "..", "../b", "a/../b", "./a", " a ", "+%\\?#", "é", "é", "\x01\n\r\t\x00", "A"]
)


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with asking() as client:
        yield client


@given(st.dictionaries(KEYS, st.binary(max_size=5), min_size=1, max_size=5))
@settings(deadline=None, max_examples=20)
def test_every_key_is_an_object_of_its_own(client: Client, objects: dict[str, bytes]) -> None:
    for key, data in objects.items():
        client.put(path_of(key), data)
    for key, data in objects.items():
        assert client("GET", path_of(key)).body == data
    listed = client("GET", "/box?list-type=2&encoding-type=url")
    assert listed.text("EncodingType") == "url"
    from urllib.parse import unquote

    assert [unquote(key) for key in listed.texts("Contents/Key")] == sorted(objects)
    for key in objects:
        assert client("DELETE", path_of(key)).status == 204
        assert client("GET", path_of(key)).code == "NoSuchKey"


def test_what_is_put_is_got_with_all_that_goes_with_it(client: Client) -> None:
    headers = {
        "Content-Type": "text/x",
        "Cache-Control": "no-cache",
        "Content-Disposition": "inline",
        "Content-Encoding": "gzip",
        "Content-Language": "de",
        "Expires": "never",
        "x-amz-meta-One": "1",
        "X-AMZ-META-two": "zwei drei",
    }
    put = client("PUT", "/box/k", b"not gzip", headers)
    assert put.headers["etag"] == f'"{hashlib.md5(b"not gzip").hexdigest()}"'
    got = client("GET", "/box/k", headers={"Accept-Encoding": "gzip"})
    assert got.body == b"not gzip"
    assert got.headers["etag"] == put.headers["etag"]
    for name, value in headers.items():
        assert got.headers[name.lower()] == value
    head = client("HEAD", "/box/k")
    same = {name: value for name, value in got.headers.items() if name not in ("date", "x-amz-request-id")}
    assert {name: head.headers[name] for name in same} == same
    client.put("/box/k", b"")
    assert not {"x-amz-meta-one", "expires", "cache-control"} & set(client("GET", "/box/k").headers)


@given(st.binary(max_size=40), st.integers(0, 45), st.integers(0, 45))
@settings(deadline=None, max_examples=20)
def test_a_range_is_a_slice(client: Client, data: bytes, first: int, extra: int) -> None:
    client.put("/box/r", data)
    for value, start, stop in (
        (f"bytes={first}-{first + extra}", first, first + extra + 1),
        (f"bytes={first}-", first, len(data)),
        (f"bytes=-{extra}", max(0, len(data) - extra), len(data)),
    ):
        told = client("GET", "/box/r", headers={"Range": value})
        if start >= len(data):
            assert (told.status, told.code) == (416, "InvalidRange")
        else:
            end = min(stop, len(data))
            assert (told.status, told.body) == (206, data[start:end])
            assert told.headers["content-range"] == f"bytes {start}-{end - 1}/{len(data)}"


PAST, FUTURE = formatdate(1_000_000_000, usegmt=True), formatdate(4_000_000_000, usegmt=True)
TRUE_FALSE: dict[str, tuple[str, str]] = {
    "If-Match": ("etag", '"x"'),
    "If-Unmodified-Since": (FUTURE, PAST),
    "If-None-Match": ('"x"', "etag"),
    "If-Modified-Since": (PAST, FUTURE),
}


@given(st.fixed_dictionaries({}, optional={name: st.booleans() for name in TRUE_FALSE}))
@settings(deadline=None)
def test_conditions_come_in_the_order_of_http(client: Client, holds: dict[str, bool]) -> None:
    etag = client.put("/box/c", b"abc").headers["etag"]
    headers = {name: TRUE_FALSE[name][0 if true else 1].replace("etag", etag) for name, true in holds.items()}
    due = 200
    if not holds.get("If-Match", True) or ("If-Match" not in holds and not holds.get("If-Unmodified-Since", True)):
        due = 412
    elif not holds.get("If-None-Match", True) or (
        "If-None-Match" not in holds and not holds.get("If-Modified-Since", True)
    ):
        due = 304
    told = client("GET", "/box/c", headers=headers)
    assert told.status == due
    assert client("HEAD", "/box/c", headers=headers).status == due
    copied = {f"x-amz-copy-source-{name.lower()}": value for name, value in headers.items()}
    copy = client("PUT", "/box/copy", headers={"x-amz-copy-source": "/box/c", **copied})
    assert copy.status == (200 if due == 200 else 412)


def test_conditions_on_writes_are_about_the_object_of_now(client: Client) -> None:
    client("DELETE", "/box/w")
    assert client("PUT", "/box/w", b"1", {"If-Match": '"x"'}).code == "NoSuchKey"
    assert client("PUT", "/box/w", b"1", {"If-None-Match": "*"}).status == 200
    assert client("PUT", "/box/w", b"2", {"If-None-Match": "*"}).code == "PreconditionFailed"
    assert client("PUT", "/box/w", b"2", {"If-Match": '"x"'}).status == 412
    assert client("DELETE", "/box/w", headers={"If-Match": '"x"'}).status == 412
    etag = client("GET", "/box/w").headers["etag"]
    assert client("PUT", "/box/w", b"2", {"If-Match": etag}).status == 200
    assert client("GET", "/box/w").body == b"2"
    copy = {"x-amz-copy-source": "box/w", "If-None-Match": "*"}
    assert client("PUT", "/box/w2", headers=copy).status == 200
    assert client("PUT", "/box/w2", headers=copy).status == 412


def test_overrides_need_a_signature(client: Client) -> None:
    client.put("/box/o", b"abc")
    told = client("GET", "/box/o?response-content-type=a%2Fb&response-expires=x&response-cache-control=c")
    assert [told.headers[name] for name in ("content-type", "expires", "cache-control")] == ["a/b", "x", "c"]


CHECKSUMS = {"crc32": "cbf43926", "crc32c": "e3069283", "crc64nvme": "ae8b14860a799888"}
CHECKSUMS |= {kind: hashlib.new(kind, b"123456789").hexdigest() for kind in ("sha1", "sha256")}


@pytest.mark.parametrize("kind", CHECKSUMS)
def test_a_checksum_is_verified_and_comes_back(client: Client, kind: str) -> None:
    name = f"x-amz-checksum-{kind}"
    value = base64.b64encode(bytes.fromhex(CHECKSUMS[kind])).decode()
    put = client("PUT", "/box/sum", b"123456789", {name: value})
    assert (put.status, put.headers[name]) == (200, value)
    assert name not in client("GET", "/box/sum").headers
    for method in ("GET", "HEAD"):
        assert client(method, "/box/sum", headers={"x-amz-checksum-mode": "ENABLED"}).headers[name] == value
    assert client("PUT", "/box/sum", b"123456788", {name: value}).code == "BadDigest"
    for wrong in ("", "x", value[:-4], f"{value}AAAA"):
        assert client("PUT", "/box/sum", b"123456789", {name: wrong}).code == "InvalidRequest"
    assert client("GET", "/box/sum").body == b"123456789"


def test_an_md5_is_verified(client: Client) -> None:
    right = base64.b64encode(hashlib.md5(b"abc").digest()).decode()
    client.put("/box/m", b"abc", Content_MD5=right)
    assert client("PUT", "/box/m", b"abd", {"Content-MD5": right}).code == "BadDigest"
    assert client("PUT", "/box/m", b"", {"Content-MD5": right}).code == "BadDigest"
    assert client("PUT", "/box/m", b"abc", {"Content-MD5": "x"}).code == "InvalidDigest"
    two = {"x-amz-checksum-crc32": base64.b64encode(zlib.crc32(b"abc").to_bytes(4, "big")).decode()}
    two["x-amz-checksum-sha1"] = base64.b64encode(hashlib.sha1(b"abc").digest()).decode()
    assert client("PUT", "/box/m", b"abc", two).code == "InvalidRequest"
    assert client("GET", "/box/m").body == b"abc"


def test_a_copy_is_its_source_with_what_is_asked_for(client: Client) -> None:
    client.put("/box/src%20%2B", b"abc", Content_Type="a/b", x_amz_meta_m="1", x_amz_tagging="t=1")
    copy = client("PUT", "/box/dst", headers={"x-amz-copy-source": "box/src%20%2B", "x-amz-meta-n": "2"})
    assert copy.text("ETag") == client("HEAD", "/box/src%20%2B").headers["etag"]
    got = client("GET", "/box/dst")
    assert (got.body, got.headers["content-type"], got.headers["x-amz-meta-m"]) == (b"abc", "a/b", "1")
    assert (got.headers["x-amz-tagging-count"], "x-amz-meta-n" in got.headers) == ("1", False)
    replacing = {"x-amz-metadata-directive": "REPLACE", "x-amz-tagging-directive": "REPLACE", "x-amz-meta-n": "2"}
    client.put("/box/dst", b"", **{"x-amz-copy-source": "/box/src%20%2B", **replacing})
    got = client("GET", "/box/dst")
    assert (got.body, got.headers["x-amz-meta-n"]) == (b"abc", "2")
    assert not {"x-amz-meta-m", "x-amz-tagging-count"} & set(got.headers)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("box", "InvalidArgument"),
        ("box/", "InvalidArgument"),
        ("box/missing", "NoSuchKey"),
        ("nowhere/k", "NoSuchBucket"),
    ],
)
def test_a_copy_of_nothing_is_refused(client: Client, source: str, code: str) -> None:
    assert client("PUT", "/box/dst", headers={"x-amz-copy-source": source}).code == code


def test_a_copy_onto_itself_needs_a_change(client: Client) -> None:
    client.put("/box/self", b"abc")
    assert client("PUT", "/box/self", headers={"x-amz-copy-source": "box/self"}).code == "InvalidRequest"
    change = {"x-amz-copy-source": "box/self", "x-amz-metadata-directive": "REPLACE", "x-amz-meta-a": "b"}
    assert client("PUT", "/box/self", headers=change).status == 200
    assert client("GET", "/box/self").body == b"abc"


def batch(*keys: str, quiet: bool = False) -> bytes:
    from xml.sax.saxutils import escape

    told = "".join(f"<Object><Key>{escape(key)}</Key></Object>" for key in keys)
    return f"<Delete>{'<Quiet>true</Quiet>' if quiet else ''}{told}</Delete>".encode()


def test_a_batch_deletes_what_it_names_and_nothing_else(client: Client) -> None:
    for key in ("x/1", "x/2", "x/<3>"):
        client.put(path_of(key))
    told = client("POST", "/box?delete", batch("x/1", "x/<3>", "x/missing"))
    assert told.texts("Deleted/Key") == ["x/1", "x/<3>", "x/missing"]
    assert client("GET", "/box?prefix=x%2F").texts("Contents/Key") == ["x/2"]
    assert client("POST", "/box?delete", batch("x/2", quiet=True)).texts("Deleted/Key") == []
    assert client("HEAD", "/box/x/2").status == 404
    client.put("/box/x/2")
    assert client("POST", "/box?delete", batch("x/2", *map(str, range(1000)))).status == 400
    wrong = {"Content-MD5": base64.b64encode(bytes(16)).decode()}
    assert client("POST", "/box?delete", batch("x/2"), wrong).code == "BadDigest"
    for body in (b"", b"<", b"<Delete>", b"<Other><Object><Key>x/2</Key></Object></Other>", batch()):
        assert client("POST", "/box?delete", body).code == "MalformedXML"
    assert client("HEAD", "/box/x/2").status == 200


@pytest.mark.parametrize(
    ("method", "target", "status", "code"),
    [
        ("GET", "/box/missing", 404, "NoSuchKey"),
        ("GET", "/nowhere/k", 404, "NoSuchBucket"),
        ("PUT", "/box/" + "x" * 1025, 400, "KeyTooLongError"),
        ("PUT", "/box/k?acl", 501, "NotImplemented"),
        ("PUT", "/box?lifecycle", 501, "NotImplemented"),
        ("DELETE", "/box/k?tagging&torrent", 501, "NotImplemented"),
        ("PUT", "/box/k?partNumber=1", 400, "InvalidArgument"),
        ("PUT", "/box/k?uploadId=1", 501, "NotImplemented"),
        ("PUT", "/box/k?partNumber=1&uploadId=1", 404, "NoSuchUpload"),
        ("POST", "/box/k", 405, "MethodNotAllowed"),
        ("PATCH", "/box/k", 405, "MethodNotAllowed"),
        ("GET", "/box?max-keys=-1", 400, "InvalidArgument"),
        ("GET", "/box?encoding-type=x", 400, "InvalidArgument"),
        ("PUT", "/ab", 400, "InvalidBucketName"),
        ("PUT", "/1.2.3.4", 400, "InvalidBucketName"),
        ("PUT", "/a..b", 400, "InvalidBucketName"),
        ("PUT", "/B0x", 400, "InvalidBucketName"),
    ],
)
def test_refusals_are_named(client: Client, method: str, target: str, status: int, code: str) -> None:
    told = client(method, target)
    assert (told.status, told.code) == (status, code)


def test_buckets_belong_to_who_made_them(client: Client) -> None:
    assert client("PUT", "/mine").status == 200
    assert client("PUT", "/mine").code == "BucketAlreadyOwnedByYou"
    assert client("PUT", "/mine", who=OTHER).code == "BucketAlreadyExists"
    assert client("PUT", "/theirs", who=OTHER).status == 200
    assert "theirs" not in client("GET", "/").texts("Buckets/Bucket/Name")
    assert client("GET", "/", who=OTHER).texts("Buckets/Bucket/Name") == ["theirs"]
    client.put("/mine/k", b"abc")
    for method, target in (("GET", "/mine/k"), ("PUT", "/mine/k"), ("DELETE", "/mine/k"), ("GET", "/mine")):
        assert client(method, target, who=OTHER).code == "AccessDenied"
        assert client(method, target, who=None).code == "AccessDenied"
    assert client("PUT", "/theirs/k", headers={"x-amz-copy-source": "mine/k"}, who=OTHER).code == "AccessDenied"
    assert client("DELETE", "/mine").code == "BucketNotEmpty"
    client("DELETE", "/mine/k")
    assert client("DELETE", "/mine").status == 204
    assert client("HEAD", "/mine").status == 404

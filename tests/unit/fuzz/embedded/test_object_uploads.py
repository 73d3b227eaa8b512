"""Uploads in parts to the embedded store become the parts joined, or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest

from tests.unit.store_asking import Client, asking

MIB5 = 5 * 2**20
PARTS = (b"a" * MIB5, b"b" * (MIB5 + 1), b"c")


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with asking() as client:
        yield client


def test_parts_joined_are_one_put(client: Client) -> None:
    told = client.upload("/box/m", *PARTS, x_amz_meta_a="1", Content_Type="a/b")
    raw = b"".join(hashlib.md5(part).digest() for part in PARTS)
    etag = f'"{hashlib.md5(raw).hexdigest()}-3"'
    assert told.text("ETag") == etag
    got = client("GET", "/box/m")
    assert got.body == b"".join(PARTS)
    assert (got.headers["etag"], got.headers["x-amz-meta-a"], got.headers["content-type"]) == (etag, "1", "a/b")
    start = 0
    for number, part in enumerate(PARTS, 1):
        one = client("GET", f"/box/m?partNumber={number}")
        assert (one.status, one.body, one.headers["x-amz-mp-parts-count"]) == (206, part, "3")
        assert one.headers["content-range"] == f"bytes {start}-{start + len(part) - 1}/{len(got.body)}"
        start += len(part)
    assert client("GET", "/box/m?partNumber=4").code == "InvalidPartNumber"
    assert client("GET", "/box/m?partNumber=0").code == "InvalidArgument"
    assert client("GET", "/box/m?partNumber=1", headers={"Range": "bytes=0-1"}).code == "InvalidRequest"
    across = client("GET", "/box/m", headers={"Range": f"bytes={MIB5 - 1}-{MIB5}"})
    assert across.body == b"ab"


def test_an_object_that_was_put_is_its_only_part(client: Client) -> None:
    client.put("/box/p", b"abc")
    one = client("GET", "/box/p?partNumber=1")
    assert (one.status, one.body, one.headers["content-range"]) == (206, b"abc", "bytes 0-2/3")
    assert client("HEAD", "/box/p?partNumber=2").status == 416


def test_a_refused_complete_leaves_the_upload_as_it_is(client: Client) -> None:
    client.put("/box/c", b"old")
    upload = client.begin("/box/c")
    query = f"uploadId={upload}"
    one = client.put(f"/box/c?partNumber=1&{query}", b"replaced").headers["etag"]
    assert client.put(f"/box/c?partNumber=1&{query}", b"small").headers["etag"] != one
    one = client.put(f"/box/c?partNumber=1&{query}", b"small").headers["etag"]
    two = client.put(f"/box/c?partNumber=3&{query}", b"last").headers["etag"]
    refused = {
        "InvalidPartOrder": [(3, two), (1, one)],
        "InvalidPart": [(1, one), (2, two)],
        "EntityTooSmall": [(1, one), (3, two)],
        "MalformedXML": [],
        "PreconditionFailed": [(3, two)],
    }
    for code, parts in refused.items():
        condition = {"If_None_Match": "*"} if code == "PreconditionFailed" else {}
        assert client.complete("/box/c", upload, parts, **condition).code == code
    assert client.complete("/box/c", upload, [(1, one), (1, one)]).code == "InvalidPartOrder"
    assert client.complete("/box/c", upload, [(3, one)]).code == "InvalidPart"
    assert client.complete("/box/other", upload, [(3, two)]).code == "NoSuchUpload"
    assert client("GET", "/box/c").body == b"old"
    listed = client("GET", f"/box/c?{query}")
    assert (listed.texts("Part/PartNumber"), listed.texts("Part/Size")) == (["1", "3"], ["5", "4"])
    assert client.complete("/box/c", upload, [(3, two.strip('"'))]).status == 200
    assert client("GET", "/box/c").body == b"last"
    assert client.complete("/box/c", upload, [(3, two)]).code == "NoSuchUpload"


def test_parts_are_listed_page_by_page(client: Client) -> None:
    upload = client.begin("/box/l")
    for number in (2, 5, 10_000):
        client.put(f"/box/l?partNumber={number}&uploadId={upload}", b"x")
    first = client("GET", f"/box/l?uploadId={upload}&max-parts=2")
    assert (first.texts("Part/PartNumber"), first.text("IsTruncated")) == (["2", "5"], "true")
    assert first.text("NextPartNumberMarker") == "5"
    rest = client("GET", f"/box/l?uploadId={upload}&part-number-marker=5")
    assert (rest.texts("Part/PartNumber"), rest.text("IsTruncated")) == (["10000"], "false")
    for number in ("0", "10001", "x", "-1"):
        assert client("PUT", f"/box/l?partNumber={number}&uploadId={upload}", b"x").code == "InvalidArgument"


def test_an_aborted_upload_is_gone_and_the_object_stays(client: Client) -> None:
    client.put("/box/a", b"old")
    upload = client.begin("/box/a")
    client.put(f"/box/a?partNumber=1&uploadId={upload}", b"new")
    assert client("DELETE", f"/box/a?uploadId={upload}").status == 204
    assert client("PUT", f"/box/a?partNumber=1&uploadId={upload}", b"new").code == "NoSuchUpload"
    assert client("GET", f"/box/a?uploadId={upload}").code == "NoSuchUpload"
    assert client("GET", "/box/a").body == b"old"


def test_a_part_may_be_a_range_of_another_object(client: Client) -> None:
    client.put("/box/s", b"0123456789")
    upload = client.begin("/box/d")
    target = f"/box/d?partNumber=1&uploadId={upload}"
    source = {"x-amz-copy-source": "box/s"}
    for wrong in ("bytes=5-10", "bytes=3-2", "bytes=3-", "3-4"):
        assert client("PUT", target, headers={**source, "x-amz-copy-source-range": wrong}).code == "InvalidArgument"
    told = client("PUT", target, headers={**source, "x-amz-copy-source-range": "bytes=2-4"})
    assert told.text("ETag") == f'"{hashlib.md5(b"234").hexdigest()}"'
    assert client.complete("/box/d", upload, [(1, told.text("ETag"))]).status == 200
    assert client("GET", "/box/d").body == b"234"

"""The embedded store keeps versions where it is asked to, and tags."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.store_asking import Client, asking


@pytest.fixture
def client() -> Iterator[Client]:
    with asking() as client:
        yield client


def versioning(client: Client, status: str) -> None:
    body = f"<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>".encode()
    assert client("PUT", "/box?versioning", body).status == 200
    assert client("GET", "/box?versioning").text("Status") == status


def test_a_deleted_object_can_be_had_by_its_version(client: Client) -> None:
    client.put("/box/k", b"before")
    versioning(client, "Enabled")
    one = client.put("/box/k", b"one").headers["x-amz-version-id"]
    two = client.put("/box/k", b"two").headers["x-amz-version-id"]
    assert len({one, two, "null"}) == 3
    gone = client("DELETE", "/box/k")
    assert (gone.status, gone.headers["x-amz-delete-marker"]) == (204, "true")
    marker = gone.headers["x-amz-version-id"]
    assert client("GET", "/box/k").code == "NoSuchKey"
    assert client("GET", "/box").texts("Contents/Key") == []
    assert client("GET", f"/box/k?versionId={marker}").status == 405
    for version, data in (("null", b"before"), (one, b"one"), (two, b"two")):
        assert client("GET", f"/box/k?versionId={version}").body == data
    assert client("PUT", "/box/c", headers={"x-amz-copy-source": f"box/k?versionId={one}"}).status == 200
    assert client("GET", "/box/c").body == b"one"
    listed = client("GET", "/box?versions&prefix=k")
    assert listed.texts("Version/VersionId") == [two, one, "null"]
    assert listed.texts("DeleteMarker/VersionId") == [marker]
    assert listed.texts("DeleteMarker/IsLatest") == ["true"]
    assert client("DELETE", f"/box/k?versionId={marker}").status == 204
    assert client("GET", "/box/k").body == b"two"
    assert client("DELETE", f"/box/k?versionId={two}").status == 204
    assert client("GET", "/box/k").body == b"one"
    assert client("GET", f"/box/k?versionId={two}").code == "NoSuchVersion"


def test_versions_are_listed_page_by_page(client: Client) -> None:
    versioning(client, "Enabled")
    put = {key: [client.put(f"/box/{key}").headers["x-amz-version-id"] for _ in range(3)] for key in "abc"}
    found: list[tuple[str, str]] = []
    start = ""
    while True:
        told = client("GET", f"/box?versions&max-keys=2{start}")
        found += zip(told.texts("Version/Key"), told.texts("Version/VersionId"))
        if told.text("IsTruncated") == "false":
            break
        start = f"&key-marker={told.text('NextKeyMarker')}&version-id-marker={told.text('NextVersionIdMarker')}"
    assert found == [(key, version) for key, versions in put.items() for version in reversed(versions)]


def test_suspended_the_null_version_alone_is_replaced(client: Client) -> None:
    versioning(client, "Enabled")
    one = client.put("/box/k", b"one").headers["x-amz-version-id"]
    versioning(client, "Suspended")
    assert client.put("/box/k", b"two").headers["x-amz-version-id"] == "null"
    client.put("/box/k", b"three")
    assert client("GET", "/box?versions").texts("Version/VersionId") == ["null", one]
    assert client("DELETE", "/box/k").headers["x-amz-version-id"] == "null"
    assert client("GET", "/box/k").code == "NoSuchKey"
    assert client("GET", f"/box/k?versionId={one}").body == b"one"
    assert client("DELETE", "/box").code == "BucketNotEmpty"


def test_conditions_see_a_marker_as_missing(client: Client) -> None:
    versioning(client, "Enabled")
    client.put("/box/k", b"one")
    client("DELETE", "/box/k")
    assert client("PUT", "/box/k", b"two", {"If-None-Match": "*"}).status == 200


def tags(*pairs: tuple[str, str]) -> bytes:
    told = "".join(f"<Tag><Key>{key}</Key><Value>{value}</Value></Tag>" for key, value in pairs)
    return f"<Tagging><TagSet>{told}</TagSet></Tagging>".encode()


def test_tags_are_kept_beside_the_object(client: Client) -> None:
    etag = client.put("/box/k", b"abc", x_amz_meta_a="b", x_amz_tagging="x=1&y=%26").headers["etag"]
    assert client("GET", "/box/k?tagging").texts("TagSet/Tag/Value") == ["1", "&"]
    assert client("PUT", "/box/k?tagging", tags(("z", ""))).status == 200
    got = client("GET", "/box/k")
    assert (got.body, got.headers["etag"], got.headers["x-amz-meta-a"]) == (b"abc", etag, "b")
    assert got.headers["x-amz-tagging-count"] == "1"
    assert client("DELETE", "/box/k?tagging").status == 204
    assert client("GET", "/box/k?tagging").texts("TagSet/Tag/Key") == []
    for wrong in (
        tags(*((str(n), "") for n in range(11))),
        tags(("a", ""), ("a", "")),
        tags(("", "")),
        tags(("a", "v" * 257)),
    ):
        assert client("PUT", "/box/k?tagging", wrong).code == "InvalidTag"
    assert client("PUT", "/box/k", b"new", {"x-amz-tagging": "a=1&a=2"}).code == "InvalidTag"
    assert client("GET", "/box/k").body == b"abc"
    assert client("GET", "/box/missing?tagging").code == "NoSuchKey"

"""Listings of the embedded store are those that follow from the keys that were put."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from urllib.parse import quote, unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.embedded.store.listing import first_after, items
from tests.unit.store_asking import Client, asking, path_of

KEYS = st.lists(st.text("ab/é\U0010ffff", min_size=1, max_size=5), max_size=12, unique=True)
SHORT = st.text("ab/é\U0010ffff", max_size=2)


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with asking() as client:
        yield client


def flat(keys: list[str], prefix: str, delimiter: str) -> list[tuple[str, bool]]:
    """What a listing holds, by the definition."""
    found = set()
    for key in keys:
        if key.startswith(prefix):
            at = key.find(delimiter, len(prefix)) if delimiter else -1
            found.add((key, False) if at < 0 else (key[: at + len(delimiter)], True))
    return sorted(found, key=lambda item: item[0].encode())


@given(KEYS, SHORT, SHORT, SHORT)
def test_items_follow_from_the_flat_list(keys: list[str], prefix: str, delimiter: str, start: str) -> None:
    due = [item for item in flat(keys, prefix, delimiter) if item[0] > start]
    assert list(items(sorted(keys), prefix, delimiter, start)) == due


@given(
    st.text(st.characters(exclude_categories=("Cs",)), min_size=1), st.text(st.characters(exclude_categories=("Cs",)))
)
def test_what_comes_after_a_group_is_behind_all_of_it(group: str, rest: str) -> None:
    assert first_after(group) > group + rest or set(group) == {"\U0010ffff"}
    first_after(group).encode()


def pages(client: Client, query: str, limit: int, version: int) -> list[list[str]]:
    """The items of all pages; groups end with their delimiter."""
    found: list[list[str]] = []
    start = ""
    while True:
        kind = "list-type=2&" if version == 2 else ""
        told = client("GET", f"/box?{kind}encoding-type=url&max-keys={limit}{query}{start}")
        assert told.status == 200, told
        keys = [unquote(key) for key in told.texts("Contents/Key")]
        groups = [unquote(key) for key in told.texts("CommonPrefixes/Prefix")]
        found.append(sorted([*keys, *groups]))
        assert len(found[-1]) <= limit
        if version == 2:
            assert int(told.text("KeyCount")) == len(found[-1])
        if told.text("IsTruncated") == "false":
            return found
        if version == 2:
            start = f"&continuation-token={quote(told.text('NextContinuationToken'), safe='')}"
        else:
            last = unquote(told.text("NextMarker")) or keys[-1]
            start = f"&marker={quote(last, safe='')}"


@given(KEYS, SHORT, SHORT, st.integers(1, 4))
@settings(deadline=None, max_examples=10)
def test_pages_joined_are_one_page_in_both_versions(
    client: Client, keys: list[str], prefix: str, delimiter: str, limit: int
) -> None:
    for key in keys:
        client.put(path_of(key))
    query = f"&prefix={quote(prefix, safe='')}&delimiter={quote(delimiter, safe='')}"
    due = [name for name, _ in flat(keys, prefix, delimiter)]
    for version in (1, 2):
        assert pages(client, query, 1000, version) == [due]
        assert list(itertools.chain(*pages(client, query, limit, version))) == due
    for key in keys:
        client("DELETE", path_of(key))


def test_a_listing_tells_what_a_get_tells(client: Client) -> None:
    put = client.put("/box/one", b"12345")
    listed = client("GET", "/box?list-type=2&prefix=one")
    assert listed.text("Contents/ETag") == put.headers["etag"]
    assert listed.text("Contents/Size") == "5"
    assert listed.text("Contents/LastModified").endswith("Z")
    client("DELETE", "/box/one")


def test_the_least_and_the_most_of_a_page(client: Client) -> None:
    client.put("/box/one")
    none = client("GET", "/box?max-keys=0")
    assert (none.texts("Contents/Key"), none.text("IsTruncated")) == ([], "false")
    assert client("GET", "/box?max-keys=2000").text("MaxKeys") == "1000"
    assert client("GET", "/box?max-keys=").status == 200
    assert client("GET", "/box?max-keys=9999999999").code == "InvalidArgument"
    assert client("GET", "/box?list-type=2&continuation-token=%21").code == "InvalidArgument"
    client("DELETE", "/box/one")


def test_a_key_that_xml_must_escape_is_listed_as_it_is(client: Client) -> None:
    key = "<&>\r\n\t'\"é"
    client.put(path_of(key))
    assert client("GET", "/box").texts("Contents/Key") == [key]
    client("DELETE", path_of(key))


def test_uploads_are_listed_by_key_page_by_page(client: Client) -> None:
    begun = sorted((key, client.begin(path_of(key))) for key in ("u/a", "u/a", "u/b", "v"))
    found: list[tuple[str, str]] = []
    start = ""
    while True:
        told = client("GET", f"/box?uploads&max-uploads=1{start}")
        found += zip(told.texts("Upload/Key"), told.texts("Upload/UploadId"))
        if told.text("IsTruncated") == "false":
            break
        key, upload = quote(told.text("NextKeyMarker"), safe=""), told.text("NextUploadIdMarker")
        start = f"&key-marker={key}&upload-id-marker={upload}"
    assert found == begun
    grouped = client("GET", "/box?uploads&delimiter=%2F")
    assert (grouped.texts("CommonPrefixes/Prefix"), grouped.texts("Upload/Key")) == (["u/"], ["v"])
    assert client("GET", "/box").texts("Contents/Key") == []
    for key, upload in begun:
        assert client("DELETE", f"{path_of(key)}?uploadId={upload}").status == 204

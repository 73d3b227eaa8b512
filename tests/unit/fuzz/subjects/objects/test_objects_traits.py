"""The traits of a history are what is odd in it, whichever keys and headers it has."""

from __future__ import annotations

from typing import Any

import pytest

from fuzz.subjects.objects.reading import Reading
from fuzz.triage.traits import closure, named, present, project
from fuzz.triage.trial import Trial, trial_of
from specs.case import Case
from specs.objects.content import Content
from specs.objects.profile import load
from specs.objects.steps import (
    CopyObject,
    DeleteObjects,
    GetObject,
    HeadBucket,
    HeadObject,
    ListObjects,
    Named,
    Pairs,
    PutObject,
    Sent,
)
from strategies.objects.drawing import ODD_KEYS

READING = Reading(load("reference"))


def trial(*several: Any) -> Trial:
    return trial_of(Case("objects", several), READING)


def dropped(one: Trial, name: str) -> Any:
    trait = named(one, name)
    assert trait is not None, present(one)
    plain = trait.drop(one)
    assert plain is not None
    return plain.case.steps


ODD, BEYOND = "an odd letter in a key", "a letter beyond ASCII in a key"


@pytest.mark.parametrize(("key", "expected"), [
    ("日本語", {ODD, BEYOND}), ("😀", {ODD, BEYOND, "a letter of more than 16 bits in a key"}),
    ("a+b", {ODD, "+ in a key"}), (" lead", {ODD, "a space at the end of a key"}), ("a b", {ODD}),
    ("a/b", {"a slash in a key"}), ("a/", {"a slash in a key", "a slash at the end of a key"}),
    ("K", {"an upper-case letter in a key"}), ("other", {"a key's name"}), ("k", set()),
    ("k.txt", {"an ending in a key"}), ("y" * 256, {"a long key", "a key of over 255 bytes"}),
])  # fmt: skip
def test_a_key_has_the_traits_of_what_is_odd_in_it(key: str, expected: set[str]) -> None:
    assert set(present(trial(GetObject(key=key)))) == expected


@pytest.mark.parametrize("key", [key for several in ODD_KEYS.values() for key in several])
def test_a_key_without_its_traits_is_plain(key: str) -> None:
    plain = project(trial(PutObject(key=key), GetObject(key=key)), ["several requests", "step put object"])
    assert [one.key for one in plain.case.steps] == ["k", "k"]


def test_what_is_odd_in_a_key_goes_from_all_requests_alike() -> None:
    several = (
        PutObject(key="a/b"), CopyObject(key="c/d", source_key="a/b"), DeleteObjects(keys=(Named("a/b"),)),
        ListObjects(prefix="a/", start="a/a", delimiter="/"),
    )  # fmt: skip
    assert dropped(trial(*several), "a slash in a key") == (
        PutObject(key="axb"), CopyObject(key="cxd", source_key="axb"), DeleteObjects(keys=(Named("axb"),)),
        ListObjects(prefix="ax", start="axa", delimiter="/"),
    )  # fmt: skip


def test_one_odd_letter_is_as_good_as_another_unless_it_is_needed() -> None:
    assert dropped(trial(GetObject(key="a+b")), "+ in a key") == (GetObject(key="a b"),)
    assert dropped(trial(GetObject(key="a+b")), ODD) == (GetObject(key="axb"),)
    assert closure(["+ in a key"], READING) == {"+ in a key", ODD}


@pytest.mark.parametrize(("headers", "name", "expected"), [
    ((("x-amz-checksum-sha1", "{wrong sha1}"),), "header x-amz-checksum-sha1",
     (("x-amz-checksum-crc32", "{wrong crc32}"),)),
    ((("Content-MD5", "{wrong md5}"),), "header content-md5", (("x-amz-checksum-crc32", "{wrong crc32}"),)),
    ((("Expires", "never"),), "header expires", (("Cache-Control", "max-age=7"),)),
    ((("Expires", "never"),), "headers of the object", (("x-amz-meta-color", "blue"),)),
    ((("Expires", "never"), ("x-amz-meta-a", "1")), "headers of the object", (("x-amz-meta-a", "1"),)),
    ((("If-None-Match", "*"),), "header if-none-match", (("If-Match", '"d41d8cd98f00b204e9800998ecf8427e"'),)),
    ((("If-None-Match", "*"),), "a condition", ()),
])  # fmt: skip
def test_one_header_of_a_sort_is_as_good_as_another_unless_it_is_needed(
    headers: Pairs, name: str, expected: Pairs
) -> None:
    assert dropped(trial(PutObject(key="k", headers=headers)), name) == (PutObject(key="k", headers=expected),)


def test_a_copy_keeps_other_attributes_than_its_source() -> None:
    own, new = (("x-amz-meta-a", "1"),), (("x-amz-meta-b", "2"),)
    copied = trial(PutObject(key="k", headers=own), CopyObject(key="c", source_key="k", headers=new))
    plain = dropped(copied, "header x-amz-meta-a")
    assert plain[0].headers == (("x-amz-meta-color", "blue"),)
    assert dropped(trial(*plain), "header x-amz-meta-b")[1].headers == (("x-amz-meta-shape", "round"),)
    typed = (("Content-Language", "de"),)
    put, copy = dropped(trial(PutObject(key="k", headers=typed), CopyObject(key="c", source_key="k", headers=typed)),
                        "headers of the object")  # fmt: skip
    assert put.headers != copy.headers


def test_what_is_sent_in_an_unusual_way_is_a_listing_without_its_own_request() -> None:
    sent = Sent(fault="skewed")
    assert dropped(trial(PutObject(key="k", sent=sent)), "answer to put object") == (ListObjects(sent=sent),)
    assert dropped(trial(PutObject(key="k")), "answer to put object") == (GetObject(key="k"),)


def test_without_head_the_same_is_asked_by_get() -> None:
    asked: Any = {"key": "k", "headers": (("Range", "bytes=0-100"),), "query": (("partNumber", "1"),)}
    assert dropped(trial(HeadObject(**asked)), "answer to head object") == (GetObject(**asked),)


def test_a_listing_is_a_read_of_what_was_written_or_of_the_bucket_without_its_own_request() -> None:
    name = "answer to list objects"
    assert dropped(trial(ListObjects(prefix="a")), name) == (HeadBucket(),)
    assert dropped(trial(PutObject(key="a"), PutObject(key="b", bucket="b"), ListObjects()), name)[2] == GetObject(
        key="a"
    )
    assert not {one for one in present(trial(HeadBucket())) if one.startswith("answer to")}


def test_of_several_headers_of_a_sort_one_goes_and_the_last_is_made_plain() -> None:
    both = (("If-None-Match", "*"), ("If-Modified-Since", "{now -86400}"))
    asked = trial(GetObject(key="k", headers=both))
    assert dropped(asked, "header if-modified-since")[0].headers == both[:1]
    queries = (("response-expires", "never"), ("response-content-type", "text/plain"))
    asked = trial(GetObject(key="k", query=queries))
    (one,) = dropped(asked, "query response-expires")
    assert one.query == queries[1:]
    assert dropped(trial(one), "query response-content-type")[0].query == (("response-content-language", "fr"),)
    assert dropped(asked, "headers asked for in the query")[0].query == ()


def test_a_batch_is_a_put_with_its_digest_without_its_own_request() -> None:
    batch = DeleteObjects(keys=(Named("a"),), digest="wrong md5")
    (put,) = dropped(trial(batch), "answer to delete objects")
    assert put == PutObject(key="k", content=Content(b"x"), headers=(("Content-MD5", "{wrong md5}"),))


def test_what_is_on_a_later_page_is_listed_on_one_page() -> None:
    put, first = PutObject(key="k"), ListObjects(max_keys="1", called="first")
    paged = trial(put, first, ListObjects(max_keys="1", after="first", delimiter="/"))
    assert dropped(paged, "a later page") == (put, ListObjects(max_keys="1000", delimiter="/"))


def test_a_space_at_the_end_of_a_key_comes_into_its_midst() -> None:
    assert dropped(trial(PutObject(key="k ")), "a space at the end of a key") == (PutObject(key="k x"),)


def test_keys_that_differ_in_what_is_odd_stay_different_without_it() -> None:
    put, other = PutObject(key="a&b"), PutObject(key="a+b")
    plain = dropped(trial(put, other, ListObjects(prefix="a+b")), "an odd letter in a key")
    assert plain == (PutObject(key="axb"), PutObject(key="axb2"), ListObjects(prefix="axb2"))

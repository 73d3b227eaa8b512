"""Plainer histories come to the same: what is copied or deleted in a batch is there, or gone, as before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fuzz.subjects.objects.conversions import come_to_the_same
from fuzz.subjects.objects.reading import Reading
from fuzz.triage.traits import present
from fuzz.triage.trial import trial_of
from specs.case import Case
from specs.objects.content import Content
from specs.objects.model.asked import Asked
from specs.objects.model.judging import expectations, first_state
from specs.objects.model.operations import alternatives
from specs.objects.profile import load
from specs.objects.state import State
from specs.objects.steps import (
    AbortUpload,
    CompleteUpload,
    CopyObject,
    CreateBucket,
    CreateUpload,
    DeleteObject,
    DeleteObjects,
    DeleteTagging,
    GetObject,
    HeadBucket,
    HeadObject,
    ListObjects,
    ListUploads,
    ListVersions,
    Named,
    Part,
    PutObject,
    PutPolicy,
    PutTagging,
    PutVersioning,
    Sent,
    Statement,
    StreamCopy,
    UploadPart,
    UploadPartCopy,
)  # fmt: skip
from specs.objects.words import NOTHING

REFERENCE = load("reference")
SOURCE = PutObject(key="s", content=Content(b"content"), headers=(("x-amz-meta-a", "1"),))


def forms(*several: Any) -> list[tuple[Any, ...]]:
    trial = trial_of(Case("copies", several), Reading(REFERENCE))
    return [one.case.steps for one in come_to_the_same(trial)]


def held(several: tuple[Any, ...]) -> dict[str, tuple[bytes, tuple[tuple[str, str], ...]]]:
    """What each key of a store holds after some steps, all of which are done."""
    state: State = first_state()
    memory = NOTHING
    for step in several:
        first = alternatives(Asked(step, state, REFERENCE, memory, 0.0))[0]
        assert not first.refuses
        state, memory = first.then, memory.with_told(step.called, dict(first.tells))
    return {key: (one[-1].content, one[-1].metadata) for key, one in state.buckets["a"].objects.items()}


PARTS = (
    CreateUpload(key="k", called="u"),
    UploadPartCopy(key="k", upload="u", number="1", source_key="s", called="p"),
    CompleteUpload(key="k", upload="u", parts=(Part("1", "{etag p}"),)),
)


@pytest.mark.parametrize("several", [
    (SOURCE, CopyObject(key="k", source_key="s")),
    (SOURCE, CopyObject(key="k", source_key="s", headers=(("x-amz-metadata-directive", "REPLACE"),))),
    (SOURCE, StreamCopy(key="k", source_key="s")),
    (SOURCE, StreamCopy(key="k", source_key="s", part_bytes=5 * 2**20)),
    (SOURCE, *PARTS),
    (SOURCE, PutObject(key="t"), DeleteObjects(keys=(Named("s"), Named("never-there")))),
])  # fmt: skip
def test_the_last_form_leaves_the_same_objects(several: tuple[Any, ...]) -> None:
    plainest = forms(*several)[-1]
    assert held(plainest) == held(several)
    assert {type(one) for one in plainest} <= {PutObject, DeleteObject}


UPLOAD = (
    CreateUpload(key="k", called="u", headers=(("x-amz-meta-a", "1"),)),
    UploadPart(key="k", upload="u", number="1", content=Content(b"x"), called="p1"),
    UploadPart(key="k", upload="u", number="2", content=Content(fill=5 * 2**20, seed=3), called="p2"),
    UploadPart(key="k", upload="u", number="3", content=Content(b"end"), called="p3"),
    CompleteUpload(key="k", upload="u", parts=(Part("2", "{etag p2}"), Part("3", "{etag p3}"))),
)


def test_an_object_that_came_in_parts_is_put_as_one_of_the_same_size() -> None:
    (plain,) = forms(*UPLOAD)[-1]
    assert (plain.content.size, plain.headers) == (5 * 2**20 + 3, (("x-amz-meta-a", "1"),))
    assert {key: (len(data), told) for key, (data, told) in held((plain,)).items()} == {
        key: (len(data), told) for key, (data, told) in held(UPLOAD).items()
    }
    (alone,) = forms(*UPLOAD[:-1], CompleteUpload(key="k", upload="u", parts=(Part("2", "{etag p2}"),)))[-1]
    assert alone.content == UPLOAD[2].content
    assert forms(*UPLOAD[:-1]) == [(PutObject(key="k", content=UPLOAD[-2].content),)]


def test_a_plain_history_has_no_other_form() -> None:
    plain = (SOURCE, CreateUpload(key="k", called="u"), UploadPart(key="k", upload="u"), GetObject(key="s"))
    assert forms(*plain) == []
    assert forms(StreamCopy(key="k", source_key="s", leaves=3)) == []
    assert len(expectations(Case("copies", plain), REFERENCE)) == 4


LONG, PLAIN = ("x-amz-meta-long", "v" * 99), ("x-amz-meta-color", "blue")


def test_one_item_of_metadata_is_as_good_as_any_other_unless_it_is_needed() -> None:
    trial = trial_of(Case("metadata", (PutObject(key="k", headers=(LONG,)), GetObject(key="k"))), Reading(REFERENCE))
    traits = {one.name: one for one in Reading(REFERENCE).traits(trial)}
    assert {"metadata", "header x-amz-meta-long"} <= set(present(trial))
    plain: Any = traits["header x-amz-meta-long"].drop(trial)
    assert plain.case.steps[0].headers == (PLAIN,)
    assert "metadata" in present(plain)
    assert "header x-amz-meta-color" not in present(plain)
    without: Any = traits["metadata"].drop(trial)
    assert without.case.steps[0].headers == ()


def test_a_key_has_its_odd_character_in_a_plain_place() -> None:
    put = PutObject(key="plus+sign")
    assert [one[0].key for one in forms(put, GetObject(key="plus+sign"))] == ["a+b"]
    assert forms(put, PutObject(key="z+z")) == []
    assert [one[0].key for one in forms(PutObject(key="100%"), GetObject(key="per%cent"))] == ["100%"]
    put, copy = PutObject(key="k"), CopyObject(key="x y", source_key="k")
    assert (put, replace(copy, key="a b")) in forms(put, copy)


def test_a_wrong_digest_is_as_wrong_in_a_plain_put() -> None:
    plain = PutObject(key="k", content=Content(b"x"), headers=(("Content-MD5", "{wrong md5}"),))
    assert (plain,) in forms(DeleteObjects(keys=(Named("s"),), digest="wrong md5"))
    digest = (("x-amz-checksum-sha1", "{wrong sha1}"),)
    part = UploadPart(key="k", upload="u", content=Content(b"x"), headers=digest)
    assert (UPLOAD[0], PutObject(key="k", content=Content(b"x"), headers=digest)) in forms(UPLOAD[0], part)
    sent = Sent(signing="unsigned-trailer", fault="trailer-checksum")
    checksum = (("x-amz-checksum-crc32", "{wrong crc32}"),)
    assert (PutObject(key="k", headers=checksum),) in forms(PutObject(key="k", sent=sent))
    assert forms(DeleteObjects(keys=(), digest="md5")) == []


def test_a_marker_is_a_version_as_others_are() -> None:
    put, deleted, listed = PutObject(key="k", content=Content(b"x")), DeleteObject(key="k"), ListVersions()
    assert (PutVersioning(), put, put, listed) in forms(PutVersioning(), put, deleted, listed)
    assert (put, put, listed) not in forms(put, deleted, listed)
    batch = DeleteObjects(keys=(Named("k"),))
    assert (PutVersioning(), put, put, listed) in forms(PutVersioning(), put, batch, listed)


def test_a_key_that_is_refused_may_be_so_in_a_put() -> None:
    assert forms(HeadObject(key="k")) == [(PutObject(key="k", content=Content(b"x")),)]
    read = trial_of(Case("keys", (GetObject(key="ä"),)), Reading(REFERENCE))
    (mended,) = Reading(REFERENCE).mended(read)
    assert mended.case.steps == (PutObject(key="ä", content=Content(b"x")),)


def test_tags_are_none_however_they_are_removed() -> None:
    assert forms(PutObject(key="k"), DeleteTagging(key="k")) == [(PutObject(key="k"), PutTagging(key="k"))]


def test_a_header_asked_for_is_as_good_as_one_that_the_object_has() -> None:
    read = GetObject(key="k", query=(("response-content-type", "text/plain"),))
    assert forms(PutObject(key="k"), read) == [
        (PutObject(key="k", headers=(("content-type", "text/plain"),)), GetObject(key="k"))
    ]


def test_a_copy_in_parts_begins_with_a_part() -> None:
    copy = StreamCopy(key="k", source_key="s", part_bytes=5 * 2**20)
    part = UploadPart(key="k", upload="copied", content=Content(b"content"))
    begun = CreateUpload(key="k", called="copied")
    assert (SOURCE, begun, part) in forms(SOURCE, copy)


@pytest.mark.parametrize("way", [{"leaves": 1}, {"headers": (("If-Match", '"e"'),)}])
def test_a_copy_in_parts_that_breaks_off_is_an_upload_that_is_aborted(way: dict[str, Any]) -> None:
    copy, read = StreamCopy(key="k", source_key="s", part_bytes=5 * 2**20, **way), GetObject(key="k")
    (several,) = [one for one in forms(SOURCE, copy, read) if any(isinstance(step, AbortUpload) for step in one)]
    assert [type(one) for one in several] == [PutObject, CreateUpload, UploadPart, AbortUpload, GetObject]
    assert several[2].content == SOURCE.content
    assert held(several[:-1]).keys() == {"s"}


def test_any_delimiter_is_as_good_as_a_slash() -> None:
    several = PutObject(key="x-1"), ListObjects(prefix="x-", delimiter="-")
    assert (PutObject(key="ax/1"), ListObjects(prefix="ax/", delimiter="/")) in forms(*several)
    assert (PutObject(key="x/1"), ListObjects()) not in forms(PutObject(key="x-1"), ListObjects())


def test_a_bucket_that_is_only_used_is_the_first_one() -> None:
    made = (CreateBucket(bucket="c"), PutObject(bucket="c", key="k"), GetObject(bucket="c", key="k"))
    assert forms(*made)[0] == (PutObject(key="k"), GetObject(key="k"))
    assert not forms(CreateBucket(bucket="c"), HeadBucket(bucket="c"))


def test_a_part_that_is_read_by_its_number_is_a_range_of_an_object() -> None:
    parts = (Part("1", "{etag p}"),)
    upload = (
        CreateUpload(key="k", called="u"), UploadPart(key="k", upload="u", content=Content(b"x"), called="p"),
        CompleteUpload(key="k", upload="u", parts=parts), GetObject(key="k", query=(("partNumber", "1"),)),
    )  # fmt: skip
    put = PutObject(key="k", content=Content(b"x"))
    assert (put, GetObject(key="k", headers=(("Range", "bytes=0-"),))) in forms(*upload)


@pytest.mark.parametrize(("last", "action"), [
    (DeleteObject(key="n"), "s3:GetObject"), (PutObject(key="n"), "s3:GetObject"),
    (HeadObject(key="n"), "s3:DeleteObject"), (GetObject(key="n"), "s3:DeleteObject"),
])  # fmt: skip
def test_what_others_do_is_a_read_of_theirs_that_the_policy_is_about_or_not_as_before(last: Any, action: str) -> None:
    allowed = Statement("Allow", ("s3:DeleteObject", "s3:PutObject"), ("k",))
    reads = PutPolicy(statements=(replace(allowed, actions=(action,)),))
    form = (PutObject(key="n", content=Content(b"x")), reads, GetObject(key="n", sent=Sent("anonymous")))
    policy = PutPolicy(statements=(allowed,))
    assert form in forms(policy, replace(last, sent=Sent("anonymous")))
    assert form not in forms(policy, last)


def test_conditional_writes_beside_each_other_come_one_after_the_other() -> None:
    put = PutObject(key="k", headers=(("If-None-Match", "*"),))
    race = (replace(put, lane=1), GetObject(key="k", lane=2), replace(put, lane=2), GetObject(key="k"))
    assert (put, put) in forms(*race)


def test_a_listing_of_uploads_or_versions_is_one_of_objects() -> None:
    begun = (CreateUpload(key="a b", called="u"), ListUploads(prefix="a", url=True, most="2"))
    put = PutObject(key="a b", content=Content(b"x"))
    assert (put, ListObjects(prefix="a", url=True, max_keys="2")) in forms(*begun)
    kept = (PutVersioning(), put, DeleteObject(key="a b"), ListVersions(url=True))
    assert (put, ListObjects(url=True)) in forms(*kept)

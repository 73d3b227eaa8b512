"""Laws of the model of object stores, and of the judge that compares answers with it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specs.case import Case
from specs.objects import checksums, ranges
from specs.objects.content import Content, made
from specs.objects.model.judging import expectations, first_state, judge, unknown, violations
from specs.objects.model.listings import items
from specs.objects.profile import Profile, load, shipped
from specs.objects.requirements import load as requirements
from specs.objects.steps import (
    AbortUpload,
    Account,
    CompleteUpload,
    CopyObject,
    CreateUpload,
    DeleteObject,
    DeleteObjects,
    GetObject,
    HeadObject,
    ListBuckets,
    ListObjects,
    ListParts,
    ListVersions,
    Named,
    Part,
    PutObject,
    PutVersioning,
    Sent,
    Step,
    UploadPart,
)  # fmt: skip
from specs.objects.words import NOTHING
from specs.outcome import NoReply, Reply
from strategies.objects import cases, listing, multipart, settings, single, streaming
from strategies.objects.drawing import Draw

DATE = "Sun, 29 Nov 2026 01:00:00 GMT"
REFERENCE = load("reference")
MAKERS = (
    single.objects, single.ranges, single.conditions, single.metadata, single.digests, single.odd_keys,
    single.neighbours, listing.listings, listing.batches, multipart.uploads, multipart.upload_lists, multipart.copies,
    multipart.part_copies,
    settings.signatures, settings.streamed, settings.policies, settings.tags, settings.versions, settings.malformed,
    settings.sub_resources, settings.buckets, streaming.streams,
)  # fmt: skip
contents = st.binary(max_size=40)


def etag(data: bytes) -> str:
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'


def wrote(data: bytes) -> Reply:
    return Reply(200, (("etag", etag(data)), ("date", DATE)), b"")


def shown(data: bytes, **changes: str) -> Reply:
    headers = {
        "etag": etag(data),
        "last-modified": DATE,
        "content-length": str(len(data)),
        "date": DATE,
        "accept-ranges": "bytes",
        "x-amz-request-id": "1",
        **changes,
    }
    return Reply(200, tuple(headers.items()), data)


def refused(status: int, code: str) -> Reply:
    body = f"<Error><Code>{code}</Code><Message>m</Message><RequestId>1</RequestId></Error>".encode()
    return Reply(status, (("content-type", "application/xml"), ("date", DATE)), body)


def faults(*exchanges: tuple[Step, Any], profile: Profile = REFERENCE) -> list[str]:
    case = Case("objects", tuple(step for step, _ in exchanges))
    found = violations(case, tuple(outcome for _, outcome in exchanges), profile)
    return [one.requirement for one in found if one.severity == "failure"]


@given(contents, st.integers(0, 60), st.integers(0, 60))
def test_a_range_is_the_slice_that_it_names(data: bytes, first: int, more: int) -> None:
    asked = ranges.asked(f"bytes={first}-{first + more}", len(data))
    assert (asked.kind == "span") == (first < len(data))
    if asked.span is not None:
        assert data[asked.span.start : asked.span.end] == data[first : first + more + 1]


@given(contents.filter(bool), st.integers(1, 60))
def test_a_suffix_is_the_end_of_the_content(data: bytes, last: int) -> None:
    span = ranges.asked(f"bytes=-{last}", len(data)).span
    assert span is not None
    assert data[span.start : span.end] == data[-last:]


@pytest.mark.parametrize("text", ["bytes=5-2", "bytes=a-b", "bytes=-", "bytes=", "items=0-1", "bytes=0-0,2-2", "0-1"])
def test_malformed_ranges_are_left_open(text: str) -> None:
    assert ranges.asked(text, 10).kind == "open"


@given(st.sets(st.text("ab/", min_size=1, max_size=5)), st.text("ab/", max_size=2), st.sampled_from(["", "/", "a"]))
def test_each_key_of_a_listing_is_an_item_or_in_one_group(keys: set[str], prefix: str, delimiter: str) -> None:
    several = items(keys, prefix, delimiter)
    assert len({one.name for one in several}) == len(several)
    assert [one.name for one in several] == sorted(one.name for one in several)
    for key in keys:
        holders = [one for one in several if (key.startswith(one.name) if one.group else key == one.name)]
        assert len(holders) == key.startswith(prefix)


@given(st.integers(0, 9), st.integers(0, 200_000), st.integers(0, 200))
def test_made_bytes_are_a_slice_of_one_stream(seed: int, start: int, size: int) -> None:
    assert made(seed, start, size) == made(seed, 0, start + size)[start:]


@pytest.mark.parametrize(
    ("kind", "hexadecimal"), [("crc32", "cbf43926"), ("crc32c", "e3069283"), ("crc64nvme", "ae8b14860a799888")]
)
def test_checksums_are_those_of_the_api(kind: str, hexadecimal: str) -> None:
    assert checksums.raw_digest(kind, b"123456789").hex() == hexadecimal


@given(st.sampled_from(MAKERS), st.integers(0, 10**6), st.sampled_from(shipped()))
def test_a_refusal_leaves_everything_as_it_was(make: Any, seed: int, name: str) -> None:
    profile = load(name)
    # What is drawn of digests takes a store that verifies some.
    profile = replace(profile, digests=profile.digests or REFERENCE.digests)
    case = Case("objects", tuple(make(Draw(Random(seed), profile))))
    state: Any = first_state()
    for due in expectations(case, profile):
        assert due.alternatives
        for one in due.alternatives:
            assert not one.refuses or one.then == state
            assert one.requirement in requirements()
        state = due.alternatives[0].then


@given(contents, contents)
def test_what_was_put_last_is_what_is_due(first: bytes, second: bytes) -> None:
    put, again, get = (PutObject(key="k", content=Content(data)) for data in (first, second)), None, GetObject(key="k")
    one, other = put
    assert again is None
    assert faults((one, wrote(first)), (other, wrote(second)), (get, shown(second))) == []
    stale = faults((one, wrote(first)), (other, wrote(second)), (get, shown(first)))
    assert (stale == []) == (first == second)


@given(contents.filter(bool), st.data())
def test_any_other_byte_is_noticed(data: bytes, draw: st.DataObject) -> None:
    at = draw.draw(st.integers(0, len(data) - 1))
    other = bytes([*data[:at], data[at] ^ 1, *data[at + 1 :]])
    came = replace(shown(data), body=other)
    assert "content" in faults((PutObject(key="k", content=Content(data)), wrote(data)), (GetObject(key="k"), came))


@pytest.mark.parametrize(("changes", "requirement"), [
    ({"etag": '"0"'}, "etag"), ({"content-length": "7"}, "content-length"), ({"x-amz-meta-left": "over"}, "headers"),
    ({"last-modified": "Sun, 29 Nov 2026 00:00:00 GMT"}, "last-modified"),
    ({"last-modified": "today"}, "last-modified"),
    ({"content-encoding": "gzip"}, "headers"),
])  # fmt: skip
def test_wrong_headers_of_a_read_are_noticed(changes: dict[str, str], requirement: str) -> None:
    put = PutObject(key="k", content=Content(b"x"))
    for read in (GetObject(key="k"), HeadObject(key="k")):
        came = shown(b"x", **changes)
        came = replace(came, body=b"") if isinstance(read, HeadObject) else came
        assert requirement in faults((put, wrote(b"x")), (read, came))


def test_missing_keys_are_refused_by_their_own_code() -> None:
    assert faults((GetObject(key="k"), refused(404, "NoSuchKey"))) == []
    assert faults((GetObject(key="k"), refused(404, "NotFound"))) == ["missing-things"]
    assert faults((GetObject(key="k"), refused(403, "AccessDenied"))) == ["missing-things"]
    assert faults((GetObject(key="k"), refused(500, "InternalError"))) == ["no-server-error"]
    assert faults((GetObject(key="k"), Reply(404, (("date", DATE),), b"not found"))) == ["error-form"]
    assert faults((HeadObject(key="k"), Reply(404, (("date", DATE),), b""))) == []


def test_a_delete_takes_effect() -> None:
    put, delete = PutObject(key="k", content=Content(b"x")), DeleteObject(key="k")
    gone = ((put, wrote(b"x")), (delete, Reply(204, (), b"")))
    assert faults(*gone, (GetObject(key="k"), refused(404, "NoSuchKey"))) == []
    assert faults(*gone, (GetObject(key="k"), shown(b"x"))) == ["missing-things"]


def listed(*names: str, truncated: str = "false", count: int | None = None) -> Reply:
    entries = "".join(
        f"<Contents><Key>{name}</Key><LastModified>2026-11-29T01:00:00.000Z</LastModified><ETag>{etag(b'x')}</ETag>"
        "<Size>1</Size></Contents>" for name in names
    )  # fmt: skip
    told = len(names) if count is None else count
    body = (
        f"<ListBucketResult><IsTruncated>{truncated}</IsTruncated><EncodingType>url</EncodingType>"
        f"<KeyCount>{told}</KeyCount>{entries}</ListBucketResult>"
    )
    return Reply(200, (("content-type", "application/xml"), ("date", DATE)), body.encode())


@pytest.mark.parametrize(("answer", "right"), [
    (listed("a", "b"), True), (listed("a"), False), (listed("b", "a"), False), (listed("a", "b", "c"), False),
    (listed("a", "a", "b"), False), (listed("a", "b", count=3), False), (listed("a", truncated="true"), False),
])  # fmt: skip
def test_a_listing_has_every_key_once_in_order(answer: Reply, right: bool) -> None:
    puts = [(PutObject(key=key, content=Content(b"x")), wrote(b"x")) for key in ("b", "a")]
    assert (faults(*puts, (ListObjects(), answer)) == []) == right


def test_an_unknown_outcome_stays_unknown_until_a_read_decides() -> None:
    put = PutObject(key="k", content=Content(b"new"))
    states = unknown(put, (first_state(),), NOTHING, REFERENCE)
    assert len(states) == 2
    there = judge(GetObject(key="k"), shown(b"new"), states, NOTHING, REFERENCE)
    missing = judge(GetObject(key="k"), refused(404, "NoSuchKey"), states, NOTHING, REFERENCE)
    assert len(there.states) == len(missing.states) == 1
    assert not any(one.severity == "failure" for one in (*there.violations, *missing.violations))
    other = judge(GetObject(key="k"), shown(b"torn"), states, NOTHING, REFERENCE)
    assert any(one.severity == "failure" for one in other.violations)


def test_no_answer_is_a_failure() -> None:
    assert faults((GetObject(key="k"), NoReply("closed", ""))) == ["answers"]


def test_keys_of_another_are_refused_one_by_one_or_together() -> None:
    put = (PutObject(key="k", content=Content(b"x")), wrote(b"x"))
    batch = DeleteObjects(keys=(Named("k"),), sent=Sent("second"))
    error = "<Error><Key>k</Key><Code>AccessDenied</Code></Error>"
    told = (("content-type", "application/xml"), ("date", DATE))
    each = Reply(200, told, f"<DeleteResult>{error}</DeleteResult>".encode())
    assert faults(put, (batch, each), (GetObject(key="k"), shown(b"x"))) == []
    assert faults(put, (batch, refused(403, "AccessDenied"))) == []
    done = Reply(200, told, b"<DeleteResult><Deleted><Key>k</Key></Deleted></DeleteResult>")
    assert "access" in faults(put, (batch, done))


def test_nothing_is_stored_of_a_body_that_breaks_off() -> None:
    before = (PutObject(key="k", content=Content(b"before")), wrote(b"before"))
    broken = (PutObject(key="k", content=Content(b"broken off"), leaves=3), NoReply("left"))
    assert faults(before, broken, (GetObject(key="k"), shown(b"before"))) == []
    assert "content" in faults(before, broken, (GetObject(key="k"), shown(b"bro")))
    assert faults(broken, (GetObject(key="k"), shown(b"broken off"))) == ["missing-things"]


def test_a_profile_names_what_it_lacks() -> None:
    assert not load("moto").can("auth")
    assert load("reference").can("versioning")
    assert not Profile("x").can("durable")


@given(st.data())
def test_cases_are_drawn_from_a_seed(data: st.DataObject) -> None:
    case = data.draw(cases.OBJECTS(REFERENCE).strategy)
    assert case.property == "objects"
    assert all(step.asks for step in case.steps)


@pytest.mark.parametrize("status", [200, 304, 412])
def test_a_copy_on_a_condition_that_is_left_open_may_be_refused_as_not_modified(status: int) -> None:
    put = (PutObject(key="k", content=Content(b"x")), wrote(b"x"))
    copy = CopyObject(key="copy", source_key="k", headers=(("x-amz-copy-source-If-None-Match", "*"),))
    told = f"<ETag>{etag(b'x')}</ETag><LastModified>2026-11-29T01:00:00Z</LastModified>"
    body = f"<CopyObjectResult>{told}</CopyObjectResult>"
    done = Reply(200, (("date", DATE), ("content-type", "application/xml")), body.encode())
    answer = {200: done, 304: Reply(304, (("date", DATE),), b""), 412: refused(412, "PreconditionFailed")}[status]
    assert faults(put, (copy, answer)) == []


def test_a_marker_of_a_suspended_bucket_takes_the_place_of_the_version_null() -> None:
    def removed(version: str) -> Reply:
        told = (("date", DATE), ("x-amz-delete-marker", "true"), ("x-amz-version-id", version))
        return Reply(204, told, b"")

    def listed(*entries: str) -> tuple[Step, Reply]:
        body = f"<ListVersionsResult><IsTruncated>false</IsTruncated>{''.join(entries)}</ListVersionsResult>"
        return ListVersions(), Reply(200, (("content-type", "application/xml"), ("date", DATE)), body.encode())

    def marker(version: str, latest: str) -> str:
        told = f"<Key>k</Key><VersionId>{version}</VersionId><IsLatest>{latest}</IsLatest>"
        return f"<DeleteMarker>{told}<LastModified>2026-11-29T01:00:00Z</LastModified></DeleteMarker>"

    done = Reply(200, (("date", DATE),), b"")
    before = (
        (PutObject(key="k", content=Content(b"x")), wrote(b"x")),
        (PutVersioning(), done),
        (DeleteObject(key="k"), removed("v1")),
        (PutVersioning(status="Suspended"), done),
        (DeleteObject(key="k"), removed("null")),
    )
    assert faults(*before, listed(marker("null", "true"), marker("v1", "false"))) == []
    assert faults(*before, listed(marker("v1", "true"))) == ["versioning"]


@pytest.mark.parametrize("keys", [("a/2", "a"), ("a", "a/2")])
def test_a_key_that_is_a_folder_of_another_may_be_refused_where_only_one_of_the_two_is_claimed(
    keys: tuple[str, str],
) -> None:
    first = (PutObject(key=keys[0], content=Content(b"1")), wrote(b"1"))
    second = (PutObject(key=keys[1], content=Content(b"2")), refused(409, "ExistingObjectIsDirectory"))
    gone = (GetObject(key=keys[1]), refused(404, "NoSuchKey"))
    assert faults(first, second) == ["accepts-valid"]
    assert faults(first, second, gone, profile=replace(REFERENCE, keys=("object-and-prefix",))) == []


@given(st.sampled_from((listing.listings, listing.batches, single.odd_keys, single.objects)), st.integers(0, 10**6))
def test_no_key_is_drawn_beside_its_folder_where_that_is_not_claimed(make: Any, seed: int) -> None:
    steps = make(Draw(Random(seed), replace(REFERENCE, keys=("object-and-prefix",))))
    keys = [step.key for step in steps if isinstance(step, PutObject)]
    assert not any(other.startswith(f"{key}/") for key in keys for other in keys)


def test_a_batch_that_nobody_answered_may_have_deleted_any_of_its_keys() -> None:
    state: Any = first_state()
    for key in ("x", "y"):
        state = judge(PutObject(key=key, content=Content(b"1")), wrote(b"1"), (state,), NOTHING, REFERENCE).states[0]
    left = unknown(DeleteObjects(keys=(Named("x"), Named("y"))), (state,), NOTHING, REFERENCE)
    assert sorted(one.buckets["a"].keys() for one in left) == [[], ["x"], ["x", "y"], ["y"]]


def test_of_a_completion_that_nobody_answered_there_is_the_object_or_the_upload_with_its_parts() -> None:
    begun = Reply(
        200,
        (("date", DATE), ("content-type", "application/xml")),
        b"""<InitiateMultipartUploadResult>
        <Bucket>a</Bucket><Key>k</Key><UploadId>1</UploadId></InitiateMultipartUploadResult>""",
    )
    sent: list[tuple[Any, Reply]] = [
        (CreateUpload(key="k", called="u"), begun),
        (UploadPart(key="k", upload="u", content=Content(b"part"), called="p"), wrote(b"part")),
    ]
    states, memory = (first_state(),), NOTHING
    for step, answer in sent:
        judged = judge(step, answer, states, memory, REFERENCE)
        states, memory = judged.states, judged.memory
    aborted = unknown(AbortUpload(key="k", upload="u"), states, memory, REFERENCE)
    assert [[len(one.parts) for one in state.buckets["a"].uploads.values()] for state in aborted] == [[1], [], [0]]
    complete = CompleteUpload(key="k", upload="u", parts=(Part("1", "{etag p}"),))
    left = unknown(complete, states, memory, REFERENCE)
    parts = ListParts(key="k", upload="u")
    gone, missing = refused(404, "NoSuchUpload"), refused(404, "NoSuchKey")
    without_object = judge(GetObject(key="k"), missing, left, memory, REFERENCE).states
    assert [one.requirement for one in judge(parts, gone, without_object, memory, REFERENCE).violations] != []
    joined = shown(b"part", etag=str(left[1].buckets["a"].objects["k"][0].etag))
    with_object = judge(GetObject(key="k"), joined, left, memory, REFERENCE).states
    assert judge(parts, gone, with_object, memory, REFERENCE).violations == ()


def test_an_upload_that_nobody_was_told_of_may_be_listed_under_any_id() -> None:
    left = unknown(CreateUpload(key="k", called="u"), (first_state(),), NOTHING, REFERENCE)
    assert [one.buckets["a"].hazy_uploads for one in left] == [False, True]
    assert not any(one.buckets["a"].uploads for one in left)


@pytest.mark.parametrize(("by", "names", "right"), [
    ("owner", ["~bucket-a~"], True), ("second", ["~bucket-a~"], False), ("second", ["another-case"], True),
])  # fmt: skip
def test_an_account_is_told_of_no_bucket_of_another(by: Account, names: list[str], right: bool) -> None:
    listed = "".join(f"<Bucket><Name>{name}</Name></Bucket>" for name in names)
    body = f"<ListAllMyBucketsResult><Buckets>{listed}</Buckets></ListAllMyBucketsResult>".encode()
    headers = (("content-type", "application/xml"), ("x-amz-request-id", "1"))
    found = violations(Case("buckets", (ListBuckets(sent=Sent(by)),)), (Reply(200, headers, body),), REFERENCE)
    wrong = [] if right else ["another's bucket is listed"]
    assert [one.title for one in found if one.severity == "failure"] == wrong


@pytest.mark.parametrize(("held", "right"), [(True, False), (False, True)])
def test_a_copy_is_held_to_conditions_on_what_it_overwrites_where_that_is_claimed(held: bool, right: bool) -> None:
    claimed = tuple(one for one in REFERENCE.capabilities if held or one != "conditional-copy-target")
    copy = CopyObject(key="k", source_key="s", headers=(("If-None-Match", "*"),))
    steps = (PutObject(key="s", content=Content(b"s")), PutObject(key="k", content=Content(b"k")), copy)
    put = [Reply(200, (("etag", etag(one)), ("date", DATE)), b"") for one in (b"s", b"k")]
    told = f"<ETag>{etag(b's')}</ETag><LastModified>2026-11-29T01:00:00Z</LastModified>"
    body = f"<CopyObjectResult>{told}</CopyObjectResult>".encode()
    done = Reply(200, (("content-type", "application/xml"), ("date", DATE)), body)
    found = violations(Case("copies", steps), (*put, done), replace(REFERENCE, capabilities=claimed))
    assert (not [one for one in found if one.severity == "failure"]) is right

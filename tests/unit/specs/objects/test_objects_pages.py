"""Pages of uploads and versions, answers about odd keys, and batches: what the model lets pass and what it does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from fuzz.subjects.objects.reading import Reading
from fuzz.triage.general import faults_alike
from fuzz.triage.lab import Seen
from fuzz.triage.minimal import Smallest
from fuzz.triage.reading import Reading as WithoutWitnesses
from fuzz.triage.traits import present, without
from fuzz.triage.trial import Signature, trial_of
from specs.case import Case
from specs.objects.content import Content
from specs.objects.model.judging import violations
from specs.objects.model.listings import Item, told
from specs.objects.profile import Profile, load
from specs.objects.steps import (
    AbortUpload,
    CopyObject,
    CreateUpload,
    DeleteObjects,
    GetObject,
    HeadObject,
    ListParts,
    ListUploads,
    ListVersions,
    Named,
    PutObject,
    PutVersioning,
    Step,
    SubResource,
)
from specs.outcome import Reply
from specs.violation import Way

DATE = "Sun, 29 Nov 2026 01:00:00 GMT"
REFERENCE = load("reference")
XML = (("content-type", "application/xml"), ("date", DATE))
ETAG_OF_X = '"9dd4e461268c8034f5c8564e155c67a6"'


def faults(*exchanges: tuple[Step, Reply], profile: Profile = REFERENCE) -> list[str]:
    case = Case("objects", tuple(step for step, _ in exchanges))
    found = violations(case, tuple(outcome for _, outcome in exchanges), profile)
    return [one.requirement for one in found if one.severity == "failure"]


def xml(body: str, status: int = 200, **headers: str) -> Reply:
    return Reply(status, (*XML, *((name.replace("_", "-"), value) for name, value in headers.items())), body.encode())


def put(key: str = "k", called: str = "", **headers: str) -> tuple[Step, Reply]:
    told = (("etag", ETAG_OF_X), ("date", DATE), *((name.replace("_", "-"), value) for name, value in headers.items()))
    return PutObject(key=key, content=Content(b"x"), called=called), Reply(200, told, b"")


def begun(key: str, name: str) -> tuple[Step, Reply]:
    told = f"<Bucket>a</Bucket><Key>{key}</Key><UploadId>{name}</UploadId>"
    return CreateUpload(key=key, called=name), xml(
        f"<InitiateMultipartUploadResult>{told}</InitiateMultipartUploadResult>"
    )


def uploads(*named: tuple[str, str], more: bool = False) -> Reply:
    entries = "".join(f"<Upload><Key>{key}</Key><UploadId>{name}</UploadId></Upload>" for key, name in named)
    last = f"<NextKeyMarker>{named[-1][0]}</NextKeyMarker>" if more else ""
    told = f"<IsTruncated>{str(more).lower()}</IsTruncated>{last}{entries}"
    return xml(f"<ListMultipartUploadsResult>{told}</ListMultipartUploadsResult>")


@pytest.mark.parametrize(
    ("second", "right"),
    [
        (uploads(("b", "v")), True),
        (uploads(("a", "u")), False),
        (uploads(), False),
        (uploads(("b", "v"), ("a", "u")), False),
    ],
)
def test_pages_of_uploads_joined_are_all_uploads_once(second: Reply, right: bool) -> None:
    first = ListUploads(most="1", called="page", url=False)
    exchanges = [begun("a", "u"), begun("b", "v"), (first, uploads(("a", "u"), more=True))]
    found = faults(*exchanges, (ListUploads(most="1", after="page", url=False), second))
    assert (found == []) == right


def versions(*named: tuple[str, str, bool], more: bool = False) -> Reply:
    entries = "".join(
        f"<Version><Key>{key}</Key><VersionId>{name}</VersionId><IsLatest>{str(latest).lower()}</IsLatest></Version>"
        for key, name, latest in named
    )
    marker = named[-1][:2] if more else ("", "")
    last = f"<NextKeyMarker>{marker[0]}</NextKeyMarker><NextVersionIdMarker>{marker[1]}</NextVersionIdMarker>"
    told = f"<IsTruncated>{str(more).lower()}</IsTruncated>{last if more else ''}{entries}"
    return xml(f"<ListVersionsResult>{told}</ListVersionsResult>")


@pytest.mark.parametrize(
    ("second", "right"),
    [
        (versions(("k", "1", False)), True),
        (versions(("k", "2", True)), False),
        (versions(), False),
        (versions(("k", "1", True)), False),
    ],
)
def test_pages_of_versions_joined_are_all_versions_once(second: Reply, right: bool) -> None:
    exchanges: list[Any] = [(PutVersioning(), Reply(200, XML, b""))]
    exchanges += [put("k", x_amz_version_id="1"), put("k", x_amz_version_id="2")]
    exchanges.append((ListVersions(most="1", called="page"), versions(("k", "2", True), more=True)))
    found = faults(*exchanges, (ListVersions(most="1", after="page"), second))
    assert (found == []) == right


def test_an_error_about_one_version_says_nothing_of_the_key_itself() -> None:
    batch = DeleteObjects(keys=(Named("k", "gone"), Named("k")))
    error = "<Error><Key>k</Key><VersionId>gone</VersionId><Code>NoSuchVersion</Code></Error>"
    answer = xml(f"<DeleteResult>{error}<Deleted><Key>k</Key></Deleted></DeleteResult>")
    missing = xml("<Error><Code>NoSuchKey</Code><Message>m</Message><RequestId>1</RequestId></Error>", 404)
    assert faults(put(), (batch, answer), (GetObject(key="k"), missing)) == []


def test_an_error_that_names_a_key_that_xml_lacks_is_not_judged_by_its_form() -> None:
    bare = xml("<Error><Code>NoSuchKey</Code><Key>bell\x07</Key></Error>", 404)
    assert faults((GetObject(key="bell\x07"), bare)) == []
    assert faults((GetObject(key="bell"), bare)) == ["error-form"]


def test_the_newest_version_may_not_be_copied_onto_itself() -> None:
    exchanges: list[Any] = [(PutVersioning(), Reply(200, XML, b""))]
    exchanges += [put("k", "old", x_amz_version_id="1"), put("k", "new", x_amz_version_id="2")]
    refusal = xml("<Error><Code>InvalidRequest</Code><Message>m</Message><RequestId>1</RequestId></Error>", 400)
    newest = CopyObject(key="k", source_key="k", source_version="{version new}")
    assert faults(*exchanges, (newest, refusal)) == []
    assert faults(*exchanges, (replace(newest, source_version="{version old}"), refusal)) == ["accepts-valid"]


def test_a_wrong_digest_of_a_batch_counts_where_the_store_verifies_it() -> None:
    batch = DeleteObjects(keys=(Named("k"),), digest="wrong md5")
    done = xml("<DeleteResult><Deleted><Key>k</Key></Deleted></DeleteResult>")
    assert faults((batch, done)) == ["digests"]
    assert faults((batch, done), profile=replace(REFERENCE, digests=())) == []


def test_a_sub_resource_is_judged_by_its_ruling() -> None:
    asked = SubResource(name="retention", key="k"), Reply(200, (("date", DATE),), b"x")
    assert faults(put(), asked) == ["sub-resources"]
    assert faults(put(), asked, profile=replace(REFERENCE, rulings_off=("sub-resources",))) == []


def test_what_fails_is_a_trait_unless_it_is_a_plain_read() -> None:
    reading = Reading(REFERENCE)
    trial = trial_of(Case("uploads", (CreateUpload(key="k", called="u"), ListParts(key="k", upload="u"))), reading)
    assert "answer to list parts" in present(trial)
    plain = without(trial, "answer to list parts")
    assert plain is not None
    assert plain.case.steps == (CreateUpload(key="k", called="u"), GetObject(key="k"))
    assert not any(name.startswith("answer to ") for name in present(plain))


def test_without_plain_requests_to_compare_with_a_fault_stands_for_itself_alone() -> None:
    trial = trial_of(Case("malformed", (ListParts(key="k", upload="u"),)), WithoutWitnesses(REFERENCE))
    signature = Signature(Way.SERVER_ERROR, frozenset({"malformed-xml"}))
    smallest = Smallest(trial, Seen(cast(Any, None), cast(Any, None), signature), ())
    assert faults_alike(smallest, cast(Any, None)) == {"malformed-xml"}


def test_reads_that_say_nothing_of_a_whole_object_are_left_out_of_its_order() -> None:
    refusal = xml("<Error><Code>InvalidArgument</Code><Message>m</Message><RequestId>1</RequestId></Error>", 400)
    missing = xml("<Error><Code>NoSuchKey</Code><Message>m</Message><RequestId>1</RequestId></Error>", 404)
    version = HeadObject(key="k", query=(("versionId", "none"),))
    assert faults((version, refusal), (GetObject(key="k", lane=1), missing)) == []


def test_a_key_that_is_too_long_is_judged_by_its_ruling() -> None:
    long = put("z" * 1025)
    assert faults(long) == ["keys"]
    assert faults(long, profile=replace(REFERENCE, rulings_off=("key-limit",))) == []


def test_to_abort_with_another_key_may_say_done_and_aborts_nothing() -> None:
    abort = AbortUpload(key="other", upload="u"), Reply(204, (("date", DATE),), b"")
    parts = xml("<ListPartsResult><IsTruncated>false</IsTruncated></ListPartsResult>")
    gone = xml("<Error><Code>NoSuchUpload</Code><Message>m</Message><RequestId>1</RequestId></Error>", 404)
    assert faults(begun("k", "u"), abort, (ListParts(key="k", upload="u"), parts)) == []
    assert faults(begun("k", "u"), abort, (ListParts(key="k", upload="u"), gone)) == ["accepts-valid"]


def test_items_are_told_as_keys_and_groups() -> None:
    assert told([Item("a"), Item("b/", group=True)]) == "'a', the group 'b/'"
    assert told([]) == "none"

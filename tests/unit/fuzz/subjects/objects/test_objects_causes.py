"""A finding about a history explains what fails for its needs alone, and failures of one bug are one finding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fuzz.embedded.store.object_store import ObjectStore
from fuzz.embedded.store.server import serving
from fuzz.findings import corpus
from fuzz.findings.finding import Finding
from fuzz.hunt.effort import PropertyEffort
from fuzz.hunt.hunter import Hunter
from fuzz.running.session import Judgement, Session
from fuzz.running.store.protocol import impostors
from fuzz.subjects.objects.access import OWN, OWNER, Access
from fuzz.subjects.objects.other_data import of_other_data
from fuzz.subjects.objects.reading import Reading
from fuzz.subjects.objects.subject import OBJECTS
from fuzz.subjects.objects.zoo import find
from fuzz.transport.http import HttpClient
from fuzz.triage.histories import after_those_beside
from fuzz.triage.lab import Lab
from fuzz.triage.ledger import Ledger
from fuzz.triage.other_data import LEAST_VARIANTS
from fuzz.triage.together import apart, read_after_write
from fuzz.triage.triage import Triage
from fuzz.triage.trial import trial_of
from specs.case import Case
from specs.objects.content import Content
from specs.objects.model.concurrent import violations
from specs.objects.profile import load
from specs.objects.state import md5_etag
from specs.objects.steps import (
    CopyObject,
    CreateUpload,
    DeleteObject,
    GetObject,
    HeadObject,
    ListObjects,
    ListVersions,
    Malformed,
    PutObject,
    PutPolicy,
    PutTagging,
    PutVersioning,
    Sent,
    Statement,
    StreamCopy,
    UploadPart,
    UploadPartCopy,
)
from specs.outcome import Reply, Transcript
from tests.unit.pretended import Immortal

REFERENCE = load("reference")
X = Content(b"x")
MARKED = (PutObject(key="k", content=Content(b"\xef\xbb\xbfx")), GetObject(key="k"))
BEYOND = (PutObject(key="k", content=X), GetObject(key="k", headers=(("Range", "bytes=7-"),)))


@contextmanager
def store_with(animals: Sequence[str]) -> Iterator[Session]:
    """Yield a session with a store that has these animals."""
    kinds = [find(one).store for one in animals]
    keys = {**dict(zip((OWNER, "second"), OWN, strict=True)), **impostors(OWN[0])}
    with (
        serving({one.access_key: one.secret for one in OWN}, kind=type("Broken", (*kinds, ObjectStore), {})) as store,
        closing(Session(OBJECTS, HttpClient(store.url), Access(keys), REFERENCE)) as session,
    ):
        yield session


def findings(folder: Path, animals: Sequence[str], *cases: Sequence[Any]) -> list[Finding]:
    """Return what triage finds in cases, taken one after the other, on a store with these animals."""
    with store_with(animals) as session:
        hunter = Hunter(session, Ledger(folder, "w", Reading(REFERENCE)), Immortal(), lambda _: None)
        for several in cases:
            hunter.try_case(Case("objects", tuple(several)), PropertyEffort())
    return list(corpus.load_all(folder))


def test_what_needs_more_than_a_known_history_is_another_finding(tmp_path: Path) -> None:
    animals = ("byte-order-mark-dropped", "range-outside-is-the-whole")
    needs = {frozenset(one.needs) for one in findings(tmp_path, animals, MARKED, BEYOND, MARKED, BEYOND)}
    assert needs == {
        frozenset({"several requests", "step put object"}),
        frozenset({"several requests", "step put object", "header range"}),
    }


def test_what_is_wrong_without_a_fault_of_the_signature_is_one_finding_with_it(tmp_path: Path) -> None:
    """A store that keeps frames stores the wrong bytes whether the chunks are signed rightly or not."""
    faults = ("chunk-signature", "too-little-data", "")
    cases = ([PutObject(key="k", content=X, sent=Sent("owner", "chunks", fault))] for fault in faults)
    (one,) = findings(tmp_path, ["frames-kept"], *cases)
    assert not one.violation.rules


TOO_FEW = [ListObjects(max_keys="-1")]
NO_SUCH_PART = [UploadPart(key="k", upload="u", number="10001", content=X)]
NO_RANGE = [
    PutObject(key="k"),
    CreateUpload(key="k", called="u"),
    UploadPartCopy(key="k", upload="u", source_key="k", headers=(("x-amz-copy-source-range", "bytes=x"),)),
]
NO_XML = [Malformed(operation="delete", body=Content(b"<Delete"))]


def test_what_breaks_over_one_sort_of_fault_is_one_finding_whichever_request_has_it(tmp_path: Path) -> None:
    (one,) = findings(tmp_path, ["bad-arguments-crash"], TOO_FEW, NO_SUCH_PART, NO_RANGE)
    assert {"list objects:InvalidArgument", "upload part:InvalidArgument"} <= set(one.covers)


def test_what_breaks_over_two_sorts_of_fault_is_two_findings(tmp_path: Path) -> None:
    several = findings(tmp_path, ["bad-arguments-crash", "malformed-xml-crashes"], TOO_FEW, NO_XML, NO_RANGE)
    assert len(several) == 2


def test_two_histories_that_break_one_rule_are_two_findings(tmp_path: Path) -> None:
    """If-Match is the plainest condition, so that what needs If-None-Match needs the same and more."""
    before = PutObject(key="k", content=X)
    unlike = PutObject(key="k", headers=(("If-Match", '"d41d8cd98f00b204e9800998ecf8427e"'),))
    there = PutObject(key="k", headers=(("If-None-Match", "*"),))
    several = findings(
        tmp_path, ["put-if-match-ignored", "put-if-none-match-ignored"], [before, unlike], [before, there]
    )
    assert len(several) == 2


def test_every_refusal_that_is_told_badly_is_one_finding(tmp_path: Path) -> None:
    tags = PutTagging(key="k", tags=(("a", "1"), ("a", "2")))
    missing, twice = [GetObject(key="k")], [PutObject(key="k"), tags]
    assert len(findings(tmp_path, ["refusals-are-pages"], missing, twice, NO_RANGE)) == 1


IN_CHUNKS = Sent(signing="chunks")
PUT_IN_CHUNKS = [PutObject(key="k", content=X, sent=IN_CHUNKS)]
PART_IN_CHUNKS = [CreateUpload(key="k", called="u"), UploadPart(key="k", upload="u", content=X, sent=IN_CHUNKS)]
LISTED_BY_NOBODY = [ListObjects(sent=Sent("unknown"))]
READ_BY_NOBODY = [PutObject(key="k", content=X), GetObject(key="k", sent=Sent("unknown"))]


@pytest.mark.parametrize(("animal", "alone", "after"), [
    ("frames-kept", PUT_IN_CHUNKS, PART_IN_CHUNKS), ("unknown-key-is-the-owner", LISTED_BY_NOBODY, READ_BY_NOBODY),
])  # fmt: skip
@pytest.mark.parametrize("first", [0, 1])
def test_what_fails_after_others_as_it_does_alone_is_one_finding(
    animal: str, alone: list[Any], after: list[Any], first: int, tmp_path: Path
) -> None:
    order = (alone, after) if first == 0 else (after, alone)
    assert len(findings(tmp_path, [animal], *order)) == 1


LARGE = Content(b"\r\n" * 9)
COPIED = [PutObject(key="source", content=LARGE), StreamCopy(key="k", source_key="source")]
READ = [PutObject(key="k", content=LARGE), GetObject(key="k")]
DELETE = "s3:DeleteObject"
BY_SECOND = Sent("second")
MAY_READ, MAY_DELETE = (PutPolicy(statements=(Statement("Allow", (one,), ("*",)),)) for one in ("s3:GetObject", DELETE))
MISSING = [MAY_READ, GetObject(key="k", sent=BY_SECOND)]
WRITTEN = [MAY_READ, PutObject(key="k", content=X, sent=BY_SECOND)]
DELETED = [MAY_DELETE, DeleteObject(key="k", sent=BY_SECOND)]


AGAIN = [PutVersioning(), PutObject(key="k", content=X), PutObject(key="k", content=LARGE)]
GONE = [PutVersioning(), PutObject(key="k", content=X), DeleteObject(key="k")]
GONE_LISTED, NONE_GONE_LISTED = [*GONE, ListVersions()], [PutVersioning(), DeleteObject(key="k"), ListVersions()]
GROUPED = [PutObject(key="b/c/2", content=X), ListObjects(prefix="b/c", delimiter="/", url=False)]
GROUPED_BY_ONES = [PutObject(key="10", content=X), ListObjects(prefix="1", delimiter="1", url=False)]
STARTED = [PutObject(key="a", content=X), ListObjects(v2=False, start="a")]
GROUPED_BY_TWO = [PutObject(key="20", content=X), ListObjects(delimiter="20", url=False)]
GROUPED_BEHIND = [PutObject(key="p/q/r/t", content=X), ListObjects(delimiter="/v", url=False)]
NO_VERSION = "{version none}"
READ_OF_NONE = [PutObject(key="k", content=X), GetObject(key="k", query=(("versionId", NO_VERSION),))]
COPY_OF_NONE = [PutObject(key="k", content=X), CopyObject(key="k", source_key="k", source_version=NO_VERSION)]
COLORED = [
    PutObject(key="k", content=X, headers=(("x-amz-meta-shape", "round"),)),
    PutObject(key="l", content=X, headers=(("x-amz-meta-color", "blue"),)),
    GetObject(key="k"),
]
KEPT = [replace(COLORED[0], headers=(("Cache-Control", "no-store"),)), *COLORED[1:]]
PAGED = [
    *(PutObject(key=one, content=X) for one in "kab"),
    ListObjects(v2=False, max_keys="2", called="page"),
    ListObjects(v2=False, max_keys="2", after="page"),
]


@pytest.mark.parametrize(("animal", "one", "other"), [
    ("newlines-converted", COPIED, READ), ("policies-forgotten", MISSING, DELETED),
    ("version-ids-repeated", AGAIN, GONE_LISTED), ("markers-untold", GONE, NONE_GONE_LISTED),
    ("delimiter-within-the-prefix", GROUPED, GROUPED_BY_ONES), ("marker-ignored", STARTED, PAGED),
    ("delimiter-is-one-character", GROUPED_BY_TWO, GROUPED_BEHIND), ("metadata-of-another", COLORED, KEPT),
    ("unknown-version-is-the-newest", READ_OF_NONE, COPY_OF_NONE),
    ("actions-unread", [PutObject(key="k"), MAY_DELETE, HeadObject(key="k", sent=BY_SECOND)], WRITTEN),
])  # fmt: skip
@pytest.mark.parametrize("first", [0, 1])
def test_what_is_wrong_by_two_sorts_of_request_is_one_finding(
    animal: str, one: list[Any], other: list[Any], first: int, tmp_path: Path
) -> None:
    assert len(findings(tmp_path, [animal], *((one, other) if first == 0 else (other, one)))) == 1


def test_what_is_gone_one_after_the_other_is_read_after_its_write() -> None:
    """A read that is wrong whenever its object is there is no race, though the object is deleted in the end."""
    put, gone = PutObject(key="k", content=X, lane=1), DeleteObject(key="k", lane=1)
    with store_with(["etag-upper-case"]) as session:
        trial = trial_of(Case("races", (put, gone, GetObject(key="k", lane=2)), together=True), Reading(REFERENCE))
        lab = Lab(session, Immortal())
        with lab.budget(1000):
            assert not apart(trial, lab)
            ((alone, seen),) = read_after_write(trial, lab)
    assert alone.case.steps == (PutObject(key="k", content=X), GetObject(key="k"))
    assert seen.signature.aspect == "etag"


def test_a_read_that_met_a_put_further_down_in_the_case_is_read_after_it(tmp_path: Path) -> None:
    """A client's read may show what another client puts, whose step stands later in the case."""
    case = Case("races", (HeadObject(key="k", lane=1), PutObject(key="k", content=X, lane=2)))
    etag = md5_etag(X.data)
    outcomes = (Reply(200, (("etag", etag.upper()),), b"", 9.0, 1.0), Reply(200, (("etag", etag),), b"", 9.0, 0.0))
    torn = tuple(violations(case, outcomes, REFERENCE))
    with store_with(["etag-upper-case"]) as session:
        triage = Triage(session, Ledger(tmp_path, "w", Reading(REFERENCE)), Immortal())
        triage.look_into(case, Judgement(Transcript(case, outcomes), torn))
    (found,) = corpus.load_all(tmp_path)
    assert found.reproducibility == "every time"
    assert [type(one) for one in found.case.steps] == [PutObject, GetObject]


def test_what_others_send_beside_a_step_comes_before_it() -> None:
    first, read, later = PutObject(key="k"), GetObject(key="k", lane=1), GetObject(key="l", lane=1)
    beside, after = PutObject(key="k", lane=2), DeleteObject(key="k")
    case = Case("races", (first, read, later, beside, after))
    assert after_those_beside(case, 1).steps == (first, beside, read)
    assert after_those_beside(case, 0).steps == (first,)


def with_digest(kind: str, text: bytes) -> list[Any]:
    return [PutObject(key="k", content=Content(text), headers=((f"x-amz-checksum-{kind}", f"{{{kind}}}"),))]


@pytest.mark.parametrize("first", [0, 1])
def test_an_error_that_comes_for_some_contents_is_one_finding_whichever_they_are(first: int, tmp_path: Path) -> None:
    """A CRC32 seldom has a plus or a slash, so that all headers but one seem to be needed where another has."""
    several = [with_digest("crc32", b"l"), with_digest("crc32c", b"4"), with_digest("crc64nvme", b"399442")]
    found = findings(tmp_path, ["checksums-without-signs"], *(several if first == 0 else reversed(several)))
    assert [one.needs for one in found] == [("this very data",)]


def test_a_refusal_of_any_content_does_not_hang_on_it(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, ["hex-digests-wanted"], with_md5(b"l"), with_md5(b""))
    assert "this very data" not in found.needs


def with_md5(text: bytes) -> list[Any]:
    return [PutObject(key="k", content=Content(text), headers=(("Content-MD5", "{md5}"),))]


def test_other_contents_are_as_long_and_those_that_were_the_same_are_the_same() -> None:
    steps = (PutObject(key="a", content=LARGE), PutObject(key="b", content=X), PutObject(key="c", content=LARGE))
    several = list(of_other_data(trial_of(Case("objects", steps), Reading(REFERENCE))))
    assert len(several) >= LEAST_VARIANTS
    for one in several:
        first, second, third = (step.content for step in one.case.steps)
        assert first == third != LARGE
        assert (first.size, second.size) == (LARGE.size, X.size)
    beside = tuple(replace(step, lane=number) for number, step in enumerate(steps, 1))
    assert not list(of_other_data(trial_of(Case("races", beside), Reading(REFERENCE))))

"""Findings about object stores are understood by people who know S3, and nothing of asfuzz."""

from __future__ import annotations

import pytest

from fuzz.findings.finding import Finding
from fuzz.findings.portrait import portrait
from fuzz.subjects.objects.need_words import said
from fuzz.subjects.objects.picture import steps_told
from fuzz.subjects.objects.properties import PROPERTIES
from fuzz.subjects.objects.reading import Reading
from fuzz.subjects.objects.traits.steps import FIELDS
from fuzz.triage.traits import present
from fuzz.triage.trial import trial_of
from specs.case import Case
from specs.objects.answers import CONTENT_LENGTH
from specs.objects.content import Content
from specs.objects.profile import load
from specs.objects.steps import (
    SIGNING_FAULTS,
    SIGNINGS,
    CompleteUpload,
    CreateUpload,
    DeleteObjects,
    GetObject,
    ListObjects,
    Named,
    Part,
    PutObject,
    Sent,
    Step,
    UploadPart,
)
from specs.outcome import Outcome, Reply
from specs.violation import Violation
from strategies.drawing import Chance

UPLOAD: tuple[Step, ...] = (
    CreateUpload(key="k", called="u"),
    UploadPart(key="k", upload="u", number="2", content=Content(fill=5_242_883, seed=2), called="p2"),
    CompleteUpload(key="k", upload="u", parts=(Part("2", "{etag p2}"),), called="done"),
    GetObject(key="k", headers=(("Range", "bytes=5242878-5242885"),), called="r"),
)
REFERENCE = load("reference")


def test_a_finding_is_told_in_words_that_people_who_know_s3_understand() -> None:
    answers: tuple[Outcome, ...] = tuple(
        Reply(status, (), body) for status, body in ((200, b"<x/>"), (200, b""), (200, b""), (206, b"four"))
    )
    needs = ("several requests", "step upload part", "header range")
    violation = Violation("content-length", "another Content-Length", "5", "4", step=3, aspect=CONTENT_LENGTH)
    finding = Finding("one", "f", violation, Case("ranges", UPLOAD), answers, needs, subject="objects")
    assert portrait(finding, "findings/one") == [
        "1  u = create upload 'k'  →  200, 4 bytes",
        "2  p2 = upload part 'k', of upload u, part 2, content of 5,242,883 bytes  →  200",
        "3  complete upload 'k', of upload u, parts 2 (the ETag of p2)  →  200",
        "4  get object 'k', Range: bytes=5242878-5242885  →  206, 'four'",
        "expected   Content-Length: 5",
        "got        Content-Length: 4",
        "must       content-length: Content-Length is the length of the content, for HEAD as for GET",
        "needs      upload part before it, the header Range",
        "seen       once; sent again: every time",
        "again      asfuzz replay findings/one",
    ]


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (PutObject(key="k"), "put object 'k', no content"),
        (PutObject(key="k", content=Content(b"ab", 1020, 7)), "put object 'k', content 'ab' and 1,020 bytes more"),
        (GetObject(key="k", sent=Sent("anonymous")), "get object 'k' (with nobody's account)"),
        (
            GetObject(key="k", sent=Sent("second", "presigned", "expired")),
            "get object 'k' (with the second account and a presigned URL and a signing fault: expired)",
        ),
        (GetObject(key="k", lane=4), "get object 'k' (client 4, at the same time)"),
        (GetObject(key="k", query=(("versionId", "{version w1}"),)), "get object 'k', ?versionId=the version of w1"),
        (DeleteObjects(keys=(Named("b", "{version w}"),)), "delete objects keys ['b' in the version of w]"),
        (ListObjects(v2=False, prefix="a/"), "list objects prefix 'a/', version 1"),
    ],
)  # fmt: skip
def test_a_step_is_told_in_a_line(step: Step, told: str) -> None:
    assert steps_told((step,)) == [told]


def test_a_step_has_a_name_only_where_another_refers_to_it() -> None:
    put, read = PutObject(key="k", called="w1"), GetObject(key="k", called="w2", query=(("versionId", "{version w1}"),))
    assert [one.partition(" = ")[0] for one in steps_told((put, read)) if " = " in one] == ["w1"]
    assert not any(" = " in one for one in steps_told((put, GetObject(key="k", called="w2"))))


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (Sent("anonymous"), "nobody's account"),
        (Sent(signing="chunks", fault="no-last-chunk"), "a body in signed chunks and a signing fault: no last chunk"),
    ],
)
def test_another_way_of_sending_is_told_by_what_it_is(sent: Sent, told: str) -> None:
    assert said(["another way of sending"], Case("x", (PutObject(key="k", sent=sent),))) == (told,)


def test_every_way_of_signing_and_every_fault_has_words() -> None:
    for signing in SIGNINGS:
        for fault in SIGNING_FAULTS:
            case = Case("x", (PutObject(key="k", sent=Sent("second", signing, fault)),))
            (told,) = said(["another way of sending"], case)
            assert told.startswith("the second account")
            assert ("and" in told) == (signing != "header" or bool(fault))


def test_no_need_of_what_is_drawn_is_told_by_the_name_that_triage_has_for_it() -> None:
    reading, internal = Reading(REFERENCE), ("answer to ", "step ", "query ", "header ", "another way", "a plan of")
    kinds = set()
    for one in PROPERTIES:
        choice = one.cases(REFERENCE)
        for seed in range(5):
            trial = trial_of(choice.by_chance(Chance(seed)), reading)
            for name in present(trial):
                (told,) = said([name], trial.case)
                assert not told.startswith(internal), name
                kinds.add(name)
    assert len(kinds) > len(FIELDS)


def test_steps_before_the_last_are_told_together() -> None:
    needs = ("several requests", "answer to get object", "step put object", "step delete object")
    assert said(needs, Case("x", ())) == ("put object and delete object before it", "get object as the last request")

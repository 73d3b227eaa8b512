"""A wrong answer of a store tells which altered history it would be right for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fuzz.subjects.objects.bare_lists import BARE
from fuzz.subjects.objects.reading import Reading
from fuzz.subjects.objects.reads_as import DELETES, FORGOTTEN, KEPT, LATE
from fuzz.triage.lab import Lab
from fuzz.triage.trial import trial_of
from specs.case import Case
from specs.objects.content import Content
from specs.objects.steps import (
    AbortUpload,
    CompleteUpload,
    CopyObject,
    CreateUpload,
    DeleteObject,
    DeleteObjects,
    GetObject,
    ListObjects,
    ListVersions,
    Named,
    Part,
    PutObject,
    PutVersioning,
    Statement,
    SubResource,
    UploadPart,
)
from tests.unit.fuzz.subjects.objects.test_objects_causes import REFERENCE, findings, store_with
from tests.unit.pretended import Immortal

X, LONGER = Content(b"x"), Content(b"something longer")
PUT, READ, UNMET = PutObject(key="k", content=X), GetObject(key="k"), (("If-Match", '"other"'),)
ANEW = (("If-None-Match", "*"),)
WRONG = (("x-amz-checksum-crc32", "{wrong crc32}"),)
REFUSED = PutObject(key="k", content=X, headers=UNMET)
LEFT = PutObject(key="k", content=LONGER, leaves=4)
UPLOAD = CreateUpload(key="k", called="u")
ABORTED = (UPLOAD, AbortUpload(key="k", upload="u"))
SENT = UploadPart(key="k", upload="u", content=X)
OF_ANY_ETAG = CompleteUpload(key="k", upload="u", parts=(Part("1", '"other"'),))
OPEN = Statement("Allow", ("s3:GetObject",), ("open/*",))
OF_TWO = Statement("Allow", ("s3:PutObject",), ("elsewhere", "k"))
REPLACED = ("x-amz-metadata-directive", "REPLACE")
CONTROL = "a\x01b"


def readings(animal: str, *steps: Any) -> frozenset[str]:
    """Return what the last answer to these steps is right for on a store with an animal."""
    with store_with([animal]) as session:
        reading, lab = Reading(REFERENCE), Lab(session, Immortal())
        trial = trial_of(Case("objects", steps), reading)
        with lab.budget(100):
            return reading.reads_as(trial, lab.ask(trial)[0], None)


@pytest.mark.parametrize(
    ("animal", "steps", "said"),
    [
        ("broken-off-is-kept", (REFUSED, READ), KEPT),
        ("broken-off-is-kept", (LEFT, READ), KEPT),
        ("broken-off-is-kept", (PutObject(key="k", content=X, headers=WRONG), READ), KEPT),
        ("broken-off-is-kept", (PutObject(key="k", content=X, headers=ANEW),), KEPT),
        ("broken-off-is-kept", (PutVersioning(status="Enabled"), PUT, ListVersions()), KEPT),
        ("empty-put-ignored", (PUT, PutObject(key="k"), READ), LATE.format("put object")),
        ("empty-put-ignored", (PUT, PutObject(key="k"), READ), FORGOTTEN.format("put object")),
        ("abort-deletes-the-object", (PUT, *ABORTED, READ), DELETES.format("abort upload")),
        (
            "controls-dropped",
            (PutObject(key=CONTROL, content=X), ListObjects()),
            "the answer for keys without their control characters",
        ),
        (
            "sub-resources-ignored",
            (PUT, SubResource(key="k", name="acl")),
            "the answer without a sub-resource in the query",
        ),
    ],
)
def test_a_wrong_answer_is_right_for_what_the_store_makes_of_the_history(
    animal: str, steps: Sequence[Any], said: str
) -> None:
    assert said in readings(animal, *steps)


def test_an_alteration_shows_where_another_answer_is_due() -> None:
    reading = Reading(REFERENCE)
    for steps, shown in (((REFUSED, READ), True), ((PUT, READ), False), ((READ, PUT), False)):
        assert reading.shows(KEPT, trial_of(Case("objects", steps), reading), None) is shown


def test_a_refusal_is_right_for_a_history_in_which_that_very_refusal_is_due() -> None:
    reading = Reading(REFERENCE)
    with store_with(["broken-off-is-kept"]) as session:
        trial = trial_of(Case("objects", (PutObject(key="k", content=X, headers=ANEW),)), reading)
        refusal = session.judge(trial.case).transcript.outcomes[-1]
    with store_with([]) as session:
        answer = session.judge(trial.case).transcript.outcomes[-1]
    assert reading.is_right_for(KEPT, trial, refusal, None)
    assert not reading.is_right_for(KEPT, trial, answer, None)


def test_what_a_store_keeps_of_bodies_is_one_finding_however_it_shows(tmp_path: Path) -> None:
    cases = ((REFUSED, READ), (PutObject(key="k", content=X, headers=ANEW),), (LEFT, READ))
    cases += (
        (PutVersioning(status="Enabled"), PUT, ListVersions()),
        (PutObject(key="k", content=X, headers=WRONG), READ),
    )
    assert len(findings(tmp_path, ["broken-off-is-kept"], *cases)) == 1


def test_a_key_that_is_misread_is_one_finding_whether_a_listing_or_a_batch_shows_it(tmp_path: Path) -> None:
    puts = (PutObject(key=CONTROL, content=X), PutObject(key="a\x7fb", content=X))
    batch = (puts[0], DeleteObjects(keys=(Named(CONTROL),)), GetObject(key=CONTROL))
    assert len(findings(tmp_path, ["controls-dropped"], (puts[1], ListObjects(url=False)), batch)) == 1


def test_a_digest_that_is_not_compared_is_one_finding_in_a_batch_and_in_a_put(tmp_path: Path) -> None:
    batch = (DeleteObjects(keys=(Named("k"),), digest="wrong md5"),)
    put = (PutObject(key="k", content=X, headers=(("Content-MD5", "{wrong md5}"),)),)
    assert len(findings(tmp_path, ["md5-unverified"], batch, put)) == 1


def test_what_is_refused_for_its_metadata_is_one_finding_whatever_makes_the_object(tmp_path: Path) -> None:
    long = (("x-amz-meta-long", "v" * 1500),)
    copies = [CopyObject(key="c", source_key=key, headers=(*long, REPLACED)) for key in ("k", "missing")]
    cases = ((PUT, copies[0]), (copies[1],), (CreateUpload(key="k", headers=long),), (replace(PUT, headers=long),))
    assert len(findings(tmp_path, ["metadata-limit-too-low"], *cases)) == 1


def test_a_copy_of_a_version_comes_to_the_same_as_a_put_of_its_content(tmp_path: Path) -> None:
    versions = PutVersioning(status="Enabled"), PutObject(key="k", content=X, called="v")
    copied = (*versions, CopyObject(key="c", source_key="k", source_version="{version v}"), GetObject(key="c"))
    assert len(findings(tmp_path, ["last-modified-is-local-time"], (PUT, READ), copied)) == 1


def test_what_hangs_on_a_digest_is_one_finding_whatever_has_the_digest(tmp_path: Path) -> None:
    headers = {kind: ((f"x-amz-checksum-{kind}", f"{{{kind}}}"),) for kind in ("sha256", "sha1", "crc32", "crc64nvme")}
    cases = [
        (PutObject(key="k", content=Content(b"%d" % n), headers=one),) for n in range(9) for one in headers.values()
    ]
    cases += [(DeleteObjects(keys=(Named(f"k{n}"),), digest="sha256"),) for n in range(4)]
    assert len(findings(tmp_path, ["checksums-without-signs"], *cases)) == 1


def test_a_condition_of_an_earlier_request_is_no_need_of_another_cause(tmp_path: Path) -> None:
    unmet = GetObject(key="k", headers=UNMET)
    cases = ((PUT, unmet), (replace(PUT, content=Content(b"$"), headers=ANEW), unmet))
    assert len(findings(tmp_path, ["unmet-is304"], *cases)) == 1
    assert len(findings(tmp_path / "other", ["unmet-is304"], *reversed(cases))) == 1


@pytest.mark.parametrize("turn", [1, -1])
def test_groups_are_one_cause_whatever_the_delimiter(tmp_path: Path, turn: int) -> None:
    cases = [
        (PutObject(key=key, content=X), ListObjects(delimiter=delimiter))
        for key, delimiter in (("x-1", "1"), ("a/2", "/"))
    ]
    assert len(findings(tmp_path, ["groups-not-counted"], *cases[::turn])) == 1


@pytest.mark.parametrize("turn", [1, -1])
def test_keys_of_which_nothing_is_left_are_misread_like_others(tmp_path: Path, turn: int) -> None:
    cases = [(PutObject(key="a/.."),), (PutObject(key="a/../b", content=X), ListObjects())]
    assert len(findings(tmp_path, ["dots-resolved"], *cases[::turn])) == 1


IN_CODE, LACKED = ListObjects(url=True), "bell\x07"


@pytest.mark.parametrize("key", ["z+z", "z%41z", LACKED])
def test_keys_that_are_only_said_to_be_encoded_are_read_so(key: str) -> None:
    assert readings("encoding-only-told", PutObject(key=key, content=X), IN_CODE) >= {BARE}


def test_a_list_that_lacks_a_key_is_not_right_for_one_that_is_not_encoded() -> None:
    """Where a key cannot be in XML, nothing is wrong with a list that is not encoded, whatever it holds."""
    assert BARE not in readings("empty-objects-hidden", PutObject(key=LACKED), IN_CODE)


@pytest.mark.parametrize("turn", [1, -1])
def test_keys_that_are_only_said_to_be_encoded_are_one_cause_whatever_is_odd_in_them(tmp_path: Path, turn: int) -> None:
    cases = [(PutObject(key=key, content=X), IN_CODE) for key in ("z+z", LACKED, "z%41z")]
    assert len(findings(tmp_path, ["encoding-only-told"], *cases[::turn])) == 1


@pytest.mark.parametrize("turn", [1, -1])
def test_a_put_that_is_forgotten_is_one_cause_where_it_has_no_version(tmp_path: Path, turn: int) -> None:
    emptied, versioned = PutObject(key="k"), PutVersioning(status="Enabled")
    cases = ((PUT, emptied, READ), (PUT, versioned, emptied), (versioned, PUT, emptied, READ))
    (one,) = findings(tmp_path, ["empty-put-ignored"], *cases[::turn])
    assert "an empty content" in one.needs


def test_a_copy_that_is_wrong_as_its_source_is_needs_no_copy(tmp_path: Path) -> None:
    copied = (PUT, PutObject(key="k"), CopyObject(key="copy", source_key="k"))
    (one,) = findings(tmp_path, ["empty-put-ignored"], copied, (PUT, PutObject(key="k"), READ))
    assert set(one.needs) == {"several requests", "step put object", "an empty content"}


@pytest.mark.parametrize("turn", [1, -1])
def test_letters_are_in_the_wrong_order_whether_they_are_ascii(tmp_path: Path, turn: int) -> None:
    cases = [(*(PutObject(key=key, content=X) for key in keys), ListObjects()) for keys in ("Ba", "Äá")]
    assert len(findings(tmp_path, ["order-ignores-case"], *cases[::turn])) == 1


def test_versions_untold_are_another_cause_than_puts_that_are_forgotten(tmp_path: Path) -> None:
    emptied, versioned = PutObject(key="k"), PutVersioning(status="Enabled")
    cases = ((PUT, emptied, READ), (PUT, versioned, emptied), (versioned, PutObject(key="other")))
    assert len(findings(tmp_path, ["empty-put-ignored", "version-ids-untold"], *cases)) == 2


def test_what_is_forgotten_of_two_kinds_of_writes_is_two_findings(tmp_path: Path) -> None:
    deleted = (PUT, DeleteObject(key="k"), READ)
    cases = (deleted, (REFUSED, READ), deleted, (LEFT, READ))
    assert len(findings(tmp_path, ["broken-off-is-kept", "deletes-only-empty"], *cases)) == 2

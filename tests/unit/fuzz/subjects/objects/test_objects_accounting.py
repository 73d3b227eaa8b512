"""What a report calls never at stake was not: whatever a broken store gets wrong was at stake in that case."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from fuzz.embedded.store.object_store import ObjectStore
from fuzz.embedded.store.server import serving
from fuzz.running.session import Session
from fuzz.running.store.protocol import impostors
from fuzz.subjects.objects.access import OWN, OWNER, SECOND, Access
from fuzz.subjects.objects.accounting import at_stake
from fuzz.subjects.objects.properties import PROPERTIES
from fuzz.subjects.objects.subject import OBJECTS
from fuzz.subjects.objects.zoo import animals, find
from fuzz.transport.http import HttpClient
from fuzz.transport.protocol import ClientSettings
from specs.case import Case
from specs.objects.content import Content
from specs.objects.profile import load
from specs.objects.steps import (
    CompleteUpload,
    GetObject,
    ListObjects,
    Part,
    PutObject,
    Sent,
    Step,
    UploadPart,
)
from strategies.drawing import Chance

REFERENCE = load("reference")
# These wait, or move megabytes.
SLOW = ("large-uploads", "streams", "interruptions")
# Each shows in what few requests of any kind ask.
LOUD = [
    "etag-of-length", "etag-in-listing-is-another", "clock-is-coarse", "range-without-its-end", "missing-is-forbidden",
    "head-tells-no-length",
]  # fmt: skip


@contextmanager
def session(kind: type[ObjectStore]) -> Iterator[Session]:
    accounts = {OWNER: OWN[0], SECOND: OWN[1], **impostors(OWN[0])}
    with serving({one.access_key: one.secret for one in OWN}, kind=kind) as store:
        client = HttpClient(store.url, ClientSettings(timeout_seconds=2.0))
        with closing(Session(OBJECTS, client, Access(accounts), REFERENCE)) as found:
            yield found


def broken_unseen(animal: str, seed: int) -> tuple[int, set[tuple[str, str]]]:
    """How many answers were wrong, and what they broke that nothing was to tell."""
    wrong, unseen = 0, set()
    with session(find(animal).store) as asked:
        for one in PROPERTIES:
            if one.name in SLOW:
                continue
            case = one.named(one.cases(REFERENCE).by_chance(Chance(seed)))
            judged = asked.judge(case)
            told = set(at_stake(case, OBJECTS.expectations(case, REFERENCE, None), judged.transcript.outcomes))
            wrong += len(judged.failures)
            unseen |= {(one.requirement, one.title) for one in judged.failures if one.requirement not in told}
    return wrong, unseen


def test_what_a_broken_store_gets_wrong_was_at_stake() -> None:
    told = [broken_unseen(animal, seed) for seed, animal in enumerate(LOUD)]
    assert sum(wrong for wrong, _ in told) > len(LOUD)
    assert set().union(*(unseen for _, unseen in told)) == set()


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted({one.kind for one in animals().values()} - {"streaming"}))
def test_what_any_broken_store_gets_wrong_was_at_stake(kind: str) -> None:
    several = [one.id for one in animals().values() if one.kind == kind]
    assert [unseen for seed, animal in enumerate(several) for unseen in broken_unseen(animal, seed)[1]] == []


ALWAYS = {"answers", "survives", "no-server-error", "discloses-nothing"}


@pytest.mark.parametrize(
    ("steps", "wanted"),
    [
        ((PutObject(key="k", content=Content(b"x")),), {"accepts-valid", "status", "etag"}),
        ((GetObject(key="k"),), {"refusals", "error-form"}),
        ((ListObjects(max_keys="1"),), {"answer-form", "paging", "listing-encoding", "listing"}),
        ((PutObject(key="k", sent=Sent(signing="chunks")),), {"same-answer"}),
        ((PutObject(key="k", content=Content(b"xyz"), leaves=1),), {"interrupted"}),
        ((PutObject(key="k"), GetObject(key="k", headers=(("If-Match", "*"),))), {"read-conditions", "content"}),
        ((PutObject(key="k", lane=1), GetObject(key="k", lane=2)), {"linearizable", "no-torn-reads"}),
        ((UploadPart(key="k", upload="u"), CompleteUpload(key="k", upload="u", parts=(Part("1", "x"),))), {"refusals"}),
    ],
)
def test_what_a_request_puts_at_stake(steps: tuple[Step, ...], wanted: set[str]) -> None:
    case = Case("x", steps)
    with session(ObjectStore) as asked:
        outcomes = asked.judge(case).transcript.outcomes
    assert {*at_stake(case, OBJECTS.expectations(case, REFERENCE, None), outcomes)} >= wanted | ALWAYS

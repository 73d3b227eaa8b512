"""Copies that are read and written as they come are their source, hold little, and end what they cannot finish."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from fuzz.embedded.store.object_store import ObjectStore
from fuzz.embedded.store.server import serving
from fuzz.running.session import Session
from fuzz.subjects.objects import streams
from fuzz.subjects.objects.access import OWN, OWNER, Access
from fuzz.subjects.objects.subject import OBJECTS
from fuzz.subjects.objects.zoo import animals, find
from fuzz.transport.http import HttpClient
from fuzz.transport.http.connection import MOST_AT_ONCE
from fuzz.transport.protocol import ClientSettings
from specs.case import Case
from specs.objects.content import Content
from specs.objects.profile import load
from specs.objects.steps import (
    CopyObject,
    CreateBucket,
    DeleteObject,
    GetObject,
    HeadObject,
    ListObjects,
    ListUploads,
    PutObject,
    Step,
    StreamCopy,
)  # fmt: skip
from specs.outcome import NoReply, Outcome, Reply
from strategies.objects import streaming
from strategies.objects.drawing import Draw

MIB = 2**20
REFERENCE = load("reference")
LARGE = Content(b"large", 12 * MIB, 5)
SMALL = Content(b"small", 70_000, 5)


@contextmanager
def session(kind: type[ObjectStore] = ObjectStore, seconds: float = 10.0) -> Iterator[Session]:
    """A session with a store in this process, and with its two accounts."""
    keys = dict(zip((OWNER, "second"), OWN, strict=True))
    with serving({one.access_key: one.secret for one in OWN}, kind=kind) as store:
        client = HttpClient(store.url, ClientSettings(timeout_seconds=seconds))
        with closing(Session(OBJECTS, client, Access(keys), REFERENCE)) as found:
            yield found


def taken(several: Sequence[Step], kind: type[ObjectStore] = ObjectStore) -> tuple[list[Any], tuple[Outcome, ...]]:
    with session(kind) as asked:
        judged = asked.judge(Case("streams", tuple(several)))
    return [one.requirement for one in judged.failures], judged.transcript.outcomes


@pytest.mark.parametrize("content", [Content(), Content(b"x"), SMALL, LARGE])
@pytest.mark.parametrize("part_bytes", [0, 5 * MIB])
@pytest.mark.parametrize("key", ["k", "source"])
def test_a_streamed_copy_is_its_source(content: Content, part_bytes: int, key: str) -> None:
    failures, outcomes = taken(
        [
            PutObject(key="source", content=content),
            StreamCopy(key=key, source_key="source", part_bytes=part_bytes),
            GetObject(key=key),
            CopyObject(key="other", source_key="source"),
            GetObject(key="other"),
            ListUploads(),
        ]
    )
    assert failures == []
    bodies = [outcomes[number].body for number in (2, 4) if isinstance(outcomes[number], Reply)]  # type: ignore[union-attr]
    assert bodies == [content.data] * 2


@pytest.mark.parametrize("part_bytes", [0, 5 * MIB])
@pytest.mark.parametrize("at", [0, 1, 6 * MIB, LARGE.size - 1])
def test_of_a_source_that_breaks_off_nothing_appears(part_bytes: int, at: int) -> None:
    failures, outcomes = taken(
        [
            PutObject(key="source", content=LARGE),
            PutObject(key="k", content=Content(b"before")),
            StreamCopy(key="k", source_key="source", part_bytes=part_bytes, leaves=at),
            GetObject(key="k"),
            ListUploads(),
            ListObjects(),
        ]
    )
    assert failures == []
    assert isinstance(outcomes[2], NoReply)
    assert outcomes[2].reason == "left"
    assert isinstance(outcomes[3], Reply)
    assert outcomes[3].body == b"before"
    assert isinstance(outcomes[4], Reply)
    assert b"<Upload>" not in outcomes[4].body


@pytest.mark.parametrize("part_bytes", [0, 5 * MIB])
@pytest.mark.parametrize(
    ("copy", "status"),
    [
        (StreamCopy(key="k", source_key="missing"), 404),
        (StreamCopy(key="k", source_key="source", bucket="none"), 404),
        (StreamCopy(key="k", source_key="source", headers=(("If-None-Match", "*"),)), 412),
    ],
)
def test_a_refusal_of_either_side_is_the_outcome(copy: StreamCopy, status: int, part_bytes: int) -> None:
    copy = replace(copy, part_bytes=part_bytes)
    put = [PutObject(key="source", content=SMALL), PutObject(key="k", content=Content(b"before"))]
    failures, outcomes = taken([*put, copy, GetObject(key="k"), ListUploads()])
    assert failures == []
    assert isinstance(outcomes[2], Reply)
    assert outcomes[2].status == status


def test_little_is_held_whatever_the_size(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[streams.Pipe] = []

    class Noted(streams.Pipe):
        def __init__(self, leaves: int) -> None:
            super().__init__(leaves)
            made.append(self)

    monkeypatch.setattr(streams, "Pipe", Noted)
    taken([PutObject(key="source", content=LARGE), StreamCopy(key="k", source_key="source")])
    assert [one.size for one in made] == [LARGE.size]
    assert 0 < made[0].most_held <= MOST_AT_ONCE


@pytest.mark.parametrize("seed", range(6))
def test_a_batch_by_several_workers_is_the_same_as_one_after_the_other(seed: int) -> None:
    drawn = streaming.batch(Draw(Random(seed), REFERENCE))
    beside, outcomes = taken(drawn)
    in_turn, others = taken([replace(one, lane=0) for one in drawn])
    assert (beside, in_turn) == ([], [])
    read = [number for number, one in enumerate(drawn) if isinstance(one, GetObject)]
    assert len({one.lane for one in drawn}) > 2
    assert [outcomes[at].body for at in read] == [others[at].body for at in read]  # type: ignore[union-attr]


# More than what lies between a store and a client that does not read on.
HUGE = Content(b"huge", 32 * MIB, 5)
ONTO_ITSELF = [PutObject(key="k", content=HUGE), StreamCopy(key="k", source_key="k"), GetObject(key="k")]
BROKEN_OFF = [PutObject(key="s", content=LARGE), StreamCopy(key="k", source_key="s", leaves=10 * MIB), ListObjects()]
STREAMING = [one.id for one in animals().values() if one.kind == "streaming"]


@pytest.mark.parametrize("animal", STREAMING)
def test_each_animal_is_seen_by_a_streamed_copy(animal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fuzz.subjects.objects.zoo.streaming.WAITED_SECONDS", 2.0)

    def seen(several: Sequence[Step]) -> bool:
        with session(find(animal).store, seconds=1.0) as asked:
            return bool(asked.judge(Case("streams", tuple(several))).failures)

    assert seen(BROKEN_OFF) or seen(ONTO_ITSELF)


@pytest.mark.parametrize("animal", STREAMING)
def test_what_is_not_streamed_is_right_at_each_animal(animal: str) -> None:
    several = [
        CreateBucket(bucket="c"),
        PutObject(key="k", content=LARGE),
        GetObject(key="k", headers=(("Range", "bytes=100-200000"),)),
        HeadObject(key="k"),
        PutObject(key="k", content=SMALL),
        GetObject(key="k"),
        CopyObject(key="other", source_key="k"),
        DeleteObject(key="k"),
        ListObjects(),
    ]
    assert taken(several, find(animal).store)[0] == []

"""The stage of object stores: a store that asks to come again later is asked again for its buckets."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from contextlib import closing
from typing import Any

import pytest

from fuzz.embedded.http_messages import HttpResponse
from fuzz.embedded.store.call import Call
from fuzz.embedded.store.object_store import ObjectStore
from fuzz.embedded.store.server import serving
from fuzz.running.session import Session
from fuzz.running.store import Unstorable
from fuzz.subjects.objects import stage
from fuzz.subjects.objects.access import OWN, OWNER, Access
from fuzz.subjects.objects.subject import OBJECTS
from fuzz.transport.exchanges import all_finished
from fuzz.transport.http import HttpClient
from fuzz.transport.protocol import Wait
from specs.case import Case
from specs.objects.content import Content
from specs.objects.profile import load
from specs.objects.steps import HeadBucket, ListBuckets, ListObjects, PutObject, Sent, Signing
from specs.outcome import Reply
from strategies.objects.single import CLIMBING


@pytest.mark.parametrize(("statuses", "asked", "made"), [
    ([200], 1, True), ([503, 429, 200], 3, True), ([503] * 9, 3, False), ([500, 200], 1, False),
])  # fmt: skip
def test_buckets_are_asked_for_again_only_while_the_store_says_so(
    statuses: list[int], asked: int, made: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "WAITS_SECONDS", (0.0, 0.0))
    sent: list[Any] = []

    def send(message: Any) -> Reply:
        sent.append(message)
        return Reply(statuses[len(sent) - 1], (), b"")

    buckets = stage.CaseBuckets(Access({OWNER: OWN[0]}), load("reference"))
    buckets.reach("http://127.0.0.1:1", send)
    case = Case("objects", (ListObjects(),))
    if made:
        assert buckets.begin(case, afresh=False).made
    else:
        with pytest.raises(Unstorable):
            buckets.begin(case, afresh=False)
    assert len(sent) == asked


@pytest.mark.parametrize("signing", ["header", "chunks", "unsigned-trailer"])
@pytest.mark.parametrize(("size", "leaves", "due"), [(10, 4, 4), (10, 4096, 9), (1, 0, 0), (1, 4096, 0)])
def test_a_client_that_leaves_has_never_sent_all_of_the_content(
    signing: Signing, size: int, leaves: int, due: int
) -> None:
    buckets = stage.CaseBuckets(Access({OWNER: OWN[0]}), load("reference"))
    buckets.reach("http://127.0.0.1:1", lambda _message: Reply(200, (), b""))
    step = PutObject(key="k", content=Content(b"x" * size), leaves=leaves, sent=Sent(signing=signing))
    message: Any = buckets.message(step, buckets.begin(Case("objects", (step,)), afresh=False))
    assert message.leaves_after == due


@pytest.mark.parametrize("key", CLIMBING)
def test_a_key_that_climbs_names_the_other_bucket_as_it_is_really_called(key: str) -> None:
    buckets = stage.CaseBuckets(Access({OWNER: OWN[0]}), load("reference"))
    buckets.reach("http://127.0.0.1:1", lambda _message: Reply(200, (), b""))
    step = PutObject(key=key, content=Content(b"intruder"))
    places = buckets.begin(Case("neighbours", (step,)), afresh=False)
    sent: Any = buckets.message(step, places)
    assert "~" not in sent.path
    assert ("~bucket-b~" in key) == (places.buckets.get("b", "no bucket") in sent.path)


def test_a_list_of_buckets_tells_those_of_the_case_by_the_names_that_keys_name_them_by() -> None:
    buckets = stage.CaseBuckets(Access({OWNER: OWN[0]}), load("reference"))
    buckets.reach("http://127.0.0.1:1", lambda _message: Reply(200, (), b""))
    step = ListBuckets()
    places = buckets.begin(Case("buckets", (HeadBucket(), HeadBucket(bucket="b"), step)), afresh=False)
    listed = "".join(f"<Name>{name}</Name>" for name in (*places.buckets.values(), f"{places.buckets['a']}b"))
    told = buckets.heard(step, places, Reply(200, (), listed.encode()))
    assert isinstance(told, Reply)
    assert told.body.decode() == f"<Name>~bucket-a~</Name><Name>~bucket-b~</Name><Name>{places.buckets['a']}b</Name>"


def test_other_work_goes_on_while_the_buckets_of_a_case_are_made() -> None:
    told, came_in_time = threading.Event(), []

    class SlowToMakeBuckets(ObjectStore):
        def create_bucket(self, call: Call) -> HttpResponse:
            came_in_time.append(told.wait(10))
            return super().create_bucket(call)

    def other_work() -> Generator[Wait, bool, None]:
        yield Wait(time.monotonic())
        told.set()

    with (
        serving({OWN[0].access_key: OWN[0].secret}, kind=SlowToMakeBuckets) as store,
        closing(Session(OBJECTS, HttpClient(store.url), Access({OWNER: OWN[0]}), load("reference"))) as session,
    ):
        works: list[Any] = [session.judging(Case("objects", (ListObjects(),)), session.client), other_work()]
        judgement, _ = all_finished(works)
    assert came_in_time == [True]
    assert not judgement.failures

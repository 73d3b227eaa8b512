"""Laws of requests at the same time that touch different things: any order is as good, and all answers are judged."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specs.case import Case
from specs.objects.content import Content
from specs.objects.model.asked import Asked
from specs.objects.model.commuting import serial
from specs.objects.model.judging import checked, first_state, violations
from specs.objects.model.operations import alternatives
from specs.objects.profile import load
from specs.objects.steps import (
    CopyObject,
    CreateBucket,
    DeleteObject,
    DeleteObjects,
    GetObject,
    GetVersioning,
    HeadBucket,
    ListBuckets,
    ListObjects,
    Named,
    PutObject,
    PutTagging,
    PutVersioning,
    Sent,
    Step,
)  # fmt: skip
from specs.objects.words import NOTHING
from specs.outcome import NoReply, Reply

REFERENCE = load("reference")
DATE = "Sun, 29 Nov 2026 01:00:00 GMT"
KEYS = st.sampled_from(("1/a", "1/b", "2/a", "2/b", "all"))
LANES = st.integers(1, 2)
STEPS = st.one_of(
    st.builds(PutObject, key=KEYS, content=st.builds(Content, st.binary(max_size=3)), lane=LANES),
    st.builds(GetObject, key=KEYS, lane=LANES),
    st.builds(DeleteObject, key=KEYS, lane=LANES),
    st.builds(CopyObject, key=KEYS, source_key=KEYS, lane=LANES),
    st.builds(PutTagging, key=KEYS, tags=st.just((("k", "v"),)), lane=LANES),
    st.builds(ListObjects, prefix=st.sampled_from(("", "1/", "2/")), lane=LANES),
    st.builds(DeleteObjects, keys=st.lists(st.builds(Named, KEYS), min_size=1, max_size=2).map(tuple), lane=LANES),
)


def due(steps: tuple[Any, ...], order: list[int]) -> tuple[dict[int, list[str]], object]:
    """What is due for each step if the steps are taken in that order, and the keys that are there at the end."""
    state, told = first_state(), {}
    for number in order:
        several = alternatives(Asked(steps[number], state, REFERENCE, NOTHING, 0.0))
        told[number] = [f"{one.status} {one.told}" for one in several]
        state = several[0].then
    bucket = state.bucket("a")
    assert bucket is not None
    return told, {key: [one.content for one in several] for key, several in bucket.objects.items()}


@given(st.lists(STEPS, min_size=2, max_size=6), st.randoms(use_true_random=False))
def test_in_any_order_of_the_clients_the_same_is_due(drawn: list[Step], random: Random) -> None:
    before = [PutObject(key=key, content=Content(key.encode())) for key in ("1/a", "2/a")]
    steps = (*before, *drawn)
    order = serial(Case("load", steps))
    if order is None:
        return
    lanes = {lane: [number for number, one in enumerate(steps) if one.lane == lane] for lane in (0, 1, 2)}
    other = list(lanes[0])
    while lanes[1] or lanes[2]:
        other.append(lanes[random.choice([lane for lane in (1, 2) if lanes[lane]])].pop(0))
    assert due(steps, order) == due(steps, other)


def conflict(*steps: Step) -> bool:
    return serial(Case("load", steps)) is None


def test_reads_of_one_thing_are_in_nobodys_way() -> None:
    assert serial(Case("load", (GetObject(key="k", lane=2), GetObject(key="k", lane=1)))) == [1, 0]
    assert not conflict(ListObjects(lane=1), ListObjects(lane=2, prefix="k"), HeadBucket(lane=3), GetVersioning(lane=4))


@pytest.mark.parametrize(
    "other",
    [
        GetObject(key="1/k", lane=2),
        DeleteObject(key="1/k", lane=2),
        ListObjects(lane=2),
        ListObjects(prefix="1/", lane=2),
        CopyObject(key="2/k", source_key="1/k", lane=2),
        DeleteObjects(keys=(Named("2/k"), Named("1/k")), lane=2),
        PutVersioning(lane=2),
        CreateBucket(bucket="c", lane=2),
        ListBuckets(lane=2),
        GetObject(key="2/k", lane=2, sent=Sent("anonymous")),
        GetObject(key="2/k", lane=2, sent=Sent(fault="skewed")),
    ],
)
def test_the_order_matters_beside_a_write_of_the_same(other: Step) -> None:
    assert conflict(PutObject(key="1/k", lane=1), other)
    assert not conflict(PutObject(key="1/k", lane=1), PutObject(key="2/k", lane=2), ListObjects(prefix="3/", lane=3))


def test_what_was_done_before_stays_before() -> None:
    steps = (PutObject(key="k", lane=2), PutObject(key="l", lane=1), GetObject(key="k"), PutObject(key="k", lane=1))
    assert serial(Case("load", steps)) == [1, 0, 2, 3]


def answered(status: int, **headers: str) -> Reply:
    return Reply(status, (("date", DATE), *((name, value) for name, value in headers.items())), b"", 5.0)


def told(*exchanges: tuple[Step, Any]) -> list[tuple[str, int]]:
    case = Case("load", tuple(step for step, _ in exchanges))
    found = violations(case, tuple(outcome for _, outcome in exchanges), REFERENCE)
    return [(one.requirement, one.step) for one in found if one.severity == "failure"]


def test_every_answer_of_clients_with_keys_of_their_own_is_judged() -> None:
    put = PutObject(key="1/k", content=Content(b"x"), lane=1)
    wrote = answered(200, etag='"9dd4e461268c8034f5c8564e155c67a6"')
    tags = PutTagging(key="2/k", tags=(("k", "v"),), lane=2)
    missing = Reply(
        404, (("date", DATE), ("content-type", "application/xml")), b"<Error><Code>NoSuchKey</Code></Error>"
    )
    assert told((put, wrote), (tags, missing)) == []
    assert told((put, wrote), (tags, answered(200))) == [("missing-things", 1)]
    assert told((tags, missing), (put, wrote), (GetObject(key="1/k", lane=1), missing)) == [("accepts-valid", 2)]
    assert told((tags, missing), (put, NoReply("closed"))) == [("answers", 1)]


def test_a_failure_of_one_client_leaves_the_others_judged() -> None:
    put = PutObject(key="1/k", content=Content(b"x"), lane=1)
    wrote = answered(200, etag='"9dd4e461268c8034f5c8564e155c67a6"')
    lost = Reply(404, (("date", DATE), ("content-type", "application/xml")), b"<Error><Code>NoSuchKey</Code></Error>")
    every = (
        (put, wrote),
        (GetObject(key="1/k", lane=1), lost),
        (GetObject(key="1/k", lane=1), lost),
        (PutTagging(key="2/k", tags=(("k", "v"),), lane=2), answered(200)),
        (GetObject(key="3/k", lane=3), answered(503)),
        (GetObject(key="3/k", lane=3), answered(200)),
        (GetObject(key="4/k"), answered(200)),
    )
    assert told(*every) == [("accepts-valid", 1), ("missing-things", 3)]
    case = Case("load", tuple(step for step, _ in every))
    # The put, the first read, the tags, and the request that is to come again; not what comes after them.
    assert checked(case, tuple(outcome for _, outcome in every), REFERENCE) == 4


def test_where_the_order_matters_all_answers_are_judged_unless_the_search_is_given_up() -> None:
    steps = (PutObject(key="k", content=Content(b"x"), lane=1), GetObject(key="k", lane=2))
    wrote = answered(200, etag='"9dd4e461268c8034f5c8564e155c67a6"')
    missing = Reply(404, (("date", DATE),), b"")
    assert checked(Case("load", steps), (wrote, missing), REFERENCE) == 2

"""Laws of the judge of requests at the same time: right histories pass, lost updates and torn reads do not."""

from __future__ import annotations

import time
from random import Random

import pytest

from fuzz.bench.histories import CONFLICT, answered, events
from specs.case import Case
from specs.objects.content import Content
from specs.objects.model.completions import etag_of
from specs.objects.model.concurrent import left_out, violations
from specs.objects.profile import load
from specs.objects.state import md5_etag
from specs.objects.steps import (
    AbortUpload,
    CompleteUpload,
    CopyObject,
    CreateUpload,
    GetObject,
    Part,
    PutObject,
    Step,
    UploadPart,
)  # fmt: skip
from specs.outcome import Outcome, Reply

REFERENCE = load("reference")


def history(
    seed: int, clients: int, each: int, *, silent: float = 0.0, loses: float = 0.0
) -> tuple[Case, tuple[Outcome, ...]]:
    """A history of some clients on a pretended store that loses a share of the writes."""
    random = Random(seed)
    several = events(random, clients, each)
    lost = frozenset(one.number for one in several if random.random() < loses)
    return answered(several, random, silent=silent, loses=lost)


@pytest.mark.parametrize("silent", [0.0, 0.05])
def test_right_histories_raise_nothing(silent: float) -> None:
    for seed in range(150):
        case, outcomes = history(seed, 4, 6, silent=silent)
        assert list(violations(case, outcomes, REFERENCE)) == []


def test_a_lost_update_is_found() -> None:
    """Of lost writes many are overwritten before anybody reads, which no judge can see."""
    found = 0
    for seed in range(40):
        case, outcomes = history(seed, 10, 10, loses=0.5)
        found += any(one.requirement in ("linearizable", "one-winner") for one in violations(case, outcomes, REFERENCE))
    assert found >= 36


def test_an_update_that_nobody_overwrites_is_never_lost_unseen() -> None:
    for seed in range(60):
        case, outcomes = history(seed, 5, 20)
        last = max(one.begun_ms + one.elapsed_ms for one in outcomes if one is not None)
        write = (put(b"last", 1), wrote(b"last", last + 1))
        stale = Reply(404, (), b"", 1.0, last + 10)
        steps = (*case.steps, write[0], GetObject(key="k", lane=2))
        found = violations(Case("at-once", steps), (*outcomes, write[1], stale), REFERENCE)
        assert [one.requirement for one in found] == ["linearizable"]


def test_sixteen_clients_with_fifty_steps_take_less_than_a_second() -> None:
    case, outcomes = history(7, 16, 50)
    begun = time.process_time()
    assert list(violations(case, outcomes, REFERENCE)) == []
    assert left_out(case, outcomes) == 0
    # The two searches and the reading of contents take a tenth of that on a machine with nothing else to do.
    assert time.process_time() - begun < 2.0


def put(data: bytes, lane: int, **headers: str) -> PutObject:
    told = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return PutObject(key="k", content=Content(data), lane=lane, headers=told)


def told(*exchanges: tuple[Step, Outcome]) -> list[str]:
    case = Case("at-once", tuple(step for step, _ in exchanges))
    return [one.requirement for one in violations(case, tuple(outcome for _, outcome in exchanges), REFERENCE)]


def wrote(data: bytes, begun: float = 0.0, status: int = 200) -> Reply:
    body = b"" if status == 200 else CONFLICT
    return Reply(status, (("etag", md5_etag(data)),) if status == 200 else (), body, 5.0, begun)


def test_two_winners_are_one_too_many() -> None:
    both = ((put(b"1", 1, If_None_Match="*"), wrote(b"1")), (put(b"2", 2, If_None_Match="*"), wrote(b"2")))
    assert told(*both) == ["one-winner"]
    assert told((both[0][0], wrote(b"1")), (both[1][0], wrote(b"2", status=412))) == []
    assert told((both[0][0], wrote(b"1", status=412)), (both[1][0], wrote(b"2", status=412))) == ["one-winner"]


def test_a_torn_read_is_found() -> None:
    writes = ((put(b"one", 1), wrote(b"one")), (put(b"two", 2), wrote(b"two")))
    torn = Reply(200, (("etag", md5_etag(b"one")),), b"two", 5.0, 10.0)
    assert told(*writes, (GetObject(key="k"), torn)) == ["no-torn-reads"]


def test_a_put_beside_others_tells_the_etag_of_its_content() -> None:
    misnamed = Reply(200, (("etag", md5_etag(b"another")),), b"", 5.0, 0.0)
    other = (put(b"two", 2), wrote(b"two"))
    assert told((put(b"one", 1), misnamed), other, (GetObject(key="k"), shown(b"one", 10.0))) == ["etag"]
    unquoted = Reply(200, (("etag", md5_etag(b"one").strip('"')),), b"", 5.0, 0.0)
    assert told((put(b"one", 1), unquoted), other, (GetObject(key="k"), shown(b"two", 10.0))) == ["etag"]
    assert told((put(b"one", 1), wrote(b"one")), other, (GetObject(key="k"), shown(b"one", 10.0))) == []


def test_a_read_after_a_write_is_not_stale() -> None:
    first, second = (put(b"1", 1), wrote(b"1", 0.0)), (put(b"2", 1), wrote(b"2", 10.0))
    stale = Reply(200, (("etag", md5_etag(b"1")),), b"1", 5.0, 20.0)
    assert told(first, second, (GetObject(key="k", lane=2), stale)) == ["linearizable"]
    early = Reply(200, (("etag", md5_etag(b"1")),), b"1", 5.0, 12.0)
    assert told(first, second, (GetObject(key="k", lane=2), early)) == []


def shown(data: bytes, begun: float, etag: str = "") -> Reply:
    return Reply(200, (("etag", etag or md5_etag(data)),), data, 5.0, begun)


MISSING = Reply(404, (), b"<Error><Code>NoSuchKey</Code></Error>", 5.0, 40.0)
BEGUN = (
    (CreateUpload(key="k", called="u"), Reply(200, (), b"", 1.0, 0.0)),
    (UploadPart(key="k", upload="u", content=Content(b"part"), called="p"), wrote(b"part", 2.0)),
)
OF_PARTS = shown(b"part", 40.0, etag_of([b"part"]))


def complete(lane: int, begun: float, status: int = 200, **headers: str) -> tuple[Step, Reply]:
    told = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    step = CompleteUpload(key="k", upload="u", parts=(Part("1", "{etag p}"),), lane=lane, headers=told)
    code = {404: "NoSuchUpload", 412: "PreconditionFailed"}.get(status)
    body = f"<Error><Code>{code}</Code></Error>" if code else "<CompleteMultipartUploadResult/>"
    return step, Reply(status, (), body.encode(), 5.0, begun)


@pytest.mark.parametrize("second", [200, 404])
def test_an_upload_is_completed_once_whatever_the_second_completion_is_told(second: int) -> None:
    both = (complete(1, 10.0), complete(2, 10.0, second))
    assert told(*BEGUN, *both, (GetObject(key="k"), OF_PARTS)) == []
    assert told(*BEGUN, *both, (GetObject(key="k"), MISSING)) == ["linearizable"]


def test_a_completion_that_is_answered_has_made_its_object() -> None:
    slow = complete(1, 10.0)[0], Reply(200, (), b"<CompleteMultipartUploadResult/>", 100.0, 10.0)
    early = GetObject(key="k", lane=2), MISSING
    assert told(*BEGUN, slow, complete(2, 11.0), early) == ["linearizable"]
    assert told(*BEGUN, slow, (GetObject(key="k", lane=2), MISSING)) == []


def test_a_completion_that_comes_late_does_not_bring_its_object_back() -> None:
    over = put(b"over", 0), wrote(b"over", 20.0)
    again = complete(2, 30.0)
    assert told(*BEGUN, complete(1, 10.0), over, again, (GetObject(key="k"), shown(b"over", 40.0))) == []
    assert told(*BEGUN, complete(1, 10.0), over, again, (GetObject(key="k"), OF_PARTS)) == ["linearizable"]


def test_of_a_completion_and_an_abort_one_takes_effect() -> None:
    abort = AbortUpload(key="k", upload="u", lane=2), Reply(204, (), b"", 5.0, 11.0)
    for outcome in (OF_PARTS, MISSING):
        assert told(*BEGUN, complete(1, 10.0), abort, (GetObject(key="k"), outcome)) == []
    assert told(*BEGUN, complete(1, 10.0, 404), abort, (GetObject(key="k"), OF_PARTS)) == ["linearizable"]
    assert told(*BEGUN, complete(1, 10.0, 404), (GetObject(key="k"), MISSING)) == ["linearizable"]


def test_an_upload_that_was_never_begun_or_is_about_to_end_may_be_gone() -> None:
    abort = (
        AbortUpload(key="k", upload="u", lane=2),
        Reply(404, (), b"<Error><Code>NoSuchUpload</Code></Error>", 5.0, 11.0),
    )
    early = GetObject(key="k", lane=2), Reply(404, (), b"", 5.0, 20.0)
    slow = complete(1, 10.0)[0], Reply(200, (), b"<CompleteMultipartUploadResult/>", 100.0, 10.0)
    assert told(abort, early) == []
    assert told(*BEGUN, slow, abort, early) == []
    assert told(*BEGUN, abort, early) == ["linearizable"]


def test_of_conditional_completions_beside_a_write_one_wins() -> None:
    write = put(b"new", 2, If_None_Match="*")
    won, lost = complete(1, 10.0, If_None_Match="*"), complete(1, 10.0, 412, If_None_Match="*")
    assert told(*BEGUN, won, (write, wrote(b"new", 11.0, status=412)), (GetObject(key="k"), OF_PARTS)) == []
    assert told(*BEGUN, lost, (write, wrote(b"new", 11.0)), (GetObject(key="k"), shown(b"new", 40.0))) == []
    assert told(*BEGUN, won, (write, wrote(b"new", 11.0))) == ["one-winner"]


def test_a_part_sent_anew_is_no_part_of_what_another_list_completes() -> None:
    anew = UploadPart(key="k", upload="u", content=Content(b"anew"), lane=2), wrote(b"anew", 10.0)
    refused = complete(1, 10.0)[0], Reply(400, (), b"<Error><Code>InvalidPart</Code></Error>", 5.0, 10.0)
    assert told(*BEGUN, anew, refused, (GetObject(key="k"), MISSING)) == []
    assert told(*BEGUN, anew, complete(1, 10.0), (GetObject(key="k"), OF_PARTS)) == []
    mixed = shown(b"anew", 40.0, etag_of([b"part"]))
    assert told(*BEGUN, anew, complete(1, 10.0), (GetObject(key="k"), mixed)) == ["no-torn-reads"]


def test_a_copy_is_of_some_version_of_its_source_and_of_one_alone() -> None:
    writes = ((put(b"one", 1), wrote(b"one")), (put(b"two", 2), wrote(b"two")))
    copy = CopyObject(key="copy", source_key="k", lane=3), Reply(200, (), b"<CopyObjectResult/>", 5.0, 0.0)
    for data in (b"one", b"two"):
        assert told(*writes, copy, (GetObject(key="copy"), shown(data, 40.0))) == []
    mixed = shown(b"two", 40.0, md5_etag(b"one"))
    assert told(*writes, copy, (GetObject(key="copy"), mixed)) == ["no-torn-reads"]


def test_an_object_of_parts_has_the_etag_that_its_completion_told() -> None:
    body = b"<CompleteMultipartUploadResult><ETag>other-1</ETag></CompleteMultipartUploadResult>"
    done = complete(1, 10.0)[0], Reply(200, (), body, 5.0, 10.0)
    assert told(*BEGUN, done, (GetObject(key="k"), shown(b"part", 40.0, '"other-1"'))) == []
    assert told(*BEGUN, done, (GetObject(key="k"), OF_PARTS)) == ["no-torn-reads"]


def test_an_upload_that_is_ended_before_it_is_told_is_not_judged() -> None:
    """A request that names what no answer has told yet asks for nothing that is there."""
    begun = Reply(200, (), b"<R><UploadId>i</UploadId></R>", 5.0, 0.0)
    refused = Reply(404, (), b"<Error><Code>NoSuchUpload</Code></Error>", 5.0, 1.0)
    create = CreateUpload(key="k", called="u", lane=1)
    complete = CompleteUpload(key="k", upload="u", parts=(Part("1", "{etag p}"),), lane=3)
    part = UploadPart(key="k", upload="u", called="p", content=Content(b"x"), lane=2)
    assert told((create, begun), (part, refused), (complete, refused)) == []

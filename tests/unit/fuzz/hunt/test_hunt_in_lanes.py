"""A hunt in lanes: the same cases and findings whatever their number, and nothing unaccounted for."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.embedded.http_messages import HttpRequest, HttpResponse
from fuzz.findings import corpus
from fuzz.hunt.effort import PropertyEffort
from fuzz.hunt.hunter import Hunter
from fuzz.hunt.plan import Plan
from fuzz.hunt.worker import RESTING_SECONDS, Tallies, Worker
from fuzz.hunt.worker import Message as Told
from fuzz.running.session import Judgement, Session, Taken, Work, unwatched
from fuzz.running.store import MemoryStore
from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.reduction import Array, Reduction
from fuzz.subjects.reductions.reference_server.reduction import Outcome as Result
from fuzz.subjects.reductions.reference_server.server import serve
from fuzz.subjects.reductions.subject import REDUCTIONS
from fuzz.subjects.reductions.zoo.catalogue import find
from fuzz.subjects.reductions.zoo.selections import StrideIgnored
from fuzz.subjects.reductions.zoo.sharing import CountsOfWhoeverCameLast
from fuzz.transport.http import HttpClient
from fuzz.transport.protocol import Client, ClientSettings
from fuzz.triage.ledger import Ledger
from fuzz.triage.traits.circumstances import AT_ONCE
from specs.case import Case
from specs.fields import Fields
from specs.reductions.steps import Put, Send
from tests.unit.pretended import PROFILE, Immortal

SETTINGS = ClientSettings(timeout_seconds=20.0)
LONG_SECONDS = 20.0


class Noting(Session):
    """A session that notes which cases are begun."""

    begun: list[Case]

    def judging(self, case: Case, client: Client, *, afresh: bool = False, taken: Taken = unwatched) -> Work[Judgement]:
        self.begun.append(case)
        return super().judging(case, client, afresh=afresh, taken=taken)


@pytest.fixture(scope="module")
def store() -> Iterator[MemoryStore]:
    with MemoryStore() as one:
        yield one


def noting(url: str, store: MemoryStore) -> Noting:
    session = Noting(REDUCTIONS, HttpClient(url, SETTINGS), store, PROFILE)
    session.begun = []
    return session


def hunted(
    session: Session,
    folder: Path,
    lanes: int,
    seed: int = 1,
    only: tuple[str, ...] = ("reduction",),
    examples: int = 12,
) -> Tallies:
    """Hunt for a few examples, and return the last account."""
    plan = Plan(PROFILE, seed, None, examples, only, folder, None, 1, lanes=lanes)
    told: list[Told] = []
    Worker(plan, session, Immortal(), told.append).work(lambda: False)  # type: ignore[arg-type]
    session.close()
    return next(one for one in reversed(told) if isinstance(one, Tallies))


@settings(
    max_examples=max(1, settings.default.max_examples // 25),
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(st.integers(0, 2**32))
def test_a_seed_and_a_number_of_examples_draw_the_same_cases_whatever_the_lanes(seed: int) -> None:
    only = ("reduction", "history", "malformed")
    begun: dict[int, list[Case]] = {}
    accounts = {}
    with MemoryStore() as store, serve(ReferenceServer()) as server:
        for lanes in (1, 4, 16):
            session = noting(server.url, store)
            accounts[lanes] = hunted(session, Path("nowhere-at-all"), lanes, seed, only)
            begun[lanes] = session.begun
    assert begun[1]
    assert begun[1] == begun[4] == begun[16]
    assert accounts[1].by_property == accounts[4].by_property == accounts[16].by_property
    assert all(one.sent_requests == accounts[1].sent_requests for one in accounts.values())


def test_a_property_whose_cases_are_left_out_rests_while_others_have_their_turns(
    tmp_path: Path, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: Counter[str] = Counter()
    with serve(ReferenceServer()) as server:
        session = Session(REDUCTIONS, HttpClient(server.url, SETTINGS), store, PROFILE)
        plan = Plan(PROFILE, 1, 60.0, None, ("reduction", "malformed"), tmp_path, None, 1, lanes=2)
        worker = Worker(plan, session, Immortal(), lambda _: None)  # type: ignore[arg-type]
        hunter, take = worker._hunter, worker._hunter.take

        def take_or_leave_out(case: Case, tally: PropertyEffort) -> None:
            drawn[case.property] += 1
            if case.property == "malformed":
                hunter.left_out += 1
            else:
                take(case, tally)

        monkeypatch.setattr(hunter, "take", take_or_leave_out)
        begun = time.monotonic()
        worker.work(lambda: drawn["reduction"] >= 60)
        rests = (time.monotonic() - begun) / RESTING_SECONDS
        session.close()
    assert drawn["reduction"] >= 60
    assert 1 <= drawn["malformed"] <= 1 + rests


class Stuck(ReferenceServer):
    """Answers no request after the first few until it may, and counts those that it has begun not to answer."""

    def __init__(self, answered: int) -> None:
        super().__init__()
        self.left, self.silent = answered, threading.Semaphore(0)
        self.go = threading.Event()

    def answer(self, request: HttpRequest) -> HttpResponse:
        self.left -= 1
        if self.left < 0:
            self.silent.release()
            self.go.wait(LONG_SECONDS)
        return super().answer(request)


def test_an_interruption_leaves_no_request_unaccounted_for(tmp_path: Path, store: MemoryStore) -> None:
    stuck = Stuck(answered=6)
    with serve(stuck) as server:
        session = noting(server.url, store)
        told: list[Told] = []

        def stop() -> bool:
            # As many are silent as there are lanes: the hunt stands still, and the user has had enough.
            if all(stuck.silent.acquire(timeout=LONG_SECONDS) for _ in range(4)):
                raise KeyboardInterrupt
            return False

        plan = Plan(PROFILE, 1, None, 100, ("reduction",), tmp_path, None, 1, lanes=4)
        worker = Worker(plan, session, Immortal(), told.append)  # type: ignore[arg-type]
        lanes = worker._hunter.lanes
        with pytest.raises(KeyboardInterrupt):
            worker.work(lambda: lanes.full() and session.sent >= 10 and stop())
        stuck.go.set()
        session.close()
    account = next(one for one in reversed(told) if isinstance(one, Tallies))
    checked = sum(row[1] for row in account.by_property.values())
    assert account.given_up_requests >= 4
    assert account.sent_requests == checked + account.given_up_requests


def test_a_failure_that_takes_company_is_found_with_that_trait(tmp_path: Path, store: MemoryStore) -> None:
    with serve(CountsOfWhoeverCameLast()) as server:
        session = Session(REDUCTIONS, HttpClient(server.url, SETTINGS), store, PROFILE)
        plan = Plan(PROFILE, 1, None, 150, ("reduction",), tmp_path, 1, 1, lanes=8)
        worker = Worker(plan, session, Immortal(), lambda _: None)  # type: ignore[arg-type]
        worker.work(lambda: bool(corpus.load_all(tmp_path)))
        session.close()
    (finding,) = corpus.load_all(tmp_path)
    assert finding.needs == (AT_ONCE,)
    assert finding.case.together


def test_a_failure_in_company_is_explained_as_it_is_alone(tmp_path: Path, store: MemoryStore) -> None:
    findings = {}
    for lanes in (1, 8):
        with serve(find("stride-ignored").server()) as server:
            session = Session(REDUCTIONS, HttpClient(server.url, SETTINGS), store, PROFILE)
            hunted(session, tmp_path / str(lanes), lanes, examples=40)
            found = corpus.load_all(tmp_path / str(lanes))
            findings[lanes] = [(one.id, one.needs, one.case, one.seen) for one in found]
    assert findings[1]
    assert findings[1] == findings[8]


class SilentAboutOneNumber(StrideIgnored):
    """Ignores strides, and answers nothing about data with one number in it until it may."""

    NUMBER = 987654

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()

    def reduce(self, array: Array, reduction: Reduction) -> Result:
        if (array == self.NUMBER).any():
            self.go.wait(LONG_SECONDS)
        return super().reduce(array, reduction)


def summing(*numbers: int, stride: int = 1) -> Case:
    fields = {"dtype": "int32", "shape": [len(numbers)], "selection": [[0, len(numbers), stride]]}
    return Case("reduction", (Put("a", np.array(numbers, "<i4").tobytes()), Send("sum", Fields(fields), "a")))


def test_a_failure_is_explained_while_slow_answers_are_due(tmp_path: Path, store: MemoryStore) -> None:
    silent = SilentAboutOneNumber()
    with serve(silent) as server:
        session = Session(REDUCTIONS, HttpClient(server.url, SETTINGS), store, PROFILE)
        hunter = Hunter(session, Ledger(tmp_path, "w", session.reading), Immortal(), lambda _: None, 2)  # type: ignore[arg-type]
        hunter.deadline.begin(time.monotonic() + LONG_SECONDS)
        tally = PropertyEffort()
        hunter.take(summing(1, silent.NUMBER), tally)
        hunter.take(summing(1, 2, 3, stride=2), tally)
        while not tally.findings and time.monotonic() < hunter.deadline.until:
            hunter.take(summing(1, 2, 3), tally)
        assert not silent.go.is_set()
        assert len(hunter.lanes) >= 1
        assert tally.findings
        silent.go.set()
        hunter.finish()
        hunter.close()
        session.close()
    assert hunter.given_up == 0
    assert tally.requests == session.sent - hunter.effort.new_requests - hunter.effort.known_requests


def test_a_saved_finding_that_is_answered_slowly_does_not_hold_up_the_hunt(tmp_path: Path, store: MemoryStore) -> None:
    silent = SilentAboutOneNumber()
    with serve(silent) as server:
        session = Session(REDUCTIONS, HttpClient(server.url, SETTINGS), store, PROFILE)
        hunted(session, tmp_path, 1, examples=40)
        (finding,) = corpus.load_all(tmp_path)
        corpus.save(tmp_path, replace(finding, case=summing(1, silent.NUMBER)), {})
        session = Session(REDUCTIONS, HttpClient(server.url, SETTINGS), store, PROFILE)
        plan = Plan(PROFILE, 1, LONG_SECONDS, None, ("reduction",), tmp_path, None, 1, lanes=2)
        told: list[Told] = []
        drawn: list[bool] = []

        def enough() -> bool:
            account = next((one for one in reversed(told) if isinstance(one, Tallies)), None)
            if account is not None and account.by_property["reduction"][0] > 3 and not drawn:
                drawn.append(silent.go.is_set())
                silent.go.set()
            return bool(drawn)

        Worker(plan, session, Immortal(), told.append).work(enough)  # type: ignore[arg-type]
        silent.go.set()
        session.close()
    assert drawn == [False]

"""Failures of known findings are recognised beside other cases; all others are looked into alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fuzz.embedded.http_messages import Answer, DropConnection, HttpRequest
from fuzz.findings import corpus
from fuzz.hunt.plan import Plan
from fuzz.hunt.recognition import MOST_IN_VAIN
from fuzz.hunt.worker import Message, Tallies, Worker
from fuzz.running.session import Judgement, Session
from fuzz.running.store import MemoryStore
from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.server import serve
from fuzz.subjects.reductions.subject import REDUCTIONS
from fuzz.subjects.reductions.zoo.catalogue import find
from fuzz.subjects.reductions.zoo.sharing import CountsOfWhoeverCameLast
from fuzz.transport.http import HttpClient
from fuzz.transport.protocol import ClientSettings
from fuzz.triage.looks import Looks
from fuzz.triage.recognising import Recogniser
from fuzz.triage.traits.circumstances import AT_ONCE
from fuzz.triage.triage import Triage
from specs.case import Case
from tests.unit.pretended import PROFILE, Immortal

SETTINGS = ClientSettings(timeout_seconds=20.0)
# As long as a hunt may take that ends sooner by itself.
LONG_SECONDS = 60.0


@pytest.fixture(scope="module")
def store() -> Iterator[MemoryStore]:
    with MemoryStore() as one:
        yield one


def hunted(
    server: ReferenceServer, store: MemoryStore, folder: Path, enough: Callable[[Tallies], bool], seed: int = 1
) -> Tallies:
    """Hunt in eight lanes until there is enough, and return the last account."""
    with serve(server) as served:
        session = Session(REDUCTIONS, HttpClient(served.url, SETTINGS), store, PROFILE)
        told: list[Message] = []
        plan = Plan(PROFILE, seed, LONG_SECONDS, None, ("reduction",), folder, None, 1, lanes=8)

        def tell(message: Message) -> None:
            told.append(message)

        def stop() -> bool:
            return any(enough(one) for one in reversed(told) if isinstance(one, Tallies))

        Worker(plan, session, Immortal(), tell).work(stop)  # type: ignore[arg-type]
        session.close()
    return next(one for one in reversed(told) if isinstance(one, Tallies))


def test_failures_of_a_known_finding_are_explained_beside_other_cases_where_that_can_be_done(
    tmp_path: Path, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    animal = find("valid-min-exclusive")
    hunted(animal.server(), store, tmp_path, lambda _: bool(corpus.load_all(tmp_path)))
    (finding,) = corpus.load_all(tmp_path)
    beside: list[bool] = []
    alone: list[Case] = []
    left: list[Case] = []
    may_try, recognised, look_into = Recogniser.may_try, Recogniser.recognised, Triage.look_into

    def noting_what_is_tried(self: Recogniser, case: Case, judgement: Judgement) -> bool:
        if not (tried := may_try(self, case, judgement)):
            left.append(case)
        return tried

    def noting(self: Recogniser, *asked: Any, **how: bool) -> list[str] | None:
        names = recognised(self, *asked, **how)
        beside.append(names is not None)
        if names is None:
            left.append(asked[0])
        return names

    def noting_alone(self: Triage, case: Case, *rest: Any) -> list[str]:
        alone.append(case)
        return look_into(self, case, *rest)

    # Nothing is counted for its looks alone.
    monkeypatch.setattr(Looks, "like", lambda *_args, **_named: None)
    monkeypatch.setattr(Recogniser, "may_try", noting_what_is_tried)
    monkeypatch.setattr(Recogniser, "recognised", noting)
    monkeypatch.setattr(Triage, "look_into", noting_alone)
    account = hunted(animal.server(), store, tmp_path, lambda _: sum(beside) >= 12, seed=2)
    assert [one.id for one in corpus.load_all(tmp_path)] == [finding.id]
    assert account.by_property["reduction"][2] == (finding.id,)
    assert account.known_causes_requests >= 12
    assert corpus.load_all(tmp_path)[0].seen >= finding.seen + 12
    assert all(case in left for case in alone)


@pytest.mark.parametrize("begun_before", [False, True])
def test_failures_are_reduced_beside_other_cases_once_several_have_shown_nothing_new(
    tmp_path: Path, store: MemoryStore, monkeypatch: pytest.MonkeyPatch, begun_before: bool
) -> None:
    animal = find("valid-min-exclusive")
    if begun_before:
        hunted(animal.server(), store, tmp_path, lambda _: bool(corpus.load_all(tmp_path)))
    reduced: list[int] = []
    alone: list[Case] = []
    recognised, look_into = Recogniser.recognised, Triage.look_into

    def noting(self: Recogniser, *asked: Any, reduces: bool) -> list[str] | None:
        names = recognised(self, *asked, reduces=reduces)
        if reduces and names is not None:
            reduced.append(len(alone))
        return names

    def noting_alone(self: Triage, case: Case, *rest: Any) -> list[str]:
        alone.append(case)
        return look_into(self, case, *rest)

    # Nothing is counted for its looks alone, nor explained as it is.
    monkeypatch.setattr(Looks, "like", lambda *_args, **_named: None)
    monkeypatch.setattr("fuzz.triage.recognising.explain_or_mend", lambda *_: None)
    monkeypatch.setattr(Recogniser, "recognised", noting)
    monkeypatch.setattr(Triage, "look_into", noting_alone)
    hunted(animal.server(), store, tmp_path, lambda _: len(reduced) >= 4, seed=2)
    assert len(reduced) >= 4
    assert begun_before or reduced[0] > MOST_IN_VAIN
    assert len(corpus.load_all(tmp_path)) == 1


class NoMaximum(ReferenceServer):
    """Drops the connection of each request for a maximum."""

    def handle(self, request: HttpRequest) -> Answer:
        return DropConnection() if "/max" in request.target else super().handle(request)


def test_dropped_connections_that_a_server_outlives_are_recognised_beside_other_cases(
    tmp_path: Path, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    hunted(NoMaximum(), store, tmp_path, lambda _: bool(corpus.load_all(tmp_path)))
    beside: list[bool] = []
    recognised = Recogniser.recognised

    def noting(self: Recogniser, *asked: Any, **how: bool) -> list[str] | None:
        names = recognised(self, *asked, **how)
        beside.append(names is not None)
        return names

    # Nothing is counted for its looks alone.
    monkeypatch.setattr(Looks, "like", lambda *_args, **_named: None)
    monkeypatch.setattr(Recogniser, "recognised", noting)
    hunted(NoMaximum(), store, tmp_path, lambda _: sum(beside) >= 8, seed=2)
    assert sum(beside) >= 8
    assert len(corpus.load_all(tmp_path)) == 1


def test_what_no_known_finding_explains_is_looked_into_alone_and_gives_its_own_finding(
    tmp_path: Path, store: MemoryStore
) -> None:
    hunted(find("stride-ignored").server(), store, tmp_path, lambda _: bool(corpus.load_all(tmp_path)), seed=3)
    hunted(find("valid-min-exclusive").server(), store, tmp_path, lambda _: len(corpus.load_all(tmp_path)) > 1, seed=4)
    needs = [one.needs for one in corpus.load_all(tmp_path)]
    assert len(needs) == 2
    assert all(len(one) == 1 for one in needs)


def test_a_failure_that_takes_company_is_not_laid_to_what_is_known(tmp_path: Path, store: MemoryStore) -> None:
    hunted(find("stride-ignored").server(), store, tmp_path, lambda _: bool(corpus.load_all(tmp_path)))
    hunted(CountsOfWhoeverCameLast(), store, tmp_path, lambda _: len(corpus.load_all(tmp_path)) > 1)
    assert [one.needs for one in corpus.load_all(tmp_path) if one.case.together] == [(AT_ONCE,)]

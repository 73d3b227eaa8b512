"""Findings hold on a server that nobody has asked anything, where the suite can start one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np
import pytest

from fuzz.config import Settings
from fuzz.errors import CannotRun
from fuzz.findings import corpus
from fuzz.hunt.effort import PropertyEffort
from fuzz.hunt.hunter import Hunter
from fuzz.hunt.rounds import turn
from fuzz.running.targets import open_target
from fuzz.subjects.reductions.reading import Reading
from fuzz.triage.ledger import Ledger
from fuzz.triage.traits import trait_told
from fuzz.triage.traits.circumstances import WHILE
from fuzz.triage.triage import Triage
from specs.case import Case
from specs.fields import Fields
from specs.reductions.steps import Put, Send
from strategies.reductions import cases
from tests.unit.pretended import PROFILE, Immortal, PretendedSession, needing

BUGS = (needing("stride beyond one"), needing("compression"))
Twin = Callable[[], AbstractContextManager[PretendedSession]]


class WithTwin(Immortal):
    """A target beside which others like it can be started."""

    def __init__(self, twin: Twin) -> None:
        self.twin = twin  # type: ignore[assignment]


def hunted(folder: Path, twin: Twin) -> None:
    ledger, tally = Ledger(folder, "w", Reading(PROFILE)), PropertyEffort()
    hunter = Hunter(PretendedSession(BUGS), ledger, WithTwin(twin), lambda _: None)  # type: ignore[arg-type]
    turn(cases.reductions(PROFILE, longest=200), 1, 30, lambda case: hunter.try_case(case, tally))


@contextmanager
def healthy() -> Iterator[PretendedSession]:
    yield PretendedSession(())


@contextmanager
def as_broken() -> Iterator[PretendedSession]:
    yield PretendedSession(BUGS)


@contextmanager
def not_startable() -> Iterator[PretendedSession]:
    raise CannotRun("no room for another")
    yield


def test_what_fails_on_no_fresh_server_is_one_finding(tmp_path: Path) -> None:
    hunted(tmp_path, healthy)
    assert [(one.needs, one.reproducibility) for one in corpus.load_all(tmp_path)] == [((WHILE,), "after a while")]


@pytest.mark.parametrize("twin", [as_broken, not_startable])
def test_what_fails_on_a_fresh_server_too_is_told_apart(tmp_path: Path, twin: Twin) -> None:
    hunted(tmp_path, twin)
    needs = [[trait_told(need, Reading(PROFILE)) for need in one.needs] for one in corpus.load_all(tmp_path)]
    assert sorted(needs) == [["compression"], ["stride beyond one"]]


@pytest.mark.parametrize("much", [False, True])
def test_once_known_causes_have_cost_much_one_failure_of_a_case_is_asked_about_elsewhere(
    tmp_path: Path, *, much: bool
) -> None:
    hunted(tmp_path, healthy)
    (known,) = corpus.load_all(tmp_path)
    started = []

    @contextmanager
    def counted() -> Iterator[PretendedSession]:
        started.append(PretendedSession(()))
        yield started[-1]

    session = PretendedSession(BUGS)
    triage = Triage(session, Ledger(tmp_path, "w", session.reading), WithTwin(counted))  # type: ignore[arg-type]
    data = Put("a", np.arange(8, dtype="int32").tobytes())
    asked = Fields({"dtype": "int32", "shape": [8], "selection": [[0, 8, 3]]})
    case = Case("reduction", (data, *(Send(one, asked, "a") for one in ("sum", "max", "min"))))
    judgement = session.judge(case)
    session.sent, triage.spent.requests = 10**6, 10**6 if much else 0
    assert triage.look_into(case, judgement) == [known.id] * 3
    assert [one.sent for one in started] == [1 if much else 3]


def test_a_server_that_somebody_else_runs_has_no_twin() -> None:
    with open_target(Settings()) as target:
        assert target.twin is not None
        with target.twin() as session:
            assert session.client.url != target.url
        with open_target(Settings(target=target.url)) as other:
            assert other.twin is None

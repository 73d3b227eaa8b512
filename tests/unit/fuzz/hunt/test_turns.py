"""Workers explore at the same time, and a worker that makes a finding has the server alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fuzz.hunt import turns
from fuzz.hunt.effort import PropertyEffort
from fuzz.hunt.hunter import Hunter
from fuzz.hunt.rounds import turn
from fuzz.hunt.turns import Turns
from fuzz.subjects.reductions.reading import Reading
from fuzz.triage.ledger import Ledger
from specs.case import Case
from specs.violation import Violation, Way
from strategies.reductions import cases
from tests.unit.pretended import PROFILE, Immortal, PretendedSession, needing

WAIT_SECONDS = 30.0


def never() -> bool:
    return False


def at_once() -> bool:
    return True


@contextmanager
def beside(*works: threading.Thread) -> Iterator[None]:
    for one in works:
        one.start()
    yield
    for one in works:
        one.join(WAIT_SECONDS)
        assert not one.is_alive()


def test_the_only_worker_waits_for_nobody() -> None:
    mine = Turns()
    mine.explore(never)
    assert not mine.wanted()
    with mine.alone(never) as among_others:
        assert not among_others


def test_all_explore_at_the_same_time(tmp_path: Path) -> None:
    mine, other = Turns(tmp_path), Turns(tmp_path)
    mine.explore(never)
    other.explore(never)
    assert not mine.wanted()
    assert not other.wanted()


def test_a_worker_is_alone_once_the_others_have_left(tmp_path: Path) -> None:
    mine, other = Turns(tmp_path), Turns(tmp_path)
    order: list[str] = []

    def have_it_alone() -> None:
        with other.alone(never) as among_others:
            order.append(f"alone {among_others}")

    mine.explore(never)
    with beside(threading.Thread(target=have_it_alone)):
        while not mine.wanted():
            pass
        order.append("left")
        mine.leave()
        mine.explore(never)
        order.append("back")
    assert order == ["left", "alone True", "back"]


def test_who_does_not_leave_is_not_waited_for_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE_SECONDS", 0.0)
    mine, other = Turns(tmp_path), Turns(tmp_path)
    mine.explore(never)
    with other.alone(never) as among_others:
        assert among_others
        assert mine.wanted()


def test_at_the_end_of_a_run_nobody_waits(tmp_path: Path) -> None:
    mine, other = Turns(tmp_path), Turns(tmp_path)
    with mine.alone(never):
        other.explore(at_once)
        with other.alone(at_once) as among_others:
            assert among_others
    other.explore(at_once)
    assert not mine.wanted()


def test_a_worker_that_is_gone_holds_nothing(tmp_path: Path) -> None:
    gone = Turns(tmp_path)
    gone.explore(never)
    del gone
    with Turns(tmp_path).alone(never) as among_others:
        assert among_others


class Watched(PretendedSession):
    """Notes whether another worker was let in while each case was judged."""

    def __init__(self, other: Turns) -> None:
        super().__init__([needing("missing")])
        self.other = other
        self.let_in: list[bool] = []

    def judge(self, case: Case, *, afresh: bool = False):  # type: ignore[no-untyped-def]
        self.other.explore(at_once)
        self.let_in.append(self.other._exploring)
        self.other.leave()
        return super().judge(case, afresh=afresh)


def test_a_finding_is_made_alone_and_everything_else_in_company(tmp_path: Path) -> None:
    folder = tmp_path / "turns"
    folder.mkdir()
    session = Watched(Turns(folder))
    ledger = Ledger(tmp_path, "w", Reading(PROFILE), lambda _event: None)
    hunter = Hunter(session, ledger, Immortal(), lambda _event: None, turns=Turns(folder))  # type: ignore[arg-type]
    turn(cases.reductions(PROFILE), 3, 40, lambda case: hunter.try_case(case, PropertyEffort()))
    (finding,) = ledger.findings()
    assert finding.needs == ("missing",)
    alone = [number for number, let_in in enumerate(session.let_in) if not let_in]
    assert alone == list(range(alone[0], alone[-1] + 1)), "one stretch, for the one finding"
    assert 5 < len(alone) < len(session.let_in) - 20


@pytest.mark.parametrize("among_others", [True, False])
def test_what_comes_beside_other_workers_is_tried_in_company_and_from_then_on_untold(
    tmp_path: Path, among_others: bool
) -> None:
    folder = tmp_path / "turns"
    folder.mkdir()
    session = Disturbed([])
    ledger = Ledger(tmp_path, "w", Reading(PROFILE), lambda _event: None)
    turns = Turns(folder) if among_others else Turns()
    hunter = Hunter(session, ledger, Immortal(), lambda _event: None, turns=turns)  # type: ignore[arg-type]
    for strategy in (cases.at_the_same_time(PROFILE), cases.reductions(PROFILE)):
        turn(strategy, 5, 40, lambda case: hunter.try_case(case, PropertyEffort()))
    told = {one.reproducibility for one in ledger.findings()}
    assert told == ({"every time"} if among_others else {"every time", "seen once"})
    assert bool(hunter.untold) is among_others


class Disturbed(PretendedSession):
    """Answers requests at the same time wrongly, and of the others some that are not asked again."""

    asked: int = 0

    def judge(self, case: Case, *, afresh: bool = False):  # type: ignore[no-untyped-def]
        judgement = super().judge(case, afresh=afresh)
        self.asked += 1
        sent = [number for number, step in enumerate(case.steps) if step.asks]
        if not case.together and (afresh or self.asked % 10):
            return judgement
        wrong = Violation("counts", "wrong now", "right", "wrong", way=Way.VALUES, step=sent[-1])
        return type(judgement)(judgement.transcript, (wrong,))

"""The failure of a case that keeps a server busy is explained by requests that do not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from fuzz.findings import corpus
from fuzz.subjects.reductions.burdens import promises_much, promising_less
from fuzz.triage.budgets import REQUESTS
from fuzz.triage.company import Company
from fuzz.triage.histories import MANY_CASES, Earlier
from fuzz.triage.lab import MORE_FOR_A_BURDEN, MOST_HANG_SECONDS, Lab, OutOfBudget
from fuzz.triage.ledger import Ledger
from fuzz.triage.looks import Looks
from fuzz.triage.recognising import Recogniser
from fuzz.triage.triage import Triage
from specs.case import Case
from specs.fields import Fields
from specs.reductions.encoding import blosc2_chunk
from specs.reductions.rules import Rule
from specs.reductions.steps import Put, Send
from specs.violation import Way
from tests.unit.pretended import Bug, Immortal, Judgement, PretendedSession

CHUNK = blosc2_chunk(bytes(range(40)))
LIE = CHUNK[:4] + (2**31 - 1).to_bytes(4, "little") + CHUNK[8:]
DROPS = Bug(lambda _, broken: Rule.UNDECODABLE_DATA in broken, "answers", Way.DROPPED, aspect="closed")


@dataclass
class Burdened(PretendedSession):
    """Notes the cases that keep a server busy."""

    burdens: list[Case] = field(default_factory=list)

    def judge(self, case: Case, *, afresh: bool = False) -> Judgement:
        if promises_much(case):
            self.burdens.append(case)
        return super().judge(case, afresh=afresh)


def burden(operation: str = "count") -> Case:
    return Case("reduction", (Put("a", LIE), Send(operation, Fields({"dtype": "int32", "compression": BLOSC2}), "a")))


BLOSC2 = {"id": "blosc2"}


@pytest.fixture
def session() -> Burdened:
    return Burdened([DROPS])


def test_the_cause_of_a_burdens_failure_is_looked_for_without_it(session: Burdened, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, "w", session.reading)
    triage = Triage(session, ledger, Immortal())  # type: ignore[arg-type]
    judgement = session.judge(burden())
    with_first = len(session.burdens)
    assert len(triage.look_into(burden(), judgement)) == 1
    assert len(session.burdens) == with_first
    ledger.flush()
    (finding,) = corpus.load_all(tmp_path)
    assert not promises_much(finding.case)


def test_what_fails_only_as_a_burden_is_looked_into_as_one(tmp_path: Path) -> None:
    session = Burdened([Bug(lambda trial, _: promises_much(trial.case), "answers", Way.DROPPED, aspect="closed")])
    ledger = Ledger(tmp_path, "w", session.reading)
    triage = Triage(session, ledger, Immortal())  # type: ignore[arg-type]
    assert len(triage.look_into(burden(), session.judge(burden()))) == 1
    ledger.flush()
    (finding,) = corpus.load_all(tmp_path)
    assert promises_much(finding.case)


def test_what_takes_a_burden_and_hardly_fails_costs_few_of_them(tmp_path: Path) -> None:
    failing = Burdened([Bug(lambda trial, _: promises_much(trial.case))])
    well = Burdened([])
    triage = Triage(well, Ledger(tmp_path, "w", well.reading), Immortal())  # type: ignore[arg-type]
    for number in range(MANY_CASES):
        triage.earlier.note(Case("x", (Put("a", bytes(4 * number)), Send("sum", Fields({"dtype": "int32"}), "a"))))
    triage.look_into(burden(), failing.judge(burden()))
    assert 0 < len(well.burdens) <= 2 * REQUESTS / (1 + MORE_FOR_A_BURDEN)


@pytest.mark.parametrize(("case", "most"), [(burden(), 4), (promising_less(burden()), 40)])
def test_a_burden_is_paid_for_like_several_requests(session: Burdened, case: Case, most: int) -> None:
    lab = Lab(session, Immortal(), lambda: False)  # type: ignore[arg-type]
    with lab.budget(4 * (1 + MORE_FOR_A_BURDEN)), pytest.raises(OutOfBudget):
        judge_again_and_again(lab, case)
    assert lab.asked == most


def judge_again_and_again(lab: Lab, case: Case) -> None:
    while True:
        lab.judge(case, again=True)


def test_a_burden_that_is_answered_late_is_no_failure(tmp_path: Path) -> None:
    silent = Burdened([Bug(lambda trial, _: promises_much(trial.case), "answers", Way.SILENT)])
    judgement, session = silent.judge(burden()), Burdened([])
    triage = Triage(session, Ledger(tmp_path, "w", session.reading), Immortal())  # type: ignore[arg-type]
    assert triage.look_into(burden(), judgement) == []
    assert triage.spent.untold == 0


def test_a_burdens_failure_is_recognised_beside_other_cases_without_it(session: Burdened, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, "w", session.reading)
    triage = Triage(session, ledger, Immortal())  # type: ignore[arg-type]
    named = triage.look_into(burden(), session.judge(burden()))
    other = burden("sum")
    judgement = session.judge(other)
    asked = len(session.burdens)
    looks = Looks(session.reading, ledger, triage.spent)
    recogniser = Recogniser(session.reading, ledger, looks, triage.lab)
    assert recogniser.may_try(other, judgement)
    assert recogniser.recognised(other, judgement, session) == named  # type: ignore[arg-type]
    assert len(session.burdens) == asked


@dataclass
class Busy(Burdened):
    """Answers a burden if it is waited for."""

    def judge(self, case: Case, *, afresh: bool = False) -> Judgement:
        judgement = super().judge(case, afresh=afresh)
        patient = self.client.settings.timeout_seconds > MOST_HANG_SECONDS
        return replace(judgement, violations=()) if patient and len(self.burdens) > 1 else judgement


def test_a_burden_that_is_answered_in_the_end_is_asked_once_more_and_no_finding(tmp_path: Path) -> None:
    session = Busy([Bug(lambda trial, _: promises_much(trial.case), "answers", Way.SILENT)])
    ledger = Ledger(tmp_path, "w", session.reading)
    triage = Triage(session, ledger, Immortal())  # type: ignore[arg-type]
    triage.look_into(burden(), session.judge(burden()))
    assert len(session.burdens) == 2
    ledger.flush()
    assert not corpus.load_all(tmp_path)


PLAIN = Case("reduction", (Put("a", bytes(8)), Send("sum", Fields({"dtype": "int32"}), "a")))


def test_what_was_asked_before_or_beside_a_failure_is_asked_again_without_burdens(session: Burdened) -> None:
    earlier, reading = Earlier(session.reading), session.reading
    earlier.note(burden())
    company = Company([burden()], list(enumerate(burden().steps)))
    beside = [company.before(PLAIN, reading), company.at_once(PLAIN, reading)]
    cases = [*earlier.before(PLAIN), *(one for one in beside if one is not None)]
    assert len(cases) == 3
    assert all(any("compression" in getattr(step, "fields", ()) for step in case.steps) for case in cases)
    assert not any(promises_much(case) for case in cases)

"""A failure that does not come again beside other workers' requests is put down to a race that is known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fuzz.findings.finding import Finding
from fuzz.running.session import Judgement, Session
from fuzz.subjects.reductions.zoo.missing import MissingIgnoredAlongAxes
from fuzz.triage.company import Company
from fuzz.triage.ledger import Ledger
from fuzz.triage.shown import Shown
from fuzz.triage.traits.circumstances import AT_ONCE
from fuzz.triage.triage import Triage
from fuzz.triage.trial import Signature, signature, trial_of
from specs.case import Case
from specs.fields import Fields
from specs.reductions.steps import Put, Send
from specs.violation import Aspect, Violation, Way
from tests.unit.broken import session_with
from tests.unit.pretended import Immortal, PretendedSession, needing

PUT = Put("a", bytes(range(1, 9)))
SUM = Send("sum", Fields({"dtype": "int32", "shape": [2], "axis": 0, "missing": {"missing_value": 67305985}}), "a")
# A known failure is asked for again, explained, and explained once more where the proof was spoilt.
MOST_FOR_A_KNOWN = 20
RACE = Case("race", (PUT, SUM, SUM), together=True)


def knows_a_race(folder: Path, session: Session) -> Ledger:
    """A ledger with a finding about two sums at the same time."""
    ledger = Ledger(folder, "w", session.reading)
    wrong = Violation("sum-values", "wrong", "1", "2", way=Way.VALUES, aspect=Aspect.VALUES, step=1)
    way = Signature(Way.VALUES, aspect=Aspect.VALUES, after_others=True)
    race = Finding("", "0" * 12, wrong, RACE, (None, None, None), (AT_ONCE,))
    ledger.keep(Shown("", trial_of(RACE, session.reading), way, (AT_ONCE,)), race, session, 1)
    return ledger


def failed(case: Case) -> Judgement:
    """A judgement of the case by a server that ignores missing data along an axis."""
    with session_with(MissingIgnoredAlongAxes) as broken:
        judgement = broken.judge(case)
    assert judgement.failures
    return judgement


@pytest.mark.parametrize(("among_others", "findings"), [(True, 1), (False, 2)])
def test_what_passes_alone_beside_other_workers_is_a_known_races(
    tmp_path: Path, *, among_others: bool, findings: int
) -> None:
    case = Case("reduction", (PUT, SUM))
    judgement = failed(case)
    with session_with() as session:
        ledger = knows_a_race(tmp_path, session)
        triage = Triage(session, ledger, Immortal(), alone=lambda: nullcontext(among_others))
        triage.look_into(case, judgement)
        assert len(ledger.findings()) == findings


def test_what_passes_alone_is_asked_once_where_a_known_race_has_cost_its_share(tmp_path: Path) -> None:
    case = Case("reduction", (PUT, SUM))
    judgement = failed(case)
    with session_with() as session:
        triage = Triage(session, knows_a_race(tmp_path, session), Immortal(), alone=lambda: nullcontext(True))
        triage.spent.note(1000, 0.0)
        sent = session.sent
        assert triage.look_into(case, judgement, Company([case], [])) == []
        assert (session.sent - sent, triage.spent.untold) == (1, 1)


def test_most_of_what_failed_as_a_known_race_has_is_passed_over_unasked(tmp_path: Path) -> None:
    case = Case("reduction", (PUT, SUM))
    judgement = failed(case)
    with session_with() as session:
        ledger = knows_a_race(tmp_path, session)
        looks = Triage(session, ledger, Immortal()).looks
        session.sent = 1000
        assert looks.believed(case, judgement, met=True) is None
        looks.spent.note(100, 0.0)
        # The race has not been seen to fail so.
        assert all(looks.believed(replace(case), judgement, met=True) is None for _ in range(32))
        (race,) = ledger.findings()
        ledger.again(race.id, signature(judgement.failures[0], trial_of(case, session.reading), judgement))
        told = [looks.believed(replace(case), judgement, met=True) for _ in range(32)]
        assert looks.believed(case, judgement, met=False) is None
        assert session.sent == 1000
    assert told.count([]) == looks.spent.untold > 20
    assert told.count(None) == 32 - told.count([]) > 0


def test_where_known_causes_have_cost_too_much_fewer_and_fewer_failures_are_sent_again(tmp_path: Path) -> None:
    with session_with() as session:
        spent = Triage(session, Ledger(tmp_path, "w", session.reading), Immortal()).spent
        session.sent = 1000
        spent.note(50, 0.0)
        assert not any(spent.passes_over(Case("x", (SUM,))) for _ in range(160))
        shares = []
        for more in (10, 40):
            spent.note(more, 0.0)
            shares.append(sum(not spent.passes_over(Case("x", (SUM,))) for _ in range(160)) / 160)
        assert 1 / 7 < shares[0] < 1 / 5
        assert 1 / 20 < shares[1] < 1 / 14


def test_a_case_that_is_chosen_to_be_looked_into_is_not_passed_over_when_it_comes_up_again(tmp_path: Path) -> None:
    with session_with() as session:
        spent = Triage(session, Ledger(tmp_path, "w", session.reading), Immortal()).spent
        session.sent = 1000
        spent.note(60, 0.0)
        over = [[spent.passes_over(one), spent.passes_over(one)] for one in [Case("x", (SUM,)) for _ in range(12)]]
    chosen = [one for one in over if not one[0]]
    assert 0 < len(chosen) < len(over) / 2
    assert not any(again for _, again in chosen)


class NoisyBesideOthers(PretendedSession):
    """Beside other workers, every second answer that should be wrong is right."""

    beside = True
    wrong = 0

    def judge(self, case: Case, *, afresh: bool = False) -> Judgement:
        judgement = super().judge(case, afresh=afresh)
        self.wrong += bool(judgement.failures)
        if self.beside and self.wrong % 2 == 0:
            return Judgement(judgement.transcript, (), judgement.expectations, judgement.refused)
        return judgement

    @contextmanager
    def alone(self) -> Iterator[bool]:
        before, self.beside = self.beside, False
        yield True
        self.beside = before


def test_what_other_workers_spoil_is_known_again_with_few_requests_and_settles_no_server(tmp_path: Path) -> None:
    session: Any = NoisyBesideOthers([needing("missing")])
    ledger = Ledger(tmp_path, "w", session.reading)
    triage = Triage(session, ledger, Immortal(), alone=session.alone)
    costs = []
    for value in range(1, 9):
        fields = Fields({"dtype": "int32", "byte_order": "big", "missing": {"missing_value": value}})
        case = Case("reduction", (Put("a", bytes(8 * value)), Send("sum", fields, "a")))
        with session.alone():
            judgement = session.judge(case)
        sent = session.sent
        triage.look_into(case, judgement)
        costs.append(session.sent - sent)
    assert [one.needs for one in ledger.findings()] == [("missing",)]
    assert not triage.lab.settles
    assert max(costs[1:]) <= MOST_FOR_A_KNOWN

"""Failures are recognised beside other requests: as they are, or once they are reduced."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fuzz.triage.lab import Seen
from fuzz.triage.ledger import Ledger
from fuzz.triage.looks import Looks
from fuzz.triage.minimal import Smallest
from fuzz.triage.recognising import Recogniser
from fuzz.triage.shown import Shown
from fuzz.triage.spent import MOST_IN_VAIN
from fuzz.triage.triage import Triage
from fuzz.triage.trial import signature, trial_of
from specs.case import Case
from specs.fields import Fields
from specs.reductions.steps import Put, Send
from tests.unit.pretended import Bug, Immortal, PretendedSession, needing


def asked(operation: str, **fields: Any) -> Case:
    """Return a request about four numbers."""
    return Case("reduction", (Put("a", bytes(range(16))), Send(operation, Fields({"dtype": "int32"} | fields), "a")))


@pytest.mark.parametrize("reproducibility", ["seen once", "flaky"])
def test_a_failure_is_recognised_unless_others_of_its_family_are_flaky(tmp_path: Path, reproducibility: Any) -> None:
    session = PretendedSession([Bug(needing("byte_order").spoils)])
    ledger = Ledger(tmp_path, "w", session.reading)
    triage = Triage(session, ledger, Immortal())  # type: ignore[arg-type]
    first = asked("sum", byte_order="big")
    named = triage.look_into(first, session.judge(first))
    trial, judgement = trial_of(first, session.reading), session.judge(first)
    wanted = signature(judgement.failures[0], trial, judgement)
    seen = Seen(judgement, judgement.failures[0], wanted)
    way = Shown("", trial, wanted, (), frozenset())
    triage.keeper.kept(Smallest(trial, seen, ()), way, reproducibility)
    recogniser = Recogniser(session.reading, ledger, Looks(session.reading, ledger, triage.spent), triage.lab)
    other = asked("max", byte_order="big")
    known = recogniser.recognised(other, session.judge(other), session)  # type: ignore[arg-type]
    assert known == (named if reproducibility == "seen once" else None)


@pytest.mark.parametrize("reduces", [False, True])
def test_a_failure_that_is_not_explained_as_it_is_may_be_recognised_once_it_is_reduced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reduces: bool
) -> None:
    session = PretendedSession([Bug(needing("byte_order").spoils), Bug(needing("axis").spoils)])
    ledger = Ledger(tmp_path, "w", session.reading)
    triage = Triage(session, ledger, Immortal())  # type: ignore[arg-type]
    first = asked("sum", byte_order="big")
    named = triage.look_into(first, session.judge(first))
    monkeypatch.setattr("fuzz.triage.recognising.explain_or_mend", lambda *_: None)
    recogniser = Recogniser(session.reading, ledger, Looks(session.reading, ledger, triage.spent), triage.lab)

    def recognised(case: Case) -> list[str] | None:
        return recogniser.recognised(case, session.judge(case), session, reduces=reduces)  # type: ignore[arg-type]

    assert recognised(asked("max", byte_order="big", shape=[2, 2])) == (named if reduces else None)
    assert recognised(asked("max", axis=[0], shape=[2, 2])) is None
    assert ledger.findings()[0].seen == 1 + reduces


def test_requests_at_the_same_time_that_fail_alone_too_are_recognised_beside_others(tmp_path: Path) -> None:
    session = PretendedSession([Bug(needing("byte_order").spoils)])
    ledger = Ledger(tmp_path, "w", session.reading)
    triage = Triage(session, ledger, Immortal())  # type: ignore[arg-type]
    first = asked("sum", byte_order="big")
    named = triage.look_into(first, session.judge(first))
    recogniser = Recogniser(session.reading, ledger, Looks(session.reading, ledger, triage.spent), triage.lab)
    put, send = asked("max", byte_order="big").steps
    together = Case("at-the-same-time", (put, send, replace(send, operation="min")), together=True)
    judgement = session.judge(together)
    assert judgement.failures
    assert recogniser.may_try(together, judgement)
    assert set(recogniser.recognised(together, judgement, session) or ()) == set(named)  # type: ignore[arg-type]
    passing = PretendedSession([])
    assert recogniser.recognised(together, judgement, passing) is None  # type: ignore[arg-type]


def spent(tmp_path: Path, session: Any) -> tuple[Triage, str]:
    """Return triage that has seen something once, and has spent far too much on known causes."""
    triage = Triage(session, Ledger(tmp_path, "w", session.reading), Immortal())
    case = asked("sum", byte_order="big")
    trial, judgement = trial_of(case, session.reading), session.judge(case)
    seen = Seen(judgement, judgement.failures[0], signature(judgement.failures[0], trial, judgement))
    once = triage.keeper.kept(Smallest(trial, seen, ()), Shown("", trial, seen.signature, ()), "seen once")
    triage.spent.requests = 1000
    # One failure of many has been sent again just now.
    assert not triage.spent.passes_over(case)
    return triage, once


@pytest.mark.parametrize("beside", [False, True])
def test_what_fails_each_time_beside_others_is_not_taken_for_what_was_seen_once(
    tmp_path: Path, *, beside: bool
) -> None:
    session = PretendedSession([Bug(needing("byte_order").spoils)])
    triage, once = spent(tmp_path, session)
    recogniser = Recogniser(session.reading, triage.ledger, triage.looks, triage.lab)
    other = asked("max", byte_order="big")
    if beside:
        assert recogniser.recognised(other, session.judge(other), session) is None  # type: ignore[arg-type]
    (named,) = triage.look_into(other, session.judge(other))
    assert (named == once) is not beside
    assert len(triage.ledger.findings()) == 1 + beside


def test_what_fails_beside_others_and_passes_in_quiet_again_and_again_tells_nothing(tmp_path: Path) -> None:
    broken, well = PretendedSession([Bug(needing("byte_order").spoils)]), PretendedSession([])
    triage, _ = spent(tmp_path, broken)
    well.sent = 0
    triage.lab.session = well  # type: ignore[assignment]
    recogniser = Recogniser(broken.reading, triage.ledger, triage.looks, triage.lab)
    asked_in_quiet = []
    for size in range(2, 2 + 2 * MOST_IN_VAIN):
        other = Case("reduction", (Put("a", bytes(4 * size)), asked("max", byte_order="big").steps[-1]))
        assert recogniser.recognised(other, broken.judge(other), broken) is None  # type: ignore[arg-type]
        before = well.sent
        triage.look_into(other, broken.judge(other))
        asked_in_quiet.append(well.sent > before)
    assert asked_in_quiet[:MOST_IN_VAIN] == [True] * MOST_IN_VAIN
    # The next one is looked into, as what was seen once has come so often.
    assert not any(asked_in_quiet[MOST_IN_VAIN + 1 :])

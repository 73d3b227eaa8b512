"""Which of several cases ended the server is asked one by one, but not beyond the end of the run."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from fuzz.hunt.deadly import ask_one_by_one
from fuzz.running.session import Judgement
from specs.case import Case
from specs.outcome import NoReply, Reply, Transcript
from specs.violation import Aspect

DROPPED = Judgement(Transcript(Case("x", (None,)), (NoReply("closed"),)), ())
ANSWERED = replace(DROPPED, transcript=replace(DROPPED.transcript, outcomes=(Reply(200, (), b""),)))


@pytest.mark.parametrize("most", [0, 2, 5])
def test_no_case_is_asked_once_the_run_is_over(most: int) -> None:
    asked: list[Case] = []

    def judge(case: Case) -> Judgement:
        asked.append(case)
        return ANSWERED

    lost = [SimpleNamespace(case=Case(str(number), (None,)), judgement=DROPPED) for number in range(5)]
    lab = SimpleNamespace(revive=lambda: None, noticed=lambda one: one, over=lambda: len(asked) >= most)
    ask_one_by_one(lost, SimpleNamespace(judge=judge), lab)  # type: ignore[arg-type]
    assert len(asked) == most
    assert [one.judgement for one in lost[max(1, most) :]] == [DROPPED] * (5 - max(1, most))
    blamed = [one.aspect == Aspect.GONE for one in lost[0].judgement.failures]
    assert blamed == ([True] if most == 5 else [])

"""The lab: no trial is asked twice unasked for, every request is counted, and budgets are kept."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.errors import CannotRun
from fuzz.subjects.reductions.reading import Reading
from fuzz.transport.http import HttpClient
from fuzz.transport.protocol import ClientSettings
from fuzz.triage.lab import HASTE_OF_THE_SLOW, LEAST_HANG_SECONDS, MOST_HANG_SECONDS, Lab, OutOfBudget, hurried
from fuzz.triage.trial import Trial, trial_of
from specs.case import Case
from specs.fields import Fields
from specs.reductions.steps import Put, Send
from specs.violation import Aspect
from tests.unit.pretended import PROFILE, Immortal, Mortal, MortalSession, PretendedSession, needing

SUM = Fields({"dtype": "int32"})


def trial(number: int) -> Trial:
    return trial_of(Case("x", (Put("a", bytes(4 * (number + 1))), Send("sum", SUM, "a"))), Reading(PROFILE))


def lab_of(session: PretendedSession, life: Immortal | Mortal | None = None) -> Lab:
    return Lab(session, life or Immortal())  # type: ignore[arg-type]


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=20))
def test_no_trial_is_asked_twice_without_again(asked: list[tuple[int, bool]]) -> None:
    session = PretendedSession([needing()])
    lab = lab_of(session)
    with lab.budget(100):
        for number, again in asked:
            assert lab.ask(trial(number), again=again)
    anew = sum(again for _, again in asked)
    first = {number for at, (number, again) in enumerate(asked) if not again and _is_new(asked[:at], number)}
    assert session.sent == lab.asked == anew + len(first)


def _is_new(before: list[tuple[int, bool]], number: int) -> bool:
    return number not in {one for one, _ in before}


@given(st.integers(0, 12), st.integers(0, 12))
def test_no_more_is_asked_than_the_budget_allows(most: int, more: int) -> None:
    session = PretendedSession([])
    lab = lab_of(session)
    asked = 0
    with lab.budget(most):
        try:
            for number in range(most + more):
                lab.ask(trial(number))
                asked += 1
        except OutOfBudget:
            assert more > 0
    assert asked == session.sent == min(most, most + more)
    with pytest.raises(OutOfBudget):
        lab.ask(trial(100))


@given(st.integers(1, 12), st.integers(0, 12))
def test_a_budget_around_another_pays_for_it(around: int, within: int) -> None:
    session = PretendedSession([])
    lab = lab_of(session)
    with lab.budget(around):
        with lab.budget(within):
            for number in range(min(within, around)):
                lab.ask(trial(number))
        left = around - min(within, around)
        for number in range(left):
            lab.ask(trial(100 + number))
        with pytest.raises(OutOfBudget):
            lab.ask(trial(200))


def test_when_a_run_is_over_nothing_more_is_asked() -> None:
    session = PretendedSession([])
    lab = Lab(session, Immortal(), lambda: session.sent >= 2)  # type: ignore[arg-type]
    with lab.budget(100):
        lab.ask(trial(0))
        lab.ask(trial(1))
        with pytest.raises(OutOfBudget):
            lab.ask(trial(2))
    assert session.sent == 2


def test_who_dies_of_a_trial_is_brought_back_and_said_to_have_died() -> None:
    life = Mortal(lives=3)
    lab = lab_of(MortalSession([needing()], life=life), life)
    with lab.budget(10):
        (seen,) = lab.ask(trial(0))
    assert seen.violation.aspect == Aspect.GONE
    assert seen.signature.died
    assert life.alive()
    assert life.lives == 2


def test_who_stays_away_ends_the_run() -> None:
    life = Mortal(lives=0)
    lab = lab_of(MortalSession([needing()], life=life), life)
    with lab.budget(10), pytest.raises(CannotRun, match="does not come back"):
        lab.ask(trial(0))


def test_what_is_forgotten_is_asked_again() -> None:
    session = PretendedSession([])
    lab = lab_of(session)
    with lab.budget(10):
        lab.ask(trial(0))
        lab.forget()
        lab.ask(trial(0))
    assert session.sent == 2


@pytest.mark.parametrize(
    ("usual_ms", "timeout_seconds", "waits"),
    [(1.0, 10.0, LEAST_HANG_SECONDS), (20.0, 10.0, 1.0), (3000.0, 10.0, MOST_HANG_SECONDS), (1.0, 0.2, 0.2)],
)
def test_haste_goes_by_how_fast_the_server_answers(usual_ms: float, timeout_seconds: float, waits: float) -> None:
    client = HttpClient("http://localhost", ClientSettings(timeout_seconds=timeout_seconds))
    client.answers.took(usual_ms)
    with hurried(client):
        assert client.settings.timeout_seconds == waits
    assert client.settings.timeout_seconds == timeout_seconds


def test_an_answer_that_was_slow_is_waited_for_when_it_is_asked_for_again() -> None:
    client = HttpClient("http://localhost", ClientSettings(timeout_seconds=10.0))
    with hurried(client, 1500.0):
        assert client.settings.timeout_seconds == 1.5 * HASTE_OF_THE_SLOW
    with hurried(client, 30_000.0):
        assert client.settings.timeout_seconds == 10.0


def test_of_several_requests_the_last_one_counts() -> None:
    put = Put("a", bytes(4))
    spoilt, plain = Send("max", SUM, "a"), Send("sum", SUM, "a")
    lab = lab_of(PretendedSession([needing(operations=["max"])]))
    with lab.budget(10):
        assert not lab.ask(trial_of(Case("x", (put, spoilt, plain)), Reading(PROFILE)))
        assert lab.ask(trial_of(Case("x", (put, plain, spoilt)), Reading(PROFILE)))
        assert lab.ask(trial_of(replace(Case("x", (put, spoilt, plain)), together=True), Reading(PROFILE)))

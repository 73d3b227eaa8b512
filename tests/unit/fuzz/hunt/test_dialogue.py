"""Work that asks questions rests at each of them, and never runs beside whoever answers."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from fuzz.hunt.dialogue import Dialogue

Ask = Callable[[int], str]


def test_work_is_done_as_far_as_its_first_question_and_from_answer_to_question() -> None:
    done: list[str] = []

    def work(ask: Ask) -> str:
        done.append(ask(1))
        done.append(ask(2))
        return "".join(done)

    dialogue = Dialogue[int, str, str](work)
    assert (dialogue.question, done) == (1, [])
    dialogue.answer("a")
    assert (dialogue.question, done) == (2, ["a"])
    assert not dialogue.ended
    dialogue.answer("b")
    assert dialogue.ended
    assert dialogue.question is None
    assert dialogue.result == "ab"


def test_work_without_a_question_has_ended_at_once() -> None:
    dialogue = Dialogue[int, str, int](lambda _ask: 7)
    assert (dialogue.ended, dialogue.result, dialogue.error) == (True, 7, None)


def test_an_error_of_the_work_is_kept_for_whoever_answers() -> None:
    dialogue = Dialogue[int, str, int](lambda ask: int(ask(1)))
    dialogue.answer("no number")
    assert dialogue.ended
    assert isinstance(dialogue.error, ValueError)


def test_abandoned_work_ends_at_its_question_and_puts_its_things_in_order() -> None:
    told: list[str] = []

    def work(ask: Ask) -> None:
        try:
            ask(1)
            told.append("went on")
        finally:
            told.append("in order")

    before = threading.active_count()
    dialogue = Dialogue[int, str, None](work)
    dialogue.abandon()
    assert dialogue.ended
    assert told == ["in order"]
    assert threading.active_count() == before


@pytest.mark.parametrize("several", [2, 30])
def test_work_never_runs_beside_other_work_or_whoever_answers(several: int) -> None:
    running: list[int] = []

    def work(number: int) -> Callable[[Ask], None]:
        def asking(ask: Ask) -> None:
            for at in range(20):
                running.append(number)
                assert running == [number]
                running.clear()
                ask(at)

        return asking

    dialogues = [Dialogue[int, str, None](work(number)) for number in range(several)]
    for _ in range(20):
        for one in dialogues:
            assert running == []
            one.answer("")
    assert all(one.ended and one.error is None for one in dialogues)

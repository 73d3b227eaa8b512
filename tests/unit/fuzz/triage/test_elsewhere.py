"""What a server remembers is told from other bugs by asking servers like it that were asked little."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from fuzz.running.session import Session
from fuzz.subjects.reductions.zoo.memory import SlicesKeptWhateverTheLength
from fuzz.subjects.reductions.zoo.selections import NegativeStrideOfManyDimensions, StrideIgnored
from fuzz.triage.elsewhere import MOST_ASKED, Elsewhere
from fuzz.triage.ledger import Ledger
from fuzz.triage.slips import of_fresh_servers
from fuzz.triage.triage import Triage
from fuzz.triage.trial import trial_of
from specs.case import Case
from specs.fields import Fields
from specs.reductions.steps import Put, Send
from tests.unit.broken import lab_with, session_with
from tests.unit.pretended import Immortal


class Counting(Immortal):
    """A target beside which others like it can be started; `running` tells of each whether it has not ended."""

    def __init__(self, *animals: type) -> None:
        self._animals = animals
        self.running: list[bool] = []

    @contextmanager
    def twin(self) -> Iterator[Session]:
        number = len(self.running)
        self.running.append(True)
        with session_with(*self._animals) as session:
            yield session
        self.running[number] = False


def of_shape(shape: list[int], selection: list[list[int]]) -> Case:
    numbers = np.arange(1, 1 + int(np.prod(shape)), dtype="int32")
    fields = Fields({"dtype": "int32", "shape": shape, "selection": selection})
    return Case("x", (Put("a", numbers.tobytes()), Send("select", fields, "a")))


PASSING, FAILING = of_shape([6], [[0, 6, 1]]), of_shape([6], [[0, 6, 2]])


def test_a_server_is_asked_until_a_case_fails_and_ends_with_the_session() -> None:
    with session_with(StrideIgnored) as session:
        life = Counting(StrideIgnored)
        elsewhere = Elsewhere(session, life)
        failures = [bool(elsewhere.judged_by_the_kept(one).failures) for one in (PASSING, PASSING, FAILING, PASSING)]
        assert failures == [False, False, True, False]
        assert life.running == [False, True]
    assert life.running == [False, False]


def test_a_server_is_asked_only_so_much() -> None:
    with session_with() as session:
        life = Counting()
        elsewhere = Elsewhere(session, life)
        for _ in range(MOST_ASKED + 2):
            assert not elsewhere.judged_by_the_kept(PASSING).failures
    assert life.running == [False, False]


@pytest.mark.parametrize("forgetful", [True, False])
def test_a_failure_is_reduced_where_nothing_is_remembered(tmp_path: Path, *, forgetful: bool) -> None:
    """With the slices of other lengths in mind, the server fails for fewer dimensions as well."""
    animals = [NegativeStrideOfManyDimensions, *([] if forgetful else [SlicesKeptWhateverTheLength])]
    life = Counting(*animals)
    of_many = of_shape([2, 3, 7], [[0, 2, 1], [0, 3, 1], [5, -7, -1]])
    with session_with(*animals) as session:
        ledger = Ledger(tmp_path, "w", session.reading)
        triage = Triage(session, ledger, life)
        for length in (3, 5) if not forgetful else ():
            # Slices with negative bounds are remembered for the length that came first.
            case = of_shape([length], [[-9, 9, 1]])
            judgement = session.judge(case)
            if judgement.failures:
                triage.look_into(case, judgement)
        (name,) = triage.look_into(of_many, session.judge(of_many))
    found = ledger.get(name)
    assert found is not None
    assert found.needs == ("reversed selection", "more than two dimensions")
    assert len(ledger.findings()) == (1 if forgetful else 2)


def test_a_failure_is_not_reduced_anew_where_no_server_can_be_started() -> None:
    with lab_with(StrideIgnored) as lab:
        trial = trial_of(FAILING, lab.session.reading)
        (seen,) = lab.ask(trial)
        assert lab.life.twin is None
        assert of_fresh_servers(trial, seen, lab) is None

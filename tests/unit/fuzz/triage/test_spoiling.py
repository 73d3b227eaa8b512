"""What has spoilt a server for good is found on fresh servers, and what fails from then on is counted for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fuzz.running.session import Session
from fuzz.subjects.reductions.zoo.credentials import SecretUncheckedOnceSeen
from fuzz.subjects.reductions.zoo.memory import SlicesKeptWhateverTheLength
from fuzz.triage.ledger import Ledger
from fuzz.triage.traits.circumstances import SEVERAL
from fuzz.triage.triage import Triage
from specs.case import Case
from specs.fields import Fields
from specs.reductions.steps import Credential, Put, Send
from tests.unit.broken import session_with
from tests.unit.pretended import Immortal


@contextmanager
def fresh() -> Iterator[Session]:
    with session_with(SlicesKeptWhateverTheLength) as session:
        yield session


class WithTwin(Immortal):
    """A target beside which others like it can be started."""

    twin = staticmethod(fresh)


def trusting() -> Any:
    """Open a session on a fresh server that looks at no secret of a key that it has served before."""
    return session_with(SecretUncheckedOnceSeen)


class OfTrusting(Immortal):
    """A target beside which others like it can be started, and how many were."""

    def __init__(self) -> None:
        self.started = 0

    def twin(self) -> Any:
        self.started += 1
        return trusting()


def of_length(length: int) -> Case:
    asked = Fields({"dtype": "int32", "shape": [length], "selection": [[-9, 9, 1]]})
    return Case("reduction", (Put("a", np.arange(1, length + 1, dtype="<i4").tobytes()), Send("select", asked, "a")))


def test_a_request_that_spoils_a_server_for_good_is_found_on_fresh_servers(tmp_path: Path) -> None:
    with fresh() as session:
        ledger = Ledger(tmp_path, "w", session.reading)
        triage = Triage(session, ledger, WithTwin())
        assert not session.judge(of_length(3)).failures
        for length in (5, 7):
            judgement = session.judge(of_length(length))
            assert judgement.failures
            names = triage.look_into(of_length(length), judgement)
            assert len(names) == 1
    (found,) = ledger.findings()
    assert found.reproducibility == "every time"
    assert {SEVERAL, "another shape"} <= {*found.needs}
    assert found.seen == 2
    with fresh() as another:
        assert another.judge(found.case).failures


def asked_by(who: Credential) -> Case:
    asked = Send("select", Fields({"dtype": "int32"}), "a", credentials=who)
    return Case("credentials", (Put("a", bytes(12)), asked))


@pytest.mark.parametrize("enough", [60, 8])
def test_what_differs_by_a_trait_is_tried_first_and_not_lost_when_time_is_up(tmp_path: Path, enough: int) -> None:
    with trusting() as session:
        ledger, life = Ledger(tmp_path, "w", session.reading), OfTrusting()
        triage = Triage(session, ledger, life, over=lambda: life.started >= enough)
        assert not session.judge(asked_by("owner")).failures
        judgement = session.judge(asked_by("wrong-secret"))
        assert judgement.failures
        triage.look_into(asked_by("wrong-secret"), judgement)
    (found,) = ledger.findings()
    assert (SEVERAL in found.needs) == (enough == 60)
    assert SEVERAL in (*found.needs, *found.unproved)
    with trusting() as another:
        assert another.judge(found.case).failures

"""What has spoilt a server for good is found on fresh servers, and what fails from then on is counted for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from fuzz.running.session import Session
from fuzz.subjects.reductions.zoo.memory import SlicesKeptWhateverTheLength
from fuzz.triage.ledger import Ledger
from fuzz.triage.traits.circumstances import SEVERAL
from fuzz.triage.triage import Triage
from specs.case import Case
from specs.fields import Fields
from specs.reductions.steps import Put, Send
from tests.unit.broken import session_with
from tests.unit.pretended import Immortal


@contextmanager
def fresh() -> Iterator[Session]:
    with session_with(SlicesKeptWhateverTheLength) as session:
        yield session


class WithTwin(Immortal):
    """A target beside which others like it can be started."""

    twin = staticmethod(fresh)


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

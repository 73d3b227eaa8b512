"""A silence is told only of a server that had its time: on a busy machine nothing is told, however long it was."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from fuzz.findings import corpus
from fuzz.subjects.reductions.burdens import promises_much
from fuzz.triage.lab import DROPS_TO_OUTLIVE, LIVING_SECONDS, MOST_HANG_SECONDS, PATIENCE_WITH_THE_BUSY, Lab
from fuzz.triage.ledger import Ledger
from fuzz.triage.triage import Triage
from specs.case import Case
from specs.fields import Fields
from specs.outcome import NoReply
from specs.reductions.encoding import blosc2_chunk
from specs.reductions.steps import Put, Send
from specs.violation import Way
from tests.unit.pretended import Bug, Immortal, Judgement, PretendedSession, needing

CHUNK = blosc2_chunk(bytes(range(40)))
LIE = CHUNK[:4] + (2**31 - 1).to_bytes(4, "little") + CHUNK[8:]
FIELDS = {"dtype": "int32", "compression": {"id": "blosc2"}}
BURDEN = Case("reduction", (Put("a", LIE), Send("count", Fields(FIELDS), "a")))
LIGHT = Case("reduction", (Put("a", CHUNK), Send("count", Fields(FIELDS), "a")))
USUAL_SECONDS = 10.0


@dataclass
class Silent(PretendedSession):
    """Leaves requests without an answer that are waited for less than so long, and notes how long each was."""

    answers_after: float = math.inf
    waits: list[float] = field(default_factory=list)

    def judge(self, case: Case, *, afresh: bool = False) -> Judgement:
        waits = self.client.settings.timeout_seconds
        judged = super().judge(case, afresh=afresh)
        if not judged.failures:
            return judged
        self.waits.append(waits)
        if waits >= self.answers_after:
            return replace(judged, violations=())
        outcomes = tuple(one and NoReply("timeout", "", waits * 1000) for one in judged.transcript.outcomes)
        return replace(judged, transcript=replace(judged.transcript, outcomes=outcomes))


class Served(Immortal):
    """A target on a machine of which it is told for how long it let the target work, if that is known."""

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds

    def watched(self) -> Callable[[], float | None]:
        return lambda: self.seconds


def told(folder: Path, session: Silent, life: Served, case: Case) -> list[str]:
    ledger = Ledger(folder, "w", session.reading)
    triage = Triage(session, ledger, life)  # type: ignore[arg-type]
    triage.look_into(case, session.judge(case))
    ledger.flush()
    return [one.reproducibility for one in corpus.load_all(folder)]


def silent(answers_after: float = math.inf) -> Silent:
    several = (needing("compression").spoils, lambda trial, _: promises_much(trial.case))
    return Silent([Bug(spoils, "answers", Way.SILENT) for spoils in several], answers_after=answers_after)


@pytest.mark.parametrize("case", [BURDEN, LIGHT])
def test_nothing_is_told_of_a_silence_on_a_starved_machine(tmp_path: Path, case: Case) -> None:
    session = silent()
    assert told(tmp_path, session, Served(1.0), case) == []
    assert max(session.waits) == PATIENCE_WITH_THE_BUSY * USUAL_SECONDS


@pytest.mark.parametrize("case", [BURDEN, LIGHT])
@pytest.mark.parametrize("seconds", [USUAL_SECONDS, None])
def test_a_silence_is_told_of_a_server_that_had_its_time_and_of_one_elsewhere_that_was_waited_for_longer(
    tmp_path: Path, case: Case, seconds: float | None
) -> None:
    session = silent()
    assert told(tmp_path, session, Served(seconds), case) == ["every time"]
    assert max(session.waits) == USUAL_SECONDS * (1 if seconds else PATIENCE_WITH_THE_BUSY)


@pytest.mark.parametrize("seconds", [1.0, None])
def test_a_burden_that_is_answered_late_is_no_finding(tmp_path: Path, seconds: float | None) -> None:
    session = silent(answers_after=2 * USUAL_SECONDS)
    assert told(tmp_path, session, Served(seconds), BURDEN) == []
    assert min(session.waits) > MOST_HANG_SECONDS


def test_a_busy_server_that_outlives_drops_is_not_waited_for_to_learn_that_it_lives() -> None:
    session = Silent([needing()])
    lab = Lab(session, Served(None))  # type: ignore[arg-type]
    assert all(lab.lives_on() for _ in range(DROPS_TO_OUTLIVE + 1))
    assert session.waits
    assert max(session.waits) <= LIVING_SECONDS

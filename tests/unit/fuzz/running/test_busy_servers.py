"""A server that is busy with one request is asked the next when it answers again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from fuzz.running.session import Judgement
from fuzz.subjects.reductions.reading import Reading
from fuzz.transport.http import HttpClient
from fuzz.triage.lab import MOST_WAITS, Lab, hurried
from specs.case import Case
from specs.fields import Fields
from specs.outcome import NoReply, Reply, Transcript
from specs.reductions.profile import Profile
from specs.reductions.steps import Put, Send
from specs.violation import Violation, Way

SLOW = Case("reduction", (Put("slow", b""), Send("sum", Fields({"dtype": "int32"}), "slow")))


@dataclass
class BusySession:
    """Does not answer one case, nor so many of the requests after it."""

    busy: int
    asked: list[bool] = field(default_factory=list)
    client: HttpClient = field(default_factory=lambda: HttpClient("http://pretended"))
    reading: Reading = field(default_factory=lambda: Reading(Profile("x")))

    def judge(self, case: Case, *, afresh: bool = False) -> Judgement:  # noqa: ARG002
        silent = case == SLOW or self.busy > 0
        self.busy -= case != SLOW
        self.asked.append(silent)
        outcome = NoReply("timeout", "") if silent else Reply(200, (), b"")
        violation = Violation("answers", "no answer in time", "an answer", "none", way=Way.SILENT, step=1)
        return Judgement(Transcript(case, (None, outcome)), (violation,) if silent else ())


def lab_of(session: Any) -> Lab:
    return Lab(session, life=None)  # type: ignore[arg-type]


@pytest.mark.parametrize("busy", [0, 1, MOST_WAITS - 1])
def test_a_server_that_is_busy_is_asked_again_when_it_answers(busy: int) -> None:
    session = BusySession(busy)
    lab = lab_of(session)
    with lab.budget(1):
        assert lab.judge(SLOW).failures
    assert session.asked == [True, *(True for _ in range(busy)), False]


def test_a_server_that_stays_silent_is_not_waited_for_again() -> None:
    session = BusySession(10**6)
    lab = lab_of(session)
    lab.run(SLOW)
    assert len(session.asked) == 1 + MOST_WAITS
    lab.run(SLOW)
    assert len(session.asked) == 2 + MOST_WAITS


def test_a_hurry_can_be_left_off_for_a_while() -> None:
    session = BusySession(0)
    lab, usual = lab_of(session), session.client.settings.timeout_seconds
    with hurried(session.client):
        in_a_hurry = session.client.settings.timeout_seconds
        with lab.patient():
            assert session.client.settings.timeout_seconds == usual
        assert session.client.settings.timeout_seconds == in_a_hurry < usual
    assert session.client.settings.timeout_seconds == usual

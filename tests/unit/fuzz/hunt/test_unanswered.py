"""Failures without an answer: other answers tell that the server lives, so that it need not be asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from fuzz.embedded.http_messages import Answer, DropConnection, HttpRequest
from fuzz.hunt.effort import PropertyEffort
from fuzz.hunt.hunter import MOST_DOUBTED, Hunter
from fuzz.running.session import Session
from fuzz.running.store import MemoryStore
from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.server import serve
from fuzz.subjects.reductions.subject import REDUCTIONS
from fuzz.transport.http import HttpClient
from fuzz.transport.protocol import ClientSettings
from fuzz.triage.ledger import Ledger
from specs.case import Case
from specs.fields import Fields
from specs.reductions.steps import Put, Send
from tests.unit.pretended import PROFILE, Immortal

SETTINGS = ClientSettings(timeout_seconds=20.0)
LONG_SECONDS = 20.0


class NoMinimum(ReferenceServer):
    """Drops the connection of each request for a minimum, and gives no maximum until it may."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()

    def handle(self, request: HttpRequest) -> Answer:
        if "/max" in request.target:
            self.go.wait(LONG_SECONDS)
        return DropConnection() if "/min" in request.target else super().handle(request)


class AskedLife(Immortal):
    """A target that is always there, and counts how often it is asked."""

    asked = 0

    def alive(self) -> bool:
        self.asked += 1
        return True


def asked(operation: str) -> Case:
    data = np.arange(3, dtype="<i4").tobytes()
    return Case("reduction", (Put("a", data), Send(operation, Fields({"dtype": "int32"}), "a")))


@contextmanager
def hunting(folder: Path, life: AskedLife, patch: pytest.MonkeyPatch) -> Iterator[Hunter]:
    """Hunt beside a request that is not answered yet, with a hunter to whom each failure looks like a known one."""
    made = NoMinimum()
    with MemoryStore() as store, serve(made) as server:
        session = Session(REDUCTIONS, HttpClient(server.url, SETTINGS), store, PROFILE)
        hunter = Hunter(session, Ledger(folder, "w", session.reading), life, lambda _: None, 4)  # type: ignore[arg-type]
        patch.setattr(hunter._triage.looks, "believed", lambda _case, _judgement, **_: ["known"])
        hunter.deadline.begin(time.monotonic() + LONG_SECONDS)
        hunter.take(asked("max"), PropertyEffort())
        yield hunter
        made.go.set()
        hunter.finish()
        hunter.close()
        session.close()
    assert (hunter.unexplained, hunter.given_up) == (0, 0)


@pytest.mark.parametrize("others", [True, False])
def test_a_server_that_answers_others_is_not_asked_whether_it_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, others: bool
) -> None:
    life, tally = AskedLife(), PropertyEffort()
    with hunting(tmp_path, life, monkeypatch) as hunter:
        for _ in range(3):
            hunter.take(asked("min"), tally)
        while others and tally.examples < 3 and time.monotonic() < hunter.deadline.until:
            hunter.take(asked("sum"), PropertyEffort())
        assert life.asked == 0
    assert life.asked == (0 if others else 1)
    assert tally.findings == {"known"}


def test_a_server_is_asked_once_after_many_failures_without_an_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    life, tally = AskedLife(), PropertyEffort()
    with hunting(tmp_path, life, monkeypatch) as hunter:
        for _ in range(MOST_DOUBTED + 8):
            hunter.take(asked("min"), tally)
    # Once for many, and once for the rest at the end.
    assert life.asked == 2
    assert tally.examples == MOST_DOUBTED + 8


class BusyAtFirst(ReferenceServer):
    """Answers no sum the first time, and nothing of blosc2, until it may."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self.sums = 0

    def handle(self, request: HttpRequest) -> Answer:
        self.sums += "/sum" in request.target
        if b"blosc2" in request.body or self.sums == 1:
            self.go.wait(LONG_SECONDS)
        return super().handle(request)


@pytest.mark.parametrize("codec", ["blosc2", None])
def test_what_was_not_answered_beside_a_burden_is_asked_once_more_before_it_is_looked_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, codec: str | None
) -> None:
    made, tally, looked_into = BusyAtFirst(), PropertyEffort(), list[Case]()
    with MemoryStore() as store, serve(made) as server:
        session = Session(REDUCTIONS, HttpClient(server.url, ClientSettings(timeout_seconds=0.5)), store, PROFILE)
        hunter = Hunter(session, Ledger(tmp_path, "w", session.reading), AskedLife(), lambda _: None, 4)  # type: ignore[arg-type]
        monkeypatch.setattr(hunter._triage, "look_into", lambda case, *_: looked_into.append(case) or [])
        hunter.deadline.begin(time.monotonic() + LONG_SECONDS)
        promising = b"\x05\x01\x97\x08" + (2**30).to_bytes(4, "little") + bytes(24)
        fields = {"dtype": "uint8"} | ({} if codec is None else {"compression": {"id": codec}})
        burden = Case("reduction", (Put("b", promising), Send("max", Fields(fields), "b")))
        hunter.take(burden, PropertyEffort())
        hunter.take(asked("sum"), tally)
        hunter.finish()
        made.go.set()
        hunter.close()
        session.close()
    assert tally.examples == 1
    assert (asked("sum") in looked_into) is (codec is None)
    assert made.sums == (1 if codec is None else 2)

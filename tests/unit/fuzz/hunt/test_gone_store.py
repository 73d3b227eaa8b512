"""A server whose store has ended fails for that: the hunt ends, and accuses nobody."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from fuzz.events import FindingFound
from fuzz.hunt.effort import PropertyEffort
from fuzz.hunt.hunter import Hunter
from fuzz.running.session import Session
from fuzz.running.store import MemoryStore, StoreError
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

SECONDS = 20.0


def asked(operation: str) -> Case:
    data = np.arange(3, dtype="<i4").tobytes()
    return Case("reduction", (Put("a", data), Send(operation, Fields({"dtype": "int32"}), "a")))


def test_a_store_that_has_ended_makes_no_finding(tmp_path: Path) -> None:
    told: list[object] = []
    with MemoryStore() as store, serve(ReferenceServer()) as server:
        session = Session(REDUCTIONS, HttpClient(server.url, ClientSettings(SECONDS)), store, PROFILE)
        ledger = Ledger(tmp_path, "w", session.reading, told.append)
        hunter = Hunter(session, ledger, Immortal(), told.append, 1)  # type: ignore[arg-type]
        hunter.deadline.begin(time.monotonic() + SECONDS)
        tally = PropertyEffort()
        hunter.take(asked("sum"), tally)
        hunter.finish()
        assert tally.examples == 1
        os.kill(store.process_id, signal.SIGKILL)
        # The object is in the store, as far as the suite knows, and is not put once more.
        with pytest.raises(StoreError, match="the memory store has ended"):  # noqa: PT012
            hunter.take(asked("max"), tally)
            hunter.finish()
        hunter.close()
        session.close()
    assert not tally.findings
    assert not any(isinstance(one, FindingFound) for one in told)
    assert not list(tmp_path.glob("*/case.json"))

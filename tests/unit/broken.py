"""A session on a server with animals of the zoo, and a lab on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from fuzz.findings.finding import Finding
from fuzz.running.session import Session
from fuzz.running.store import open_store
from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.__main__ import build
from fuzz.subjects.reductions.reference_server.server import serve
from fuzz.subjects.reductions.subject import REDUCTIONS
from fuzz.transport.http import HttpClient
from fuzz.triage.lab import Lab
from fuzz.triage.ledger import Ledger
from fuzz.triage.triage import Triage
from specs.case import Case
from specs.reductions import profile as profiles
from tests.unit.pretended import Immortal

PLENTY = 500


@contextmanager
def session_with(*animals: type[ReferenceServer]) -> Iterator[Session]:
    """Open a session on a server that has all the animals, and on a store in memory."""
    with (
        closing(build([*animals])) as one,
        serve(one) as http,
        closing(open_store("memory")) as store,
        closing(Session(REDUCTIONS, HttpClient(http.url), store, profiles.load("reference"))) as session,
    ):
        yield session


@contextmanager
def lab_with(*animals: type[ReferenceServer]) -> Iterator[Lab]:
    """Open a lab with plenty of requests on such a session."""
    with session_with(*animals) as session:
        lab = Lab(session, Immortal())
        with lab.budget(PLENTY):
            yield lab


def found_in_turn(folder: Path, several: Iterable[Case], *animals: type[ReferenceServer]) -> list[Finding]:
    """Look into cases that fail on a broken server, one after the other, and return the findings."""
    with session_with(*animals) as session:
        ledger = Ledger(folder, "w", session.reading)
        triage = Triage(session, ledger, Immortal())
        for case in several:
            triage.look_into(case, session.judge(case))
    return ledger.findings()

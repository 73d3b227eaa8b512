"""One animal, one finding; two animals, two: drawn by a fixed seed, hunted in this process."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from fuzz.bench.planted import PACKAGE, Bug, owners
from fuzz.config import Settings
from fuzz.findings import corpus
from fuzz.findings.finding import Finding
from fuzz.hunt.effort import PropertyEffort
from fuzz.hunt.hunter import Hunter
from fuzz.hunt.rounds import turn
from fuzz.running.session import Session
from fuzz.running.targets import open_store_for
from fuzz.subjects.reductions.reading import Reading
from fuzz.subjects.reductions.reference_server.__main__ import build
from fuzz.subjects.reductions.reference_server.server import serve
from fuzz.subjects.reductions.subject import REDUCTIONS
from fuzz.transport.http import HttpClient
from fuzz.triage.ledger import Ledger
from specs.reductions import profile as profiles
from strategies.reductions import cases
from tests.unit.pretended import Immortal

PROFILE = profiles.load("reference")
STRIDE = Bug(f"{PACKAGE}.selections:StrideIgnored")
FILTER = Bug(f"{PACKAGE}.decoding:SecondFilterIgnored")
EXAMPLES = 40


def hunted(folder: Path, *animals: Bug) -> tuple[list[Finding], dict[str, tuple[Bug, ...]]]:
    """The findings of a short hunt, and the animals that each belongs to."""
    with closing(open_store_for(Settings())) as store:
        with (
            closing(build([one.load() for one in animals])) as server,
            serve(server) as http,
            closing(Session(REDUCTIONS, HttpClient(http.url), store, PROFILE)) as session,
        ):
            ledger, tally = Ledger(folder, "w", Reading(PROFILE)), PropertyEffort()
            hunter = Hunter(session, ledger, Immortal(), lambda _: None)  # type: ignore[arg-type]
            turn(cases.reductions(PROFILE, longest=100), 1, EXAMPLES, lambda case: hunter.try_case(case, tally))
            ledger.flush()
        found = corpus.load_all(folder)
        return found, owners(found, animals, store, PROFILE)


@pytest.mark.parametrize("animal", [STRIDE, FILTER], ids=lambda one: one.name)
def test_one_animal_is_one_finding(tmp_path: Path, animal: Bug) -> None:
    findings, whose = hunted(tmp_path, animal)
    assert list(whose.values()) == [(animal,)]
    assert findings[0].unproved == ()


def test_two_animals_are_two_findings(tmp_path: Path) -> None:
    _, whose = hunted(tmp_path, STRIDE, FILTER)
    assert sorted(whose.values(), key=lambda several: several[0].path) == [(FILTER,), (STRIDE,)]


def test_no_animal_is_no_finding(tmp_path: Path) -> None:
    assert hunted(tmp_path)[0] == []

"""A finding about a history explains what fails for its needs alone, and nothing that needs more."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from fuzz.embedded.store.object_store import ObjectStore
from fuzz.embedded.store.server import serving
from fuzz.findings import corpus
from fuzz.hunt.effort import PropertyEffort
from fuzz.hunt.hunter import Hunter
from fuzz.running.session import Session
from fuzz.subjects.objects.access import OWN, OWNER, Access
from fuzz.subjects.objects.reading import Reading
from fuzz.subjects.objects.subject import OBJECTS
from fuzz.subjects.objects.zoo import find
from fuzz.transport.http import HttpClient
from fuzz.triage.ledger import Ledger
from specs.case import Case
from specs.objects.content import Content
from specs.objects.profile import load
from specs.objects.steps import GetObject, PutObject
from tests.unit.pretended import Immortal

REFERENCE = load("reference")
MARKED = (PutObject(key="k", content=Content(b"\xef\xbb\xbfx")), GetObject(key="k"))
BEYOND = (PutObject(key="k", content=Content(b"x")), GetObject(key="k", headers=(("Range", "bytes=7-"),)))


def test_what_needs_more_than_a_known_history_is_another_finding(tmp_path: Path) -> None:
    animals = [find(one).store for one in ("byte-order-mark-dropped", "range-outside-is-the-whole")]
    keys = dict(zip((OWNER, "second"), OWN, strict=True))
    with (
        serving({one.access_key: one.secret for one in OWN}, kind=type("Both", (*animals, ObjectStore), {})) as store,
        closing(Session(OBJECTS, HttpClient(store.url), Access(keys), REFERENCE)) as session,
    ):
        hunter = Hunter(session, Ledger(tmp_path, "w", Reading(REFERENCE)), Immortal(), lambda _: None)
        for several in (MARKED, BEYOND, MARKED, BEYOND):
            hunter.try_case(Case("objects", several), PropertyEffort())
    needs = {frozenset(one.needs) for one in corpus.load_all(tmp_path)}
    assert needs == {
        frozenset({"several requests", "step put object"}),
        frozenset({"several requests", "step put object", "header range"}),
    }

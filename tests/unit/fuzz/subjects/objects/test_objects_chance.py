"""What a store gets wrong once is kept with all that was asked of it, since any of that may be what it takes."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from fuzz.embedded.http_messages import Answer, HttpRequest
from fuzz.embedded.store.object_store import ObjectStore
from fuzz.embedded.store.server import serving
from fuzz.findings import corpus
from fuzz.hunt.effort import PropertyEffort
from fuzz.hunt.hunter import Hunter
from fuzz.running.session import Session
from fuzz.subjects.objects.access import OWN, OWNER, Access
from fuzz.subjects.objects.reading import Reading
from fuzz.subjects.objects.subject import OBJECTS
from fuzz.transport.http import HttpClient
from fuzz.triage.ledger import Ledger
from specs.case import Case
from specs.objects.content import Content
from specs.objects.profile import load
from specs.objects.steps import DeleteObject, GetObject, PutObject, Step
from tests.unit.pretended import Immortal

REFERENCE = load("reference")
STEPS: tuple[Step, ...] = (
    PutObject(key="k", content=Content(b"first")),
    DeleteObject(key="k"),
    PutObject(key="k", content=Content(b"second")),
    GetObject(key="k"),
    GetObject(key="other"),
)


class WrongOnce(ObjectStore):
    """A store that gives other bytes to the first who reads."""

    asked = False

    def __call__(self, request: HttpRequest) -> Answer:
        answer = super().__call__(request)
        if self.asked or request.method != "GET" or not request.target.endswith("/k"):
            return answer
        self.asked = True
        return replace(answer, body=b"third!")


def test_what_comes_once_is_kept_as_it_came(tmp_path: Path) -> None:
    keys = dict(zip((OWNER, "second"), OWN, strict=True))
    with (
        serving({one.access_key: one.secret for one in OWN}, kind=WrongOnce) as store,
        closing(Session(OBJECTS, HttpClient(store.url), Access(keys), REFERENCE)) as session,
    ):
        hunter = Hunter(session, Ledger(tmp_path, "w", Reading(REFERENCE)), Immortal(), lambda _: None)
        hunter.try_case(Case("objects", STEPS), PropertyEffort())
    (finding,) = corpus.load_all(tmp_path)
    assert finding.reproducibility == "seen once"
    # All up to the answer that was wrong, each step with its own answer.
    assert finding.case.steps == STEPS[:4]
    assert finding.violation.step == 3
    assert finding.outcomes[3] is not None
    assert getattr(finding.outcomes[3], "body", None) == b"third!"

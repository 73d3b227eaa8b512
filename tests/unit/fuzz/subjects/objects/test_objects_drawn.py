"""What is drawn for a property shows the stores that are broken in what the property is about."""

from __future__ import annotations

from contextlib import closing

import pytest

from fuzz.embedded.store.server import serving
from fuzz.hunt.rounds import turn
from fuzz.running.session import Session
from fuzz.running.store.protocol import impostors
from fuzz.subjects.objects.access import OWN, OWNER, Access
from fuzz.subjects.objects.subject import OBJECTS
from fuzz.subjects.objects.zoo import find
from fuzz.transport.http import HttpClient
from specs.case import Case
from specs.objects.profile import load

REFERENCE = load("reference")


@pytest.mark.parametrize(("animal", "name", "requirement"), [
    ("values-decoded", "metadata", "headers"), ("policy-survives-its-bucket", "buckets", "access"),
    ("carriage-returns-bare", "keys", "listing"), ("all-buckets-listed", "buckets", "buckets"),
    ("clock-of-five-minutes", "objects", "accepts-valid"), ("tags-trimmed", "tags", "tagging"),
    ("copy-has-no-conditions", "conditions", "write-conditions"),
    ("date-outranks-if-none-match", "conditions", "content"),
])  # fmt: skip
def test_a_property_sees_the_animal_that_it_is_about(animal: str, name: str, requirement: str) -> None:
    keys = {**dict(zip((OWNER, "second"), OWN, strict=True)), **impostors(OWN[0])}
    accounts = {one.access_key: one.secret for one in OWN}
    seen: set[str] = set()
    with (
        serving(accounts, kind=find(animal).store) as store,
        closing(Session(OBJECTS, HttpClient(store.url), Access(keys), REFERENCE)) as session,
    ):

        def attempt(case: Case) -> None:
            seen.update(one.requirement for one in session.judge(case).failures)

        about = next(one for one in OBJECTS.properties if one.name == name)
        turn(about.cases(REFERENCE), 1, 240, attempt)
    assert requirement in seen

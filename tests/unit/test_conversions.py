"""A request in given bytes comes to the same as one that is spelled like it."""

from __future__ import annotations

import pytest
from truthful import V2

from fuzz.subjects.reductions.reading import Reading
from fuzz.triage.trial import trial_of
from specs.case import Case
from specs.reductions.steps import Put, SendRaw

BODY = b'{"interface_type": "s3", "url": "{url}", "dtype": "int32"}'


@pytest.mark.parametrize(
    ("kind", "spelled"),
    [
        ("application/json;charset=UTF-8", ["content-type-charset"]),
        ("APPLICATION/JSON", ["content-type-case"]),
        ('application/json; charset="utf-8"', ["content-type-quoted"]),
        ("application/json; charset=utf-16", []),
    ],
)
def test_an_unusual_content_type_comes_to_the_spelling_that_has_it(kind: str, spelled: list[str]) -> None:
    raw = SendRaw("POST", "/v2/select/", (("Content-Type", kind),), BODY, "a")
    reading = Reading(V2)
    several = list(reading.come_to_the_same(trial_of(Case("x", (Put("a", bytes(8)), raw)), reading)))
    assert [one.last.spelled for one in several] == spelled
    assert all(one.scene is not None for one in several)

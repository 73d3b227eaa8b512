"""Conditions on dates, where the date is one that the store has told."""

from __future__ import annotations

import pytest

from specs.objects.content import Content
from specs.objects.steps import GetObject, PutObject
from specs.outcome import Reply
from tests.unit.specs.objects.test_objects_model import faults, refused, shown, wrote


@pytest.mark.parametrize(("name", "due"), [("If-Modified-Since", 304), ("If-Unmodified-Since", 200)])
def test_at_the_date_that_was_told_an_object_is_not_modified_since(name: str, due: int) -> None:
    conditional = GetObject(key="k", headers=((name, "{modified looked}"),))
    before = (
        (PutObject(key="k", content=Content(b"x")), wrote(b"x")),
        (GetObject(key="k", called="looked"), shown(b"x")),
    )
    for status, answer in (
        (200, shown(b"x")),
        (304, Reply(304, shown(b"x").headers, b"")),
        (412, refused(412, "PreconditionFailed")),
    ):
        assert (not faults(*before, (conditional, answer))) is (status == due)

"""What a server does not claim it may refuse, down to a field that it may not know."""

from __future__ import annotations

from dataclasses import replace

import pytest

from specs.case import Case, Put, Send
from specs.fields import Fields
from specs.model import StoreFacts, expectations
from specs.profile import Profile

CLAIMS = {
    "axis": "axis_forms",
    "compression": "compressions",
    "filters": "filters",
    "missing": "missing_kinds",
    "option_count_as_bytes": "options",
}


def due(field: str, profile: Profile) -> bool:
    """Whether a request with null for a field may be refused."""
    case = Case("x", (Put("a", bytes(4)), Send("sum", Fields({"dtype": "int32", field: None}), "a")))
    expected = expectations(case, profile, StoreFacts())[1]
    assert expected is not None
    assert expected.answers
    return expected.rejection is not None


@pytest.mark.parametrize("field", CLAIMS)
def test_null_is_as_good_as_nothing_for_a_field_that_is_known(field: str) -> None:
    assert not due(field, Profile("x"))


@pytest.mark.parametrize(("field", "claim"), CLAIMS.items())
def test_null_may_be_refused_for_a_field_of_which_nothing_is_claimed(field: str, claim: str) -> None:
    assert due(field, replace(Profile("x"), **{claim: ()}))  # type: ignore[arg-type]

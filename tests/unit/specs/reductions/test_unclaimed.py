"""What a server does not claim it may refuse, down to a field that it may not know."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from specs.case import Case
from specs.fields import Fields
from specs.reductions.claims import beyond
from specs.reductions.model import expectations
from specs.reductions.profile import Profile
from specs.reductions.steps import Put, Send
from specs.store_facts import StoreFacts

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


BEYOND = {
    "compression": {"id": "blosc2"},
    "filters": [{"id": "shuffle_simd", "element_size": 950}],
    "missing": {"valid_max": 1},
    "axis": [0],
    "byte_order": "big",
}
NARROW = replace(
    Profile("x", api="v1"), compressions=("gzip",), filters=("shuffle",), missing_kinds=(), axis_forms=("integer",),
    byte_orders=("little",),
)  # fmt: skip


@pytest.mark.parametrize("field", BEYOND)
def test_a_fault_need_not_be_named_where_something_else_is_not_claimed(field: str) -> None:
    """Whoever does not know the field, or what it holds, says so, and looks no further."""
    faulty = Fields({"dtype": "int32", "shape": [1], "selection": [[0, 1, 0]]})
    assert words(faulty, NARROW)
    assert words(faulty.but(**{field: BEYOND[field]}), Profile("x"))
    assert not words(faulty.but(**{field: BEYOND[field]}), NARROW)


def test_what_the_api_does_not_know_is_still_to_be_named() -> None:
    faulty = Fields({"dtype": "int32", "compression": {"id": "lz4"}, "filters": [], "axis": "0"})
    assert words(faulty, NARROW)


def words(fields: Fields, profile: Profile) -> tuple[str, ...]:
    """Those of which the text of a refusal must have one."""
    case = Case("x", (Put("a", bytes(4)), Send("sum", fields, "a")))
    expected = expectations(case, profile, StoreFacts())[1]
    assert expected is not None
    assert expected.rejection is not None
    return expected.rejection.words


def test_lists_may_be_nested_as_deeply_as_they_like() -> None:
    nested: list[Any] = []
    for _ in range(100_000):
        nested = [nested]
    assert not beyond({"dtype": "int32", "filters": nested, "selection": nested, "missing": nested}, NARROW)

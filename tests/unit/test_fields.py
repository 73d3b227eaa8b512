"""The text of a request's fields."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specs import fields
from specs.fields import Fields

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)


@given(VALUES)
def test_written_without_recursion_a_text_is_the_same(value: Any) -> None:
    assert "".join(fields._pieces(value)) == json.dumps(value, ensure_ascii=True)


@pytest.mark.parametrize("depth", [10, 5000])
def test_fields_of_any_depth_have_a_text(depth: int) -> None:
    nested: Any = 0
    for _ in range(depth):
        nested = [nested]
    assert Fields({"shape": nested}).text == '{"shape": ' + "[" * depth + "0" + "]" * depth + "}"

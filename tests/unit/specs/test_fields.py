"""The text of a request's fields."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specs import fields
from specs.case import Case
from specs.fields import Fields
from specs.reductions.steps import Send

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


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=3))
def test_fields_come_out_of_a_pickle_as_they_went_in(value: dict[str, Any]) -> None:
    again = pickle.loads(pickle.dumps(Fields(value)))
    assert again == Fields(value)
    assert json.dumps(dict(again)) == json.dumps(value)


def test_what_nests_deeply_can_be_told_to_another_process() -> None:
    """As deep as what the json module itself reads; a worker's finding would be lost on the way otherwise."""
    nested = Fields(json.loads('{"shape": ' + "[" * 700 + "0" + "]" * 700 + "}"))
    case = Case("malformed", (Send("sum", nested, "a"),))
    assert pickle.loads(pickle.dumps(case)) == case

"""An object that changes while it is asked about may be any of its versions, each as a whole, and none but these."""

from __future__ import annotations

import numpy as np
import pytest

from specs.case import Case
from specs.fields import Fields
from specs.reductions.model import expectations
from specs.reductions.profile import load
from specs.reductions.steps import Delete, Put, Send, Step
from specs.store_facts import StoreFacts

REFERENCE = load("reference")
FACTS = StoreFacts(verifies_signatures=True, anonymous_reads=True, basic_auth=True, misserves=False)


def put(value: int, lane: int = 0) -> Put:
    return Put("a", np.array([value], "int32").tobytes(), lane=lane)


def ask(lane: int = 0) -> Send:
    return Send("sum", Fields({"dtype": "int32", "option_disable_chunk_cache": True}), "a", lane=lane)


def due(*steps: Step) -> list[tuple[set[int], bool]]:
    """For each request the values that may be answered, and whether a refusal may."""
    found = expectations(Case("changing", steps), REFERENCE, FACTS)
    return [({int(one.values[0]) for one in each.answers}, each.rejection is not None) for each in found if each]


@pytest.mark.parametrize(
    ("steps", "wanted"),
    [
        ((put(1), put(2, 1), ask(2), ask()), [({1, 2}, False), ({2}, False)]),
        ((put(1), put(2), put(3, 1), put(4, 1), ask(2), ask()), [({2, 3, 4}, False), ({4}, False)]),
        ((put(1), Delete("a", lane=1), ask(2), ask()), [({1}, True), (set(), True)]),
        ((put(2, 1), ask(2), ask()), [({2}, True), ({2}, False)]),
        ((put(1), ask(1), put(2), ask(1)), [({1}, False), ({2}, False)]),
    ],
)
def test_the_versions_that_may_be_answered(steps: tuple[Step, ...], wanted: list[tuple[set[int], bool]]) -> None:
    assert due(*steps) == wanted

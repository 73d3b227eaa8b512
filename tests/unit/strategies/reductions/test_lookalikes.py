"""Histories are about keys, too, that a server might take for one another."""

from __future__ import annotations

from itertools import combinations
from urllib.parse import quote

from hypothesis import Phase, find, settings

from specs.case import Case
from specs.reductions.profile import load
from specs.reductions.steps import Put, Send
from strategies.reductions import cases
from strategies.reductions.keys import LOOKALIKES

QUIET = settings(database=None, max_examples=3000, deadline=None)


def test_lookalikes_are_different_objects() -> None:
    for names in LOOKALIKES:
        assert len(set(names)) == len(names)
        for one, other in combinations(names, 2):
            assert quote(one) != quote(other)


def both_asked_about(case: Case) -> bool:
    """Whether two lookalikes with different contents are both put and asked about."""
    put = {step.key: step.data for step in case.steps if isinstance(step, Put)}
    asked = {step.key for step in case.steps if isinstance(step, Send)} & set(put)
    return any(
        {one, other} <= asked and put[one] != put[other]
        for names in LOOKALIKES
        for one, other in combinations(names, 2)
    )


def test_two_lookalikes_are_asked_about_in_one_history() -> None:
    # Whether there is one is the question, not how small it can be.
    found = find(
        cases.histories(load("reference")).strategy, both_asked_about, settings=settings(QUIET, phases=[Phase.generate])
    )
    assert both_asked_about(found)


def test_keys_are_plain_where_nothing_else_is_called_for() -> None:
    found = find(cases.histories(load("reference")).strategy, lambda case: isinstance(case, Case), settings=QUIET)
    assert {step.key for step in found.steps} == {"a"}

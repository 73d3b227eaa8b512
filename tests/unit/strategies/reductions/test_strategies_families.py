"""Families of requests are valid, and what the oracle says of them agrees."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from specs.case import Case
from specs.reductions.bodies import read_send
from specs.reductions.profile import Profile, load
from specs.reductions.relations import RELATIONS, violations
from specs.reductions.steps import Send
from strategies.claims import NotClaimed
from strategies.reductions import cases
from strategies.reductions.families import FAMILIES, lacking
from tests.unit.truthful import transcript

REFERENCE = load("reference")
V1 = load("reference-v1")


def test_there_is_a_family_for_every_relation() -> None:
    assert set(FAMILIES) == set(RELATIONS)


@pytest.mark.parametrize("profile", [REFERENCE, V1], ids=lambda profile: profile.name)
@pytest.mark.parametrize("relation", FAMILIES)
def test_a_family_is_valid_and_its_right_answers_agree(relation: str, profile: Profile) -> None:
    if lacking(relation, profile):
        with pytest.raises(NotClaimed):
            cases.related(relation)(profile)
        return

    @settings(max_examples=30, database=None, derandomize=True, deadline=None)
    @given(cases.related(relation)(profile).strategy)
    def check(case: Case) -> None:
        assert case.property == relation
        sends = [step for step in case.steps if isinstance(step, Send)]
        assert len(sends) % RELATIONS[relation].size == 0 or RELATIONS[relation].ends
        for send in sends:
            assert not read_send(send, profile).faults
        whole, due = transcript(case, profile)
        assert violations(whole, due, profile) == []

    check()


def test_a_relation_that_is_unknown_is_told_with_those_that_are() -> None:
    with pytest.raises(LookupError, match="selection-split"):
        cases.related("selection-spilt")

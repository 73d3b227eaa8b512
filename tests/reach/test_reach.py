"""Every value of every feature of a request is drawn, and every pair of values that go together."""

from __future__ import annotations

import pytest

from fuzz.bench import reach
from fuzz.subjects.reductions import domains
from specs.reductions.profile import Profile, load

REQUESTS = 5000
FEW_REQUESTS = 2000
MOST_PAIRS_UNLUCKY = 3


@pytest.fixture(scope="module")
def few() -> reach.Reach:
    """What few requests reach."""
    claims = load("reference")
    return reach.reach(claims, reach.drawn(claims, FEW_REQUESTS))


def test_every_value_is_drawn_within_few_requests(few: reach.Reach) -> None:
    assert few.unexpected == ()
    assert few.missing_values == ()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["reference", "reference-v1"])
def test_every_value_is_drawn_and_hardly_a_pair_is_not(name: str) -> None:
    claims = load(name)
    found = reach.reach(claims, reach.drawn(claims, REQUESTS))
    assert found.unexpected == ()
    assert found.missing_values == ()
    assert len(found.missing_pairs) <= MOST_PAIRS_UNLUCKY, reach.table(found)


@pytest.mark.slow
def test_every_pair_is_drawn() -> None:
    claims = load("reference")
    found = reach.reach(claims, reach.drawn(claims, 4 * REQUESTS))
    assert found.missing_pairs == (), reach.table(found)


def test_what_is_excluded_gives_its_reason() -> None:
    assert all(rule.reason for rule in domains.EXCLUDED)


def test_every_exclusion_is_about_features_and_values_that_there_are() -> None:
    versions = [domains.domains(Profile("all")), domains.domains(Profile("all", api="v1"))]
    every = {name: {value for one in versions for value in one[name]} for name in versions[0]}
    for rule in domains.EXCLUDED:
        assert set(rule.values) <= every[rule.feature], rule
        assert not rule.other or set(rule.others) <= every[rule.other], rule


def test_an_excluded_pair_is_never_drawn(few: reach.Reach) -> None:
    always = [rule for rule in domains.EXCLUDED if rule.others]
    drawn = [pair for pair in few.pairs if any(rule.covers(*pair) for rule in always)]
    rare = "would need equal elements: too few of them to ask"
    assert [pair for pair in drawn if domains.excluded(*pair) != rare] == []

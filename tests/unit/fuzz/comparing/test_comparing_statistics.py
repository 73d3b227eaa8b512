"""What the numbers of a comparison are worth: intervals hold the truth as often as they say, chances are chances."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.comparing.statistics import (
    bootstrap,
    chance_of_noise,
    corrected,
    median_interval,
    middle,
    middle_interval,
    quantiles,
    ratio_by_group,
    ratio_of_medians,
    student,
)

TRIALS = 300
CHANCES = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=12)


def test_an_interval_of_the_median_holds_the_true_one_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(1)
    held = sum(
        not median_interval(list(random.lognormal(0.0, 0.5, 25)), seed=trial).excludes(1.0) for trial in range(TRIALS)
    )
    assert 0.90 <= held / TRIALS <= 0.99


def test_an_interval_of_a_ratio_holds_the_true_one_though_both_drift_together() -> None:
    random = np.random.default_rng(2)
    held = 0
    for trial in range(TRIALS):
        drift = np.exp(random.normal(0.0, 0.3, 25))
        mine, theirs = (drift * random.lognormal(0.0, 0.1, 25) for _ in range(2))
        held += not ratio_of_medians(list(2.0 * theirs), list(mine), seed=trial).excludes(2.0)
    assert 0.90 <= held / TRIALS <= 1.0


def test_pair_by_pair_a_tenth_more_is_seen_though_the_machine_drifts_by_much_more() -> None:
    random = np.random.default_rng(7)
    seen = 0
    for _ in range(20):
        drift = np.exp(random.normal(0.0, 0.5, 60))
        mine, theirs = (drift * random.lognormal(0.0, 0.1, 60) for _ in range(2))
        pairs = list(zip(1.1 * theirs, mine, strict=True))
        seen += ratio_by_group([pairs[begin : begin + 3] for begin in range(0, 60, 3)]).low > 1
    assert seen >= 19


def test_connections_that_are_faster_or_slower_by_themselves_make_no_server_so() -> None:
    random = np.random.default_rng(9)
    held = 0
    for _ in range(TRIALS):
        levels = np.exp(random.normal(0.0, 0.2, (20, 1, 2)))
        times = levels * random.lognormal(0.0, 0.02, (20, 10, 2))
        held += not ratio_by_group([list(map(tuple, one)) for one in times]).excludes(1.0)
    assert 0.92 <= held / TRIALS <= 0.98


@pytest.mark.parametrize(("freedom", "wide"), [(4, 2.776), (9, 2.262), (19, 2.093)])
def test_errors_reach_as_far_as_student_says(freedom: int, wide: float) -> None:
    assert student(0.95, freedom) == pytest.approx(wide, rel=0.01)


def test_of_few_values_the_middle_is_the_mean_with_its_error() -> None:
    values = [float(one) for one in range(5)]
    found = middle_interval(values)
    assert found.value == 2.0
    assert found.high - found.value == pytest.approx(2.776 * np.std(values, ddof=1) / np.sqrt(5), rel=0.01)


@pytest.mark.parametrize("outliers", [0, 2])
def test_the_interval_of_a_middle_holds_the_true_one_though_some_values_lie_far_away(outliers: int) -> None:
    random = np.random.default_rng(12)
    held = 0
    for _ in range(TRIALS):
        values = random.normal(0.0, 1.0, 20)
        values[:outliers] *= 20
        held += not middle_interval(list(values)).excludes(0.0)
    assert 0.91 <= held / TRIALS <= 0.99


def test_the_middle_leaves_out_a_tenth_at_each_end() -> None:
    assert middle([1000.0, *range(1, 9), -1000.0]) == 4.5


@pytest.mark.slow
def test_an_interval_allows_for_neighbours_that_are_alike() -> None:
    random = np.random.default_rng(8)
    held = 0
    for trial in range(TRIALS):
        noise = random.normal(0.0, 1.0, 202)
        held += not median_interval(list(noise[:-2] + noise[1:-1] + noise[2:]), seed=trial).excludes(0.0)
    assert 0.90 <= held / TRIALS <= 0.99


@given(st.lists(st.floats(0.1, 100.0), min_size=4, max_size=30))
def test_an_estimate_lies_within_its_interval_and_the_values(values: list[float]) -> None:
    found = median_interval(values)
    assert min(values) <= found.low <= found.high <= max(values)
    assert found.value == pytest.approx(np.median(values))


def test_an_interval_is_the_same_each_time() -> None:
    values = list(np.random.default_rng(3).normal(5.0, 1.0, 20))
    assert median_interval(values) == median_interval(values)
    assert bootstrap(values, lambda samples: samples[:, :, 0].mean(axis=1)).value == pytest.approx(np.mean(values))


def test_of_what_has_not_changed_one_in_twenty_seems_to_have_by_chance() -> None:
    random = np.random.default_rng(4)
    alarms = sum(
        chance_of_noise(list(random.normal(0, 1, 10)), list(random.normal(0, 1, 10)), seed=trial) <= 0.05
        for trial in range(TRIALS)
    )
    assert 0.02 <= alarms / TRIALS <= 0.085


def test_what_has_changed_much_is_seen() -> None:
    random = np.random.default_rng(5)
    seen = sum(
        chance_of_noise(list(random.normal(0, 1, 10)), list(random.normal(3, 1, 10)), seed=trial) <= 0.01
        for trial in range(50)
    )
    assert seen == 50


@given(CHANCES)
def test_a_correction_for_several_comparisons_makes_no_chance_smaller_and_keeps_their_order(
    chances: list[float],
) -> None:
    found = corrected(chances)
    assert all(before <= after <= 1.0 for before, after in zip(chances, found, strict=True))
    order = sorted(range(len(chances)), key=chances.__getitem__)
    assert [found[one] for one in order] == sorted(found)
    assert min(found) == min(1.0, min(chances) * len(chances))


def test_of_twenty_families_without_a_change_about_one_tells_of_some() -> None:
    random = np.random.default_rng(6)
    told = sum(min(corrected(list(random.uniform(0, 1, 8)))) <= 0.05 for _ in range(TRIALS))
    assert told / TRIALS <= 0.08


def test_quantiles_are_those_of_the_values() -> None:
    assert quantiles([1.0, 2.0, 3.0, 4.0, 5.0], 0.0, 0.5, 1.0) == (1.0, 3.0, 5.0)

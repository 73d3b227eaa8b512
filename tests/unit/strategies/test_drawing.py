"""What is drawn by chance is what Hypothesis draws, but for how often."""

from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from specs.reductions import profile
from strategies import drawing
from strategies.drawing import Choice, Unfit, by_chance
from strategies.reductions import cases

CHOICES: dict[str, tuple[Choice[object], set[object]]] = {
    "sampled_from": (drawing.sampled_from("abc"), {"a", "b", "c"}),
    "integers": (drawing.integers(-1, 2), {-1, 0, 1, 2}),
    "booleans": (drawing.booleans(), {False, True}),
    "one_of": (drawing.one_of(drawing.just(1), drawing.integers(2, 3)), {1, 2, 3}),
    "lists": (drawing.lists(drawing.just("x"), min_size=1, max_size=3).map("".join), {"x", "xx", "xxx"}),
    "unique lists": (
        drawing.lists(drawing.integers(0, 1), max_size=2, unique=True).map(tuple),
        {(), (0,), (1,), (0, 1), (1, 0)},
    ),
    "sets": (drawing.sets(drawing.integers(0, 1), min_size=1, max_size=2).map(sum), {0, 1}),
    "text": (drawing.text("ab", min_size=1, max_size=2), {"a", "b", "aa", "ab", "ba", "bb"}),
    "binary": (drawing.binary(max_size=1).map(len), {0, 1}),
    "filter": (drawing.integers(0, 5).filter(lambda number: number % 2 == 0), {0, 2, 4}),
}  # fmt: skip
DRAWN_BY_CHANCE = (
    "reductions", "large_reductions", "histories", "at_the_same_time", "contradictions", "abuses", "raw",
    "malformed", "spellings", "long_lists", "credentials", "bad_stores", "padding",
)  # fmt: skip


@pytest.mark.parametrize("name", CHOICES)
def test_chance_and_hypothesis_draw_the_same_values(name: str) -> None:
    choice, every = CHOICES[name]
    found: set[object] = set()

    @settings(max_examples=300, database=None, suppress_health_check=list(HealthCheck))
    @given(choice.strategy)
    def collect(value: object) -> None:
        found.add(value)

    collect()
    assert found == every
    assert set(islice(by_chance(choice, 0), 300)) == every


@pytest.mark.parametrize("name", DRAWN_BY_CHANCE)
def test_the_same_seed_draws_the_same_cases(name: str) -> None:
    one, again = (list(islice(by_chance(getattr(cases, name)(profile.load("reference")), 7), 3)) for _ in range(2))
    assert one == again


@drawing.composite
def pairs(draw: drawing.Draw, most: int) -> tuple[int, int]:
    """Draw two numbers, the first the smaller."""
    pair = draw(drawing.integers(0, most)), draw(drawing.integers(0, most))
    drawing.assume(pair[0] < pair[1])
    return pair


@given(pairs(5).strategy, st.integers(0, 99))
def test_what_is_unfit_is_drawn_again(pair: tuple[int, int], seed: int) -> None:
    low, high = next(by_chance(pairs(5), seed))
    assert low < high
    assert pair[0] < pair[1]


def test_drawing_ends_where_nothing_fits() -> None:
    with pytest.raises(Unfit):
        next(by_chance(pairs(0), 1))

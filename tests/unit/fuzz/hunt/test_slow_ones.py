"""Cases that wait for a lane for slow ones: which of them may be begun, and which are not taken."""

from __future__ import annotations

from types import SimpleNamespace

from fuzz.hunt.effort import PropertyEffort
from fuzz.hunt.slow_ones import MOST_SLOW_ONES, Drawn, SlowOnes
from specs.case import Case


def drawn(name: str, *, burden: bool = False) -> Drawn:
    return Drawn(Case(name, ()), PropertyEffort(), name, burden=burden)


def waiting(*under_way: Drawn, full: bool = False) -> SlowOnes:
    """Return slow ones beside which others are under way already."""
    flights = [SimpleNamespace(owner=one) for one in under_way]
    lanes = SimpleNamespace(under_way=lambda: flights, full_of_slow_ones=lambda: full)
    return SlowOnes(lanes)  # type: ignore[arg-type]


def test_one_burden_is_under_way_at_a_time_and_others_go_past_the_next() -> None:
    second, store = drawn("second", burden=True), drawn("store")
    beside_one, alone = waiting(drawn("first", burden=True)), waiting(drawn("other"))
    for slow_ones in (beside_one, alone):
        assert slow_ones.takes(second)
        assert slow_ones.takes(store)
    assert [beside_one.next(), beside_one.next()] == [store, None]
    assert beside_one.holds(second.case)
    assert [alone.next(), alone.next(), alone.next()] == [second, store, None]


def test_nothing_is_begun_while_the_lanes_are_full() -> None:
    slow_ones = waiting(full=True)
    assert slow_ones.takes(drawn("store"))
    assert slow_ones.next() is None
    assert len(slow_ones) == 1


def test_more_than_may_wait_are_not_taken_but_one_that_was_begun_is() -> None:
    slow_ones = waiting()
    taken = [slow_ones.takes(drawn(str(number))) for number in range(MOST_SLOW_ONES + 2)]
    assert taken == [True] * MOST_SLOW_ONES + [False] * 2
    back = drawn("back")
    slow_ones.take_back(back)
    assert slow_ones.next() is back

"""Cases that wait for a lane for slow ones: which of them may be begun, and which are not taken."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from fuzz.hunt.effort import PropertyEffort
from fuzz.hunt.slow_ones import MOST_SLOW_ONES, Drawn, SlowOnes
from fuzz.hunt.turns import Turns
from specs.case import Case


def drawn(name: str, *, burden: bool = False) -> Drawn:
    return Drawn(Case(name, ()), PropertyEffort(), name, burden=burden)


def waiting(*under_way: Drawn, full: bool = False) -> SlowOnes:
    """Return slow ones beside which others are under way already."""
    return shared(Turns(), list(under_way), full=full)


def shared(turns: Turns, under_way: list[Drawn], *, full: bool = False) -> SlowOnes:
    lanes = SimpleNamespace(
        under_way=lambda: [SimpleNamespace(owner=one) for one in under_way], full_of_slow_ones=lambda: full
    )
    return SlowOnes(lanes, turns)  # type: ignore[arg-type]


def test_one_burden_is_under_way_at_a_time_and_others_go_past_the_next() -> None:
    second, store = drawn("second", burden=True), drawn("store")
    beside_one, alone = waiting(drawn("first", burden=True)), waiting(drawn("other"))
    for slow_ones in (beside_one, alone):
        assert slow_ones.takes(second)
        assert slow_ones.takes(store)
    assert [beside_one.next(), beside_one.next()] == [store, None]
    assert beside_one.holds(second.case)
    assert [alone.next(), alone.next(), alone.next()] == [second, store, None]


def test_one_burden_of_all_workers_is_under_way_at_a_time(tmp_path: Path) -> None:
    under_way: tuple[list[Drawn], list[Drawn]] = ([], [])
    mine, other = (shared(Turns(tmp_path), one) for one in under_way)
    for each in (mine, other):
        assert each.takes(drawn("first", burden=True))
        assert each.takes(drawn("second", burden=True))
    under_way[0].append(begun := mine.next())  # type: ignore[arg-type]
    assert begun is not None
    assert [other.next(), mine.next()] == [None, None]
    under_way[0].clear()
    # The worker that had the burden under way begins its next one, or lets another worker do so.
    under_way[0].append(begun := mine.next())  # type: ignore[arg-type]
    assert begun is not None
    assert other.next() is None
    under_way[0].clear()
    assert mine.next() is None
    assert other.next() is not None


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

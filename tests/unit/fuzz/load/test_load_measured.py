"""Laws of what a load has measured: percentiles, limits, and results that are written and read again."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.errors import UsageError
from fuzz.load.limits import broken, check_names, limits
from fuzz.load.measured import AnswerTimes, Measured, RoundMeasured, percentile, read, summary, write
from fuzz.load.table import lines

MEASURED = Measured(
    "mixed", 7, clients=3, sizes=(1, 2), run="0f", done=[0, 1], skipped={"versions": "not claimed"},
    rounds={
        "own keys": RoundMeasured(
            3, 2.0, 1.9, {"put-object": AnswerTimes([1.0, 2.0, 30.0], 300, 0), "head-object": AnswerTimes([5.0])}
        ),
        "shared": RoundMeasured(1, 1.0, 0.1, {"put-object": AnswerTimes([1.0])}),
    },
    unchecked=1,
)  # fmt: skip


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0.01, 1))
def test_a_percentile_is_the_least_that_so_many_do_not_exceed(values: list[float], share: float) -> None:
    found = percentile(values, share)
    assert sum(one <= found for one in values) >= share * len(values)
    assert all(sum(one <= less for one in values) < share * len(values) for less in values if less < found)


def test_of_nothing_there_is_no_percentile() -> None:
    assert math.isnan(percentile([], 0.5))


def test_a_result_comes_back_as_it_was_written(tmp_path: Path) -> None:
    write(MEASURED, tmp_path / "load.json")
    assert read(tmp_path / "load.json") == MEASURED


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 99}', '{"format": 1, "scenario": "mixed"}'])
def test_what_is_no_result_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "load.json").write_text(text, "utf-8")
    with pytest.raises(UsageError, match="--resume"):
        read(tmp_path / "load.json")


def test_a_result_says_how_many_answers_were_checked_and_how_quick_they_were() -> None:
    assert (MEASURED.answers, MEASURED.checked, MEASURED.seconds) == (5, 4, 3.0)
    put = summary(MEASURED)["own keys"]["put-object"]
    assert (put["answers"], put["per_second"], put["p50_ms"], put["p100_ms"]) == (3, 1.5, 2.0, 30.0)


def test_the_table_has_each_operation_of_each_round_and_what_was_left_out() -> None:
    told = "\n".join(lines(MEASURED))
    assert "own keys · 3 clients · 4 answers in 2.0 s" in told
    assert "put-object                  3       1.5     2.0 ms    30.0 ms" in told
    assert "left out  versions: not claimed" in told
    assert "1 answers could not be judged" in told


def over(*texts: str, flag: str = "--at-most-p99") -> list[str]:
    kind = "rate" if "rate" in flag else "percentile"
    return list(broken(list(limits(flag, kind, texts, 0.99)), MEASURED))  # type: ignore[arg-type]


def test_limits_hold_for_one_operation_or_for_each() -> None:
    assert over("30") == [] == over("head-object=5", "put-object=30.0")
    assert over("4") == [
        "own keys: 99 % of put-object were answered within 30.0 ms; at most 4 ms",
        "own keys: 99 % of head-object were answered within 5.0 ms; at most 4 ms",
    ]
    assert over("put-object=29") == ["own keys: 99 % of put-object were answered within 30.0 ms; at most 29 ms"]
    assert over("0.5", flag="--at-least-rate") == []
    assert over("head-object=0.6", flag="--at-least-rate") == [
        "own keys: head-object was answered 0.5 times a second; at least 0.6"
    ]


def test_limits_that_make_no_sense_are_refused() -> None:
    with pytest.raises(UsageError, match="--at-most-p99 'quick'"):
        list(limits("--at-most-p99", "percentile", ["quick"]))
    with pytest.raises(UsageError, match=r"no operation 'get-objct'.*get-object"):
        check_names(list(limits("--at-most-p99", "percentile", ["get-objct=1"])), {"get-object", "put-object"})

"""What is asked in a comparison, in which order, how answers are judged, and what becomes of the numbers."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise, permutations, product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.comparing.against import lines as against_lines
from fuzz.comparing.against import told_changes
from fuzz.comparing.break_even import BreakEven, at_bandwidth, break_even_mbps, break_evens
from fuzz.comparing.bypass import reduced
from fuzz.comparing.judging import Judge, Prepared, as_reply
from fuzz.comparing.opening import named_servers
from fuzz.comparing.plan import (
    NARROW_ROUNDS,
    ComparisonPlan,
    block_requests,
    guessed_seconds_alone,
    guessed_seconds_together,
    orders,
    turns,
)
from fuzz.comparing.questions import TimedQuestion, questions
from fuzz.comparing.results import BYPASS, EMBEDDED, Kept, from_document, read_comparison, to_json
from fuzz.comparing.statistics import Interval
from fuzz.comparing.table import lines, told_of
from fuzz.errors import UsageError
from specs.outcome import NoReply, Reply
from specs.reductions.profile import Profile, load
from tests.unit.comparisons import LARGE, SMALL, measured, told

PROFILE = Profile("compare")


@dataclass(frozen=True)
class Somebody:
    name: str
    mbps: float = 0.0


@given(st.integers(1, 5), st.integers(0, 30))
def test_in_each_round_everybody_is_asked_once_cold_and_then_once_warm(contenders: int, number: int) -> None:
    everybody = [Somebody(str(one)) for one in range(contenders)]
    asked = list(turns(everybody, number))
    assert [temperature for temperature, _ in asked] == ["cold"] * contenders + ["warm"] * contenders
    for half in (asked[:contenders], asked[contenders:]):
        assert {one.name for _, one in half} == {one.name for one in everybody}


@given(st.integers(1, 8))
def test_over_the_rounds_everybody_has_each_place_and_each_neighbour_as_often(contenders: int) -> None:
    found = orders(contenders)
    places = Counter((one, place) for order in found for place, one in enumerate(order))
    assert set(places) == set(product(range(contenders), repeat=2))
    assert len(set(places.values())) == 1
    neighbours = Counter(pair for order in found for pair in pairwise(order))
    assert set(neighbours) == set(permutations(range(contenders), 2))
    assert len(set(neighbours.values())) <= 1


def test_narrow_networks_are_asked_in_the_first_rounds_and_cold_only() -> None:
    everybody = [Somebody("a"), Somebody(BYPASS), Somebody(BYPASS, 10.0)]
    asked = [[(temperature, one) for temperature, one in turns(everybody, number) if one.mbps] for number in range(9)]
    assert [len(one) for one in asked] == [1] * NARROW_ROUNDS + [0] * (9 - NARROW_ROUNDS)
    assert all(temperature == "cold" for one in asked for temperature, _ in one)


@given(st.floats(0.01, 10_000), st.integers(1, 64))
def test_a_block_has_some_requests_for_each_client_and_not_too_many(typical_ms: float, clients: int) -> None:
    assert 2 * clients <= block_requests(typical_ms, clients) <= 64 * clients


def test_more_takes_longer() -> None:
    plan = ComparisonPlan((SMALL,), 20, (1, 4))
    once = guessed_seconds_alone(plan, 20, 10**6, 2)
    assert guessed_seconds_alone(plan, 20, 10**7, 2) > once
    assert guessed_seconds_alone(plan, 40, 10**6, 2) > once
    assert guessed_seconds_alone(replace(plan, mbps=(1.0,)), 20, 10**6, 2) > once + 5 * 8
    assert guessed_seconds_together(plan, 10**8, 2) > guessed_seconds_together(plan, 10**6, 2)
    assert guessed_seconds_together(plan, 10**6, 2) > guessed_seconds_together(replace(plan, clients=(1,)), 10**6, 2)


ASKED = questions(
    (7, 40), ("int32", "float64", "uint64"), ("count", "min", "max", "sum", "select"),
    ("all", "half", "strided", "corner"), ("none", "gzip", "shuffle+zlib", "blosc2", "shuffle"),
)  # fmt: skip


@pytest.mark.parametrize("codec", ["none", "gzip", "shuffle+zlib", "blosc2", "shuffle"])
def test_the_bypass_gives_the_answer_that_the_oracle_wants(codec: str) -> None:
    judge = Judge()
    asked = [one for one in ASKED if one.codec == codec]
    assert len(asked) == 120
    for question in asked:
        prepared = Prepared(question, PROFILE)
        assert prepared.due.answers
        assert judge.right(prepared, BYPASS, as_reply(reduced(prepared.data, question))), judge.told
    assert not judge.told


def test_the_bypass_is_right_whatever_version_of_the_api_the_servers_speak() -> None:
    prepared = Prepared(SMALL, load("reference-v1"))
    assert Judge().right(prepared, BYPASS, as_reply(reduced(prepared.data, SMALL)))


def test_each_wrong_answer_is_counted_and_the_right_one_goes_on_being_right() -> None:
    judge, prepared = Judge(), Prepared(SMALL, PROFILE)
    right = reduced(prepared.data, SMALL)
    wrong = replace(right, data=np.float32(1.0).tobytes())
    found = [judge.right(prepared, "a", as_reply(one)) for one in (right, wrong, right, wrong, wrong)]
    assert found == [True, False, True, False, False]
    (only,) = judge.told.values()
    assert (only.trouble, only.times, only.contender) == ("wrong", 3, "a")
    assert "got" in only.shown


@pytest.mark.parametrize(
    ("outcome", "trouble"),
    [
        (NoReply("timeout"), "failed"),
        (Reply(500, (), b"{}"), "failed"),
        (Reply(400, (("content-type", "application/json"),), b'{"error": {"message": "no"}}'), "refused"),
        (Reply(200, (("content-type", "application/cbor"),), b"nonsense"), "wrong"),
    ],
)
def test_what_is_no_right_answer_is_told_apart(outcome: Reply | NoReply, trouble: str) -> None:
    judge = Judge()
    assert not judge.right(Prepared(SMALL, PROFILE), "a", outcome)
    assert [one.trouble for one in judge.told.values()] == [trouble]


@given(st.floats(0.1, 100), st.integers(1, 10**4), st.floats(0.01, 1.0), st.integers(10**5, 10**8))
def test_at_the_break_even_both_take_as_long_and_below_it_the_server_is_faster(
    slower_ms: float, server_bytes: int, bypass_ms: float, bypass_bytes: int
) -> None:
    server_ms = bypass_ms + slower_ms
    mbps = break_even_mbps(server_ms, server_bytes, bypass_ms, bypass_bytes)

    def both(at: float) -> tuple[float, float]:
        return at_bandwidth(server_ms, server_bytes, at), at_bandwidth(bypass_ms, bypass_bytes, at)

    assert both(mbps)[0] == pytest.approx(both(mbps)[1])
    assert both(mbps / 2)[0] < both(mbps / 2)[1]
    assert both(mbps * 2)[0] > both(mbps * 2)[1]


def test_a_server_that_is_faster_as_it_is_is_worth_it_at_any_bandwidth() -> None:
    found = list(break_evens(measured({"quick": 1.0, "slow": 9.0, BYPASS: 3.0})))
    assert [math.isinf(one.mbps.value) for one in found] == [True, False]
    slow = found[1].mbps
    assert slow.low < 40_000 * 8 / 6_000 < slow.high
    assert break_even_mbps(5.0, 10**6, 1.0, 10**6) == 0.0


def test_a_comparison_is_read_as_it_was_written(tmp_path: Path) -> None:
    found = replace(measured({"a": 1.0, BYPASS: 3.0}), told=(told(),), lost={"b": "gone"}, interrupted=True)
    found = replace(found, findings=(Kept("a", "findings/x", "sum: wrong values"),))
    gap = replace(found.times[0], elapsed_ms=(None, 1.5))
    found = replace(found, times=(gap, *found.times[1:]))
    path = tmp_path / "comparison.json"
    path.write_text(to_json(found))
    assert read_comparison(path) == found


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "something else"}'])
def test_what_is_no_comparison_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"comparison\.json"):
        read_comparison(path)


def test_a_question_that_lacks_something_is_no_comparison() -> None:
    document = json.loads(to_json(measured({"a": 1.0, BYPASS: 2.0})))
    document["times"][0]["question"]["size"] = 3
    with pytest.raises(TypeError):
        from_document(document)


def test_a_server_that_has_become_slower_is_told() -> None:
    before = measured({"a": 1.0, BYPASS: 3.0}, seed=1, rounds=60)
    for seed in range(2, 22):
        after = measured({"a": 1.1, BYPASS: 3.0}, seed=seed, rounds=60)
        assert [one.verdict for one in told_changes(before, after)] == ["slower", "slower"]


def test_a_start_that_was_lucky_is_no_faster_server_and_no_slower_one_hides_behind_it() -> None:
    """Starts differ by 3 %, as those of the embedded server do."""
    one = {"a": 1.0, EMBEDDED: 2.0, BYPASS: 3.0}
    counts = {1.0: 0, 1.1: 0}
    for share in counts:
        for seed in range(1, 41):
            before = measured(one, seed=seed, rounds=60, luck=0.03)
            after = measured({**one, "a": share}, seed=1000 + seed, rounds=60, luck=0.03)
            found = {change.verdict for change in told_changes(before, after) if change.contender == "a"}
            counts[share] += found != {"no change"}
    assert counts[1.0] <= 2
    assert counts[1.1] >= 38


def test_a_small_change_of_a_server_that_was_not_started_anew_is_not_told(tmp_path: Path) -> None:
    one = {"a": 1.0, EMBEDDED: 2.0, BYPASS: 3.0}
    before, after = (measured({**one, "a": ms}, seed=seed, rounds=60, starts=1) for ms, seed in ((1.0, 1), (1.08, 2)))
    found = [change for change in told_changes(before, after) if change.contender == "a"]
    assert {change.verdict for change in found} == {"no change"}
    assert all(change.chance < 0.05 for change in found)
    assert "a was not started anew" in list(against_lines(found, before, tmp_path))[-1]
    much = told_changes(before, measured({**one, "a": 1.2}, seed=2, rounds=60, starts=1))
    assert {change.verdict for change in much if change.contender == "a"} == {"slower"}
    assert "a, b were not started anew" in "\n".join(lines(measured({"a": 1.0, "b": 1.0, BYPASS: 3.0}, starts=1)))


def test_of_twenty_runs_of_the_same_server_none_or_one_tells_a_change_though_the_machine_drifts() -> None:
    before = measured({"a": 1.0, "b": 5.0, BYPASS: 3.0}, seed=1, noise=0.2, drift=0.5, questions=(SMALL, LARGE))
    told_wrongly = 0
    for seed in range(2, 22):
        after = measured({"a": 1.0, "b": 5.0, BYPASS: 3.0}, seed=seed, noise=0.2, drift=0.5, questions=(SMALL, LARGE))
        changes = told_changes(before, after)
        assert len(changes) == 8
        told_wrongly += any(one.verdict != "no change" for one in changes)
    assert told_wrongly <= 1


def test_a_busier_machine_is_no_slower_server() -> None:
    before = measured({"a": 1.0, BYPASS: 3.0}, seed=1)
    after = measured({"a": 1.4, BYPASS: 3.0 * 1.4}, seed=2)
    assert {one.verdict for one in told_changes(before, after)} == {"no change"}


def test_with_the_embedded_server_measured_a_slower_server_is_told_from_a_busier_machine() -> None:
    before = measured({"a": 1.0, EMBEDDED: 2.0, BYPASS: 3.0}, seed=1, rounds=60)
    busier = {"a": 1.4, EMBEDDED: 2.8, BYPASS: 3.3}
    same = told_changes(before, measured(busier, seed=2, rounds=60))
    assert {one.verdict for one in same if one.contender == "a"} == {"no change"}
    slower = told_changes(before, measured({**busier, "a": 1.4 * 1.1}, seed=3, rounds=60))
    assert {one.verdict for one in slower if one.contender == "a"} == {"slower"}


def test_a_change_that_is_smaller_than_the_bypass_s_own_is_not_told() -> None:
    before = measured({"a": 1.0, BYPASS: 3.0}, seed=1, rounds=60)
    after = measured({"a": 1.5, BYPASS: 4.0}, seed=2, rounds=60)
    assert {one.verdict for one in told_changes(before, after)} == {"no change"}
    assert all(one.chance <= 0.05 for one in told_changes(before, after))


def test_what_changed_is_listed_slower_first(tmp_path: Path) -> None:
    before = measured({"a": 1.0, "b": 1.0, "c": 1.0, BYPASS: 3.0}, rounds=60)
    after = measured({"a": 1.0, "b": 0.6, "c": 2.0, BYPASS: 3.0}, seed=2, rounds=60)
    rows = [row.split()[0] for row in list(against_lines(told_changes(before, after), before, tmp_path))[2:-1]]
    assert rows == ["slower", "slower", "faster", "faster", "no", "no"]
    assert "nothing to compare" in list(against_lines((), before, tmp_path))[-1]


def test_the_table_tells_everything_once() -> None:
    found = replace(measured({"a": 1.0, BYPASS: 3.0}), told=(told(),), lost={"b": "nothing answers any more"})
    text = "\n".join(lines(found))
    for word in ("median", "to client", "40.0 kB", "a cold", "a warm", "16 at a time", "at any bandwidth", "50 µs",
                 "✗ a: wrong 7 times", "b was left out"):  # fmt: skip
        assert word in text, word
    assert text.count("bypass  ") == 2


def test_a_bandwidth_is_told_with_what_it_is_worth() -> None:
    def words(value: float, low: float, high: float) -> str:
        return told_of(BreakEven(SMALL, "a", "cold", Interval(value, low, high)))

    assert words(100.0, 80.0, 2000.0) == "below 100 Mbit/s  [80 Mbit/s, 2 Gbit/s]"
    assert words(math.inf, 80.0, math.inf).endswith("for certain below 80 Mbit/s")
    assert words(math.inf, math.inf, math.inf).startswith("at any bandwidth: faster")
    assert words(0.0, 0.0, 0.0).startswith("at none")


def test_times_that_were_left_out_are_told() -> None:
    found = measured({"a": 1.0, BYPASS: 3.0}, rounds=10)
    gap = replace(found.times[0], elapsed_ms=(None, *found.times[0].elapsed_ms[1:]))
    assert "1 of 10 not right, left out" in "\n".join(lines(replace(found, times=(gap, *found.times[1:]))))


@pytest.mark.parametrize(
    ("servers", "launched", "said"),
    [
        (["http://127.0.0.1:1"], [], "NAME=http"),
        (["a=nowhere"], [], "such as http://127.0.0.1:8080"),
        (["a=http://127.0.0.1:1", "a=http://127.0.0.1:2"], [], "taken"),
        (["bypass=http://127.0.0.1:1"], [], "taken"),
        ([], ["a=server"], "{port}"),
        ([], ["server --port {port}"], "NAME='my-server"),
    ],
)
def test_servers_that_make_no_sense_are_told(servers: list[str], launched: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said.replace("{", r"\{")):
        named_servers(servers, launched)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"dtypes": ("float16",)}, "float16"),
        ({"operations": ("mean",)}, "mean"),
        ({"selections": ("third",)}, "third"),
        ({"codecs": ("gzip+shuffle",)}, "filters come first"),
        ({"codecs": ("lz4",)}, "lz4"),
        ({"sizes": (0,)}, "side of a square"),
    ],
)
def test_questions_that_make_no_sense_are_told(change: dict[str, tuple[object, ...]], said: str) -> None:
    usual = {"sizes": (10,), "dtypes": ("int32",), "operations": ("sum",), "selections": ("all",), "codecs": ("none",)}
    with pytest.raises(UsageError, match=said):
        questions(**{**usual, **change})  # type: ignore[arg-type]


def test_a_question_has_a_label_that_says_all_of_it() -> None:
    assert TimedQuestion(30, "int32", "max", "half", "shuffle+gzip").label == "max int32 half shuffle+gzip · 30²"
    assert len({one.label for one in ASKED}) == len(ASKED)

"""What measures the laws of one and two draws from the whole zoo, and says truly whose a finding is."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from fuzz.bench import one as law_of_one
from fuzz.bench.attribution import shown_by
from fuzz.bench.costs import Costs, cost_lines, percentile
from fuzz.bench.drawing import all_bugs, bugs_of, draw_animals, draw_pairs
from fuzz.bench.one import EXACTLY_ONE, NOT_ITS_OWN, SEVERAL, Alone, needs_of, totals
from fuzz.bench.planted import PACKAGE, Bug, Judge, bugs, planted, replaced
from fuzz.bench.recording import Failures
from fuzz.bench.slow_server import slowed
from fuzz.bench.slowed import told
from fuzz.bench.two import MORE, NOT_MET, ONE_FOR_BOTH, TWO, UNTOLD, outcome_of, was_met
from fuzz.bench.witnesses import (
    ALIKE,
    HIDDEN,
    MOST_FAILED,
    NO_WITNESS,
    AnimalWitness,
    FailedWay,
    is_hidden,
    left_out,
    met,
)
from fuzz.embedded.http_messages import HttpRequest, HttpResponse
from fuzz.errors import UsageError
from fuzz.events import RunEnded
from fuzz.findings.finding import Finding
from fuzz.running.session import Judgement
from fuzz.subjects.objects.zoo import animals as stores
from fuzz.subjects.objects.zoo import find as find_store
from fuzz.subjects.reductions.zoo import animals
from specs.case import Case
from specs.fields import Fields
from specs.objects.profile import load as load_store
from specs.objects.steps import GetObject, PutObject
from specs.outcome import Transcript
from specs.reductions.steps import Put, Send
from specs.violation import Violation
from tests.unit.pretended import PROFILE, PretendedSession, needing

IN_C_ORDER = Bug(f"{PACKAGE}.layouts:ReductionsLaidOutInCOrder")
NO_ORDER = Bug(f"{PACKAGE}.layouts:FortranOrderIgnored")
PADDED = Bug(f"{PACKAGE}.decoding:ShortDataPadded")
WRAPS = Bug(f"{PACKAGE}.refusing:AxisOutOfRangeWraps")
STRIDE = Bug(f"{PACKAGE}.selections:StrideIgnored")
PAIR = (PADDED, WRAPS)
VALUES, COUNTS = ("values", "values"), ("counts", "values")
FIRST, SECOND = Case("first", ()), Case("second", ())


def asking(data: bytes, **fields: object) -> Case:
    return Case("x", (Put("a", data), Send("sum", Fields({"dtype": "int32", **fields}), "a")))


SHORT = asking(b"", shape=[1])
AXIS = asking(bytes(4), shape=[1], axis=[1])
RIGHT = asking(bytes(4), shape=[1])
# Refused by a server with the one for what the other gets wrong: with both alone it passes.
SHORT_AND_AXIS = asking(b"", shape=[1], axis=[1])


def finding(name: str, case: Case, **changes: object) -> Finding:
    plain = Finding(name, name, Violation("refuses-invalid", "", "", ""), case, ())
    return replace(plain, **changes)  # type: ignore[arg-type]


def test_what_is_drawn_from_is_the_whole_zoo() -> None:
    due = {one.path: one.api for one in animals().values() if not one.warns}
    assert {bug.path: bug.api for bug in all_bugs()} == due
    kinds = {bug.path.split(":")[0].removeprefix(f"{PACKAGE}.") for bug in bugs()}
    assert {"rare", "sharing", "memory", "credentials"} <= kinds


def test_of_broken_stores_those_are_drawn_that_show_without_being_killed() -> None:
    due = {one.path for one in stores().values() if one.kind != "durability"}
    assert {bug.path for bug in bugs_of("objects")} == due
    assert bugs_of("reductions") == all_bugs()
    with pytest.raises(UsageError, match="shelf: there are animals"):
        bugs_of("shelf")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_same_seed_draws_the_same_animals(seed: int) -> None:
    zoo = all_bugs()
    drawn = draw_animals(zoo, 20, seed)
    assert drawn == draw_animals(all_bugs(), 20, seed)
    assert drawn != draw_animals(zoo, 20, seed + 1)
    assert len(set(drawn)) == 20
    assert set(draw_animals(zoo, len(zoo), seed)) == set(zoo)
    with pytest.raises(UsageError, match="to draw from"):
        draw_animals(zoo, len(zoo) + 1, seed)


def test_the_same_seed_draws_the_same_pairs_and_every_animal_can_come() -> None:
    zoo = all_bugs()
    assert draw_pairs(zoo, 10, 5) == draw_pairs(zoo, 10, 5) != draw_pairs(zoo, 10, 6)
    pairs = draw_pairs(zoo, 4000, 5)
    assert len({frozenset(pair) for pair in pairs}) == len(pairs)
    assert all(one.api == other.api and not replaced(one) & replaced(other) for one, other in pairs)
    assert {bug for pair in pairs for bug in pair} == set(zoo)
    with pytest.raises(UsageError, match="to draw from"):
        draw_pairs([PADDED, WRAPS], 2, 1)


def test_bugs_planted_together_come_from_all_that_one_request_or_several_show() -> None:
    drawn = [bug for seed in range(300) for bug in planted(bugs(), 10, seed)]
    assert set(drawn) == set(bugs())
    assert planted(bugs(), 10, 7) == planted(bugs(), 10, 7)


def test_a_finding_is_of_the_animals_that_show_it_alone() -> None:
    several = [finding("short", SHORT), finding("axis", AXIS), finding("both", SHORT_AND_AXIS), finding("right", RIGHT)]
    shown = shown_by(several, PAIR, PROFILE)
    assert shown == {"short": (PADDED,), "axis": (WRAPS,), "both": (), "right": ()}


def test_a_finding_about_stores_is_of_the_animals_that_show_it_alone() -> None:
    lost, cut = (Bug(find_store(name).path) for name in ("metadata-forgotten", "metadata-cut"))
    put = PutObject(key="k", headers=(("x-amz-meta-a", "1"),))
    several = [
        finding("short", Case("x", (put, GetObject(key="k")))),
        finding("none", Case("x", (GetObject(key="k"),))),
    ]
    about = [replace(one, subject="objects") for one in several]
    assert shown_by(about, (lost, cut), load_store("reference")) == {"short": (lost,), "none": ()}


def test_what_several_show_is_of_all_of_them() -> None:
    again = Bug(f"{PACKAGE}.decoding:ShortDataPadded")
    assert shown_by([finding("short", SHORT)], (PADDED, STRIDE, again), PROFILE) == {"short": (PADDED, again)}


def pretending(ways: Mapping[Case, Sequence[FailedWay]]) -> Judge:
    """Judges cases by a table."""

    def judge(case: Case) -> Judgement:
        failures = tuple(Violation(requirement, "", "", "") for requirement, _ in ways.get(case, ()))
        return Judgement(Transcript(case, ()), failures)

    return judge


@pytest.mark.parametrize(
    ("together", "one", "other", "due"),
    [
        ({FIRST: [VALUES], SECOND: [COUNTS]}, {FIRST: [VALUES]}, {SECOND: [COUNTS]}, ""),
        ({FIRST: [VALUES]}, {FIRST: [VALUES]}, {SECOND: [COUNTS]}, HIDDEN),
        ({FIRST: [COUNTS], SECOND: [COUNTS]}, {FIRST: [VALUES]}, {SECOND: [COUNTS]}, HIDDEN),
        ({FIRST: [VALUES], SECOND: [COUNTS]}, {FIRST: [VALUES], SECOND: [VALUES]}, {SECOND: [COUNTS]}, ALIKE),
        ({FIRST: [VALUES, COUNTS], SECOND: [COUNTS]}, {FIRST: [VALUES]}, {FIRST: [COUNTS], SECOND: [COUNTS]}, ALIKE),
    ],
)
def test_a_pair_is_left_out_where_one_cannot_be_seen_behind_the_other(
    together: dict[Case, list[FailedWay]],
    one: dict[Case, list[FailedWay]],
    other: dict[Case, list[FailedWay]],
    due: str,
) -> None:
    witnesses = [AnimalWitness(FIRST, VALUES)], [AnimalWitness(SECOND, COUNTS)]
    assert left_out(*witnesses, pretending(together), (pretending(one), pretending(other))) == due


def test_one_witness_that_shows_is_enough_and_none_is_too_few() -> None:
    third = Case("third", ())
    both = pretending({third: [VALUES], SECOND: [COUNTS]})
    alone = pretending({third: [VALUES], FIRST: [VALUES]}), pretending({SECOND: [COUNTS]})
    one, other = [AnimalWitness(FIRST, VALUES), AnimalWitness(third, VALUES)], [AnimalWitness(SECOND, COUNTS)]
    assert left_out(one, other, both, alone) == ""
    assert left_out(one[:1], other, both, alone) == HIDDEN
    assert left_out([], other, both, alone) == left_out(one, [], both, alone) == NO_WITNESS


def test_an_animal_is_hidden_where_another_spoils_all_that_it_does() -> None:
    assert is_hidden(IN_C_ORDER, [WRAPS, NO_ORDER, IN_C_ORDER], 7, 100)
    assert not is_hidden(NO_ORDER, [WRAPS, NO_ORDER, IN_C_ORDER], 7, 100)
    # Of what has no witness nothing is known.
    assert not is_hidden(IN_C_ORDER, [NO_ORDER, IN_C_ORDER], 7, 0)


def test_witnesses_fail_with_the_animal_and_pass_without_it() -> None:
    ill, healthy = PretendedSession([needing("axis")]), PretendedSession([])
    found = met(PROFILE, ill.judge, healthy.judge, 3, 200, 4)
    assert found == met(PROFILE, ill.judge, healthy.judge, 3, 200, 4)
    assert len(found) == 4
    assert all(ill.judge(one.case).failures for one in found)
    assert met(PROFILE, ill.judge, ill.judge, 3, 40, 4) == met(PROFILE, healthy.judge, healthy.judge, 3, 40, 4) == ()


def test_the_search_for_witnesses_ends_by_what_was_asked_however_long_that_took() -> None:
    asked: list[Case] = []

    def now_and_then(case: Case) -> Judgement:
        """Fails a case when it comes first, and never again."""
        failures = () if case in asked else (Violation(*VALUES, "", ""),)
        asked.append(case)
        return Judgement(Transcript(case, ()), failures)

    assert met(PROFILE, now_and_then, pretending({}), 3, 10**6, 4) == ()
    assert len(set(asked)) == MOST_FAILED


@pytest.mark.parametrize(
    ("shown", "was_met", "due"),
    [
        ({"a": (PADDED,), "b": (WRAPS,)}, (), TWO),
        ({"a": (PADDED,), "b": (WRAPS,), "c": (WRAPS,)}, (), MORE),
        ({"a": (PADDED,), "b": (WRAPS,), "c": ()}, (), MORE),
        ({"a": (PADDED,)}, (WRAPS,), ONE_FOR_BOTH),
        ({"a": PAIR}, (WRAPS,), ONE_FOR_BOTH),
        ({"a": (PADDED,), "b": (PADDED,)}, (), NOT_MET),
        ({"a": (PADDED,)}, (), NOT_MET),
        ({}, PAIR, UNTOLD),
        ({}, (), NOT_MET),
    ],
)
def test_one_finding_for_both_is_told_from_what_was_never_met(
    shown: dict[str, tuple[Bug, ...]], was_met: tuple[Bug, ...], due: str
) -> None:
    assert outcome_of(PAIR, shown, lambda bug: bug in was_met) == due


def test_an_animal_was_met_where_something_failed_that_the_other_does_not_show() -> None:
    assert was_met(WRAPS, PADDED, [SHORT, AXIS], PROFILE)
    assert not was_met(WRAPS, PADDED, [SHORT, SHORT_AND_AXIS, RIGHT], PROFILE)


def test_of_many_failures_some_are_kept_whichever_they_are() -> None:
    def kept() -> Failures:
        failures = Failures(most=10)
        for number in range(200):
            failures.note(Case(str(number), ()))
        return failures

    assert kept().kept == kept().kept
    assert (len(kept().kept), kept().met) == (10, 200)
    assert any(int(one.property) >= 100 for one in kept().kept)


def test_costs_are_of_all_hunts_and_of_the_worst() -> None:
    ended = RunEnded("FAIL", 10.0, 100, 1, 0, "", 1.0, 2.0, 200, 20, 40)
    worse = replace(ended, known_causes_requests=60)
    lines = list(cost_lines([Costs((30, 50), ended), Costs((70, 0), worse)]))
    assert lines == [
        "requests for each new finding: median 50, 95th percentile 70, most 70 (told by 3 of 4)",
        "known causes took 20.0% of 400 requests, 10.0% of 20 seconds",
        "new findings took 20.0% of 400 requests, 20.0% of 20 seconds",
        "known causes took at most 30.0% of the requests of a hunt",
    ]
    assert list(cost_lines([])) == []
    assert percentile(list(range(1, 101)), 0.95) == 95


def test_needs_that_nobody_proved_are_counted() -> None:
    proved, unproved = finding("a", SHORT, needs=("axis",)), finding("b", SHORT, needs=("axis",), unproved=("count",))
    assert (needs_of(proved), needs_of(unproved)) == ("axis", "axis, count?")
    costs = Costs((), RunEnded("FAIL", 1.0, 1, 1, 0))
    done = [
        Alone(PADDED, (proved,), frozenset("a"), 1.0, costs, 3),
        Alone(WRAPS, (unproved,), frozenset(), None, costs, 3),
        Alone(STRIDE, (proved, unproved), frozenset("ab"), 1.0, costs, 3),
        Alone(PADDED, (), frozenset(), None, costs, 0),
        Alone(PADDED, (), frozenset(), None, costs, 1),
    ]
    assert [each.outcome for each in done] == [EXACTLY_ONE, NOT_ITS_OWN, SEVERAL, law_of_one.NOT_MET, law_of_one.UNTOLD]
    assert "findings without a need that is unproved: 2 of 4" in list(totals(done))
    assert told(proved) != told(unproved)


def test_a_slowed_server_gives_the_same_answers_later() -> None:
    def handler(request: HttpRequest) -> HttpResponse:
        end = time.monotonic() + 0.002
        while time.monotonic() < end:
            pass
        return HttpResponse(200, {}, request.body)

    request = HttpRequest("POST", "/", {}, b"as it is")
    begun = time.monotonic()
    assert slowed(handler, 10)(request) == slowed(handler, 0)(request) == handler(request)
    assert time.monotonic() - begun >= 0.002 * 10


def test_the_bugs_of_the_zoo_are_its_animals_that_deserve_more_than_a_warning() -> None:
    wrong = {one.path: one.api for one in animals().values() if not one.warns}
    assert {bug.path: bug.api for bug in all_bugs()} == wrong

"""What came before a request: remembered, told apart and taken away again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fuzz.findings import corpus
from fuzz.findings.finding import Finding
from fuzz.hunt.effort import PropertyEffort
from fuzz.hunt.hunter import Hunter
from fuzz.hunt.rounds import turn
from fuzz.subjects.reductions.properties import PROPERTIES
from fuzz.subjects.reductions.reading import Reading
from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.zoo.decoding import ShortDataCutToWholeElements
from fuzz.subjects.reductions.zoo.errors import HtmlForUnknownPaths, SecretShownToTheClient
from fuzz.subjects.reductions.zoo.memory import CacheForever, CacheWithoutMissing
from fuzz.subjects.reductions.zoo.refusing import UnknownOperationIsAServerError
from fuzz.triage.budgets import REQUESTS_OF_A_GLANCE_BACK
from fuzz.triage.histories import MANY_CASES, Earlier, smallest_history
from fuzz.triage.ledger import Ledger
from fuzz.triage.minimal import fails_alone
from fuzz.triage.traits import has, project, without
from fuzz.triage.traits.circumstances import OVERWRITTEN, SEVERAL, differing, equalled
from fuzz.triage.triage import Triage
from fuzz.triage.trial import trial_of
from specs.case import Case, at_once
from specs.fields import Fields, Json
from specs.reductions import profile as profiles
from specs.reductions.steps import Delete, Put, Send, SendRaw
from specs.violation import Way
from tests.unit.broken import lab_with, session_with
from tests.unit.pretended import Immortal

PUT = Put("a", bytes(8))
PLAIN = Send("sum", Fields({"dtype": "int32"}), "a")
MISSING = Send("sum", Fields({"dtype": "int32", "missing": {"missing_value": 1}}), "a")
PLENTY = 500
MOST_ASKED = 15
PUT_ONES = Put("a", bytes([1, 0, 0, 0]))
COUNT = Send("count", Fields({"dtype": "int32"}), "a")


def hunted(folder: Path, server: type[ReferenceServer], properties: tuple[str, ...], examples: int) -> list[Finding]:
    profile = profiles.load("reference")
    with session_with(server) as session:
        hunter = Hunter(session, Ledger(folder, "w", Reading(profile)), Immortal(), lambda _: None)
        for name in properties:
            cases = next(one.cases for one in PROPERTIES if one.name == name)
            turn(cases(profile), 1, examples, lambda case: hunter.try_case(case, PropertyEffort()))
    return corpus.load_all(folder)


def test_what_a_server_keeps_from_request_to_request_is_one_finding_that_says_what_it_forgets(tmp_path: Path) -> None:
    findings = hunted(tmp_path, CacheWithoutMissing, ("reduction",), 60)
    assert [one.needs[:2] for one in findings] == [("several requests", "another missing")]
    put, first, last = findings[0].case.steps
    assert isinstance(put, Put)
    assert len(put.data) <= 40
    fields = [set(one.fields) for one in (first, last) if isinstance(one, Send)]
    assert sorted(fields, key=len) == [{"dtype"}, {"dtype", "missing"}]
    assert findings[0].reproducibility == "every time"


def test_answers_are_compared_with_each_other_in_the_case_that_was_drawn_alone() -> None:
    reading = Reading(profiles.load("reference"))
    twice = Send("select", Fields({"dtype": "int32", "shape": [3, 1]}), "a")
    case = Case("fortran-transposed", (Put("a", bytes(12)), twice, twice))
    with lab_with() as lab:
        assert lab.judge(case).failures
        assert lab.ask(trial_of(case, reading)) == []
        for one in Earlier(reading).as_sent(case):
            assert lab.judge(one).failures == ()


def test_what_fails_alone_as_after_others_takes_no_earlier_request() -> None:
    profile = profiles.load("reference")
    trial = trial_of(Case("history", (PUT, PLAIN, Delete("a"), COUNT)), Reading(profile))
    with lab_with(SecretShownToTheClient) as lab:
        smallest = smallest_history(trial, lab.ask(trial)[0], lab)
    assert (smallest.needs, smallest.seen.signature.way) == ((), Way.DISCLOSES)
    assert not smallest.trial.several


class ForgetfulAndCareless(CacheForever, ShortDataCutToWholeElements, HtmlForUnknownPaths):
    """Three bugs, of which one takes an earlier request."""


@pytest.mark.parametrize("shape", [[4], [2, 2]])
@pytest.mark.parametrize("size", [{}, {"size": 16}])
def test_the_earlier_requests_are_reduced_for_their_own_cause_alone(shape: list[int], size: dict[str, Json]) -> None:
    """A request that comes after others may fail for a reason of its own once it is made smaller."""
    asked = Send("max", Fields({"dtype": "int32", "shape": shape, **size}), "a")
    steps = (Put("a", bytes(range(16))), asked, Delete("a"), asked, Put("a", bytes(range(16, 32))), asked)
    trial = trial_of(Case("history", steps), Reading(profiles.load("reference")))
    with lab_with(ForgetfulAndCareless) as lab, lab.budget(PLENTY):
        seen = next(one for one in lab.ask(trial) if one.signature.way is Way.VALUES)
        smallest = smallest_history(trial, seen, lab)
        assert smallest.needs == ("an overwritten object",)
        assert fails_alone(smallest.trial, smallest.seen, lab) is None


def test_what_fails_in_turn_takes_no_requests_beside_each_other(tmp_path: Path) -> None:
    findings = hunted(tmp_path, CacheForever, ("changing",), 60)
    assert not any(at_once(one.case) for one in findings if one.reproducibility == "every time")
    assert findings


@pytest.mark.parametrize("examples", [50, pytest.param(150, marks=pytest.mark.slow)])
def test_an_unusual_path_is_one_cause_whatever_else_is_unusual(tmp_path: Path, examples: int) -> None:
    findings = hunted(tmp_path, UnknownOperationIsAServerError, ("raw",), examples)
    assert [one.violation.way for one in findings] == [Way.SERVER_ERROR]


def test_requests_about_the_same_content_are_remembered_across_cases() -> None:
    earlier = Earlier(Reading(profiles.load("reference")))
    assert not list(earlier.before(Case("x", (PUT, PLAIN))))
    earlier.note(Case("x", (PUT, MISSING)))
    earlier.note(Case("x", (Put("a", b"other"), COUNT)))
    same, recent = earlier.before(Case("y", (PUT, PLAIN)))
    assert same.steps == (PUT, MISSING, PLAIN)
    assert recent.steps[-2:] == (PUT, PLAIN)
    assert [one.key for one in recent.steps[:-2]] == ["a0", "a0", "a1", "a1"]


def test_the_last_request_to_tell_a_field_is_remembered_however_long_ago_it_was() -> None:
    earlier = Earlier(Reading(profiles.load("reference")))
    earlier.note(Case("x", (PUT, MISSING)))
    for number in range(MANY_CASES):
        earlier.note(Case("x", (Put("a", bytes(number)), COUNT)))
    *_, told, _ = earlier.before(Case("y", (Put("a", b"others"), PLAIN)))
    assert [one.operation for one in told.steps if isinstance(one, Send)] == ["sum", "count", "sum"]
    assert told.steps[:2] == (replace(PUT, key="a0"), replace(MISSING, key="a0"))


def test_requests_that_should_agree_are_not_looked_for_behind_others() -> None:
    earlier = Earlier(Reading(profiles.load("reference")))
    earlier.note(Case("s3-http", (PUT, PLAIN, COUNT)))
    behind = list(earlier.before(Case("s3-http", (PUT, PLAIN, replace(PLAIN, interface="http")))))
    assert {one.property for one in behind} == {"history"}


def test_earlier_requests_are_asked_as_clients_do_first() -> None:
    body = b'{"interface_type": "s3", "url": "{url}", "dtype": "int32"}'
    raw = SendRaw("POST", "/v2/sum", (("Content-Type", "application/json"),), body)
    plain, as_it_was = Earlier(Reading(profiles.load("reference"))).as_sent(Case("raw", (PUT, raw)))
    (asked,) = (step for step in plain.steps if isinstance(step, Send))
    assert (asked.operation, asked.fields["dtype"]) == ("sum", "int32")
    assert as_it_was.steps == (PUT, raw)


def test_what_requests_differ_in_is_what_a_finding_may_need_and_go_without() -> None:
    profile = profiles.load("reference")
    case = Case("x", (PUT, MISSING, COUNT))
    assert differing(case, Reading(profile)) == ("operation", "missing")
    assert equalled(case, ("operation", "missing"), Reading(profile)).steps == (PUT, COUNT, COUNT)
    trial = trial_of(case, Reading(profile))
    assert all(has(trial, name) for name in (SEVERAL, "another operation", "another missing"))
    plain = without(trial, "another missing")
    assert plain is not None
    assert plain.case.steps == (PUT, PLAIN, COUNT)
    assert project(trial, ()).case.steps[1:] == (Send("select", Fields({"dtype": "int32"}), "a"),)


def test_an_object_that_is_written_over_is_a_trait_of_its_own() -> None:
    case = Case("x", (PUT, PLAIN, Put("a", bytes(4)), PLAIN))
    plain = without(trial_of(case, Reading(profiles.load("reference"))), OVERWRITTEN)
    assert plain is not None
    assert plain.case.steps == (Put("a", bytes(4)), PLAIN, PLAIN)


def test_what_was_seen_once_is_looked_into_again_when_it_has_come_often(tmp_path: Path) -> None:
    with session_with(CacheWithoutMissing) as session:
        ledger = Ledger(tmp_path, "w", session.reading)
        triage = Triage(session, ledger, Immortal())
        told = []
        for number in range(6):
            put = Put("a", bytes([1, 0, 0, 0, 2, 0, 0, 0, number, 9, 9, 9]))
            first, then = (Case("reduction", (put, one)) for one in (PLAIN, MISSING))
            # What another client has asked is not known at first.
            session.judge(first)
            if number > 2:
                triage.earlier.note(first)
            triage.look_into(then, session.judge(then))
            told.append([(one.reproducibility, one.seen) for one in ledger.findings()])
    assert told[3] == [("seen once", 4)]
    assert told[5] == [("every time", 5)]


def test_what_comes_by_chance_is_looked_for_far_back_when_it_has_come_often(tmp_path: Path) -> None:
    with session_with() as healthy, session_with(CacheWithoutMissing) as broken:
        triage = Triage(healthy, Ledger(tmp_path, "w", healthy.reading), Immortal())
        for number in range(MANY_CASES):
            triage.earlier.note(Case("x", (Put("a", bytes(4 * number)), *[COUNT] * MOST_ASKED)))
        cost = []
        for number in range(6):
            put = Put("a", bytes([1, 0, 0, 0, 2, 0, 0, 0, number, 9, 9, 9]))
            broken.judge(Case("reduction", (put, PLAIN)))
            before = healthy.sent
            triage.look_into(Case("reduction", (put, MISSING)), broken.judge(Case("reduction", (put, MISSING))))
            cost.append(healthy.sent - before)
    assert max(*cost[:4], cost[5]) < REQUESTS_OF_A_GLANCE_BACK < MANY_CASES * MOST_ASKED < cost[4]


def test_a_history_that_a_glance_back_has_found_is_reduced_to_the_end(tmp_path: Path) -> None:
    with session_with(CacheWithoutMissing) as session:
        triage = Triage(session, Ledger(tmp_path, "w", session.reading), Immortal())
        put = Put("a", bytes([1, 0, 0, 0, 2, 0, 0, 0]))
        first, then = Case("reduction", (put, *[PLAIN] * MOST_ASKED)), Case("reduction", (put, MISSING))
        session.judge(first)
        triage.earlier.note(first)
        triage.look_into(then, session.judge(then))
        (found,) = triage.ledger.findings()
    assert (found.reproducibility, found.unproved) == ("every time", ())
    assert [one.operation for one in found.case.steps if isinstance(one, Send)] == ["select", "select"]


def test_what_a_server_remembers_may_spoil_so_much_that_most_of_it_is_passed_over_unasked(tmp_path: Path) -> None:
    with session_with(CacheWithoutMissing) as session:
        triage = Triage(session, Ledger(tmp_path, "w", session.reading), Immortal())

        def spoilt(number: int) -> Case:
            """Return a request whose answer another client has spoilt, which nobody but that client knows."""
            put = Put("a", bytes([1, 0, 0, 0, 2, 0, 0, 0, number, 9, 9, 9]))
            session.judge(Case("reduction", (put, PLAIN)))
            return Case("reduction", (put, MISSING))

        both = Case("reduction", (PUT_ONES, PLAIN, MISSING))
        (known,) = triage.look_into(both, session.judge(both))
        believed = []
        for number in range(40):
            if number == 20:
                triage.spent.note(session.sent, 0.0)
            case, before = spoilt(number), session.sent
            believed.append(triage.looks.believed(case, session.judge(case)))
            assert session.sent == before + 1
    assert triage.ledger.remembering(Way.VALUES) == known
    assert not any(one == [] for one in believed[:20])
    assert believed[20:].count([]) == triage.spent.untold > 10

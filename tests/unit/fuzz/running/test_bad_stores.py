"""Objects that are not served well, through the suite: what is drawn, what is due, what is kept and told of them."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings

from fuzz.findings import case_files
from fuzz.findings.finding import Finding
from fuzz.findings.pages import pages
from fuzz.findings.portrait import portrait
from fuzz.hunt.claims import unclaimed
from fuzz.running.session import Session
from fuzz.running.store import MemoryStore, Unstorable
from fuzz.running.store.s3 import S3Store
from fuzz.subjects.reductions.properties import PROPERTIES
from fuzz.subjects.reductions.reading import Reading
from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.server import serve
from fuzz.subjects.reductions.scene import Scene, case_of, scene_of
from fuzz.subjects.reductions.subject import REDUCTIONS
from fuzz.subjects.reductions.zoo import find
from fuzz.transport.http import HttpClient
from fuzz.triage.lab import Lab
from fuzz.triage.minimal import minimal
from fuzz.triage.traits import project, without
from fuzz.triage.trial import trial_of
from specs.case import Case
from specs.fields import Fields
from specs.manners import MANNERS, WELL, Manner, a_store, plainer
from specs.outcome import NoReply, Outcome, Reply
from specs.reductions import checks
from specs.reductions.expectation import Expectation, Values
from specs.reductions.model import expectations
from specs.reductions.profile import load
from specs.reductions.refusals import statuses_of
from specs.reductions.rules import Rule
from specs.reductions.steps import Put, Send
from specs.store_facts import StoreFacts
from specs.violation import Violation
from strategies.reductions import cases
from tests.unit.pretended import Immortal
from tests.unit.truthful import JSON, V2, cbor, v2_map

REFERENCE = load("reference")
DATA = np.arange(12, dtype="<i4").tobytes()
PART = Fields({"dtype": "int32", "offset": 16, "size": 16})
BAD = tuple(MANNERS)


def about(served: Manner, fields: Fields = PART, **changes: Any) -> Case:
    return Case("bad-store", (Put("a", DATA, served=served), Send("sum", fields, "a", **changes)))


def due(case: Case) -> Expectation:
    expected = expectations(case, V2, StoreFacts())[-1]
    assert expected is not None
    return expected


def broken(case: Case, outcome: Outcome) -> list[str]:
    """The requirements that an answer breaks."""
    send = case.steps[-1]
    assert isinstance(send, Send)
    assert isinstance(outcome, Reply | NoReply)
    return [one.requirement for one in checks.violations(checks.Answered(send, outcome, V2), due(case), 1)]


def error(status: int, body: bytes = b'{"error": {"message": "the store"}}') -> Reply:
    return Reply(status, JSON, body)


def right(case: Case) -> Values:
    return due(case).answers[0]


@pytest.mark.parametrize("served", BAD)
def test_right_values_or_any_error_are_due_of_an_object_that_is_not_served_well(served: Manner) -> None:
    case = about(served)
    assert broken(case, cbor(v2_map(right(case)))) == []
    for status in (400, 403, 404, 416, 429, 500, 502, 503, 504):
        assert broken(case, error(status)) == []


def test_wrong_values_of_it_are_the_fault_of_whoever_trusts_the_store() -> None:
    case = about("whole")
    wrong = replace(right(case), values=right(case).values + 1)
    assert broken(case, cbor(v2_map(wrong))) == ["distrusts-store"]
    assert broken(about(WELL), cbor(v2_map(wrong))) == ["sum-values"]


def test_silence_and_errors_that_are_not_json_are_no_better_for_it() -> None:
    case = about("failing")
    assert broken(case, NoReply("closed")) == ["answers"]
    assert broken(case, Reply(500, (("content-type", "application/xml"),), b"<Error/>")) == ["error-form"]
    assert broken(case, error(200)) == ["error-status"]
    assert broken(case, error(307)) == ["accepts-valid"]


@pytest.mark.parametrize(
    ("fields", "changes", "rule"),
    [
        ({"dtype": "int33"}, {}, Rule.NOT_ONE_OF_THE_ALLOWED),
        ({"dtype": "int32", "offset": 40, "size": 16}, {}, Rule.SHORT_READ),
        ({"dtype": "int32"}, {"credentials": "wrong-secret"}, Rule.CREDENTIALS),
    ],
)
def test_what_must_be_refused_anyway_may_fail_by_the_store(
    fields: dict[str, Any], changes: dict[str, Any], rule: Rule
) -> None:
    well, badly = (due(about(served, Fields(fields), **changes)) for served in (WELL, "failing"))
    assert well.rejection is not None
    assert badly.rejection is not None
    assert (badly.rejection.rules, badly.answers) == (well.rejection.rules, ())
    assert rule in badly.rejection.rules
    assert {400, 401, 500, 503} <= statuses_of(badly.rejection.classes)
    assert badly.rejection.words == ()
    assert broken(about("failing", Fields(fields), **changes), error(503)) == []


def test_what_was_served_badly_once_does_not_excuse_what_is_served_well_now() -> None:
    steps = (Put("a", DATA, served="failing"), Put("a", DATA), Send("sum", PART, "a"))
    assert due(Case("", steps)).rejection is None
    cached = expectations(Case("", steps), replace(V2, chunk_cache=True), StoreFacts())[-1]
    assert cached is not None
    assert cached.rejection is not None


@settings(max_examples=20, database=None, derandomize=True, deadline=None)
@given(cases.bad_stores(REFERENCE).strategy)
def test_every_request_that_is_drawn_has_an_answer(case: Case) -> None:
    puts = {step.key: step for step in case.steps if isinstance(step, Put)}
    for step, expected in zip(case.steps, expectations(case, REFERENCE, StoreFacts())):
        if expected is not None:
            assert expected.answers
            assert expected.of_bad_store == (puts[step.key].served != WELL)


def test_every_manner_is_drawn() -> None:
    drawn: set[str] = set()

    @settings(max_examples=30, database=None, derandomize=True, deadline=None)
    @given(cases.bad_stores(REFERENCE).strategy)
    def collect(case: Case) -> None:
        drawn.update(step.served for step in case.steps if isinstance(step, Put))

    collect()
    assert drawn == set(get_args(Manner))


def test_plainer_manners_come_first_in_the_table_and_end_somewhere() -> None:
    order = list(MANNERS)
    for manner in MANNERS:
        assert plainer(manner) == tuple(sorted(plainer(manner), key=order.index))
        assert all(order.index(one) < order.index(manner) for one in plainer(manner))
    assert plainer("too-little") == ("another-range",)


def finding(case: Case) -> Finding:
    violation = Violation("distrusts-store", "sum: wrong values", "22", "6", step=1)
    outcomes = (None, cbor(v2_map(right(case))))
    return Finding("x", "f", violation, case, outcomes, (a_store("whole"),))


def test_a_case_keeps_how_objects_are_served_and_says_nothing_of_those_served_well() -> None:
    text = case_files.write(finding(about("whole"))).text
    assert '"served": "whole"' in text
    assert case_files.finding_from(text, lambda _: b"").case == about("whole")
    plain = case_files.write(finding(about(WELL))).text
    assert "served" not in plain
    assert case_files.finding_from(plain, lambda _: b"").case == about(WELL)
    table = json.loads(text)
    table["case"]["steps"][0]["served"] = "somehow"
    with pytest.raises(case_files.Unreadable, match="somehow"):
        case_files.finding_from(json.dumps(table), lambda _: b"")


def test_people_are_told_how_the_object_was_served() -> None:
    words = "by a store that sends the whole object for a range"
    assert f"served     {words}" in portrait(finding(about("whole")))
    assert not any("served" in line for line in portrait(finding(about(WELL))))
    several = replace(about("whole"), steps=(*about("whole").steps, Put("b", DATA), *about(WELL).steps[1:]))
    assert any(line.strip() == f"served {words}" for line in portrait(finding(several)))


@pytest.fixture
def store() -> Iterator[MemoryStore]:
    with MemoryStore() as opened:
        yield opened


def test_a_careless_server_is_seen_and_its_case_names_the_store(store: MemoryStore) -> None:
    with (
        serve(find("whole-taken-for-the-part").server()) as running,
        closing(Session(REDUCTIONS, HttpClient(running.url), store, REFERENCE)) as session,
    ):
        lab = Lab(session, Immortal())  # type: ignore[arg-type]
        trial = trial_of(about("whole"), Reading(REFERENCE))
        with lab.budget(400):
            (seen,) = lab.ask(trial)
            assert seen.signature.family == "wrong"
            assert a_store("whole") in minimal(trial, seen, lab).needs
        assert not session.judge(about(WELL)).failures


@pytest.mark.parametrize("served", BAD)
def test_a_lie_is_tried_as_the_plainer_one_and_in_the_end_as_none(served: Manner) -> None:
    trial = trial_of(
        case_of(Scene("sum", "int32", np.ones(4, "<i4"), served=served, sized=True), "x"), Reading(REFERENCE)
    )
    plainer_one = without(trial, a_store(served))
    assert plainer_one is not None
    assert plainer_one.scene is not None
    assert plainer_one.scene.served == MANNERS[served].plainer
    plain = project(trial, ())
    assert plain.scene is not None
    assert plain.scene.served == WELL


def test_a_scene_is_served_as_its_object_is() -> None:
    scene = scene_of(about("too-much"), V2)
    assert scene is not None
    assert scene.served == "too-much"
    assert case_of(scene, "bad-store") == about("too-much")


def test_contents_in_two_manners_have_keys_of_their_own(store: MemoryStore) -> None:
    with closing(Session(REDUCTIONS, HttpClient("http://127.0.0.1:9"), store, V2)) as session:
        marks = {session.stage._content_mark(about(served)) for served in ("well", "whole", "failing")}
    assert len(marks) == 3


def test_other_stores_serve_well_and_the_property_is_left_out_for_them() -> None:
    other = object.__new__(S3Store)
    other._url = "http://store"
    assert not other.misserves
    with pytest.raises(Unstorable, match="takes the one in memory"):
        other.put("private", "a", b"", "whole")
    (one,) = (one for one in PROPERTIES if one.name == "bad-store")
    assert "the one in memory" in unclaimed(one, REFERENCE, StoreFacts(misserves=False))
    assert unclaimed(one, REFERENCE) == ""


def test_no_script_by_curl_is_offered_where_a_store_has_to_misbehave() -> None:
    texts = pages(finding(about("whole")))
    assert "curl.sh" not in texts
    assert "http://127.0.0.1" in texts["finding.md"]
    assert "sh curl.sh" not in texts["finding.md"]
    assert "sh curl.sh" in pages(finding(about(WELL)))["finding.md"]


@pytest.mark.parametrize(
    ("animal", "served"),
    [
        ("whole-taken-for-the-part", "whole"),
        ("any-part-will-do", "another-range"),
        ("cut-answers-padded", "cut-short"),
        ("pages-taken-for-data", "found"),
        ("lost-store-loses-the-client", "hung-up"),
    ],
)
def test_the_script_is_the_store_that_the_finding_takes(
    animal: str, served: Manner, store: MemoryStore, tmp_path: Path
) -> None:
    case = about(served)
    with serve(find(animal).server()) as broken_one, serve(ReferenceServer()) as healthy:
        with closing(Session(REDUCTIONS, HttpClient(broken_one.url), store, REFERENCE)) as session:
            judged = session.judge(case)
        kept = Finding("x", "f", judged.failures[0], case, judged.transcript.outcomes)
        (tmp_path / "repro.py").write_text(pages(kept, REFERENCE)["repro.py"])
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        for url, code in ((broken_one.url, 1), (healthy.url, 0)):
            command = [sys.executable, str(tmp_path / "repro.py"), url, f"http://127.0.0.1:{port}"]
            ran = subprocess.run(command, capture_output=True, text=True, timeout=100, env={})
            assert ran.returncode == code, ran.stdout + ran.stderr

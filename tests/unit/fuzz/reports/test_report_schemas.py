"""The schemas of what runs write describe everything in it."""

import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from fuzz.events import RunEnded
from fuzz.findings import case_files
from fuzz.findings.finding import Finding
from fuzz.reports.events_file import KINDS, EventsFile
from fuzz.reports.schemas import NAMES, load, validator
from fuzz.reports.summary import Summary
from specs.case import Case
from specs.fields import Fields
from specs.outcome import NoReply, Reply
from specs.reductions.steps import Delete, Put, Send, SendRaw
from specs.violation import Violation
from tests.unit.told_runs import a_run_with_a_finding, run_started, stride_ignored

ADVICE = "describe it in fuzz/reports/schemas"


def summary() -> dict[str, Any]:
    report = Summary(Path(), {"asfuzz": "1"})
    end = RunEnded("FAIL", 1.0, 5, 1, 0)
    for event in a_run_with_a_finding():
        if not isinstance(event, RunEnded):
            report(event)
    return json.loads(json.dumps(report.document(end)))  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(load(name))


def test_a_case_of_every_step_and_outcome_fits() -> None:
    steps = (Put("a", b"\0" * 3000), Put("b", b"text"), Delete("a"), Send("sum", Fields({"n": float("nan")}), "a"))
    raw = SendRaw("POST", "/v2/sum/", (("a", "b"),), b"\xff", credentials=None)
    outcomes = (None, None, None, Reply(200, (("c", "d"),), b"x", 1.5), NoReply("closed", "why", 2.5))
    finding = stride_ignored(case=Case("p", (*steps, raw)), outcomes=outcomes, unproved=("a stride",))
    validator("case").validate(json.loads(case_files.write(finding).text))


def test_a_summary_fits_and_has_nothing_that_is_not_described() -> None:
    document, schema = summary(), load("summary")
    validator("summary").validate(document)
    assert set(document) == set(schema["properties"]), ADVICE
    for name in ("findings", "properties", "warnings"):
        assert set(document[name][0]) == set(schema["properties"][name]["items"]["properties"]), ADVICE


def test_the_summary_of_a_run_that_could_not_begin_fits() -> None:
    report = Summary(Path())
    validator("summary").validate(json.loads(json.dumps(report.document(RunEnded("ERROR", 0.0, 0, 0, 0, "why")))))


def test_every_line_of_a_log_fits(tmp_path: Path) -> None:
    report = EventsFile(tmp_path)
    for event in [*a_run_with_a_finding(), run_started()]:
        report(event)
    report.close()
    for line in (tmp_path / "events.jsonl").read_text().splitlines():
        validator("event").validate(json.loads(line))


def test_every_field_of_every_event_is_described() -> None:
    described = load("event")["$defs"]
    assert set(described) == set(KINDS), ADVICE
    for name, kind in KINDS.items():
        lacking = {one.name for one in fields(kind)} - set(described[name]["properties"])
        assert not lacking, f"{name}: {ADVICE}"


def described_in_cases() -> Iterator[tuple[type, dict[str, Any]]]:
    schema = load("case")
    yield Finding, schema
    names = {"violation": Violation, "case": Case, "put": Put, "send": Send, "send-raw": SendRaw}
    for name, kind in {**names, "reply": Reply, "no-reply": NoReply}.items():
        yield kind, schema["$defs"][name]


def test_every_field_of_a_finding_is_described() -> None:
    for kind, schema in described_in_cases():
        lacking = {one.name for one in fields(kind)} - set(schema["properties"]) - {"seen"}
        assert not lacking, f"{kind.__name__}: {ADVICE}"


@pytest.mark.parametrize(("name", "change"), [("summary", {"verdict": "MAYBE"}), ("summary", {"findings": [{}]})])
def test_what_is_wrong_does_not_fit(name: str, change: dict[str, Any]) -> None:
    assert not validator(name).is_valid({**summary(), **change})

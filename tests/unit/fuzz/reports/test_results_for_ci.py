"""What a run tells CI: JUnit XML and GitHub's annotations and step summary."""

import io
from pathlib import Path
from xml.etree import ElementTree

import pytest

from fuzz.config import read_settings
from fuzz.events import Event, PropertyDone, RunEnded
from fuzz.reports.github import MOST_ANNOTATIONS, GitHub
from fuzz.reports.junit import JUnit
from specs.violation import Violation
from tests.unit.told_runs import a_run_with_a_finding, found, progress, run_started, stride_ignored

ODD = 'a ]]> <b> & "c" \x1b[31m \udc80 \x00 \n::error::d % e | f `g`'


def junit_of(events: list[Event], folder: Path) -> ElementTree.Element:
    report = JUnit(folder / "junit.xml")
    for event in events:
        report(event)
    report.close()
    return ElementTree.parse(folder / "junit.xml").getroot()


def github_of(events: list[Event], folder: Path | None = None) -> str:
    screen = io.StringIO()
    report = GitHub(screen, None if folder is None else folder / "summary.md")
    for event in events:
        report(event)
    report.close()
    return screen.getvalue()


def odd_finding(name: str = "odd") -> Event:
    return found(name, violation=Violation("answer-shape", ODD, ODD, ODD, step=1))


def test_junit_has_one_failure_for_each_finding_and_a_case_for_each_other_property(tmp_path: Path) -> None:
    root = junit_of([*a_run_with_a_finding()], tmp_path)
    cases = {case.get("name"): case for case in root.iter("testcase")}
    assert set(cases) == {"select-stride", "malformed"}
    failure = cases["select-stride"].find("failure")
    assert failure is not None
    assert (failure.get("type"), failure.get("message")) == ("answer-shape", "select ignores the stride")
    assert "asfuzz replay findings/select-stride" in (failure.text or "")
    skipped = cases["malformed"].find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "not claimed by the profile"
    assert [root.get(one) for one in ("tests", "failures", "errors", "skipped")] == ["2", "1", "0", "1"]


def test_junit_skips_what_is_known_and_tells_an_error_of_its_own(tmp_path: Path) -> None:
    passed = PropertyDone("reduction", "PASS", 5, 50, 0)
    ended = RunEnded("ERROR", 1.0, 5, 0, 1, "the store is gone")
    root = junit_of([run_started(), found(known_reason="tracked"), passed, ended], tmp_path)
    assert [root.get(one) for one in ("tests", "failures", "errors", "skipped")] == ["3", "0", "1", "1"]
    assert next(root.iter("error")).get("message") == "the store is gone"


def test_junit_is_xml_whatever_a_server_says(tmp_path: Path) -> None:
    root = junit_of([run_started(target=ODD), odd_finding(), RunEnded("FAIL", 1.0, 5, 1, 0, ODD)], tmp_path)
    (failure,) = root.iter("failure")
    assert "]]> <b> &" in (failure.get("message") or "")


def test_github_gets_a_line_for_each_new_finding_and_the_report_after_what_other_steps_wrote(tmp_path: Path) -> None:
    (tmp_path / "summary.md").write_text("of another step\n")
    told = github_of([*a_run_with_a_finding()], tmp_path)
    assert told == (
        "::error title=asfuzz%3A select ignores the stride::must: answer-shape%0Aexpected: shape [2]"
        "%0Agot: shape [3]%0Aagain: asfuzz replay findings/select-stride\n"
    )
    summary = (tmp_path / "summary.md").read_text("utf-8")
    assert summary.startswith("of another step\n# FAIL: 1 finding to look into\n")
    assert "POST /v2/select/" in summary


def test_github_gets_no_more_annotations_than_it_shows() -> None:
    events: list[Event] = [run_started(), *(found(f"f{at}") for at in range(MOST_ANNOTATIONS + 2))]
    told = github_of([*events, found("k", known_reason="tracked"), RunEnded("FAIL", 1.0, 5, 12, 1)]).splitlines()
    assert [line[: line.index(" ")] for line in told] == ["::error"] * MOST_ANNOTATIONS + ["::notice"]
    assert "2 more findings" in told[-1]


def test_nothing_that_a_server_says_is_a_command_to_github() -> None:
    lines = github_of([run_started(), odd_finding(), RunEnded("ERROR", 1.0, 5, 1, 0, ODD)]).splitlines()
    assert len(lines) == 2
    for line in lines:
        properties = line.removeprefix("::error ").partition("::")[0]
        assert properties.count("=") == 1
        assert "," not in properties


def test_an_error_is_told_to_github() -> None:
    events = [run_started(), progress(1.0, 1), RunEnded("ERROR", 1.0, 5, 0, 0, "the store is gone")]
    assert github_of(events) == "::error title=asfuzz%3A ERROR::the store is gone\n"


@pytest.mark.parametrize(
    ("flags", "environment", "expected"),
    [
        ({}, {}, (False, None)),
        ({}, {"GITHUB_STEP_SUMMARY": "s.md"}, (True, Path("s.md"))),
        ({"github": False}, {"GITHUB_STEP_SUMMARY": "s.md"}, (False, Path("s.md"))),
        ({"github": True}, {}, (True, None)),
        ({}, {"GITHUB_STEP_SUMMARY": ""}, (False, None)),
    ],
)
def test_results_are_told_to_github_in_its_workflows_or_on_request(
    flags: dict[str, object], environment: dict[str, str], expected: tuple[bool, Path | None]
) -> None:
    settings = read_settings(flags, environment=environment)
    assert (settings.github, settings.github_summary) == expected


def test_a_summary_of_many_findings_stays_within_what_github_takes(tmp_path: Path) -> None:
    events: list[Event] = [run_started(), *(found(f"f{at}") for at in range(300))]
    github_of([*events, RunEnded("FAIL", 1.0, 5, 300, 0)], tmp_path)
    assert (tmp_path / "summary.md").stat().st_size < 2**20
    assert stride_ignored().violation.title in (tmp_path / "summary.md").read_text("utf-8")

"""The summary for scripts, the events file, and the tally they are made of."""

import json
from pathlib import Path
from typing import Any

import pytest

from fuzz.events import Event, FindingFixed, Progress, PropertyDone, RunEnded, Warned
from fuzz.reports.events_file import FILE_NAME, EventsFile
from fuzz.reports.summary import Summary, write_atomically
from fuzz.reports.tally import Tally
from tests.unit.told_runs import a_run_with_a_finding, found, progress, run_started, stride_ignored


def summary_of(events: list[Event], folder: Path) -> dict[str, Any]:
    path = folder / "deep" / "summary.json"
    report = Summary(path, {"asfuzz": "1.2.3"})
    for event in events:
        report(event)
    report.close()
    document = json.loads(path.read_text("utf-8"))
    assert isinstance(document, dict)
    return document


def test_a_script_reads_the_verdict_the_numbers_and_the_findings(tmp_path: Path) -> None:
    document = summary_of(list(a_run_with_a_finding()), tmp_path)
    assert (document["verdict"], document["checked_requests"], document["seconds"]) == ("FAIL", 12_340, 30.5)
    (finding,) = document["findings"]
    violation = stride_ignored().violation
    assert finding == {
        "id": "select-stride",
        "fingerprint": "0123456789abcdef",
        "property": "reduction",
        "requirement": violation.requirement,
        "title": violation.title,
        "path": "findings/select-stride",
        "known": False,
        "known_reason": "",
        "expected": violation.expected,
        "actual": violation.actual,
        "needs": ["stride ≠ 1"],
        "unproved": [],
        "not_seen_with": [],
        "reads_as": "",
        "seen": 318,
        "reproducibility": "every time",
    }
    assert [one["name"] for one in document["properties"]] == ["reduction", "malformed"]
    assert document["warnings"] == [{"text": "sums are less accurate than pairwise summation", "times": 1}]
    assert (document["seed"], document["versions"], document["format"]) == (7, {"asfuzz": "1.2.3"}, 1)


def test_known_findings_are_marked(tmp_path: Path) -> None:
    document = summary_of([run_started(), found(known_reason="tracked"), RunEnded("KNOWN", 1.0, 5, 0, 1)], tmp_path)
    assert document["findings"][0]["known"] is True
    assert document["findings"][0]["known_reason"] == "tracked"


def test_a_run_that_never_started_is_told_of_as_well(tmp_path: Path) -> None:
    document = summary_of([Tally().end_of_broken("nothing answers")], tmp_path)
    assert (document["verdict"], document["why"], document["findings"]) == ("ERROR", "nothing answers", [])
    assert document["target"] is None


def test_a_summary_replaces_the_one_before_or_leaves_it_whole(tmp_path: Path) -> None:
    path = tmp_path / "summary.json"
    write_atomically(path, "one")
    write_atomically(path, "two")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "\ud800")
    assert path.read_text() == "two"
    assert [one.name for one in tmp_path.iterdir()] == ["summary.json"]


def test_the_tally_keeps_the_latest_of_everything() -> None:
    tally = Tally()
    for event in a_run_with_a_finding():
        tally(event)
    assert tally.progress == progress(2.0, 900, findings=1)
    assert [one.finding.seen for one in tally.fresh] == [318]
    assert tally.known == []


def test_an_interrupted_run_is_told_as_such_whatever_it_found() -> None:
    tally = Tally()
    before = "interrupted, before anything was checked"
    assert tally.end_of_interrupted("interrupted") == RunEnded("INTERRUPTED", 0.0, 0, 0, 0, before)
    tally(Progress(3.0, 100, 0, 0, 0))
    assert tally.end_of_interrupted("interrupted") == RunEnded("INTERRUPTED", 3.0, 100, 0, 0, "interrupted")
    tally(found("k", known_reason="tracked"))
    tally(found("f"))
    assert tally.end_of_interrupted("interrupted") == RunEnded("INTERRUPTED", 3.0, 100, 1, 1, "interrupted")


def test_how_much_was_tried_and_what_is_fixed_is_in_the_summary(tmp_path: Path) -> None:
    done = [PropertyDone("reduction", "PASS", 5, 50, 0), PropertyDone("malformed", "SKIP", 0, 0, 0)]
    fixed = FindingFixed(stride_ignored(), "findings/select-stride")
    document = summary_of([run_started(), fixed, *done, RunEnded("PASS", 1.0, 50, 0, 0)], tmp_path)
    assert (document["properties_tried"], document["properties_meant"]) == (1, 2)
    assert [one["path"] for one in document["fixed"]] == ["findings/select-stride"]


def test_warnings_are_counted_and_bounded() -> None:
    tally = Tally()
    for number in range(1000):
        tally(Warned("again"))
        tally(Warned(f"warning {number}"))
    assert tally.warnings["again"] == 1000
    assert len(tally.warnings) < 300


def events_in(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / FILE_NAME).read_text("utf-8").splitlines()]


def test_every_event_is_a_line_and_runs_are_appended(tmp_path: Path) -> None:
    for _ in range(2):
        report = EventsFile(tmp_path / "findings", clock=iter(range(0, 1000, 60)).__next__)
        for event in a_run_with_a_finding():
            report(event)
        report.close()
    kinds = [one["event"] for one in events_in(tmp_path / "findings")]
    once = [type(event).__name__ for event in a_run_with_a_finding()]
    assert kinds == once * 2


def test_of_progress_only_a_sample_is_kept(tmp_path: Path) -> None:
    now = 0.0
    report = EventsFile(tmp_path, clock=lambda: now)
    for step in range(1000):
        now = step / 10
        report(progress(now, step))
    report(PropertyDone("reduction", "PASS", 1, 1, 0))
    report.close()
    kinds = [one["event"] for one in events_in(tmp_path)]
    assert 10 <= kinds.count("Progress") <= 30
    assert kinds[-1] == "PropertyDone"


def test_how_far_a_run_was_when_it_found_something_is_kept(tmp_path: Path) -> None:
    report = EventsFile(tmp_path, clock=lambda: 1.0)
    for event in (progress(0.1, 1), progress(0.2, 2), progress(0.3, 3), found(), found("other")):
        report(event)
    report.close()
    told = [(one["event"], one.get("checked_requests")) for one in events_in(tmp_path)]
    assert told == [("Progress", 1), ("Progress", 3), ("FindingFound", None), ("FindingFound", None)]


def test_without_events_there_is_no_file(tmp_path: Path) -> None:
    EventsFile(tmp_path / "findings").close()
    assert list(tmp_path.iterdir()) == []

"""A log of events gives back what was told, whatever happened to the run that wrote it."""

import json
from pathlib import Path

import pytest

from fuzz.events import Event, Explored, FindingFixed, FindingFound, Progress, Sought, Warned
from fuzz.findings import case_files, corpus
from fuzz.reports.events_file import FILE_NAME, EventsFile, LoggedEvent, UnreadableLine, logged_events
from specs.case import Case
from specs.reductions.steps import Put
from tests.unit.told_runs import a_run_with_a_finding, found, progress, run_started, stride_ignored

LONG = b"\xff" * (case_files.MOST_INLINE_BYTES + 1)


def written(folder: Path, events: list[Event], run: str = "r") -> Path:
    report = EventsFile(folder, clock=iter(range(0, 60 * len(events) + 1, 60)).__next__, run=run)
    for event in events:
        report(event)
    report.close()
    return folder / FILE_NAME


def events_of(path: Path) -> list[Event]:
    return [one.event for one in logged_events(path) if isinstance(one, LoggedEvent)]


def test_what_is_read_is_what_was_told(tmp_path: Path) -> None:
    told: list[Event] = [
        *a_run_with_a_finding(),
        FindingFixed(stride_ignored(), "findings/select-stride"),
        Sought((("dtype", ("int32", "int64")),), ((0, 1),)),
        Explored(3, (("dtype", "int32", 3),), ((0, 1, 2),), (("p", "answers", 3),), (("sum", "4 KiB", ((-3, 2),)),)),
    ]
    assert events_of(written(tmp_path, told)) == told


def test_a_log_cut_anywhere_gives_all_the_whole_lines_before_the_cut(tmp_path: Path) -> None:
    told = list(a_run_with_a_finding())
    whole = written(tmp_path, told).read_bytes()
    ends = [at for at, byte in enumerate(whole) if byte == ord("\n")]
    for at in range(0, len(whole), 97):
        (tmp_path / "cut.jsonl").write_bytes(whole[:at])
        lines = sum(end <= at for end in ends)
        assert events_of(tmp_path / "cut.jsonl")[: len(told)] == told[:lines]


def test_a_run_after_one_that_was_killed_begins_a_line_of_its_own(tmp_path: Path) -> None:
    path = written(tmp_path, [run_started()], "first")
    path.write_bytes(path.read_bytes() + b'{"event": "Warn')
    written(tmp_path, [Warned("second")], "second")
    told = list(logged_events(path))
    assert [type(one) for one in told] == [LoggedEvent, UnreadableLine, LoggedEvent]
    assert [one.run for one in told if isinstance(one, LoggedEvent)] == ["first", "second"]


@pytest.mark.parametrize("line", ["[]", "null", "{}", '{"event": "Later", "at": 1}', '{"event": "Warned", "at": 1}'])
def test_a_line_that_holds_no_event_is_told_apart(tmp_path: Path, line: str) -> None:
    path = tmp_path / FILE_NAME
    path.write_text(f"{line}\n")
    assert [type(one) for one in logged_events(path)] == [UnreadableLine]


def test_what_a_newer_suite_tells_besides_is_left_out(tmp_path: Path) -> None:
    path = written(tmp_path, [progress(1.0, 2)])
    path.write_text(json.dumps({**json.loads(path.read_text()), "weather": "fine"}) + "\n")
    (event,) = events_of(path)
    assert isinstance(event, Progress)


def test_long_data_are_named_in_the_log_and_found_in_the_finding_s_folder(tmp_path: Path) -> None:
    event = found(case=Case("p", (Put("a", LONG),)), outcomes=(None,))
    path = written(tmp_path, [event])
    assert len(path.read_bytes()) < 1000
    (bare,) = events_of(path)
    assert isinstance(bare, FindingFound)
    assert bare.finding.case == Case("p", ())
    assert bare.finding.violation == event.finding.violation
    corpus.save(tmp_path, event.finding)
    assert events_of(path) == [event]

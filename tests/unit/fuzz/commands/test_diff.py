"""asfuzz diff: what has become of each finding."""

import json
from argparse import Namespace
from pathlib import Path

import pytest

from fuzz.commands.diff import FIXED, NEW, STILL, compared, found_at, main
from fuzz.errors import UsageError
from fuzz.events import RunEnded
from fuzz.findings import corpus
from fuzz.reports.summary import Summary
from tests.unit.told_runs import found, run_started, stride_ignored


def folder(path: Path, *names: str) -> Path:
    """A findings folder with a finding of each name, its fingerprint made of it."""
    path.mkdir()
    for name in names:
        corpus.save(path, stride_ignored(id=name, fingerprint=f"of-{name}"))
    return path


def exit_code(old: Path, new: Path) -> int:
    return main(Namespace(old=old, new=new))


def test_each_finding_is_new_fixed_or_still_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = folder(tmp_path / "old", "a", "b"), folder(tmp_path / "new", "b", "c")
    assert [(change, one.id) for change, one in compared(found_at(old), found_at(new))] == [
        (NEW, "c"),
        (FIXED, "a"),
        (STILL, "b"),
    ]
    assert exit_code(old, new) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "1 new, 1 fixed, 1 still there"
    assert exit_code(new, new) == 0


def test_a_cause_under_another_name_is_still_there(tmp_path: Path) -> None:
    old, new = folder(tmp_path / "old", "a"), tmp_path / "new"
    corpus.save(new, stride_ignored(id="renamed", fingerprint="of-a"))
    assert [change for change, _ in compared(found_at(old), found_at(new))] == [STILL]


def test_what_is_new_but_accepted_does_not_fail(tmp_path: Path) -> None:
    old, new = folder(tmp_path / "old"), folder(tmp_path / "new", "a")
    (new / "known.toml").write_text('[[known]]\nid = "a"\nreason = "tracked"\n')
    assert exit_code(old, new) == 0


def test_summaries_are_compared_with_each_other_and_with_folders(tmp_path: Path) -> None:
    report = Summary(tmp_path / "summary.json")
    for event in (run_started(), found("a", fingerprint="of-a"), RunEnded("FAIL", 1.0, 5, 1, 0)):
        report(event)
    assert found_at(tmp_path / "summary.json") == found_at(folder(tmp_path / "old", "a"))


def test_what_cannot_be_read_is_not_taken_for_fixed(tmp_path: Path) -> None:
    old, new = folder(tmp_path / "old", "a"), folder(tmp_path / "new", "a")
    (new / "a" / "case.json").write_text("{")
    with pytest.raises(UsageError, match="cannot be compared"):
        exit_code(old, new)


@pytest.mark.parametrize("text", ["", "[]", "{}", json.dumps({"findings": [{}]})])
def test_a_file_that_is_no_summary_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "file").write_text(text)
    with pytest.raises(UsageError, match="is no summary"):
        found_at(tmp_path / "file")
    with pytest.raises(UsageError, match="no findings folder"):
        found_at(tmp_path / "absent")

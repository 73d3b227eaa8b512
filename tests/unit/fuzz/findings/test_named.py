"""A finding is named alike in all commands: by a path, by its id, by the beginning of its id."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.cli import main
from fuzz.errors import UsageError
from fuzz.findings import corpus, known
from fuzz.findings.named import begun_by, home_of
from fuzz.subjects.reductions.processes import start_reference_server
from tests.unit.fuzz.findings.test_replay import FINDING

IDS = ("select-order", "select-stride", "sum-values")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for one in IDS:
        corpus.save(tmp_path / "kept", replace(FINDING, id=one, fingerprint=one))
    return tmp_path / "kept"


def test_a_path_an_id_and_a_beginning_name_the_same_finding(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = folder / "select-stride"
    for name in ("select-stride", "select-s", str(home), str(folder / "select-s"), str(home / corpus.CASE)):
        assert home_of(name, folder) == home
    monkeypatch.chdir(folder.parent)
    assert home_of("kept/select-s", Path("findings")) == Path("kept/select-stride")


def test_a_beginning_of_several_ids_is_told_with_all_of_them(folder: Path) -> None:
    with pytest.raises(UsageError, match="'select' begins several ids: select-order, select-stride"):
        home_of("select", folder)


@pytest.mark.parametrize("name", ["", "values", "nowhere/sum"])
def test_what_begins_no_id_names_nothing(folder: Path, name: str) -> None:
    with pytest.raises(UsageError, match="there is no finding"):
        home_of(name, folder)


@given(st.sets(st.text("ab", min_size=1, max_size=4)), st.text("ab", max_size=3))
def test_one_name_alone_is_meant_by_its_beginning(names: set[str], beginning: str) -> None:
    begun = [one for one in names if beginning and one.startswith(beginning)]
    if len(begun) > 1:
        with pytest.raises(UsageError):
            begun_by(beginning, names)
    else:
        assert begun_by(beginning, names) == (begun[0] if begun else None)


def test_every_command_takes_beginnings(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--findings", str(folder)]
    assert main(["show", "select-s", *flags]) == 0
    assert str(folder / "select-stride") in capsys.readouterr().out
    assert main(["known", "add", "sum", "--reason", "not yet", *flags]) == 0
    assert [one.id for one in known.entries_of(folder / known.FILE_NAME)] == ["sum-values"]
    with start_reference_server() as server:
        assert main(["replay", "sum", "select-o", "--target", server.url, *flags]) == 0
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines() if line.startswith("FIXED")] == [
        "sum-values",
        "select-order",
    ]
    assert main(["known", "remove", "su", *flags]) == 0
    assert known.entries_of(folder / known.FILE_NAME) == ()


@pytest.mark.parametrize(
    "words", [["show"], ["replay"], ["known", "add", "--reason", "not yet"], ["known", "remove"]], ids=" ".join
)
def test_every_command_names_those_that_may_be_meant(
    folder: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "select-", "--findings", str(folder)]) == 2
    assert "begins several ids: select-order, select-stride" in capsys.readouterr().err


def test_an_accepted_finding_that_is_gone_is_removed_by_its_beginning(folder: Path) -> None:
    path = folder / known.FILE_NAME
    for one in IDS:
        gone = known.entry_of(replace(FINDING, id=f"gone-{one}", fingerprint=f"gone-{one}"), "not yet")
        path.write_text(known.added(path.read_text() if path.exists() else "", gone))
    assert main(["known", "remove", "gone-sum", "--findings", str(folder)]) == 0
    assert [one.id for one in known.entries_of(path)] == ["gone-select-order", "gone-select-stride"]
    assert main(["known", "remove", "gone-s", "--findings", str(folder)]) == 2

"""Commands that draw and send nothing do not wait for the modules that do."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fuzz.registry import BUILT_IN, registry

HEAVY = {"hypothesis", "boto3", "botocore", "jsonschema", "hypothesis_jsonschema", "matplotlib", "requests", "moto"}
# The command's own output goes to where nobody reads it.
IMPORTED = """
import contextlib, io, json, sys
from fuzz.cli import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    try:
        main(sys.argv[1:])
    except SystemExit:
        pass
print(json.dumps(sorted(sys.modules)))
"""


def modules_of(folder: Path, words: str) -> set[str]:
    """The modules that a command has imported when it ends, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED, *words.split()], cwd=folder, capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout))


def imported(folder: Path, words: str) -> set[str]:
    """The packages that a command has imported when it ends."""
    return packages(modules_of(folder, words))


def packages(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def test_help_imports_nothing_heavy_and_no_numpy(tmp_path: Path) -> None:
    assert not imported(tmp_path, "--help") & {*HEAVY, "numpy"}


@pytest.mark.parametrize("words", ["run --help", "findings", "show nosuch", "known list", "replay --help"])
def test_commands_about_what_was_found_import_nothing_that_draws(words: str, tmp_path: Path) -> None:
    assert not imported(tmp_path, words) & HEAVY


def test_a_run_that_cannot_start_says_so_before_anything_is_drawn(tmp_path: Path) -> None:
    assert not imported(tmp_path, "run --seconds nonsense") & HEAVY


@pytest.fixture(scope="module")
def of_a_run(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The modules that a short run imports."""
    return modules_of(tmp_path_factory.mktemp("run"), "run --only reduction --examples 20")


def test_a_run_draws_by_chance_without_what_shrinks(of_a_run: set[str]) -> None:
    found = packages(of_a_run)
    assert "numpy" in found
    assert not found & HEAVY


def test_a_run_imports_neither_another_subject_nor_the_server_that_it_starts(of_a_run: set[str]) -> None:
    assert "fuzz.subjects.reductions.subject" in of_a_run
    assert not {one for one in of_a_run if one.startswith(("fuzz.subjects.objects", "specs.objects"))}
    assert "fuzz.subjects.reductions.reference_server" not in of_a_run


def test_built_in_subjects_are_listed_by_their_names() -> None:
    subjects = registry().subjects
    assert [one.name for one in subjects.values()] == list(BUILT_IN) == list(subjects)
    assert len(subjects) == len(BUILT_IN)

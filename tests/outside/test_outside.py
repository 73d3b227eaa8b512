"""What others bring, as they would write it, is hunted, explained, replayed and reported by the same commands."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.end_to_end.written_files import check_fit

SHELF = Path(__file__).parent / "shelf"
SECONDS = 120
Asfuzz = Callable[..., CompletedProcess[str]]
HUNT = ("run", "--subject", "shelf", "--examples", "80", "--seed", "1")
# Each way in which the shelf is broken, and what its finding needs besides several requests.
BROKEN = {
    "truncating": "a long value",
    "blind-to-case": "an upper-case key",
    "keeping-all": "a deleted key",
}


def cases(folder: Path) -> list[dict[str, object]]:
    return [json.loads(one.read_text("utf-8")) for one in sorted(folder.glob("findings/*/case.json"))]


@pytest.mark.parametrize(
    "animal", ["truncating", *(pytest.param(one, marks=pytest.mark.slow) for one in BROKEN if one != "truncating")]
)
def test_a_subject_of_others_is_hunted_explained_replayed_and_shown(
    asfuzz: Asfuzz, tmp_path: Path, animal: str
) -> None:
    told = asfuzz(tmp_path, *HUNT, "--animal", animal, code=1).stdout
    (found,) = cases(tmp_path)
    assert found["subject"] == "shelf"
    assert found["needs"] == ["several requests", BROKEN[animal]]
    assert "FindingFound" in check_fit(tmp_path / "findings")
    assert "shelf-holds: What is put under a key is there until it is deleted" in told
    again = asfuzz(tmp_path, "replay", code=1).stdout
    assert f"--animal {animal}" in again
    assert "1 still failing" in again
    shown = asfuzz(tmp_path, "show", str(found["id"])).stdout
    assert "Put(key=" in shown
    asfuzz(tmp_path, "report", "findings", "--html", "report.html")
    page = (tmp_path / "report.html").read_text("utf-8")
    assert str(found["id"]) in page
    assert BROKEN[animal] in page


def test_a_shelf_that_is_right_passes(asfuzz: Asfuzz, tmp_path: Path) -> None:
    told = asfuzz(tmp_path, *HUNT).stdout
    assert "PASS  0 findings" in told
    assert not cases(tmp_path)


@pytest.mark.slow
def test_a_module_is_enough_where_nothing_is_installed(asfuzz: Asfuzz, tmp_path: Path) -> None:
    load = ("--load", "shelf_asfuzz.subject")
    found = asfuzz(tmp_path, *HUNT, *load, "--animal", "truncating", code=1, package=False).stdout
    replay, accept = (shlex.split(line)[1:] for line in dict.fromkeys(re.findall(r"asfuzz (?:replay|known) .*", found)))
    assert "1 still failing" in asfuzz(tmp_path, *replay, code=1, package=False).stdout
    page = next(tmp_path.glob("findings/*/finding.md")).read_text("utf-8")
    assert "found by: `asfuzz run --load shelf_asfuzz.subject --animal truncating --subject shelf --seed 1`" in page
    assert "Send it again, judged by the suite:" in page
    for words in (["findings"], ["show", replay[1]], ["diff", "findings", "findings"], ["report", "findings"]):
        assert "get: another value" in asfuzz(tmp_path, *words, *load, package=False).stdout, words
    assert "is accepted" in asfuzz(tmp_path, *accept, package=False).stdout
    assert "KNOWN" in asfuzz(tmp_path, *HUNT, *load, "--animal", "truncating", package=False).stdout
    missing = asfuzz(tmp_path, *HUNT, code=2, package=False).stderr
    assert "there is no subject 'shelf'" in missing
    assert "--load MODULE" in missing


def test_a_profile_implies_its_subject(asfuzz: Asfuzz, tmp_path: Path) -> None:
    told = asfuzz(tmp_path, "run", "--profile", "shelf", "--examples", "20").stdout
    assert "shelf-history" in told


def test_a_property_of_others_is_checked_with_ours(asfuzz: Asfuzz, tmp_path: Path) -> None:
    only = ("run", "--only", "quiet", "--examples", "10", "--seed", "1")
    assert "outside-quiet" in asfuzz(tmp_path, "properties", "--requirements").stdout
    assert "0 findings" in asfuzz(tmp_path, *only).stdout
    asfuzz(tmp_path, *only, "--animal", "shelf_asfuzz.more_reductions:PoweredBy", code=1)
    (found,) = cases(tmp_path)
    assert found["violation"]["requirement"] == "outside-quiet"  # type: ignore[index]
    assert "1 still failing" in asfuzz(tmp_path, "replay", code=1).stdout


def test_the_subject_is_as_short_as_its_readers_are_told(asfuzz: Asfuzz) -> None:  # noqa: ARG001
    shelf = Path(__file__).parent / "shelf" / "shelf_asfuzz" / "subject.py"
    assert len(shelf.read_text("utf-8").splitlines()) <= 150


def test_broken_servers_of_others_are_listed_and_tried(asfuzz: Asfuzz, tmp_path: Path) -> None:
    listed = asfuzz(tmp_path, "zoo", "--subject", "shelf", "--list").stdout
    assert "Deletes nothing." in listed
    tried = asfuzz(tmp_path, "zoo", "--subject", "shelf", "--animals", *BROKEN, "--seconds", "1").stdout
    assert tried.count("seen by shelf-history as shelf-holds") == len(BROKEN)
    assert "healthy                 not seen" in tried
    missing = asfuzz(tmp_path, "zoo", "--subject", "shelf", "--animals", "trunkating", code=2).stderr
    assert "did you mean 'truncating'?" in missing


def test_a_property_of_others_that_proves_nothing_misses_the_broken_server(asfuzz: Asfuzz, tmp_path: Path) -> None:
    tried = asfuzz(tmp_path, "zoo", "--subject", "shelf", "--animals", "truncating", "--seconds", "0", code=1).stdout
    assert "truncating              not seen" in tried


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("probe",), "servers of 'shelf' cannot be probed"),
        (("clauses",), "subject 'shelf' lists no clauses"),
        (("report", "--profile", "shelf"), "subject 'shelf' has no reports"),
        (("zoo", "--mutants"), "--mutants goes with the subject reductions alone"),
    ],
)
def test_a_command_says_what_a_subject_does_not_bring(
    asfuzz: Asfuzz, tmp_path: Path, words: tuple[str, ...], why: str
) -> None:
    assert why in asfuzz(tmp_path, *words, "--subject", "shelf", code=2).stderr


def test_a_project_is_set_up_for_a_subject_of_others(asfuzz: Asfuzz, tmp_path: Path) -> None:
    launch = f"{sys.executable} -m shelf_asfuzz.server {{port}}"
    told = asfuzz(tmp_path, "init", "--subject", "shelf", "--launch", launch).stdout
    assert "servers of shelf are not probed" in told
    settings = tomllib.loads((tmp_path / "asfuzz.toml").read_text("utf-8"))
    assert (settings["subject"], settings["profile"], settings["launch"]) == ("shelf", "shelf", launch)
    assert "shelf-history" in asfuzz(tmp_path, "run", "--examples", "10").stdout


@pytest.mark.slow
def test_properties_of_others_run_under_pytest(tmp_path: Path) -> None:
    # The plugin is named as a checkout has it: an installation copies it under a name of its own.
    plugins = ("-p", "fuzz.pytest_plugin", "-p", "_hypothesis_pytestplugin", "-p", "no:cacheprovider")
    subject = ("--asfuzz-subject", "shelf", "--asfuzz-load", "shelf_asfuzz.subject")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ASFUZZ_", "PYTEST_", "CI"))}
    path = os.pathsep.join(map(str, (SHELF, Path(__file__).parent.parent.parent)))
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, "--pyargs", "fuzz.suite", *subject],
        cwd=tmp_path,
        env={**inherited, "PYTHONPATH": path, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert "1 passed" in ran.stdout, ran.stdout + ran.stderr

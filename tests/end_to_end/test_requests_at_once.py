"""Requests at the same time, as users of the command line know them: found, replayed, and fixed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fuzz.findings import corpus
from fuzz.subjects.reductions.processes import start_reference_server
from fuzz.subjects.reductions.zoo import keep
from tests.end_to_end.command_line import SECONDS, asfuzz

# One case at a time: what other cases do beside it may spoil a case, and is then seen once.
ONLY = ("--only", "at-the-same-time", "--lanes", "1", "--seed", "1", "--findings", "findings")


@pytest.fixture(scope="module")
def hunted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("at-once")
    flags = ("--examples", "200", "--max-findings", "1", "--animal", "buffer-shared", "--summary", "summary.json")
    return folder, asfuzz(folder, "run", *ONLY, *flags)


@pytest.fixture(scope="module")
def broken() -> Iterator[str]:
    with keep(("buffer-shared",)) as server:
        yield server.url


def test_a_buffer_that_requests_share_is_one_finding(
    hunted: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, run = hunted
    assert run.returncode == 1, run.stdout + run.stderr
    (finding,) = corpus.load_all(folder / "findings")
    assert finding.needs == ("requests at the same time",)
    assert finding.case.together
    assert len(finding.case.steps) <= 6
    assert "at the same time:" in run.stdout
    assert [one["property"] for one in json.loads((folder / "summary.json").read_text())["findings"]] == [
        "at-the-same-time"
    ]


def test_it_is_still_there_where_it_was(hunted: tuple[Path, subprocess.CompletedProcess[str]], broken: str) -> None:
    folder, _ = hunted
    again = asfuzz(folder, "replay", "--target", broken, "--profile", "reference")
    assert (again.returncode, "STILL FAILING" in again.stdout) == (1, True), again.stdout + again.stderr


def test_it_is_fixed_in_the_healthy_server(hunted: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, _ = hunted
    with start_reference_server() as server:
        again = asfuzz(folder, "replay", "--target", server.url, "--profile", "reference")
    assert (again.returncode, "FIXED" in again.stdout) == (0, True), again.stdout + again.stderr


def test_a_healthy_server_passes(tmp_path: Path) -> None:
    run = asfuzz(tmp_path, "run", *ONLY, "--examples", "60")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "PASS  0 findings" in run.stdout


def test_the_next_run_knows_it(hunted: tuple[Path, subprocess.CompletedProcess[str]], broken: str) -> None:
    folder, _ = hunted
    run = asfuzz(folder, "run", *ONLY, "--target", broken, "--profile", "reference", "--examples", "20")
    assert run.returncode == 1, run.stdout + run.stderr
    (finding,) = corpus.load_all(folder / "findings")
    assert finding.seen > 1


@pytest.mark.slow
def test_the_suite_under_pytest_tells_it_too(tmp_path: Path, broken: str) -> None:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--pyargs", "fuzz.suite"]
    only = ["-q", "-k", "at_the_same_time", "--asfuzz-target", broken]
    run = subprocess.run([*command, *only], cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert run.returncode == 1, run.stdout + run.stderr
    assert re.search(r"^needs +requests at the same time", run.stdout, re.MULTILINE), run.stdout
    assert len(corpus.load_all(tmp_path / "findings")) == 1

"""Every command that a run prints works when it is pasted, on the server that the run was about."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from fuzz.subjects.reductions.processes import start_reference_server
from tests.end_to_end.command_line import SECONDS, asfuzz

ANIMAL = "stride-ignored"
FEW = ("--seed", "1", "--max-findings", "1")
HUNT = ("--animal", ANIMAL, "--only", "reduction")
HUNT_OF_A_STORE = ("--animal", "range-without-its-end", "--subject", "objects", "--only", "ranges")


@dataclass(frozen=True)
class Hunted:
    """A folder in which something was found, how it was hunted, and what was printed."""

    flags: tuple[str, ...]
    folder: Path
    printed: str
    home: Path


def pasted(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    """A line as a shell takes it: the shell splits it into words, and goes where it says."""
    script = f'asfuzz() {{ printf \'%s\\0\' "$PWD" "$@"; }}\n{line}'
    split = subprocess.run(
        ["sh", "-c", script], cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=True
    )
    where, *words, _ = split.stdout.split("\0")
    return asfuzz(Path(where), *words)


def hunt(folder: Path, flags: tuple[str, ...]) -> Hunted:
    """Hunt until something is found, in a folder whose name a shell has to be told in quotes."""
    folder /= "with spaces"
    folder.mkdir()
    command = shlex.join(["asfuzz", "run", *flags, *FEW, "--examples", "300", "--findings", "what's found"])
    ran = pasted(folder, command)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    (case,) = (folder / "what's found").glob("*/case.json")
    return Hunted(flags, folder, ran.stdout, case.parent)


@pytest.fixture(scope="module")
def hunted(tmp_path_factory: pytest.TempPathFactory) -> Hunted:
    return hunt(tmp_path_factory.mktemp("a folder"), HUNT)


@pytest.fixture(scope="module", params=[HUNT, HUNT_OF_A_STORE], ids=["server", "store"])
def either(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Hunted:
    return hunt(tmp_path_factory.mktemp("a folder"), request.param)


def commands_in(text: str) -> list[str]:
    """What a text says to type: from `asfuzz` to the end of the line."""
    return re.findall(r"(?:^|(?<=[\s:]))asfuzz (?:replay|known|run) .*$", text, re.MULTILINE)


def test_the_lines_about_a_finding_replay_it_on_the_server_that_it_came_from(either: Hunted) -> None:
    lines = [one for one in commands_in(either.printed) if one.startswith("asfuzz replay")]
    page = (either.home / "finding.md").read_text()
    lines += [one for one in commands_in(page) if one.startswith("asfuzz replay")]
    assert f"- found by: `asfuzz run {shlex.join(either.flags[:-2])} --seed 1`\n" in page
    assert len(lines) >= 3
    for line in dict.fromkeys(lines):
        ran = pasted(either.folder, line)
        assert (ran.returncode, "STILL FAILING" in ran.stdout) == (1, True), (line, ran.stdout + ran.stderr)


def test_the_line_that_accepts_a_finding_makes_the_next_run_clean(either: Hunted, tmp_path: Path) -> None:
    copy = tmp_path / "a copy"
    subprocess.run(["cp", "-r", str(either.folder), str(copy)], check=True)
    (line,) = [one for one in commands_in(either.printed) if one.startswith("asfuzz known add")]
    findings = shlex.quote("what's found")
    ran = pasted(copy, line)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    ran = pasted(copy, f"asfuzz known list --findings {findings}")
    assert (ran.returncode, either.home.name in ran.stdout) == (0, True), ran.stdout + ran.stderr
    assert not (copy / "findings").exists()
    again = pasted(copy, f"asfuzz run {shlex.join(either.flags)} --examples 3 --findings {findings}")
    assert (again.returncode, "KNOWN" in again.stdout) == (0, True), again.stdout + again.stderr


def test_a_finding_goes_by_its_path_its_case_or_its_id(hunted: Hunted) -> None:
    name, findings = hunted.home.name, shlex.quote("what's found")
    for line in (
        f"asfuzz replay {name} --findings {findings} --tries 1",
        f"asfuzz replay {findings}/{name}/case.json --tries 1",
        f"cd {findings} && asfuzz replay {name} --tries 1",
        f"cd {findings}/{name} && asfuzz replay . --tries 1",
    ):
        ran = pasted(hunted.folder, line)
        assert (ran.returncode, "STILL FAILING" in ran.stdout) == (1, True), (line, ran.stdout + ran.stderr)


def test_another_server_is_judged_only_where_the_command_line_names_it(hunted: Hunted) -> None:
    path = shlex.quote(str(hunted.home))
    with start_reference_server() as healthy:
        (hunted.folder / "asfuzz.toml").write_text(f'target = "{healthy.url}"\n')
        by_file = pasted(hunted.folder, f"asfuzz replay {path} --tries 1")
        (hunted.folder / "asfuzz.toml").unlink()
        told = pasted(hunted.folder, f"asfuzz replay {path} --target {healthy.url} --tries 1")
    assert (by_file.returncode, f"--animal {ANIMAL}" in by_file.stdout) == (1, True), by_file.stdout + by_file.stderr
    assert (told.returncode, f"found on --animal {ANIMAL}; judged on" in told.stdout) == (0, True), told.stdout


def test_a_finding_that_does_not_say_where_it_came_from_is_judged_on_no_server(hunted: Hunted, tmp_path: Path) -> None:
    table = json.loads((hunted.home / "case.json").read_text())
    assert table.pop("origin")["animals"] == [ANIMAL]
    home = tmp_path / "findings" / hunted.home.name
    home.mkdir(parents=True)
    (home / "case.json").write_text(json.dumps(table))
    ran = pasted(tmp_path, "asfuzz replay")
    assert (ran.returncode, "name the server by --target, --launch or --animal" in ran.stderr) == (2, True), ran.stdout
    ran = pasted(tmp_path, f"asfuzz replay --animal {ANIMAL} --tries 1")
    assert (ran.returncode, "STILL FAILING" in ran.stdout) == (1, True), ran.stdout + ran.stderr

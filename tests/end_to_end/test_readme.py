"""What README.md and the pages of the rooms say holds: commands are there, flags come from --help, files exist."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.end_to_end.command_line import SECONDS, asfuzz

ROOT = Path(__file__).parent.parent.parent
TEXT = (ROOT / "README.md").read_text("utf-8")
ROOMS = ("fuzz", "fuzz/bench", "specs", "strategies", "tests")
PAGES = "\n".join([TEXT, *((ROOT / room / "README.md").read_text("utf-8") for room in ROOMS)])
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGES, re.DOTALL | re.MULTILINE)
LINES = [line for block in BLOCKS for line in block.splitlines() if line.strip()]
COMMANDS = [line for line in LINES if shlex.split(line)[0] == "asfuzz"]
PYTEST = [line for line in LINES if shlex.split(line)[0] == "pytest"]
# Commands that are quick and ask for nothing that is not there.
QUICK = ("asfuzz properties", "asfuzz zoo --list", "asfuzz known list")


@cache
def help_of(command: str, kind: str = "") -> str:
    return asfuzz(ROOT, command, *([kind] if kind else []), "--help").stdout


def flags_of(line: str) -> list[str]:
    return [word.split("=")[0] for word in shlex.split(line) if word.startswith("--")]


def test_it_begins_with_two_commands() -> None:
    assert len(BLOCKS[0].splitlines()) == len(BLOCKS[1].splitlines()) == 1
    assert "asfuzz run" in BLOCKS[0]
    assert "pytest" in BLOCKS[1]


@pytest.mark.parametrize("line", COMMANDS)
def test_flags_come_from_help(line: str) -> None:
    words = shlex.split(line)
    kind = words[2] if words[1] == "bench" else ""
    told = re.findall(r"--[a-z][a-z0-9-]*", help_of(words[1], kind))
    assert told, f"README.md: {line!r}: asfuzz {words[1]} has no help"
    for flag in flags_of(line):
        assert flag in told, f"README.md: {line!r}: {flag} is not in asfuzz {words[1]} {kind} --help"


def test_pytest_knows_the_flags(tmp_path: Path) -> None:
    asked = subprocess.run(
        [sys.executable, "-m", "pytest", "--help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    assert PYTEST
    for line in PYTEST:
        assert shlex.split(line)[1:3] == ["--pyargs", "fuzz.suite"]
        for flag in flags_of(line):
            assert flag in asked.stdout, f"README.md: {line!r}: {flag} is not in pytest --help"


@pytest.mark.parametrize("line", QUICK)
def test_quick_commands_run(line: str, tmp_path: Path) -> None:
    assert line in LINES, f"README.md does not say {line!r} any more: take it out of QUICK"
    done = asfuzz(tmp_path, *shlex.split(line)[1:])
    assert done.returncode == 0, f"README.md: {line!r}: {done.stderr}"
    assert done.stdout.strip() or line == "asfuzz known list"


def test_files_that_are_named_exist() -> None:
    named = re.findall(r"`((?:specs|strategies|fuzz|tests|\.ci)/[\w./-]+)`", PAGES)
    assert named
    missing = [name for name in named if not (ROOT / name).exists()]
    assert not missing, f"README.md names files that are not there: {missing}"


def test_pages_that_are_linked_exist() -> None:
    linked = re.findall(r"\]\(([\w./-]+)\)", TEXT)
    assert {f"{room}/README.md" for room in ROOMS} <= set(linked)
    assert not [name for name in linked if not (ROOT / name).exists()]


def test_its_settings_are_settings(tmp_path: Path) -> None:
    from fuzz.config import read_settings

    settings = TEXT[TEXT.index("## Settings") :]
    example = re.findall(r"^```toml\n(.*?)^```$", settings, re.DOTALL | re.MULTILINE)[0]
    (tmp_path / "asfuzz.toml").write_text(example, "utf-8")
    settings = read_settings(config=tmp_path / "asfuzz.toml", environment={})
    assert (settings.seconds, settings.workers, settings.max_findings) == (120.0, 2, 20)


def test_environment_variables_that_are_named_are_known() -> None:
    from fuzz.config import OPTIONS, SECRETS

    known = {f"ASFUZZ_{name.upper()}" for name in (*OPTIONS, *SECRETS)}
    named = set(re.findall(r"ASFUZZ_[A-Z_]+", TEXT))
    assert named
    assert named <= known


def test_a_finding_looks_as_it_is_shown(tmp_path: Path) -> None:
    """The rows of the portrait in README.md are those of a real one."""
    shown = next(block for block in re.findall(r"^```text\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE) if "✗" in block)
    words = ["run", "--animal", "stride-ignored", "--only", "reduction", "--examples", "60", "--max-findings", "1"]
    done = asfuzz(tmp_path, *words, "--seed", "1", COLUMNS="100")
    assert done.returncode == 1, done.stdout + done.stderr
    rows = re.findall(r"^     ([a-z]+)  ", shown, re.MULTILINE)
    assert rows == ["data", "expected", "got", "must", "needs", "seen", "again"]
    for row in rows:
        assert re.search(rf"^     {row}  ", done.stdout, re.MULTILINE), f"a finding has no row {row!r} any more"

"""What a new user does first: set up a project, list findings, look at one, have the shell complete words."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from fuzz.config import read_settings
from fuzz.subjects.reductions.serving import SERVING
from tests.end_to_end.command_line import asfuzz

SERVER = """\
import sys, threading
from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.server import serve
with serve(ReferenceServer(), port=int(sys.argv[1])):
    threading.Event().wait()
"""
LAUNCH = f"{sys.executable} server.py {{port}}"
BROKEN = "stride-ignored"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / ".gitignore").write_text("*.log\n")
    (folder / "server.py").write_text(SERVER)
    done = asfuzz(folder, "init", "--launch", LAUNCH)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_init_writes_settings_that_a_run_reads(project: Path) -> None:
    settings = read_settings(config=project / "asfuzz.toml", environment={})
    assert (settings.launch, settings.profile, settings.seconds) == (LAUNCH, "server.toml", 60.0)
    assert SERVING.load(str(project / "server.toml")).operations
    done = asfuzz(project, "run", "--examples", "3", "--only", "reduction")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "profile   server" in done.stdout


def test_init_keeps_findings_out_of_git_but_for_the_known_ones(project: Path) -> None:
    subprocess.run(["git", "init", "--quiet"], cwd=project, check=True)
    ignored = ["git", "check-ignore", "--no-index", "findings/x/case.json", "findings/known.toml", "x.log"]
    asked = subprocess.run(ignored, cwd=project, capture_output=True, text=True, check=False)
    assert asked.stdout.split() == ["findings/x/case.json", "x.log"]


def test_init_writes_a_workflow_that_runs_asfuzz_and_keeps_what_it_found(project: Path) -> None:
    workflow = yaml.safe_load((project / ".github/workflows/asfuzz.yml").read_text())
    steps = workflow["jobs"]["asfuzz"]["steps"]
    (run,) = (step["run"] for step in steps if step.get("run", "").startswith("asfuzz run"))
    assert run == (
        "asfuzz run --summary asfuzz-summary.json --seconds ${{ github.event_name == 'schedule' && '1h' || '2m' }}"
    )
    assert steps[-1]["if"] == "always()"
    assert steps[-1]["with"]["path"].split() == ["findings", "asfuzz-summary.json"]


def test_init_keeps_what_is_there(project: Path) -> None:
    (project / "asfuzz.toml").write_text(f"# mine\n{(project / 'asfuzz.toml').read_text()}")
    ignored = (project / ".gitignore").read_text()
    done = asfuzz(project, "init", "--launch", LAUNCH)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("kept ") == 3
    assert (project / "asfuzz.toml").read_text().startswith("# mine\n")
    assert (project / ".gitignore").read_text() == ignored


def test_init_asks_which_server(tmp_path: Path) -> None:
    done = asfuzz(tmp_path, "init")
    assert done.returncode == 2
    assert "--launch 'my-server --port {port}'" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("findings")
    words = ("--only", "reduction", "--examples", "60", "--max-findings", "1", "--seed", "1")
    assert asfuzz(folder, "run", "--animal", BROKEN, *words).returncode == 1
    return folder


def test_findings_are_listed_and_shown_by_id_beginning_and_path(findings: Path) -> None:
    listed = asfuzz(findings, "findings")
    assert listed.returncode == 0, listed.stderr
    name = listed.stdout.split()[0]
    assert (findings / "findings" / name / "case.json").exists()
    assert listed.stdout.endswith("1 finding\n")
    assert asfuzz(findings, "findings", "findings").stdout == listed.stdout
    for word in (name, name[:6], f"findings/{name}", f"findings/{name}/case.json"):
        shown = asfuzz(findings, "show", word)
        assert shown.returncode == 0, shown.stderr
        for piece in ("POST /v2/", "expected", "got", "must", f"findings/{name}/repro.py", f"findings/{name}/curl.sh"):
            assert piece in shown.stdout


def test_a_finding_that_is_not_there_is_told_with_the_closest_one(findings: Path) -> None:
    name = asfuzz(findings, "findings").stdout.split()[0]
    done = asfuzz(findings, "show", "x" + name)
    assert done.returncode == 2
    assert f"Did you mean {name!r}?" in done.stderr
    assert asfuzz(findings, "findings", "nowhere").returncode == 2


def test_no_findings_are_no_error(tmp_path: Path) -> None:
    done = asfuzz(tmp_path, "findings")
    assert (done.returncode, done.stderr) == (0, "")
    assert "no findings" in done.stdout


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("fidnings",), "findings"),
        (("run", "--sekonds", "3"), "--seconds"),
        (("known", "lst"), "list"),
        (("known", "add", "x", "--raeson", "y", "--reason", "z"), "--reason"),
        (("zoo", "--animals", "stride-ignord"), "stride-ignored"),
        (("bench", "rat"), "rate"),
        (("completion", "bahs"), "bash"),
    ],
)
def test_the_word_that_was_meant_is_told(words: tuple[str, ...], meant: str, tmp_path: Path) -> None:
    done = asfuzz(tmp_path, *words)
    assert done.returncode == 2
    assert f"id you mean {meant!r}?" in done.stderr
    assert f"usage: asfuzz {words[0]}" in done.stderr or len(words) == 1 or words[0] == "zoo"


def completed(script: str, line: str, folder: Path) -> list[str]:
    """What bash offers for the last word of a line."""
    words = line.split(" ")
    told = " ".join(f"'{word}'" for word in words)
    code = f"{script}\nCOMP_WORDS=({told}); COMP_CWORD={len(words) - 1}; _asfuzz; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    asked = subprocess.run(["bash", "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    return asked.stdout.split()


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_completes_commands_flags_and_names(tmp_path: Path) -> None:
    script = asfuzz(tmp_path, "completion", "bash").stdout
    assert completed(script, "asfuzz fin", tmp_path) == ["findings"]
    assert completed(script, "asfuzz run --see", tmp_path) == ["--seed"]
    assert completed(script, "asfuzz run --only whole-", tmp_path) == ["whole-schema"]
    assert completed(script, "asfuzz serve --animal stride-ig", tmp_path) == [BROKEN]
    assert completed(script, "asfuzz known pr", tmp_path) == ["prune"]
    assert completed(script, "asfuzz completion z", tmp_path) == ["zsh"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_can_read_their_scripts(shell: str, tmp_path: Path) -> None:
    script = asfuzz(tmp_path, "completion", shell).stdout
    assert "stride-ignored" in script
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} to read it with")
    read = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True, check=False)
    assert (read.returncode, read.stderr) == (0, "")


def test_an_example_of_settings_is_toml_for_any_command_line(tmp_path: Path) -> None:
    from fuzz.config import Settings
    from fuzz.project.project_files import settings_file

    awkward = "env A=\"x y\" ./ser\\ver --port {port} 'z' # é"
    settings = Settings(launch=awkward, store="http://10.0.0.1:9000", advertise="10.0.0.2")
    text = settings_file(settings, "reductions", "reference")
    (tmp_path / "asfuzz.toml").write_text(text, "utf-8")
    assert tomllib.loads(text)["launch"] == awkward
    settings = read_settings(config=tmp_path / "asfuzz.toml", environment={})
    assert (settings.store, settings.advertise) == ("http://10.0.0.1:9000", "10.0.0.2")

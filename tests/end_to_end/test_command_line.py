"""asfuzz as its users know it: in a process of its own, by what it prints, writes and returns."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fuzz.running.launcher import free_port
from fuzz.subjects.reductions.processes import start_reference_server
from tests.end_to_end.command_line import COMMAND, SECONDS, STRIDE_IGNORED, asfuzz, environment, started

KEYS = {"ASFUZZ_ACCESS_KEY": "visible", "ASFUZZ_SECRET_KEY": "hunter2-hunter2"}


def summary_in(folder: Path) -> dict[str, Any]:
    document = json.loads((folder / "summary.json").read_text())
    assert isinstance(document, dict)
    return document


@pytest.fixture(scope="module")
def short_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("run")
    only = ("--only", "reduction", "malformed", "--seed", "1", "--summary", "summary.json")
    return folder, started(folder, "run", "--examples", "10", *only, **KEYS)


@pytest.fixture(scope="module")
def run_with_findings(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("findings")
    flags = ("--examples", "300", "--only", "reduction", "--max-findings", "1", "--summary", "summary.json")
    return folder, asfuzz(folder, "run", *flags, "--animal", STRIDE_IGNORED)


def test_help_lists_the_commands_and_is_quick(tmp_path: Path) -> None:
    code = "import sys, fuzz.cli; sys.argv = ['asfuzz', '--help']\ntry: fuzz.cli.main()\nexcept SystemExit: pass\n"
    code += "print([name for name in ('numpy', 'hypothesis', 'boto3') if name in sys.modules])"
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True
    )
    # What takes long is importing these; the time itself would depend on the machine.
    assert ran.stdout.rstrip().endswith("[]")
    for word in ("run", "serve", "properties", "exit codes:", "examples:"):
        assert word in ran.stdout


@pytest.mark.parametrize("command", ["run", "serve", "properties", "replay", "known"])
def test_each_command_has_help_with_examples(tmp_path: Path, command: str) -> None:
    ran = asfuzz(tmp_path, command, "--help")
    assert ran.returncode == 0
    assert f"asfuzz {command}" in ran.stdout
    assert "example" in ran.stdout


def test_the_version_is_told(tmp_path: Path) -> None:
    told = asfuzz(tmp_path, "--version").stdout
    assert re.fullmatch(r"asfuzz \S.*\n", told)
    assert asfuzz(tmp_path, "-V").stdout == told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "usage: asfuzz"),
        (("hunt",), "there is no 'hunt'"),
        (("run", "--sekonds", "3"), "usage: asfuzz run"),
        (("run", "--sekonds", "3"), "Did you mean '--seconds'?"),
        (("run", "--seconds", "soon"), "--seconds: 'soon' is not a time such as 90, 90s, 10m or 8h"),
        (("run", "--seconds", "3", "--examples", "3"), "not allowed with argument"),
        (("run", "--profile", "referense"), "Did you mean 'reference'?"),
        (("run", "--only", "reductoin"), "Did you mean 'reduction'?"),
        (("run", "--target", "localhost:8080"), "such as http://127.0.0.1:8080"),
        (("run", "--launch", "my-server"), "{port}"),
        (("run", "--store", "http://127.0.0.1:9"), "no credentials"),
        (("run", "--config", "absent.toml"), "absent.toml cannot be read"),
        (("run", "--target", "http://127.0.0.1:9", "--animal", "stride-ignored"), "target and animal are both given"),
        (("serve", "--port", "99999"), "99999 is no port"),
    ],
)
def test_a_command_that_makes_no_sense_is_exit_2_with_what_to_write(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    ran = asfuzz(tmp_path, *arguments)
    assert ran.returncode == 2
    assert said in ran.stderr + ran.stdout
    assert "Traceback" not in ran.stderr


def test_a_target_that_is_not_there_is_exit_3_and_told_in_the_summary(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    ran = asfuzz(tmp_path, "run", "--target", url, "--summary", "summary.json")
    assert ran.returncode == 3
    assert f"nothing answers at {url}" in ran.stderr
    document = summary_in(tmp_path)
    assert document["verdict"] == "ERROR"
    assert url in document["why"]


def test_a_findings_folder_that_cannot_be_made_is_exit_3(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ran = asfuzz(tmp_path, "run", "--findings", "file/findings")
    assert ran.returncode == 3
    assert "file/findings" in ran.stderr


def test_the_embedded_server_is_clean(short_run: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, ran = short_run
    assert ran.returncode == 0, ran.stdout + ran.stderr
    document = summary_in(folder)
    assert (document["verdict"], document["findings"]) == ("PASS", [])
    assert document["checked_requests"] > 0
    assert {one["name"] for one in document["properties"]} == {"reduction", "malformed"}
    assert f"{document['checked_requests']:,} checked requests" in ran.stdout
    assert "PASS" in ran.stdout
    assert ran.stderr == ""


def test_events_are_kept_as_json_lines(short_run: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, _ = short_run
    kinds = [json.loads(line)["event"] for line in (folder / "findings" / "events.jsonl").read_text().splitlines()]
    assert kinds[0] == "RunStarted"
    assert kinds[-1] == "RunEnded"


def test_a_broken_server_is_exit_1_with_a_finding_on_screen_in_the_summary_and_on_disk(
    run_with_findings: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, ran = run_with_findings
    assert ran.returncode == 1, ran.stdout + ran.stderr
    document = summary_in(folder)
    assert document["verdict"] == "FAIL"
    (finding,) = document["findings"]
    assert finding["property"] == "reduction"
    assert (folder / finding["path"] / "case.json").is_file()
    for word in ("✗ 1", finding["title"], "expected", "got", "must", f"asfuzz replay {finding['path']}"):
        assert word in ran.stdout


def test_a_finding_is_still_failing_on_the_broken_server_and_fixed_on_the_healthy_one(
    run_with_findings: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, _ = run_with_findings
    path = summary_in(folder)["findings"][0]["path"]
    with start_reference_server((STRIDE_IGNORED,)) as broken:
        ran = asfuzz(folder, "replay", path, "--target", broken.url, "--profile", "reference")
    assert (ran.returncode, "STILL FAILING" in ran.stdout) == (1, True), ran.stdout + ran.stderr
    with start_reference_server() as healthy:
        ran = asfuzz(folder, "replay", path, "--target", healthy.url, "--profile", "reference")
    assert (ran.returncode, "FIXED" in ran.stdout) == (0, True), ran.stdout + ran.stderr


def test_no_secret_is_printed_or_saved(short_run: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, ran = short_run
    told = [ran.stdout, ran.stderr, *(path.read_text("utf-8") for path in folder.rglob("*") if path.is_file())]
    assert not any(KEYS["ASFUZZ_SECRET_KEY"] in one for one in told)
    assert sorted(path.name for path in folder.iterdir()) == ["findings", "summary.json"]


def test_configuration_comes_from_the_file_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "asfuzz.toml").write_text('examples = 3\nonly = ["reduction"]\nseed = 42\nsummary = "summary.json"\n')
    assert asfuzz(tmp_path, "run", ASFUZZ_SEED="43").returncode == 0
    assert summary_in(tmp_path)["seed"] == 43


@pytest.mark.parametrize("how", [pytest.param(signal.SIGINT, marks=pytest.mark.slow), signal.SIGTERM])
def test_an_interrupted_run_ends_cleanly_with_its_summary_so_far(tmp_path: Path, how: signal.Signals) -> None:
    arguments = ("run", "--seconds", "300", "--only", "reduction", "--summary", "summary.json")
    with subprocess.Popen(
        [*COMMAND, *arguments, "--animal", STRIDE_IGNORED],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        while not (line := running.stdout.readline()).startswith("✗"):
            assert line, "the run ended by itself"
        running.send_signal(how)
        rest, errors = running.communicate(timeout=SECONDS)
    assert running.returncode == 130, rest + errors
    assert "\nINTERRUPTED  1 finding" in rest
    assert "tried 1 of 1 property" in rest
    assert errors == ""
    document = summary_in(tmp_path)
    assert (document["verdict"], document["why"], len(document["findings"])) == ("INTERRUPTED", "interrupted", 1)
    assert document["checked_requests"] > 0


@pytest.mark.parametrize(
    ("how", "workers"), [(signal.SIGINT, "2"), pytest.param(signal.SIGTERM, "1", marks=pytest.mark.slow)]
)
def test_a_run_that_is_interrupted_before_its_first_request_says_so(
    tmp_path: Path, how: signal.Signals, workers: str
) -> None:
    arguments = ("run", "--seconds", "300", "--workers", workers, "--summary", "summary.json")
    with subprocess.Popen(
        [*COMMAND, *arguments], cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    ) as running:  # fmt: skip
        assert running.stdout is not None
        first = running.stdout.readline()
        # A terminal sends Ctrl-C to all of the command's processes.
        os.killpg(running.pid, how) if how == signal.SIGINT else running.send_signal(how)
        rest, errors = running.communicate(timeout=SECONDS)
    assert (running.returncode, errors) == (130, ""), first + rest + errors
    assert "\nINTERRUPTED  0 findings" in rest
    assert summary_in(tmp_path)["verdict"] == "INTERRUPTED"


def test_a_saved_finding_that_no_longer_fails_is_told_as_fixed(tmp_path: Path) -> None:
    flags = ("--only", "reduction", "--summary", "summary.json", "--seed", "1")
    asfuzz(tmp_path, "run", *flags, "--examples", "300", "--max-findings", "1", "--animal", STRIDE_IGNORED)
    (case,) = (tmp_path / "findings").glob("*/case.json")
    table = json.loads(case.read_text())
    # As if the server of that time had been mended since.
    del table["origin"]
    case.write_text(json.dumps(table))
    ran = asfuzz(tmp_path, "run", *flags, "--examples", "2")
    assert (ran.returncode, "1 saved finding is fixed" in ran.stdout) == (0, True), ran.stdout + ran.stderr
    assert [one["id"] for one in summary_in(tmp_path)["fixed"]] == [case.parent.name]
    ran = asfuzz(tmp_path, "run", *flags, "--examples", "2", "--animal", STRIDE_IGNORED)
    assert "is fixed" not in ran.stdout


def test_the_properties_are_listed_with_their_requirements(tmp_path: Path) -> None:
    ran = asfuzz(tmp_path, "properties")
    assert ran.returncode == 0
    assert re.search(r"^reduction\n    \S.*\n    requirements: .*answers", ran.stdout, re.MULTILINE)
    assert "no-server-error  (MUST)" in asfuzz(tmp_path, "properties", "--requirements").stdout


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """What `asfuzz serve` prints while it serves."""
    with subprocess.Popen(
        [*COMMAND, "serve"], cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        lines = []
        while not (lines and lines[-1].startswith("Ctrl-C")):
            lines.append(running.stdout.readline())
            assert lines[-1]
        yield "".join(lines)
        running.send_signal(signal.SIGINT)
        assert running.wait(SECONDS) == 0


def test_the_requests_that_serve_prints_are_answered_as_they_stand(served: str) -> None:
    commands = [block for block in served.split("\n\n") if "curl" in block]
    answers = [
        subprocess.run(
            ["bash", "-o", "pipefail", "-c", one.partition("\n")[2]],
            capture_output=True,
            text=True,
            check=True,
            timeout=SECONDS,
        ).stdout
        for one in commands
    ]
    assert "'shape': [4]" in answers[0]
    assert "'count': [3, 3, 3, 3]" in answers[0]
    assert answers[1].split() == ["12", "15", "18", "21"]


def test_the_console_script_is_installed() -> None:
    script = Path(sys.executable).with_name("asfuzz")
    if not script.exists():
        pytest.skip("the suite is not installed in this environment")
    ran = subprocess.run(
        shlex.split(f"{script} --version"), capture_output=True, text=True, check=True, timeout=SECONDS
    )
    assert ran.stdout.startswith("asfuzz ")

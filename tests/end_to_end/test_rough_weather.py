"""Whatever breaks around a run, there is a result, what was found is told, and the reason stands in one line."""

from __future__ import annotations

import json
import os
import resource
import shutil
import stat
import subprocess
from pathlib import Path
from unittest.mock import patch

import pytest

from fuzz.events import Event, Progress, Warned
from fuzz.findings import corpus
from fuzz.reports.bus import Bus
from fuzz.reports.summary import write_atomically
from tests.end_to_end.command_line import COMMAND, SECONDS, STRIDE_IGNORED, asfuzz, environment, started
from tests.unit.told_runs import stride_ignored

HUNT = ("run", "--only", "reduction", "--seed", "1", "--examples", "300", "--max-findings", "1")


def a_full_disk() -> None:
    """No file takes a byte more, as on a disk that is full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def test_a_full_disk_ends_neither_the_run_nor_what_is_told_of_it(tmp_path: Path) -> None:
    ran = subprocess.run(
        [*COMMAND, *HUNT, "--animal", STRIDE_IGNORED, "--summary", "summary.json"],
        cwd=tmp_path, env=environment(PYTHONDONTWRITEBYTECODE="1"), capture_output=True, text=True, timeout=SECONDS,
        check=False, preexec_fn=a_full_disk,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (1, ""), ran.stdout + ran.stderr
    for said in (
        "FAIL  1 finding",
        "POST /v2/select/",
        "events.jsonl cannot be written",
        "make room, and run again by",
    ):
        assert said in ran.stdout
    assert "asfuzz replay" not in ran.stdout
    assert not list((tmp_path / "findings").glob("*/case.json"))


def test_a_report_that_cannot_be_written_is_left_out_and_told_once() -> None:
    class Full:
        name = "events.jsonl"

        def __call__(self, _: Event) -> None:
            raise OSError(28, "No space left on device")

        def close(self) -> None:
            """Nothing is kept open."""

    class Shown(Full):
        def __init__(self) -> None:
            self.events: list[Event] = []

        def __call__(self, event: Event) -> None:
            self.events.append(event)

    shown = Shown()
    telling = Bus([Full(), shown])
    for number in range(3):
        telling(Progress(1.0, number, 0, 0, 0))
    (warning,) = [one for one in shown.events if isinstance(one, Warned)]
    assert "events.jsonl cannot be written: No space left on device" in warning.text
    assert len(shown.events) == 4


def test_a_finding_that_cannot_be_accepted_on_a_full_disk_is_told_in_a_line(tmp_path: Path) -> None:
    corpus.save(tmp_path / "findings", stride_ignored())
    with patch("fuzz.commands.known.replace_file", side_effect=OSError(28, "No space left on device")):
        ran = asfuzz(tmp_path, "known", "add", "select-stride", "--reason", "later")
    assert (ran.returncode, ran.stdout, len(ran.stderr.splitlines())) == (3, "", 1)
    assert "known.toml cannot be written, and is as it was: No space left on device" in ran.stderr


def test_findings_whose_folder_vanishes_are_kept_all_the_same(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "run", "--only", "reduction", "--seed", "1", "--examples", "8", "--animal", STRIDE_IGNORED],
        cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as running:  # fmt: skip
        assert running.stdout is not None
        while not (line := running.stdout.readline()).startswith("✗"):
            assert line, "nothing was found"
        shutil.rmtree(tmp_path / "findings")
        rest, errors = running.communicate(timeout=SECONDS)
    assert (running.returncode, errors) == (1, ""), rest + errors
    assert corpus.load_all(tmp_path / "findings")


@pytest.mark.slow
def test_two_runs_share_a_folder(tmp_path: Path) -> None:
    started = [
        subprocess.Popen(
            [*COMMAND, *HUNT[:3], "--seed", str(seed), "--examples", "5", "--animal", STRIDE_IGNORED],
            cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for seed in (1, 2)
    ]  # fmt: skip
    told = [one.communicate(timeout=SECONDS)[0] for one in started]
    assert [one.returncode for one in started] == [1, 1], told
    (finding,) = corpus.load_all(tmp_path / "findings", lambda *_: pytest.fail("a finding cannot be read"))
    assert finding.seen >= 2


def test_a_broken_list_of_known_findings_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "findings").mkdir()
    (tmp_path / "findings" / "known.toml").write_text("[[known]\n")
    ran = asfuzz(tmp_path, "run", "--examples", "1")
    assert (ran.returncode, ran.stdout, len(ran.stderr.splitlines())) == (2, "", 1)
    assert "known.toml is not TOML" in ran.stderr


def test_an_unreadable_finding_is_told_with_its_path_once(tmp_path: Path) -> None:
    home = tmp_path / "findings" / "cut"
    home.mkdir(parents=True)
    (home / "case.json").write_text("{")
    ran = asfuzz(tmp_path, "run", "--only", "reduction", "--examples", "1")
    (line,) = [one for one in ran.stdout.splitlines() if one.startswith("warning")]
    assert line.count(os.path.join("findings", "cut")) == 1


@pytest.mark.parametrize("arguments", [("run", "--target", "ftp://a"), ("run", "--only", "reductoin")])
def test_a_usage_error_is_told_once(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    ran = asfuzz(tmp_path, *arguments)
    assert (ran.returncode, ran.stdout, len(ran.stderr.splitlines())) == (2, "", 1)


@pytest.fixture(scope="module")
def beyond_ascii(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a finding and a known one that tell what ASCII has no letters for."""
    folder = tmp_path_factory.mktemp("beyond-ascii")
    assert asfuzz(folder, *HUNT, "--animal", STRIDE_IGNORED).returncode == 1
    (case,) = (folder / "findings").glob("*/case.json")
    case.write_text(case.read_text().replace("wrong shape", "wrong shape ∞"))
    assert asfuzz(folder, "known", "add", case.parent.name, "--reason", "später").returncode == 0
    return folder


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("replay", "--tries", "1"), 1),
        (("known", "list"), 0),
        pytest.param(("report", "--profile", "reductionist"), 0, marks=pytest.mark.slow),
        pytest.param(("properties",), 0, marks=pytest.mark.slow),
        pytest.param((*HUNT, "--animal", STRIDE_IGNORED), 0, marks=pytest.mark.slow),
    ],
)
def test_an_ascii_terminal_takes_what_commands_say(arguments: tuple[str, ...], code: int, beyond_ascii: Path) -> None:
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "PYTHONCOERCECLOCALE": "0"}
    ran = started(beyond_ascii, *arguments, **ascii_only)
    assert (ran.returncode, "Traceback" in ran.stderr) == (code, False), ran.stdout + ran.stderr


def test_a_summary_goes_to_standard_output_and_nothing_else_does(tmp_path: Path) -> None:
    ran = asfuzz(tmp_path, "run", "--only", "reduction", "--examples", "1", "--summary", "-")
    assert json.loads(ran.stdout)["verdict"] in ("PASS", "SKIP")
    assert "checked requests" in ran.stderr
    assert not (tmp_path / "-").exists()


def test_a_summary_in_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    ran = asfuzz(tmp_path, "run", "--summary", "nowhere/summary.json")
    assert (ran.returncode, "there is no folder nowhere" in ran.stderr) == (2, True)
    assert not (tmp_path / "nowhere").exists()


def test_what_is_no_regular_file_is_written_in_place(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_atomically(pipe, "whole\n")
        assert os.read(reader, 100) == b"whole\n"
        assert stat.S_ISFIFO(pipe.stat().st_mode)
    finally:
        os.close(reader)


def test_a_link_is_followed_and_stays_one(tmp_path: Path) -> None:
    link, file = tmp_path / "link", tmp_path / "file"
    link.symlink_to(file)
    write_atomically(link, "whole\n")
    assert link.is_symlink()
    assert file.read_text() == "whole\n"


def test_standard_output_by_the_name_of_its_device_holds_the_summary_and_all_else(tmp_path: Path) -> None:
    device = tmp_path / "stdout"
    device.symlink_to("/dev/stdout")
    with (tmp_path / "out").open("w") as out:
        arguments = ["run", "--only", "reduction", "--examples", "1", "--summary", "stdout"]
        subprocess.run([*COMMAND, *arguments], cwd=tmp_path, env=environment(), stdout=out, check=True, timeout=SECONDS)
    told = (tmp_path / "out").read_text()
    assert '"checked_requests"' in told
    assert "\nPASS  0 findings" in told
    assert device.is_symlink()


def test_an_address_that_is_not_this_machines_is_told_so(tmp_path: Path) -> None:
    ran = asfuzz(tmp_path, "serve", "--host", "192.0.2.1")
    assert (ran.returncode, "Choose a --host that is an address of this machine" in ran.stderr) == (3, True)

"""Reports of real runs: every file fits its schema, holds no secret, and is made of events alone."""

import json
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from unittest.mock import patch
from xml.etree import ElementTree

import pytest

from fuzz.findings import corpus
from fuzz.reports.schemas import validator
from fuzz.running.store import MemoryStore
from specs.reductions.steps import Put
from tests.end_to_end.command_line import COMMAND, SECONDS, asfuzz, environment
from tests.end_to_end.written_files import check_fit, check_no_object, check_no_secret

ACCESS_KEY, SECRET = "CANARYKEY", "canary/se+cr:et=0123456789"
KEYS = {"ASFUZZ_ACCESS_KEY": ACCESS_KEY, "ASFUZZ_SECRET_KEY": SECRET}
# Each gives the store's credentials away in its own manner.
TELLTALES = ("secret-shown-to-the-client", "authorization-shown-to-the-client")


@pytest.fixture(scope="module")
def uploaded() -> set[bytes]:
    """What the run of `told` put into its store."""
    return set()


@pytest.fixture(scope="module")
def told(
    tmp_path_factory: pytest.TempPathFactory, uploaded: set[bytes]
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The folder of a run on a server that tells secrets, with every result that there is, and reports made of it."""
    folder = tmp_path_factory.mktemp("told")
    results = ("--summary", "summary.json", "--junit", "junit.xml", "--seed", "1")
    only = ("--only", "reduction", "malformed", "credentials", "--examples", "40")
    step = {"GITHUB_STEP_SUMMARY": str(folder / "step.md")}
    with patch.object(MemoryStore, "put", autospec=True, side_effect=MemoryStore.put) as put:
        ran = asfuzz(folder, "run", "--animal", *TELLTALES, "stride-ignored", *only, *results, **KEYS, **step)
    uploaded |= {call.args[3] for call in put.call_args_list}
    assert ran.returncode == 1, ran.stdout + ran.stderr
    made = asfuzz(folder, "report", "findings", "--html", "report.html", "--write", "report.md")
    assert made.returncode == 0, made.stderr
    (folder / "stdout").write_text(ran.stdout)
    (folder / "stderr").write_text(ran.stderr)
    return folder, ran


def test_no_file_of_a_run_holds_a_secret(told: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, _ = told
    files = [path for path in folder.rglob("*") if path.is_file()]
    names = {path.name for path in files}
    assert names >= {
        "summary.json", "junit.xml", "step.md", "report.html", "report.md", "events.jsonl", "case.json", "finding.md",
        "repro.py", "curl.sh",
    }  # fmt: skip
    check_no_secret(folder, ACCESS_KEY, SECRET)


def test_no_file_of_a_run_holds_an_object_but_those_of_the_smallest_cases(
    told: tuple[Path, subprocess.CompletedProcess[str]], uploaded: set[bytes]
) -> None:
    folder, _ = told
    cases = [one.case for one in corpus.load_all(folder / "findings")]
    smallest = [step.data for case in cases for step in case.steps if isinstance(step, Put)]
    check_no_object(folder, uploaded, smallest)
    # The same search does find what the smallest cases hold.
    in_cases = b"".join(path.read_bytes() for path in folder.rglob("case.json")).replace(b" ", b"")
    assert any(len(one) >= 4 and one.hex().encode() in in_cases for one in smallest)


def test_every_file_of_a_run_fits_its_schema(told: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, _ = told
    validator("summary").validate(json.loads((folder / "summary.json").read_text("utf-8")))
    assert check_fit(folder / "findings") >= {"RunStarted", "Sought", "Explored", "RunEnded"}


def test_a_log_holds_no_object_but_those_of_the_smallest_cases(
    told: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, _ = told
    for line in (folder / "findings" / "events.jsonl").read_text("utf-8").splitlines():
        event = json.loads(line)
        if event["event"] != "FindingFound":
            assert not re.search(r'"(hex|data|body)":', line), line[:200]


def test_a_log_says_what_its_run_was_given(told: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, _ = told
    started = json.loads((folder / "findings" / "events.jsonl").open(encoding="utf-8").readline())
    assert (started["event"], started["seed"], started["api"], started["rulings_off"]) == ("RunStarted", 1, "v2", [])
    assert dict(started["limits"])["findings"] == "100"
    assert {"asfuzz", "python", "numpy"} <= set(dict(started["versions"]))


def test_what_is_told_as_a_run_goes_adds_up_to_what_it_tells_at_its_end(
    told: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, _ = told
    document = json.loads((folder / "summary.json").read_text("utf-8"))
    stakes, sightings = Counter[tuple[str, str]](), Counter[str]()
    for line in (folder / "findings" / "events.jsonl").read_text("utf-8").splitlines():
        event = json.loads(line)
        if event["event"] == "Explored":
            stakes.update({(name, requirement): times for name, requirement, times in event["at_stake"]})
            sightings.update(dict(event["sightings"]))
    assert stakes == {
        (one["name"], requirement): times
        for one in document["properties"]
        for requirement, times in one["requirements_at_stake"].items()
    }
    for name, times in sightings.items():
        counts = (folder / "findings" / name / "seen").glob("*.json")
        assert times == sum(json.loads(path.read_text())["seen"] for path in counts)


def test_the_reports_say_what_the_run_found(told: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, ran = told
    document = json.loads((folder / "summary.json").read_text("utf-8"))
    names = {one["id"] for one in document["findings"]}
    assert names
    page, text = (folder / "report.html").read_text("utf-8"), (folder / "report.md").read_text("utf-8")
    for name in names:
        assert f"asfuzz replay findings/{name}" in page
        assert f"asfuzz replay findings/{name}" in text
    assert f"{document['checked_requests']:,} checked requests" in text
    root = ElementTree.parse(folder / "junit.xml").getroot()
    assert {one.get("name") for one in root.iter("testcase") if one.find("failure") is not None} == names
    assert ran.stdout.count("::error title=asfuzz") == len(names)
    assert (folder / "step.md").read_text("utf-8").startswith(f"# FAIL: {len(names)} finding")


def test_reports_are_made_of_the_log_alone(told: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path) -> None:
    folder, _ = told
    shutil.copy(folder / "findings" / "events.jsonl", tmp_path / "log.jsonl")
    text = asfuzz(tmp_path, "report", "log.jsonl").stdout
    for one in json.loads((folder / "summary.json").read_text("utf-8"))["findings"]:
        assert f"asfuzz replay {one['path']}" in text
    assert "pairs of values were drawn together" in text


def test_a_run_differs_from_itself_in_nothing(told: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, _ = told
    ran = asfuzz(folder, "diff", "summary.json", "findings")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.splitlines()[-1].startswith("0 new, 0 fixed, ")


def test_a_run_that_was_killed_gives_a_report(tmp_path: Path) -> None:
    arguments = ("run", "--animal", "stride-ignored", "--seconds", "300", "--only", "reduction")
    events = tmp_path / "findings" / "events.jsonl"
    with subprocess.Popen([*COMMAND, *arguments], cwd=tmp_path, env=environment(), stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        while not (line := running.stdout.readline()).startswith("✗".encode()):
            assert line, "the run ended by itself"
        running.send_signal(signal.SIGKILL)
        running.wait(SECONDS)
    with events.open("ab") as file:
        file.write(b'{"event":"Prog')
    ran = asfuzz(tmp_path, "report", "findings", "--html", "report.html")
    assert ran.returncode == 0, ran.stderr
    page = (tmp_path / "report.html").read_text("utf-8")
    for words in ("has no end", "1 line could not be read", "stride", "What was explored", "Findings over"):
        assert words in page


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("report", "absent"), "no folder of findings"),
        (("report", "--html", "x.html"), "asfuzz report findings --html FILE"),
        (("report", "--check", "."), "asfuzz replay FOLDER"),
        (("diff", "absent", "."), "no findings folder"),
        (("run", "--junit", "."), "--junit . is a folder"),
    ],
)
def test_what_makes_no_sense_is_exit_2_with_what_to_write(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    ran = asfuzz(tmp_path, *arguments)
    assert (ran.returncode, "Traceback" in ran.stderr) == (2, False)
    assert said in ran.stderr


def test_the_extra_for_plots_is_not_needed(tmp_path: Path) -> None:
    """The command works where matplotlib cannot be imported."""
    hide = "import sys, importlib.util as u\nfound = u.find_spec\n"
    hide += "u.find_spec = lambda name, *rest: None if name == 'matplotlib' else found(name, *rest)\n"
    code = f"{hide}from fuzz.cli import main\nsys.exit(main(['report', '.', '--html', 'report.html']))"
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert "NO RUN" in (tmp_path / "report.html").read_text("utf-8")

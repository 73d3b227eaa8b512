"""A launched server that dies is started again, whichever command asks it; and what it said is told."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import pytest

from fuzz.findings import corpus
from fuzz.findings.finding import Finding
from fuzz.findings.origin import Origin
from fuzz.findings.pages import pages
from fuzz.subjects.reductions.processes import start_reference_server
from specs.case import Case
from specs.fields import Fields
from specs.outcome import NoReply
from specs.reductions.steps import Put, Send
from specs.violation import Aspect, Violation, Way
from tests.end_to_end.command_line import STRIDE_IGNORED, asfuzz

# It dies of the greatest of float64, as a server does that panics outside of a request's own thread.
MORTAL = """
import os, sys, threading
from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.server import serve

class Mortal(ReferenceServer):
    def reduce_max(self, array):
        if array.dtype == "float64":
            print("panicked at src/operations.rs:357", file=sys.stderr, flush=True)
            os._exit(101)
        return super().reduce_max(array)

with serve(Mortal(), port=int(sys.argv[1])):
    threading.Event().wait()
"""
CASE = Case("reduction", (Put("a", b"\0" * 8), Send("max", Fields({"dtype": "float64"}), "a")))
DIED = Violation(
    "survives", "the server ends", "an answer", "the server is gone", way=Way.DROPPED, aspect=Aspect.GONE, step=1
)


@pytest.fixture
def launch(tmp_path: Path) -> str:
    script = tmp_path / "mortal.py"
    script.write_text(MORTAL)
    return f"{shlex.quote(sys.executable)} {shlex.quote(str(script))} {{port}}"


# It answers the first questions, and then nothing any more.
HANGING = """
import itertools, sys, threading
from fuzz.embedded.http_messages import Stall
from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.server import serve

class Hanging(ReferenceServer):
    asked = itertools.count()

    def handle(self, request):
        return super().handle(request) if next(self.asked) < 10 else Stall(3600.0)

with serve(Hanging(), port=int(sys.argv[1])):
    threading.Event().wait()
"""


@pytest.mark.parametrize(
    ("workers", "seconds"),
    # Workers take a while to start on a busy machine, and what is left of the time must be long.
    [("1", "8"), pytest.param("2", "60", marks=[pytest.mark.slow, pytest.mark.timeout(600)])],
)
def test_a_run_that_ends_while_the_server_hangs_has_no_verdict(tmp_path: Path, workers: str, seconds: str) -> None:
    script = tmp_path / "hanging.py"
    script.write_text(HANGING)
    launch = f"{shlex.quote(sys.executable)} {shlex.quote(str(script))} {{port}}"
    words = ("--launch", launch, "--profile", "reference", "--seconds", seconds, "--timeout", "600s")
    ran = asfuzz(tmp_path, "run", *words, "--workers", workers)
    assert ran.returncode == 3, ran.stdout + ran.stderr
    assert "ERROR" in ran.stdout
    assert "whether the server hangs is not known" in ran.stdout


def test_a_probe_goes_on_after_a_death(launch: str, tmp_path: Path) -> None:
    ran = asfuzz(tmp_path, "probe", "--launch", launch, "--write", "mine.toml")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count("no answer: ") == 1, ran.stdout
    claimed = (tmp_path / "mine.toml").read_text()
    assert '"select"' in claimed
    assert '"gzip"' in claimed
    again = asfuzz(tmp_path, "probe", "--launch", launch, "--write", "mine.toml")
    assert (again.returncode, "--overwrite" in again.stderr) == (2, True)
    assert (tmp_path / "mine.toml").read_text() == claimed


def test_a_replay_starts_the_server_for_each_try_and_tells_its_last_words(launch: str, tmp_path: Path) -> None:
    origin = Origin(launch=launch, profile="reference")
    finding = Finding("gone", "f1", DIED, CASE, (None, NoReply("closed")), origin=origin)
    corpus.save(tmp_path / "findings", finding)
    ran = asfuzz(tmp_path, "replay", "gone")
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "STILL FAILING" in ran.stdout
    assert "the server ended with code 101" in ran.stdout
    assert "panicked at src/operations.rs:357" in ran.stdout
    for row in ("CHANGED", "ERROR"):
        assert row not in ran.stdout


def test_what_a_dead_server_said_is_kept_with_the_finding(tmp_path: Path) -> None:
    finding = Finding("gone", "f1", DIED, CASE, (None, NoReply("closed")), last_words="panicked at line 7")
    home = corpus.save(tmp_path / "findings", finding)
    assert json.loads((home / corpus.CASE).read_text())["last_words"] == "panicked at line 7"
    assert "panicked at line 7" in (pages(finding)["finding.md"])
    with start_reference_server((STRIDE_IGNORED,)) as server:
        ran = asfuzz(tmp_path, "replay", "gone", "--target", server.url)
    # Whoever has fixed it need not read what it said.
    assert (ran.returncode, "panicked" in ran.stdout) == (0, False), ran.stdout + ran.stderr

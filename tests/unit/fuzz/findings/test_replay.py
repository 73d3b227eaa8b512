"""Replay: what became of a finding, by how it fares now."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fuzz.cli import main
from fuzz.findings import corpus
from fuzz.findings.finding import Finding
from fuzz.findings.replay import TRIES, TRIES_WHEN_FLAKY, Try, replay
from fuzz.subjects.reductions.processes import start_reference_server
from specs.case import Case
from specs.fields import Fields
from specs.outcome import NoReply
from specs.reductions.steps import Put, Send
from specs.violation import Aspect, Violation, Way

WRONG = Violation("sum-values", "sum: wrong values", "[1]", "[2]", aspect=Aspect.VALUES, step=1)
OTHER = Violation("counts", "sum: wrong counts", "[1]", "[2]", aspect=Aspect.COUNTS, step=1)
DROPPED = Violation(
    "answers", "the connection is dropped", "200", "closed", way=Way.DROPPED, aspect=Aspect.CLOSED, step=1
)
GONE = Violation(
    "answers", "the server is gone", "200", "refused", way=Way.DROPPED, aspect=Aspect.CONNECTION_REFUSED, step=1
)
DEAD = Violation(
    "survives", "the server ends", "200", "the server is gone", way=Way.DROPPED, aspect=Aspect.GONE, step=1
)
CASE = Case("reduction", (Put("a", np.int32(1).tobytes()), Send("sum", Fields({"dtype": "int32"}), "a")))
FINDING = Finding("sum-values", "f1", WRONG, CASE, (None, None))
CRASH = replace(FINDING, violation=DROPPED, outcomes=(None, NoReply("closed")))
TOGETHER = replace(FINDING, case=replace(CASE, together=True), reproducibility="flaky")
DROPPED_TOGETHER = replace(CRASH, case=replace(CASE, together=True))
RIGHT, SAME, CHANGED = Try(()), Try((replace(WRONG, actual="[3]"),)), Try((OTHER,))
REFUSED = Try((GONE,), unreachable=True)


def answers(*tries: Try) -> Callable[[Case], Try]:
    """The tries one after the other, the last for ever."""
    rest = iter(tries)
    return lambda _: next(rest, tries[-1])


@pytest.mark.parametrize(
    ("finding", "tries", "verdict"),
    [
        (FINDING, [RIGHT], "FIXED"),
        (FINDING, [SAME], "STILL FAILING"),
        (FINDING, [CHANGED], "CHANGED"),
        (FINDING, [SAME, RIGHT], "FLAKY"),
        (FINDING, [RIGHT, RIGHT, SAME], "FLAKY"),
        (FINDING, [CHANGED, SAME], "STILL FAILING"),
        (FINDING, [Try((OTHER, WRONG))], "STILL FAILING"),
        (FINDING, [REFUSED], "ERROR"),
        (FINDING, [SAME, REFUSED], "CHANGED"),
        (CRASH, [REFUSED], "ERROR"),
        (CRASH, [Try((DROPPED,)), REFUSED], "STILL FAILING"),
        (replace(CRASH, violation=DEAD), [Try((DROPPED,)), REFUSED], "STILL FAILING"),
        (CRASH, [Try((replace(DROPPED, aspect=Aspect.RESET),))], "STILL FAILING"),
        (replace(FINDING, reproducibility="flaky"), [*[RIGHT] * 9, SAME], "FLAKY"),
        (TOGETHER, [RIGHT], "FIXED"),
        (TOGETHER, [*[RIGHT] * 20, SAME], "STILL FAILING"),
        (TOGETHER, [*[RIGHT] * 20, CHANGED, RIGHT], "STILL FAILING"),
        (TOGETHER, [RIGHT, Try((DROPPED,))], "CHANGED"),
        (TOGETHER, [*[Try((DROPPED,)), RIGHT] * 20], "CHANGED"),
        (DROPPED_TOGETHER, [RIGHT, Try((replace(DROPPED, aspect=Aspect.RESET),))], "STILL FAILING"),
        (DROPPED_TOGETHER, [RIGHT], "FIXED"),
    ],
)
def test_a_verdict_says_how_it_fares_now(finding: Finding, tries: list[Try], verdict: str) -> None:
    assert replay(finding, answers(*tries)).verdict == verdict


@pytest.mark.parametrize(
    ("reproducibility", "tries", "asked"),
    [("every time", None, TRIES), ("flaky", None, TRIES_WHEN_FLAKY), ("seen once", 2, 2)],
)
def test_what_was_flaky_is_tried_more_often(reproducibility: str, tries: int | None, asked: int) -> None:
    cases: list[Case] = []

    def ask(case: Case) -> Try:
        cases.append(case)
        return RIGHT

    replay(replace(FINDING, reproducibility=reproducibility), ask, tries=tries)  # type: ignore[arg-type]
    assert cases == [CASE] * asked


def test_what_stops_the_suite_is_an_error_and_not_the_servers_fault() -> None:
    def ask(_: Case) -> Try:
        raise OSError("the store is full")

    replayed = replay(FINDING, ask)
    assert (replayed.verdict, replayed.why) == ("ERROR", "OSError: the store is full")


def test_a_finding_about_another_version_of_the_api_says_nothing() -> None:
    assert replay(FINDING, answers(RIGHT), api="v1").verdict == "ERROR"


def test_a_dead_server_is_revived_before_each_try() -> None:
    revived: list[int] = []
    replay(CRASH, answers(Try((DROPPED,))), revive=lambda: revived.append(1))
    assert len(revived) == TRIES


@pytest.fixture(scope="module")
def healthy_server() -> Iterator[str]:
    with start_reference_server() as server:
        yield server.url


def test_a_healthy_server_has_fixed_everything(
    healthy_server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus.save(tmp_path, FINDING)
    assert main(["replay", "--findings", str(tmp_path), "--target", healthy_server]) == 0
    assert capsys.readouterr().out.split("\n")[0].split()[:2] == ["FIXED", "sum-values"]


def test_what_cannot_be_told_is_exit_code_3(
    healthy_server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus.save(tmp_path, FINDING)
    (tmp_path / "cut").mkdir()
    assert main(["replay", str(tmp_path), "--target", healthy_server]) == 3
    out = capsys.readouterr().out
    assert "ERROR" in out
    assert out.endswith("1 fixed, 1 error\n")


def test_a_path_that_is_not_there_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(tmp_path / "none")]) == 2
    assert "there is no finding" in capsys.readouterr().err


def test_no_findings_are_nothing_to_replay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "--findings", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "there are no findings to replay\n"


WITHOUT_HYPOTHESIS = """
import sys
sys.modules["hypothesis"] = None
sys.modules["strategies"] = None
from fuzz.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_findings_need_neither_hypothesis_nor_what_once_made_them(healthy_server: str, tmp_path: Path) -> None:
    corpus.save(tmp_path / "findings", FINDING)
    flags = ["replay", "--findings", "findings", "--target", healthy_server, "--profile", "reference"]
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT_HYPOTHESIS, *flags], cwd=tmp_path, capture_output=True, text=True, timeout=100
    )
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout
    assert ran.stdout.startswith("FIXED")

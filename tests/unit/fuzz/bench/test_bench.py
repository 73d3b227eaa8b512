"""The measurements of the suite say what they measure."""

from __future__ import annotations

import re
import shutil
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from fuzz.bench.rate import rate_beside
from fuzz.bench.refinding import Over, TitleWatch
from fuzz.bench.signed import signed_rate
from fuzz.bench.stages import ACCOUNTS, CHECKS, DRAWING, ENCODING, ORACLE, READING, SENDING, STAGES, Stages
from fuzz.bench.trouble import narrowed
from fuzz.cli import main
from fuzz.config import Settings
from fuzz.embedded.store.server import serving
from fuzz.errors import CannotRun, UsageError
from fuzz.events import FindingFound
from fuzz.findings.finding import Finding
from fuzz.findings.known import Entry, Known
from fuzz.subjects.objects.access import OWN, OWNER, Access
from specs.case import Case
from specs.reductions.profile import Profile
from specs.violation import Violation

KNOWN = Known(
    (
        Entry("r", requirement="counts", title="counts are wrong"),
        Entry("r", requirement="answers", aspect="closed", title="it hangs up"),
        Entry("r", requirement="answers", aspect="reset", title="it hangs up"),
    ),
    date(2026, 6, 1),
)
HEALTHY = f"{sys.executable} -m fuzz.bench.troublesome none --port {{port}}"


def told(requirement: str, aspect: str = "") -> FindingFound:
    violation = Violation(requirement, "t", "", "", aspect=aspect)
    return FindingFound(Finding(f"{requirement}-{aspect}", "f", violation, Case("x", ()), ()), "there")


def test_a_finding_is_found_again_by_the_entry_that_a_run_knows_it_by() -> None:
    watch = TitleWatch(KNOWN, ["counts are wrong", "it hangs up"], to_the_end=True)
    watch(told("answers", "reset"))
    watch(told("sum-values"))
    assert list(watch.seconds) == ["it hangs up"]
    assert list(watch.new) == ["sum-values-"]
    assert watch.until(0.5) is not None
    assert watch.until(1.0) is None
    rows = list(watch.table())
    assert rows[0].endswith("it hangs up")
    assert rows[1].split() == ["missed", "counts", "are", "wrong"]
    assert rows[2].split()[0] == "new"


def test_the_hunt_ends_when_everything_has_been_found_again() -> None:
    watch = TitleWatch(KNOWN, ["counts are wrong", "it hangs up"])
    watch(told("answers", "closed"))
    with pytest.raises(Over):
        watch(told("counts"))
    assert watch.until(1.0) == max(watch.seconds.values())


def test_a_quiet_hunt_leaves_out_what_gives_trouble() -> None:
    quiet = narrowed(Profile("x"), ("float64", "blosc2", "http"))
    assert "float64" not in quiet.dtypes
    assert quiet.compressions == ("gzip", "zlib")
    assert quiet.interfaces == ("s3",)
    assert quiet.filters == Profile("x").filters
    with pytest.raises(UsageError, match="lz4"):
        narrowed(replace(Profile("x")), ("lz4",))


def rate(seconds: str, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, str]:
    """What is told of one block, by the names of the columns."""
    words = ["--launch", HEALTHY, "--profile", "reference", "--only", "reduction", *more]
    assert main(["bench", "rate", "--blocks", "1", "--seconds", seconds, "--lanes", "4", *words]) == 0
    head, block, median, _ = capsys.readouterr().out.splitlines()
    assert median.startswith("median")
    for words, word in (("a second", "rate"), ("CPU ms", "CPU"), ("of mix", "share"), ("of own", "kept")):
        head = head.replace(words, word)
    return dict(zip(head.split(), block.split()))


@pytest.mark.parametrize("workers", [1, 2])
def test_the_rate_of_any_server_is_measured(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    monkeypatch.setattr("fuzz.bench.rate.NOTING_SECONDS", 1.0)
    told = rate("1" if workers == 1 else "6", capsys, "--workers", str(workers))
    assert int(told["requests"].replace(",", "")) > 0
    assert told["lanes"] == str(4 * workers)
    assert float(told["CPU"]) > 0
    assert int(told["bare"]) > 0
    assert int(told["rate"]) > 0
    assert int(told["mix"]) > 0
    assert int(told["own"]) > 0
    assert float(told["kept"]) == pytest.approx(int(told["rate"]) / int(told["own"]), abs=0.02)
    assert float(told["server"]) > 0
    assert float(told["cores"]) > 0


def test_the_rate_of_a_store_is_told_beside_a_loop_that_signs(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--subject", "objects", "--only", "objects", "--blocks", "1", "--seconds", "1", "--lanes", "2"]
    assert main(["bench", "rate", *words]) == 0
    head, block, *_ = capsys.readouterr().out.splitlines()
    assert head.endswith("signed of signed")
    checked, signed, share = (float(block.split()[at].replace(",", "")) for at in (2, -2, -1))
    assert signed > 0
    assert share == pytest.approx(checked / signed, abs=0.1)


def test_a_loop_that_signs_ends_where_the_store_refuses() -> None:
    with serving({OWN[0].access_key: OWN[0].secret}) as store, pytest.raises(CannotRun, match="the bucket is made"):
        signed_rate(store.url, Access({OWNER: OWN[1]}), 1, 1.0)


@pytest.mark.slow
def test_a_bare_loop_sends_more_than_a_hunt_checks(capsys: pytest.CaptureFixture[str]) -> None:
    told = rate("10", capsys)
    assert int(told["bare"]) > int(told["rate"])


@pytest.mark.slow
def test_a_server_that_is_much_slower_is_told_to_be(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fuzz.bench.slowdowns.PAIRS_TRIED", 20)
    words = ["--tries", "1", "--starts", "1", "--repeats", "12", "--sizes", "60", "--share", "4"]
    assert main(["bench", "slowdowns", *words]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[0].endswith("of 1 tries")
    told = {row.split(",")[0]: row.split()[-2:] for row in rows[3:5]}
    assert told["slowed by 400%"] == ["1", "0"]
    assert float(rows[-1].split()[-1]) > 1.5


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_times_stand_beside_those_of_curl(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "timing", "--sizes", "20", "--blocks", "2"]) == 0
    first, second, *_, last = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"sum float32 · 20²: [\d.]+ ms, by curl [\d.]+ ms; [\d.]+ times as long .*", first)
    assert "of the smallest median" in second
    told = re.fullmatch(r"of a server that answers at once asfuzz takes (\d+) µs a request, curl (\d+) µs", last)
    assert told
    assert all(0 < int(one) < 10**6 for one in told.groups())


def test_the_wait_for_the_first_line_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "starting", "--times", "1"]) == 0
    _, *rows = capsys.readouterr().out.splitlines()
    told = {row[:14].strip(): [float(one) for one in row[14:].split()] for row in rows}
    assert list(told) == ["asfuzz --help", "asfuzz run"]
    assert all(0 < seconds == quickest and core > 0 for seconds, quickest, core in told.values())


@pytest.mark.parametrize("words", [["refinding"], ["trouble", "--launch", "x {port}"]])
def test_what_cannot_be_measured_is_told(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", *words]) == 2
    assert capsys.readouterr().err


def test_time_is_charged_to_the_innermost_stage_and_all_of_it_to_some() -> None:
    clock = iter(range(0, 1000, 10))
    stages = Stages(lambda: next(clock))
    stages.begin()
    ask = stages.of(ORACLE, lambda: "an answer")
    with stages.within(ACCOUNTS):
        assert ask() == "an answer"
        with pytest.raises(ZeroDivisionError), stages.within(ORACLE):
            raise ZeroDivisionError
    assert {name: spent for name, spent in stages.spent_ns.items() if spent} == {
        "drawing": 10,
        ORACLE: 20,
        ACCOUNTS: 30,
    }
    assert sum(stages.spent_ns.values()) == 60


def test_what_a_request_costs_is_told_stage_by_stage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "cost", "--requests", "20", "--only", "reduction", "malformed"]) == 0
    told = {line[:10].strip(): line.split()[-2:] for line in capsys.readouterr().out.splitlines()[1:]}
    assert list(told) == [*STAGES, "all", "others"]
    assert all(float(told[name][0]) > 0 for name in STAGES)


def test_recorded_answers_are_judged_without_sending_anything(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "cost", "--at-once", "--requests", "20", "--only", "reduction"]) == 0
    *rows, last = capsys.readouterr().out.splitlines()[1:]
    told = {line[:10].strip(): float(line[11:18]) for line in rows}
    assert told[SENDING] == told[READING] == 0
    assert all(told[name] > 0 for name in (DRAWING, ENCODING, ORACLE, CHECKS, ACCOUNTS))
    assert "in a second of one core" in last


def test_another_asfuzz_is_not_found_where_this_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    told = """'{"checked_requests": 500, "seconds": '"${PYTHONPATH:-1}"'}'"""
    other.write_text(f'#!/bin/sh\nfor last; do :; done\n[ -d here ] || echo {told} > "$last"\n')
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path)
    other.chmod(0o755)
    monkeypatch.setenv("PYTHONPATH", "100")
    assert main(["bench", "rate", "--seconds", "1", "--blocks", "1", "--beside", "./other"]) == 0
    _, row, *_ = capsys.readouterr().out.splitlines()
    assert row.split()[-2] == "500"


def test_another_asfuzz_that_does_not_run_is_no_measure(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("#!/bin/sh\necho it broke >&2\n")
    other.chmod(0o755)
    with pytest.raises(CannotRun, match="no summary: it broke"):
        rate_beside(str(other), Settings(), 1, tmp_path / "findings")


def test_another_asfuzz_that_is_not_there_is_a_mistake_of_the_user(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "rate", "--beside", "no-such-asfuzz"]) == 2
    assert "--beside: there is no command no-such-asfuzz" in capsys.readouterr().err


def test_workers_whose_answers_come_at_once_take_as_many_requests_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "workers", "--at-once", "--requests", "20"]) == 0
    one, two = (line.split() for line in capsys.readouterr().out.splitlines()[1:])
    assert (one[0], two[0]) == ("1", "2")
    assert 20 <= int(one[1]) < int(two[1])
    assert float(two[2]) > 0


def test_a_whole_hunt_is_charged_stage_by_stage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "cost", "--seconds", "1", "--only", "reduction", "whole-schema"]) == 0
    first, *rows, busy, server = capsys.readouterr().out.splitlines()
    told = {line[:10].strip(): float(line[11:18]) for line in rows}
    assert list(told) == [*STAGES, "all", "others"]
    assert all(told[name] > 0 for name in STAGES)
    assert told["all"] == pytest.approx(sum(told[name] for name in STAGES), abs=0.01)
    assert int(first.split()[0].replace(",", "")) > 0
    assert busy.endswith("0 requests more for known findings")
    assert server.startswith("the embedded reference server")


def test_what_is_within_a_whole_stage_is_charged_to_it() -> None:
    clock = iter(range(0, 1000, 10))
    stages = Stages(lambda: next(clock), outermost=ACCOUNTS)
    stages.begin()
    ask = stages.of(ORACLE, lambda: "an answer")
    explain = stages.whole("explaining", lambda: ask() + ask())
    assert (ask(), explain(), ask()) == ("an answer", "an answeran answer", "an answer")
    stages.end()
    assert {name: spent for name, spent in stages.spent_ns.items() if spent} == {
        ORACLE: 20,
        "explaining": 70,
        ACCOUNTS: 40,
    }


@pytest.mark.parametrize("words", [["--launch", "x {port}"], ["--seconds", "1", "--at-once"]])
def test_costs_that_cannot_be_measured_are_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "cost", *words]) == 2
    assert "--seconds" in capsys.readouterr().err


def test_an_unknown_property_costs_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "cost", "--only", "nosuch"]) == 2
    assert "nosuch" in capsys.readouterr().err

"""Loads by the command line: the embedded store passes, broken ones are found, what a killed run left is removed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fuzz.embedded.processes import RunningServer
from fuzz.subjects.objects.loading import SCENARIOS
from fuzz.subjects.objects.own_store import start_object_store
from tests.end_to_end import command_line
from tests.end_to_end.command_line import COMMAND, SECONDS, environment
from tests.unit.store_asking import ACCOUNTS, OWNER, Client

KEYS = {"ASFUZZ_ACCESS_KEY": OWNER, "ASFUZZ_SECRET_KEY": ACCOUNTS[OWNER]}

BROKEN = """
import time
from dataclasses import replace
from fuzz.embedded.http_messages import HttpResponse
from fuzz.embedded.store.object_store import ObjectStore

class LosesWrites(ObjectStore):
    puts = 0

    def put_object(self, call):
        type(self).puts += 1
        if self.puts % 10 == 0:
            return HttpResponse(200, {"ETag": self.etag(call.body)})
        return super().put_object(call)

class MixesUpWrites(ObjectStore):
    body = b""

    def put_object(self, call):
        type(self).body = call.body
        time.sleep(0.004)
        super().put_object(replace(call, body=self.body))
        return HttpResponse(200, {"ETag": self.etag(call.body)})
"""


def load(folder: Path, *words: str, code: int = 0, **more: str) -> str:
    ran = command_line.asfuzz(folder, "load", *words, COLUMNS="100", **more)
    assert ran.returncode == code, ran.stdout + ran.stderr
    return ran.stdout + ran.stderr


def test_the_scenarios_are_listed(tmp_path: Path) -> None:
    assert "downloads   Clients read the same few objects" in load(tmp_path, "--list")


@pytest.mark.parametrize("scenario", ["mixed", "metadata", "revisions"])
def test_the_embedded_store_passes(tmp_path: Path, scenario: str) -> None:
    told = load(tmp_path, "--scenario", scenario, "--clients", "4", "--each", "10", "--out", "load.json")
    assert "PASS" in told
    result = json.loads((tmp_path / "load.json").read_text("utf-8"))
    assert result["done"] == list(range(len(next(one.rounds for one in SCENARIOS if one.name == scenario))))
    assert result["unchecked"] == result["unheard"] == 0
    answers = sum(one["answers"] for each in result["summary"].values() for one in each.values())
    assert f"{answers:,} checked answers" in told
    assert not list(tmp_path.glob("findings/*"))


@pytest.mark.parametrize(
    ("scenario", "animal"),
    [
        ("mixed", "same-size-not-replaced"),
        ("mixed", "broken_stores:LosesWrites"),
        ("metadata", "broken_stores:MixesUpWrites"),
    ],
)
def test_a_broken_store_is_found_under_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scenario: str, animal: str
) -> None:
    (tmp_path / "broken_stores.py").write_text(BROKEN, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "broken_stores", raising=False)
    words = ("--scenario", scenario, "--animal", animal, "--clients", "4", "--size", "1000", "--seed", "3")
    told = load(tmp_path, *words, code=1, PYTHONPATH=str(tmp_path))
    assert "rounds had wrong answers" in told
    found = [json.loads(one.read_text("utf-8")) for one in tmp_path.glob("findings/*/case.json")]
    assert {one["subject"] for one in found} == {"objects"}
    assert all(f"findings/{one['id']}" in told for one in found)


def test_a_finding_of_a_load_is_sent_again_by_replay(tmp_path: Path) -> None:
    load(
        tmp_path, "--scenario", "uploads", "--animal", "broken-off-is-kept", "--clients", "2", "--size", "1000", code=1
    )
    ran = command_line.asfuzz(tmp_path, "replay")
    assert "still failing" in ran.stdout
    assert ran.returncode == 1
    assert "found by: `asfuzz load`" in next(tmp_path.glob("findings/*/finding.md")).read_text("utf-8")


def test_a_limit_that_does_not_hold_fails_the_run(tmp_path: Path) -> None:
    words = ("--scenario", "downloads", "--clients", "2", "--size", "10")
    told = load(tmp_path, *words, "--at-most-p99", "get-object=0.0001", code=1)
    assert "99 % of get-object were answered within" in told
    assert "FAIL" in told
    load(tmp_path, *words, "--at-most-p99", "60000", "--at-least-rate", "get-object=0.01")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--scenario", "mixd"), "known: mixed"),
        (("--scenario", "mixed", "--clients", "0"), "--clients 0"),
        (("--scenario", "mixed", "--size", "many"), "--size"),
        (("--scenario", "mixed", "--subject", "reductions"), "it has no loads"),
        (("--scenario", "mixed", "--at-most-p99", "get=1"), "no operation 'get'"),
        (("--resume", "nothing.json"), "--resume nothing.json"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    assert says in load(tmp_path, *words, code=2)


@contextmanager
def started(folder: Path, store: RunningServer, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Starts a load, and waits until its first request is sent."""
    process = subprocess.Popen(
        [*COMMAND, "load", *words, "--target", store.url],
        cwd=folder,
        env=environment(**KEYS),
        stdout=subprocess.PIPE,
        text=True,
        # A shell in the background has its children ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        assert process.stdout is not None
        assert any("requests" in line for line in process.stdout)
        yield process
    finally:
        process.kill()
        process.wait()


def buckets(store: RunningServer) -> list[str]:
    client = Client(store)  # type: ignore[arg-type]
    try:
        return client("GET", "/").texts("Buckets/Bucket/Name")
    finally:
        client.close()


def test_ctrl_c_ends_a_load_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with start_object_store(ACCOUNTS) as store:
        with started(tmp_path, store, "--scenario", "many", "--clients", "1") as process:
            process.send_signal(signal.SIGINT)
            told, _ = process.communicate(timeout=SECONDS)
            assert process.returncode == 130
        assert "INTERRUPTED" in told
        assert buckets(store) == []


def test_a_killed_load_is_resumed_and_what_it_left_is_removed(tmp_path: Path) -> None:
    with start_object_store(ACCOUNTS) as store:
        with started(tmp_path, store, "--scenario", "many", "--clients", "1", "--out", "load.json", "--seed", "9"):
            pass
        assert len(buckets(store)) == 1
        again = ("--resume", "load.json", "--target", store.url)
        assert "PASS" in load(tmp_path, *again, **KEYS)
        assert buckets(store) == []
        first = json.loads((tmp_path / "load.json").read_text("utf-8"))
        assert (first["done"], first["seed"]) == ([0, 1], 9)
        assert "resumed   2 rounds were done before" in load(tmp_path, *again, "--passes", "2", **KEYS)
        second = json.loads((tmp_path / "load.json").read_text("utf-8"))
        assert second["done"] == [0, 1, 2, 3]
        for operation, times in first["rounds"]["thousands"]["times"].items():
            took_ms = second["rounds"]["thousands"]["times"][operation]["took_ms"]
            assert took_ms[: len(times["took_ms"])] == times["took_ms"]

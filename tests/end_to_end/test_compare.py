"""`asfuzz compare` by the command line: servers side by side, wrong ones seen, everything removed whatever happens."""

from __future__ import annotations

import itertools
import json
import os
import shlex
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fuzz.comparing.results import Comparison, read_comparison
from fuzz.embedded.http_messages import Answer, HttpRequest
from fuzz.embedded.http_server import HttpServer
from fuzz.embedded.memory_store import MemoryStoreServer, protocol_error
from fuzz.running.launcher import free_port
from tests.end_to_end.command_line import COMMAND, SECONDS, asfuzz, environment

QUICK = ("--sizes", "30", "--repeats", "10", "--starts", "2", "--clients", "0", "--formats", "json", "--out", "out")
FEW = ("--repeats", "4")
ONCE = ("--starts", "1")
WRONG = "fuzz.subjects.reductions.zoo.selections:StrideIgnored"
KEYS = {"ASFUZZ_ACCESS_KEY": "someone", "ASFUZZ_SECRET_KEY": "a-secret"}
# A server that is right until it dies, after so many requests.
MORTAL = """
    import itertools, os, sys, threading
    from fuzz.subjects.reductions.reference_server import ReferenceServer
    from fuzz.subjects.reductions.reference_server.server import serve

    class Mortal(ReferenceServer):
        asked = itertools.count()

        def answer(self, request):
            if next(self.asked) >= 12:
                print("last words", file=sys.stderr, flush=True)
                os._exit(3)
            return super().answer(request)

    with serve(Mortal(), port=int(sys.argv[1])):
        threading.Event().wait()
"""


def compare(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return asfuzz(folder, "compare", *words, **more)


def result(folder: Path) -> Comparison:
    return read_comparison(folder / "out" / "comparison.json")


def wrong_server() -> str:
    """A broken server for --launch; it ends with its standard input, which a launched server has none of."""
    command = f"{sys.executable} -m fuzz.subjects.reductions.reference_server --port {{port}} --with {WRONG}"
    return f"wrong=sh -c 'sleep 1000 | exec {command}'"


@pytest.mark.slow
def test_the_embedded_server_is_compared_with_the_bypass_and_later_with_itself(tmp_path: Path) -> None:
    done = compare(tmp_path, "embedded", *QUICK, "--clients", "1,3", "--store-mbps", "200")
    assert done.returncode == 0, done.stdout + done.stderr
    found = result(tmp_path)
    assert found.contenders == ("embedded", "bypass")
    assert found.harness is not None
    assert not found.told
    assert {(one.contender, one.temperature, len(one.right_ms), one.mbps) for one in found.times} == {
        ("embedded", "cold", 10, 0.0), ("embedded", "warm", 10, 0.0),
        ("bypass", "cold", 10, 0.0), ("bypass", "warm", 10, 0.0), ("bypass", "cold", 5, 200.0),
    }  # fmt: skip
    assert {(one.contender, one.clients) for one in found.throughputs} == {
        (name, clients) for name in found.contenders for clients in (1, 3)
    }
    assert all(rate > 0 for one in found.throughputs for rate in one.rates)
    again = compare(tmp_path, "embedded", *QUICK, *ONCE, "--against", "out/comparison.json")
    assert again.returncode == 0, again.stdout + again.stderr
    assert "chance that it is noise" in again.stdout


def test_a_wrong_server_is_a_finding_that_can_be_replayed_and_its_times_are_left_out(tmp_path: Path) -> None:
    wrong = wrong_server()
    done = compare(tmp_path, "embedded", "--launch", wrong, *QUICK, *FEW, *ONCE, "--selections", "all,strided")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "✗ wrong: wrong" in done.stdout
    assert "POST /v2/sum/" in done.stdout
    found = result(tmp_path)
    assert {one.contender for one in found.told} == {"wrong"}
    kept = [row.removeprefix("again     asfuzz ") for row in done.stdout.splitlines() if row.startswith("again ")]
    assert len(kept) == len(found.findings) == 1
    again = asfuzz(tmp_path, *shlex.split(kept[0]))
    assert again.returncode == 1, again.stdout + again.stderr
    assert "1 still failing" in again.stdout
    assert "stride beyond one" in found.findings[0].title
    page = (tmp_path / found.findings[0].path / "finding.md").read_text()
    assert "found by: `asfuzz compare`" in page
    assert "asfuzz run" not in page
    timed = {(one.question.selection, one.contender) for one in found.times if one.right_ms}
    assert timed == {
        ("all", "embedded"), ("all", "wrong"), ("all", "bypass"), ("strided", "embedded"), ("strided", "bypass"),
    }  # fmt: skip
    accepted = asfuzz(tmp_path, "known", "add", found.findings[0].path, "--reason", "mended next week")
    assert accepted.returncode == 0, accepted.stderr
    known = compare(tmp_path, "--launch", wrong, *QUICK, *FEW, *ONCE, "--selections", "all,strided")
    assert known.returncode == 0, known.stdout + known.stderr
    assert "known     wrong: " in known.stdout
    assert "mended next week" in known.stdout
    (tmp_path / "findings" / "known.toml").write_text("[[known]\n")
    broken = compare(tmp_path, "embedded", *QUICK)
    assert broken.returncode == 2
    assert "known.toml" in broken.stderr


def test_servers_that_are_not_there_or_die_are_told_and_the_others_go_on(tmp_path: Path) -> None:
    script = tmp_path / "mortal.py"
    script.write_text(textwrap.dedent(MORTAL))
    gone = f"gone=http://127.0.0.1:{free_port()}"
    mortal = f"mortal={sys.executable} {script} {{port}}"
    done = compare(tmp_path, gone, "embedded", "--launch", mortal, *QUICK, *FEW, *ONCE, "--sizes", "30,40")
    found = result(tmp_path)
    assert set(found.lost) == {"gone", "mortal"}
    assert "last words" in found.lost["mortal"]
    assert "ended with code 3" in found.lost["mortal"]
    assert "nothing answers" in found.lost["gone"]
    assert {one.question.side for one in found.times if one.contender == "embedded" and len(one.right_ms) == 4} == {
        30, 40,
    }  # fmt: skip
    # That it died while it was asked is a finding; that the other was not there is none.
    assert done.returncode == 1, done.stdout + done.stderr
    assert "! gone was left out" in done.stdout
    assert [one.contender for one in found.findings] == ["mortal"]
    assert (tmp_path / found.findings[0].path / "case.json").exists()
    assert compare(tmp_path, gone, "embedded", *QUICK, *FEW, *ONCE).returncode == 3
    assert compare(tmp_path, gone, *QUICK).returncode == 3


class Watched(MemoryStoreServer):
    """A store that says when it has been asked for objects so many times."""

    def __init__(self, reads: int = 1) -> None:
        super().__init__(owner=KEYS["ASFUZZ_ACCESS_KEY"], secrets={"someone": KEYS["ASFUZZ_SECRET_KEY"]}, buckets={})
        self.read = threading.Event()
        self._left = itertools.count(reads - 1, -1)

    def _handle(self, request: HttpRequest) -> Answer:
        if request.method == "GET" and "/compare/" in request.target and next(self._left) == 0:
            self.read.set()
        return super()._handle(request)


@contextmanager
def under_way(folder: Path, store: Watched, *servers: str) -> Iterator[subprocess.Popen[str]]:
    """A comparison that has begun to ask, and would go on for long."""
    words = (*servers, "--sizes", "50", "--repeats", "100000", "--clients", "0", "--store", store.url)
    process = subprocess.Popen(
        [*COMMAND, "compare", *words, "--formats", "json", "--out", "out"],
        cwd=folder, env=environment(**KEYS), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert store.read.wait(SECONDS)
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("how", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_interrupted_it_leaves_nothing_in_the_store_and_tells_what_it_has(tmp_path: Path, how: signal.Signals) -> None:
    with Watched() as store, under_way(tmp_path, store, "embedded") as process:
        assert store.state.buckets
        os.kill(process.pid, how)
        out, err = process.communicate(timeout=SECONDS)
        assert process.returncode == 130, out + err
        assert not store.state.buckets
        assert "interrupted" in out
        assert "Traceback" not in err
        assert result(tmp_path).interrupted


def test_interrupted_it_saves_what_was_answered_wrongly_so_far(tmp_path: Path) -> None:
    words = ("--launch", wrong_server(), "--selections", "strided")
    with Watched(reads=40) as store, under_way(tmp_path, store, *words) as process:
        os.kill(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=SECONDS)
        assert not store.state.buckets
    assert process.returncode == 130, out + err
    found = result(tmp_path)
    assert found.interrupted
    assert [one.contender for one in found.findings] == ["wrong"]
    assert (tmp_path / found.findings[0].path / "case.json").exists()
    assert "again     asfuzz replay" in out


def test_a_store_that_fails_is_told(tmp_path: Path) -> None:
    with HttpServer(lambda _: protocol_error(500, "no"), on_error=protocol_error) as store:
        done = compare(tmp_path, "embedded", *QUICK, "--store", store.url, **KEYS)
    assert done.returncode == 3
    assert store.url in done.stderr
    assert "Traceback" not in done.stderr


class Failing(MemoryStoreServer):
    """A store that takes no object of a certain size."""

    def __init__(self, refused_bytes: int) -> None:
        super().__init__(owner=KEYS["ASFUZZ_ACCESS_KEY"], secrets={"someone": KEYS["ASFUZZ_SECRET_KEY"]}, buckets={})
        self.refused_bytes = refused_bytes

    def _handle(self, request: HttpRequest) -> Answer:
        # The body is read by whoever takes it.
        refuses = request.method == "PUT" and request.headers.get("content-length") == str(self.refused_bytes)
        return protocol_error(507, "full") if refuses else super()._handle(request)


def test_what_the_store_fails_for_is_told_and_the_rest_is_asked(tmp_path: Path) -> None:
    with Failing(refused_bytes=4 * 40 * 40) as store:
        done = compare(tmp_path, "embedded", *QUICK, *FEW, *ONCE, "--sizes", "30,40,50", "--store", store.url, **KEYS)
        assert not store.state.buckets
    assert done.returncode == 3, done.stdout + done.stderr
    found = result(tmp_path)
    assert {one.question.side for one in found.times} == {30, 50}
    assert list(found.unasked) == ["sum float32 · 40²"]
    assert "! sum float32 · 40² was not asked any more" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("embedded", "--sizes", "ten"), "--sizes 'ten' is not a list of numbers"),
        (("embedded", "--repeats", "0"), "--repeats 0"),
        (("embedded", "--starts", "0"), "--starts 0"),
        (("embedded", "--operations", "summ"), "Did you mean 'sum'?"),
        (("embedded", "--formats", "pdf"), "'pdf' is unknown"),
        (("embedded", "--store-mbps", "10", "--store", "moto"), "--store-mbps goes with the store in memory"),
        (("embedded", "--against", "absent.json"), "absent.json"),
        (("nobody",), "NAME=http://127.0.0.1:8080"),
    ],
)
def test_what_makes_no_sense_is_exit_2_with_what_to_write(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    done = compare(tmp_path, *words)
    assert done.returncode == 2, done.stdout + done.stderr
    assert said in done.stderr


def test_help_has_examples_and_the_result_no_secrets(tmp_path: Path) -> None:
    assert "examples:" in compare(tmp_path, "--help").stdout
    with Watched() as store:
        done = compare(tmp_path, "embedded", *QUICK, *FEW, *ONCE, "--store", store.url, **KEYS)
        assert not store.state.buckets
    assert done.returncode == 0, done.stdout + done.stderr
    assert KEYS["ASFUZZ_SECRET_KEY"] not in json.dumps((tmp_path / "out" / "comparison.json").read_text()) + done.stdout

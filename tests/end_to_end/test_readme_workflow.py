"""A new user's steps, word for word and in the order of README.md, with a broken server in the place of theirs."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from fuzz.embedded.store.server import serving
from fuzz.running.launcher import free_port
from fuzz.subjects.reductions.processes import start_reference_server
from fuzz.subjects.reductions.zoo import animals
from tests.end_to_end.command_line import asfuzz

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = [
    line for block in re.findall(r"^```sh\n(.*?)^```$", README, re.DOTALL | re.MULTILINE) for line in block.splitlines()
]
PORT = 8080
# What keeps a hunt short; its length is the one thing in which the steps differ from README.md.
SHORT = ["--examples", "60", "--only", "reduction", "--max-findings", "1", "--seed", "1"]


class User:
    """Somebody who reads README.md from top to bottom and types what it says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._at = 0
        self._running = ExitStack()

    def starts_server(self, *broken: str) -> None:
        self.stops_server()
        paths = [animals()[name].path for name in broken]
        self._running.enter_context(start_reference_server(paths, port=self.port))

    def stops_server(self) -> None:
        self._running.close()

    def types(self, line: str, code: int, **words: str) -> str:
        """Type a line that README.md has, below the one before; `words` stand for what a user has to fill in."""
        assert line in COMMANDS[self._at :], f"README.md does not say {line!r}, or says it earlier"
        self._at = COMMANDS.index(line, self._at)
        for word, filled_in in words.items():
            line = line.replace(word, filled_in)
        typed = shlex.split(line.replace(f":{PORT}", f":{self.port}"))
        if "--seconds" in typed:
            at = typed.index("--seconds")
            del typed[at : at + 2]
        if typed[1] == "run":
            typed += SHORT
        done = asfuzz(self.folder, *typed[1:])
        assert done.returncode == code, f"{line}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture
def user(tmp_path: Path) -> Iterator[User]:
    one = User(tmp_path)
    yield one
    one.stops_server()


def test_the_embedded_server_broken_on_purpose_gives_a_finding(user: User) -> None:
    told = user.types("asfuzz run --animal stride-ignored --seconds 10", 1)
    assert "✗ 1" in told
    assert "stride" in user.types("asfuzz show stride", 0)


def test_a_server_is_tested_read_about_mended_and_accepted(user: User) -> None:
    user.starts_server("stride-ignored")
    user.types("asfuzz run --target http://127.0.0.1:8080 --seconds 10m", 1)
    (name,) = (one.parent.name for one in (user.folder / "findings").glob("*/case.json"))
    assert name in user.types("asfuzz findings", 0)
    assert f"findings/{name}/repro.py" in user.types("asfuzz show stride", 0)
    replayed = "asfuzz replay --target http://127.0.0.1:8080"
    assert "STILL FAILING" in user.types(replayed, 1)
    user.starts_server()
    assert "FIXED" in user.types(replayed, 0)
    user.types("asfuzz known add ID --reason 'fixed in the next release' --expires 2099-12-31", 0, ID=name)
    assert "fixed in the next release" in user.types("asfuzz known list", 0)


def test_a_profile_is_written_and_used(user: User) -> None:
    user.starts_server()
    user.types("asfuzz probe --target http://127.0.0.1:8080 --write my-server.toml", 0)
    assert (user.folder / "my-server.toml").exists()
    told = user.types("asfuzz run --target http://127.0.0.1:8080 --profile my-server.toml", 0)
    assert re.search(r"^profile +my-server$", told, re.MULTILINE)


MY_SERVER = f"""#!{sys.executable}
import sys, threading
from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.server import serve
assert sys.argv[1] == "--port"
with serve(ReferenceServer(), port=int(sys.argv[2])):
    threading.Event().wait()
"""
ACCOUNT = {"ASFUZZ_ACCESS_KEY": "someone", "ASFUZZ_SECRET_KEY": "canary/se+cr:et=1"}
SECOND_ACCOUNT = {"ASFUZZ_SECOND_ACCESS_KEY": "second", "ASFUZZ_SECOND_SECRET_KEY": "canary/se+cr:et=2"}
SECRET_FORMS = ("canary/se+cr:et=", "canary%2Fse%2Bcr%3Aet%3D", b64encode(b"someone:canary/se+cr:et=1").decode())
# What comes of a line where it is not that all is well.
CODES = {
    "asfuzz run --animal stride-ignored --seconds 10": 1,
    "asfuzz replay": 1,
    "asfuzz run --animal cache-without-missing --seconds 20": 1,
    "asfuzz run --animal buffer-shared --only at-the-same-time --seconds 10": 1,
    "asfuzz run --animal whole-taken-for-the-part --only bad-store --seconds 10": 1,
    "asfuzz run --load shelf_asfuzz.subject --subject shelf --animal truncating --seconds 10": 1,
}
# Whether a limit of time holds, and the code is 0, hangs on the machine; where it does not, that is told.
TIMED = {"asfuzz load --scenario downloads --clients 200 --size 10MiB --at-most-p99 get-object=500": "; at most 500 ms"}
# What goes on until it is stopped is typed by a test of its own.
ELSEWHERE = ("asfuzz serve ",)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """What README.md takes for granted, and where: `my-server`, two servers, a store, the outsiders' package."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "my-server").write_text(MY_SERVER)
    (tmp_path / "bin" / "my-server").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "outside" / "shelf"))
    accounts = dict([tuple(ACCOUNT.values()), tuple(SECOND_ACCOUNT.values())])
    with start_reference_server() as one, start_reference_server() as other, serving(accounts) as store:
        yield {
            "http://127.0.0.1:8080": one.url,
            "http://10.0.0.7:8080": one.url,
            "http://127.0.0.1:8081": other.url,
            "http://127.0.0.1:9000": store.url,
            "10.0.0.2": "127.0.0.1",
        }


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_every_line_of_the_page_does_what_it_says(machine: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "a user's"
    folder.mkdir()
    for line in [one for one in COMMANDS if one.startswith("asfuzz ") and not one.startswith(ELSEWHERE)]:
        typed = line
        for word, here in machine.items():
            typed = typed.replace(word, here)
        done = asfuzz(folder, *shortened(_prepared(typed, folder)), **ACCOUNT, **SECOND_ACCOUNT)
        due = 1 if TIMED.get(line, "nothing is timed") in done.stdout else CODES.get(line, 0)
        assert done.returncode == due, f"{line}: {done.returncode}\n{done.stdout}{done.stderr}"
    for written in (
        "my-server.toml",
        "report.html",
        "report.md",
        "asfuzz.toml",
        "night.json",
        "results/comparison.json",
    ):
        assert (folder / written).stat().st_size, written
    for path in [one for one in folder.rglob("*") if one.is_file()]:
        content = path.read_bytes()
        for form in SECRET_FORMS:
            assert form.encode() not in content, f"{path.relative_to(folder)} holds a secret as {form}"


def _prepared(line: str, folder: Path) -> list[str]:
    """The words of a line, after what a user has done before it."""
    findings = folder / "findings"
    words = shlex.split(line)[1:]
    if "ID" in words:
        words[words.index("ID")] = next(findings.glob("stride*")).name
    if words[0] == "diff":
        for name in words[1:]:
            shutil.copytree(findings, folder / name)
    return words


def shortened(words: list[str]) -> list[str]:
    """The same command with less to do: few examples for a time, small objects for large ones."""
    if words[0] == "compare":
        return [*words, "--sizes", "30", "--repeats", "4", "--starts", "1", "--clients", "0"]
    if "--seconds" in words:
        at = words.index("--seconds")
        del words[at : at + 2]
    if words[0] == "run":
        few = ("--examples", "60", "--max-findings", "1") if "--animal" in words else ("--examples", "3")
        words += ["--seed", "1", *few]
    return words

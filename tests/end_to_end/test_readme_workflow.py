"""A new user's steps, word for word and in the order of README.md, with a broken server in the place of theirs."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from fuzz.running.launcher import free_port
from fuzz.subjects.reductions.processes import start_reference_server
from fuzz.subjects.reductions.zoo import animals
from tests.end_to_end.command_line import asfuzz

README = (Path(__file__).parent.parent.parent / "README.md").read_text("utf-8")
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

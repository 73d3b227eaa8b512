"""What the pages of known findings have one type works, and shows what they say where the server has the bug.

The variables REDUCTIONIST and PROTOTYPE hold what to type for `reductionist` and, in the prototype's environment, for
`uvicorn`. Without them the recipes are tried on the healthy embedded server alone: they must work there, and show
something else.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from fuzz.commands.serve import OWNER
from fuzz.embedded.memory_store import MemoryStoreServer
from fuzz.findings.reported import Reported
from fuzz.running.launcher import Launcher, free_port
from fuzz.subjects.reductions.field_page import page, recipe
from fuzz.subjects.reductions.processes import start_reference_server
from fuzz.subjects.reductions.reported import reports
from fuzz.subjects.reductions.scripts.plan import takes_bad_store
from specs.reductions import profile as profiles

# The word by which each page starts its server, and what stands for it here.
SERVERS = {
    "reductionist-cached": ("reductionist ", os.environ.get("REDUCTIONIST", "")),
    "prototype": ("uvicorn ", os.environ.get("PROTOTYPE", "")),
}
KEY, SECRET = OWNER
SECONDS = 110
FOUND = [
    # Some recipes send hundreds of requests.
    pytest.param(profile, one, id=f"{profile}:{one.id}", marks=pytest.mark.slow if "came-*" in one.by_hand else ())
    for profile in SERVERS
    for one in reports(profiles.load(profile))
]
pytestmark = pytest.mark.skipif(
    shutil.which("curl") is None or shutil.which("bash") is None, reason="there is no curl, or no bash"
)


@pytest.fixture
def store() -> Iterator[str]:
    with MemoryStoreServer(owner=KEY, secrets={KEY: SECRET}, buckets={}) as running:
        yield running.url


@pytest.fixture(scope="module")
def healthy() -> Iterator[str]:
    with start_reference_server() as server:
        yield server.url


@cache
def setup_of(profile: str) -> str:
    """The commands that a page has one paste first."""
    loaded = profiles.load(profile)
    text = "\n".join(page(loaded, reports(loaded)))
    found = re.search(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def typed(commands: str, profile: str, server: str, store: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What comes of the set-up of a page and of the commands after it."""
    lines = setup_of(profile).splitlines()
    lines[0] = f"SERVER={server} S3={store} KEY={KEY} SECRET={SECRET}"
    # The one port that a recipe fixes.
    commands = commands.replace("8000", str(free_port()))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ASFUZZ_", "AWS_"))}
    return subprocess.run(
        ["bash", "-c", "\n".join([*lines, commands])],
        cwd=folder,
        env={**kept, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def is_shown(text: str, told: str) -> bool:
    """Whether lines are what a page shows; … stands for anything."""
    wanted = ".*".join(re.escape(part) for part in text.strip().split("…"))
    return re.fullmatch(wanted, told.strip(), re.DOTALL) is not None


@pytest.mark.parametrize(("profile", "one"), FOUND)
def test_a_recipe_works_and_shows_something_else_on_a_healthy_server(
    profile: str, one: Reported, store: str, healthy: str, tmp_path: Path
) -> None:
    if takes_bad_store(one.case) and not one.by_hand:
        pytest.skip("it is a command of asfuzz that starts the server itself")
    done = typed("\n".join(recipe(one, profiles.load(profile))), profile, healthy, store, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip(), done.stderr
    assert "no answer" not in done.stdout
    assert "<Error>" not in done.stdout
    assert not one.shows or not is_shown(one.shows, done.stdout), f"{one.id}: a healthy server shows the same"


@pytest.mark.parametrize(("profile", "one"), FOUND)
def test_a_recipe_shows_the_bug_of_the_real_server(profile: str, one: Reported, store: str, tmp_path: Path) -> None:
    word, real = SERVERS[profile]
    if not real:
        pytest.skip(f"no variable says where {word}is")
    loaded = profiles.load(profile)
    command = (one.start or loaded.launch).replace(word, f"{real} ", 1)
    if one.start == "" and profile == "reductionist-cached":
        command = profiles.load("reductionist").launch.replace(word, f"{real} ", 1)
    commands = "\n".join(recipe(one, loaded))
    if takes_bad_store(one.case) and not one.by_hand:
        commands = commands.replace(f"'{word}", f"'{real} ")
    with Launcher(f"env RUST_LOG=error {command}") as launcher:
        done = typed(commands, profile, f"http://{launcher.address}", store, tmp_path)
    assert one.shows, f"{one.id} says nothing of what its recipe prints: {done.stdout}"
    assert is_shown(one.shows, done.stdout), f"{one.id} prints:\n{done.stdout}{done.stderr}"

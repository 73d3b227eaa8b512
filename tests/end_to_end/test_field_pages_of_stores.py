"""What the pages of known findings of object stores have one type works, and shows what they say on the real store.

The variables VERSITYGW, MINIO, MOTO_SERVER, GOFAKES3 and S3S_FS hold what to type for each store; moto_server is also
found beside Python. Without them the commands are tried on the embedded store alone: they must work there, and show
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

from fuzz.findings.reported import Reported
from fuzz.running.launcher import Launcher
from fuzz.subjects.objects.access import OWN
from fuzz.subjects.objects.field_page import page, recipe, reports
from fuzz.subjects.objects.own_store import start_object_store
from specs.objects import profile as profiles

BESIDE_PYTHON = shutil.which("moto_server", path=str(Path(sys.executable).parent)) or ""
STORES = {
    "versitygw": ("versitygw", os.environ.get("VERSITYGW", "")),
    "minio": ("minio", os.environ.get("MINIO", "")),
    "moto": ("moto_server", os.environ.get("MOTO_SERVER", BESIDE_PYTHON)),
    "gofakes3": ("gofakes3", os.environ.get("GOFAKES3", "")),
    "s3s-fs": ("s3s-fs", os.environ.get("S3S_FS", "")),
}
KEY, SECRET = "ASFUZZTESTKEY0000000", "asfuzz-test-secret"
SECONDS = 110
FOUND = [
    pytest.param(profile, one, id=f"{profile}:{one.id}")
    for profile in STORES
    for one in reports(profiles.load(profile))
]
pytestmark = pytest.mark.skipif(
    shutil.which("curl") is None or shutil.which("bash") is None, reason="there is no curl, or no bash"
)


@cache
def setup_of(profile: str) -> str:
    """The commands that a page has one paste first."""
    loaded = profiles.load(profile)
    found = re.search(r"^```sh\n(.*?)^```$", "\n".join(page(loaded, reports(loaded))), re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def typed(one: Reported, profile: str, store: str, folder: Path, key: str, secret: str) -> str:
    """What is printed by the set-up of a page and the commands of a finding."""
    if any(line.startswith("asfuzz ") for line in recipe(one, profiles.load(profile))):
        pytest.skip("it is a command of asfuzz that starts the store itself")
    lines = setup_of(profile).splitlines()
    lines[0] = f"STORE={store} KEY={key} SECRET={secret}"
    commands = "\n".join([*lines, *recipe(one, profiles.load(profile))])
    done = subprocess.run(
        ["bash", "-c", commands], cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.stdout.strip(), done.stderr
    return done.stdout


def is_shown(text: str, printed: str) -> bool:
    """Whether a text is what a page shows; … stands for anything."""
    wanted = ".*".join(re.escape(part) for part in text.strip().split("…"))
    return re.fullmatch(wanted, printed.strip(), re.DOTALL) is not None


@pytest.fixture(scope="module")
def healthy() -> Iterator[str]:
    with start_object_store({one.access_key: one.secret for one in OWN}) as store:
        yield store.url


@pytest.fixture(scope="module")
def real() -> Iterator[dict[str, Launcher]]:
    running: dict[str, Launcher] = {}
    yield running
    for one in running.values():
        one.stop()


@pytest.mark.parametrize(("profile", "one"), FOUND)
def test_the_commands_work_and_show_something_else_on_the_embedded_store(
    profile: str, one: Reported, healthy: str, tmp_path: Path
) -> None:
    printed = typed(one, profile, healthy, tmp_path, OWN[0].access_key, OWN[0].secret)
    assert printed.startswith("HTTP/1.1 ")
    assert "SignatureDoesNotMatch" not in printed
    assert not is_shown(one.shows, printed), f"{one.id}: the embedded store shows the same"


@pytest.mark.parametrize(("profile", "one"), FOUND)
def test_the_commands_show_what_the_real_store_gets_wrong(
    profile: str, one: Reported, real: dict[str, Launcher], tmp_path: Path
) -> None:
    word, program = STORES[profile]
    if not program:
        pytest.skip(f"no variable says where {word} is")
    if profile not in real:
        command = re.sub(rf"\b{word} ", f"{program} ", profiles.load(profile).launch, count=1)
        real[profile] = Launcher(command, words={"access_key": KEY, "secret_key": SECRET})
        real[profile].start()
    printed = typed(one, profile, f"http://{real[profile].address}", tmp_path, KEY, SECRET)
    assert one.shows, f"{one.id} says nothing of what its commands print: {printed}"
    assert is_shown(one.shows, printed), f"{one.id} prints:\n{printed}"

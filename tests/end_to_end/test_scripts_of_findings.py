"""The scripts of a finding show the bug against the broken server that `asfuzz serve` starts, and not the healthy one.

The broken servers are drawn by seed, so that nobody chooses those for which it works.
"""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fuzz.bench.animals import seen
from fuzz.findings import corpus
from fuzz.findings.finding import Finding
from fuzz.running.launcher import free_port
from fuzz.subjects.reductions.scripts.plan import takes_bad_store
from fuzz.subjects.reductions.zoo import animals
from tests.end_to_end.command_line import COMMAND, SECONDS, asfuzz, environment

# A hunt that finds nothing goes through all its examples, which takes its time on a busy machine.
HUNT_SECONDS = 600
SEED = 17
MANY = 24
EXAMPLES = 40
SCRIPTS = ["repro.py", "curl.sh"]
# Answers are poor rather than wrong, or only version 1 shows it, which is hunted with another profile.
DRAWN = random.Random(SEED).sample([name for name, one in animals().items() if not one.warns and one.api == "v2"], MANY)
SEEN = seen.load()
pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")


def found(animal: str, folder: Path) -> Finding | None:
    """The first finding of a short hunt by the property that saw the animal, if there is one that shows every time."""
    only = ("--only", SEEN[animal].property) if animal in SEEN else ()
    # So many examples are the same ones on any machine, however busy it is.
    examples = ("--examples", str(EXAMPLES), "--max-findings", "1", "--seed", str(SEED))
    asfuzz(folder, "run", "--animal", animal, *only, *examples)
    every = corpus.load_all(folder / "findings")
    return next((one for one in every if one.reproducibility == "every time"), None)


@contextmanager
def served(*animal: str) -> Iterator[dict[str, str]]:
    """What `asfuzz serve` prints for scripts, while it serves."""
    words = [*COMMAND, "serve", *(["--animal", *animal] if animal else [])]
    process = subprocess.Popen(words, env=environment(), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        told = iter(process.stdout.readline, "")
        line = next(line for line in told if line.startswith("  export "))
        yield dict(re.findall(r"(\w+)=(\S+)", line))
    finally:
        process.terminate()
        process.wait(SECONDS)
        if process.stdout is not None:
            process.stdout.close()


def shows(script: Path, finding: Finding, given: dict[str, str]) -> tuple[int, str]:
    """A script's exit code, and what it said."""
    if takes_bad_store(finding.case):
        # The script is the store itself.
        given = {**given, "STORE_URL": f"http://127.0.0.1:{free_port()}"}
    ran = subprocess.run(
        ["sh" if script.suffix == ".sh" else sys.executable, str(script)],
        env=environment(**given),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return ran.returncode, ran.stdout + ran.stderr


@pytest.fixture(scope="module")
def healthy() -> Iterator[dict[str, str]]:
    """What the healthy server prints for scripts; it stays as it is, whatever it is asked."""
    with served() as given:
        yield given


def tried(animal: str, folder: Path, healthy: dict[str, str]) -> list[str]:
    """Try the scripts of a broken server's first finding on it and on the healthy one, and name them."""
    finding = found(animal, folder)
    if finding is None:
        return []
    home = folder / "findings" / finding.id
    scripts = [name for name in SCRIPTS if (home / name).exists()]
    for script in scripts:
        # Some broken servers end, or go on being wrong: each script gets a new one.
        with served(animal) as given:
            code, told = shows(home / script, finding, given)
        assert code == 1, f"{animal}: {script} does not show {finding.violation.title}: {told}"
        code, told = shows(home / script, finding, healthy)
        assert code == 0, f"{animal}: {script} shows {finding.violation.title} of the healthy server: {told}"
    return scripts


@pytest.mark.slow
@pytest.mark.timeout(2 * HUNT_SECONDS)
@pytest.mark.parametrize("animal", DRAWN)
def test_both_scripts_show_the_bug_of_many_a_broken_server(
    animal: str, tmp_path: Path, healthy: dict[str, str]
) -> None:
    if not tried(animal, tmp_path, healthy):
        pytest.skip(f"{animal} was not found by so few examples, or does not show every time")

"""The pages that asfuzz writes, in a browser: accessible, within its width, valid, quick, and silent on the network.

It takes Chromium, Node and three packages, and is skipped where they are not:

    apt-get install chromium nodejs npm
    npm install --prefix ~/.cache/asfuzz/page-checks axe-core@4 playwright-core@1 html-validate@10
    pytest -m slow tests/unit/fuzz/reports/test_page_in_browser.py
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

import pytest

from fuzz.cli import main
from fuzz.comparing.page import page as comparison_page
from fuzz.comparing.results import BYPASS
from fuzz.comparing.table import lines
from fuzz.events import Event, Explored, FindingFound, RunEnded, Warned
from fuzz.findings import case_files
from fuzz.findings.finding import Finding
from fuzz.findings.pages import pages
from fuzz.hunt.exploration import sought
from fuzz.reports.events_file import EventsFile
from fuzz.subjects.reductions.subject import REDUCTIONS
from specs.reductions.profile import load
from tests.unit.comparisons import LARGE, SMALL, measured
from tests.unit.told_runs import progress, run_started, stride_ignored

CHECKS = Path(__file__).with_name("page_checks.mjs")
MODULES = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "asfuzz" / "page-checks" / "node_modules"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NODE = shutil.which("node")
# The plots that matplotlib makes say their colours in style attributes.
RULES = {"extends": ["html-validate:recommended"], "rules": {"no-inline-style": "off"}}
FINDINGS, REQUESTS = 100, 1_000_000
MOST_MS = 1000

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not (NODE and CHROMIUM), reason="takes node and chromium"),
    pytest.mark.skipif(not MODULES.is_dir(), reason=f"takes packages of npm in {MODULES}: see this module's docstring"),
]


def a_long_run(folder: Path) -> list[Event]:
    """A hundred findings in a million requests; some values and pairs of values were never drawn."""
    random = Random(1)
    wanted = sought(REDUCTIONS.accounting, load("reference"))
    flat = [(name, value) for name, values in wanted.fields for value in values]
    values = tuple((*one, random.randint(1, 50_000)) for one in flat if random.random() > 0.03)
    numbers = combinations(range(len(values)), 2)
    pairs = tuple((i, j, random.randint(1, 5000)) for i, j in numbers if random.random() > 0.02)
    latencies = tuple(
        (operation, size, ((random.randint(0, 4), 60), (12, 20), (24, 3)))
        for operation in ("count", "max", "min", "select", "sum")
        for size in ("256 B", "4 KiB", "64 KiB")
    )
    at_stake = (("reduction", "answers", 900_000), ("malformed", "error-form", 20))
    events: list[Event] = [run_started(api="v2", versions=(("asfuzz", "1"),)), wanted]
    for number in range(FINDINGS):
        finding = stride_ignored(id=f"select-stride-{number}", fingerprint=f"{number:012x}")
        _keep(folder / finding.id, finding)
        events += [progress(20.0 * number, number * REQUESTS // FINDINGS, number)]
        events += [FindingFound(finding, f"findings/{finding.id}", "tracked upstream" if number % 9 == 0 else "")]
    sightings = (("select-stride-1", 500), ("select-stride-2", 1))
    ended = RunEnded("FAIL", 2000.0, REQUESTS, 88, 12, "the budget")
    return [*events, Explored(REQUESTS, values, pairs, at_stake, latencies, sightings), Warned("inaccurate"), ended]


def _keep(home: Path, finding: Finding) -> None:
    """Write a finding's folder without waiting for the disk, as the corpus does for each file."""
    home.mkdir(parents=True)
    for name, text in {"case.json": case_files.write(finding).text, **pages(finding)}.items():
        (home / name).write_text(text, "utf-8")


@pytest.fixture(scope="module", params=["report", "comparison"])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    if request.param == "comparison":
        found = measured({"old": 5.0, "new": 4.0, BYPASS: 3.0}, questions=(SMALL, LARGE))
        (folder / "comparison.html").write_text(comparison_page(found, lines(found)), "utf-8")
        return folder / "comparison.html"
    log = EventsFile(folder / "findings", clock=iter(range(1_800_000_000, 1_900_000_000, 20)).__next__)
    for event in a_long_run(folder / "findings"):
        log(event)
    log.close()
    assert main(["report", str(folder / "findings"), "--html", str(folder / "report.html")]) == 0
    return folder / "report.html"


@pytest.fixture(scope="module")
def seen(page: Path) -> dict[str, Any]:
    """What the browser says of the page."""
    assert NODE
    assert CHROMIUM
    command = [NODE, str(CHECKS), str(MODULES), CHROMIUM, str(page)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=500)
    assert ran.returncode == 0, ran.stderr
    document: dict[str, Any] = json.loads(ran.stdout)
    return document


def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(seen: dict[str, Any]) -> None:
    assert len(seen["views"]) == 6
    assert [view["violations"] for view in seen["views"]] == [[]] * 6
    assert [view["overflow"] for view in seen["views"]] == [0] * 6


def test_the_page_asks_for_nothing_elsewhere_and_its_script_runs(seen: dict[str, Any]) -> None:
    assert (seen["elsewhere"], seen["errors"]) == ([], [])


def test_a_page_opens_in_a_second_also_one_of_a_hundred_findings_and_a_million_requests(seen: dict[str, Any]) -> None:
    # The best of six: on a busy machine the browser waits for its turn.
    assert min(view["loaded"] for view in seen["views"]) < MOST_MS


def test_the_page_is_valid_html(page: Path, tmp_path: Path) -> None:
    (tmp_path / "rules.json").write_text(json.dumps(RULES))
    validate = MODULES / ".bin" / "html-validate"
    ran = subprocess.run(
        [validate, "--config", tmp_path / "rules.json", page], capture_output=True, text=True, check=False, timeout=500
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr

"""A hunt on servers that are broken in known ways: one finding for each, and nothing lost."""

from __future__ import annotations

import shlex
import sys
from contextlib import closing
from pathlib import Path

import pytest

from fuzz.bench.hunting import hunt_planted, seen_apart
from fuzz.bench.planted import Bug, bugs, owners, planted
from fuzz.config import Settings
from fuzz.events import EXPLAINING, Doing, Event, FindingFound, Progress, RunEnded
from fuzz.findings import corpus
from fuzz.findings.scrubbing import MASK
from fuzz.hunt import worker
from fuzz.hunt.campaign import Plan, hunt
from fuzz.running.targets import open_store_for, open_target

ZOO = "fuzz.subjects.reductions.zoo"
THREE = tuple(
    f"{ZOO}.{one}"
    for one in ("selections:StrideIgnored", "missing:ValidMinExclusive", "decoding:LaterGzipMembersDropped")
)
DYING = """
import os, sys
from fuzz.subjects.reductions.reference_server import ReferenceServer

class DiesOfZlib(ReferenceServer):
    def decode(self, reduction, stored):
        if reduction.compression == "zlib":
            print("panicked at src/zlib.rs:7", file=sys.stderr, flush=True)
            os._exit(9)
        return super().decode(reduction, stored)
"""


class Events:
    """Everything that a hunt told."""

    def __init__(self) -> None:
        self.all: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.all.append(event)

    @property
    def found(self) -> list[str]:
        return list(dict.fromkeys(one.finding.id for one in self.all if isinstance(one, FindingFound)))


def hunted(folder: Path, settings: Settings, **limits: object) -> tuple[RunEnded, Events]:
    events = Events()
    usual = {"only": ("reduction",), "seed": 1, "seconds": None, "examples": 30, "max_findings": None}
    asked: dict[str, object] = {**usual, **limits}
    with open_target(settings) as target:
        plan = Plan(profile=target.profile, findings=folder, workers=settings.workers, **asked)  # type: ignore[arg-type]
        return hunt(plan, target, events), events


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunEnded, Events]:
    """A hunt on a server with three bugs, and where it kept what it found."""
    folder = tmp_path_factory.mktemp("three")
    return folder, *hunted(folder, Settings(animals=THREE), examples=60)


def test_each_of_three_bugs_is_one_finding(three: tuple[Path, RunEnded, Events]) -> None:
    folder, ended, events = three
    findings = corpus.load_all(folder)
    bugs = [Bug(one) for one in THREE]
    with closing(open_store_for(Settings())) as store, open_target(Settings()) as target:
        belongs = owners(findings, bugs, store, target.profile)
    assert sorted(bug.name for some in belongs.values() for bug in some) == sorted(bug.name for bug in bugs)
    assert (ended.verdict, ended.findings) == ("FAIL", len(findings)) == ("FAIL", len(events.found))


def test_what_findings_cost_is_told_in_requests(three: tuple[Path, RunEnded, Events]) -> None:
    _, ended, events = three
    told = {one.finding.id: one.requests for one in events.all if isinstance(one, FindingFound)}
    assert all(told.values())
    assert ended.sent_requests == ended.checked_requests + ended.known_causes_requests + ended.shrinking_requests
    assert sum(told.values()) <= ended.shrinking_requests + ended.known_causes_requests
    assert ended.known_causes_requests > 0


@pytest.mark.slow
def test_the_same_seed_finds_the_same_in_the_same_order(three: tuple[Path, RunEnded, Events], tmp_path: Path) -> None:
    _, again = hunted(tmp_path, Settings(animals=THREE), examples=60)
    assert again.found == three[2].found != []


def test_enough_findings_end_the_run(tmp_path: Path) -> None:
    ended, _ = hunted(tmp_path, Settings(animals=THREE), max_findings=1)
    assert (ended.findings, ended.why) == (1, "--max-findings reached")


def test_progress_is_told_while_a_failure_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "TELL_SECONDS", 0.0)
    _, events = hunted(tmp_path, Settings(animals=THREE[:1]), max_findings=1)
    told = [one.elapsed_seconds for one in events.all if isinstance(one, Progress) and EXPLAINING in one.doing]
    assert len(told) > 3
    assert told == sorted(told)
    assert told[-1] > told[0]
    assert not any(isinstance(one, Doing) for one in events.all)


def test_what_is_wrong_with_every_refusal_is_one_finding_that_replays(tmp_path: Path) -> None:
    settings = Settings(animals=(f"{ZOO}.errors:MessageUnhelpful",))
    ended, events = hunted(tmp_path, settings, only=("malformed",), examples=40)
    assert ended.findings == len(events.found) == 1
    (finding,) = corpus.load_all(tmp_path)
    assert finding.violation.title.startswith("many refusals: the error does not name ")
    with closing(open_store_for(settings)) as store, open_target(settings) as target:
        assert bool(owners([finding], [Bug(settings.animals[0])], store, target.profile))


def test_a_secret_that_a_server_gives_away_reaches_no_report(tmp_path: Path) -> None:
    settings = Settings(animals=(f"{ZOO}.errors:SecretShownToTheClient",))
    _, events = hunted(tmp_path, settings, only=("credentials",), examples=30, max_findings=1)
    told = [one.finding for one in events.all if isinstance(one, FindingFound)]
    shown = [one for one in told if one.violation.requirement == "discloses-nothing"]
    assert shown
    assert all(MASK in repr(one.outcomes) for one in shown)


@pytest.mark.slow
def test_a_rule_that_is_not_known_is_a_finding_of_its_own(tmp_path: Path) -> None:
    animals = tuple(f"{ZOO}.refusing:{one}" for one in ("NegativeOffsetIsZero", "EmptyMissingMeansNothing"))
    ended, _ = hunted(tmp_path, Settings(animals=animals), only=("malformed", "contradiction"), examples=150)
    assert ended.findings == 2, [one.violation for one in corpus.load_all(tmp_path)]


def test_a_healthy_server_gives_none(tmp_path: Path) -> None:
    ended, _ = hunted(tmp_path, Settings())
    assert (ended.verdict, ended.findings) == ("PASS", 0)


def test_workers_share_what_they_find_through_the_folder(tmp_path: Path) -> None:
    ended, _ = hunted(tmp_path, Settings(animals=THREE[:1], workers=2), examples=10)
    assert (ended.verdict, ended.findings) == ("FAIL", 1)
    assert len(corpus.load_all(tmp_path)) == 1


@pytest.fixture
def dying(tmp_path: Path) -> str:
    """The command of a server that a request can end."""
    (tmp_path / "dying_server.py").write_text(DYING)
    # The server reads its standard input to the end, and ends with it: a launcher gives it none.
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import time, dying_server as d;"
        "from fuzz.subjects.reductions.reference_server.server import serve;"
        "http = serve(d.DiesOfZlib(), port=int(sys.argv[2])); http.__enter__(); time.sleep(600)"
    )
    return f"{shlex.quote(sys.executable)} -c {shlex.quote(script)} {shlex.quote(str(tmp_path))} {{port}}"


@pytest.mark.slow
def test_a_server_that_dies_is_started_again_and_the_hunt_goes_on(tmp_path: Path, dying: str) -> None:
    settings = Settings(launch=dying, profile="reference")
    ended, _ = hunted(tmp_path / "findings", settings, examples=15)
    findings = corpus.load_all(tmp_path / "findings")
    assert [one.violation.requirement for one in findings] == ["survives"]
    assert findings[0].needs == ("zlib",)
    assert ended.verdict == "FAIL"
    assert "the server ended with code 9" in findings[0].last_words
    assert "panicked at src/zlib.rs:7" in findings[0].last_words


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_ten_bugs_drawn_from_the_whole_zoo_are_told_apart() -> None:
    one = hunt_planted(planted(seen_apart(bugs()), 10, 1), 1, 120.0, 1)
    assert one.recall >= 0.85
    assert one.precision >= 0.9

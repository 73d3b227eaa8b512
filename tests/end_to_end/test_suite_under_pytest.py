"""pytest --pyargs fuzz.suite: the registry as tests, findings replayed, profiles, and honest exit codes."""

from __future__ import annotations

import contextlib
import os
import re
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from fuzz.findings import corpus
from fuzz.findings.finding import Finding
from fuzz.running.launcher import free_port
from fuzz.subjects.reductions.processes import start_reference_server
from fuzz.subjects.reductions.properties import PROPERTIES
from specs.case import Case
from specs.fields import Fields
from specs.reductions.steps import Put, Send
from specs.violation import Aspect, Violation
from tests.end_to_end.command_line import SECONDS

CASE = Case("reduction", (Put("a", b"\1\0\0\0"), Send("sum", Fields({"dtype": "int32"}), "a")))
WRONG = Violation("sum-values", "sum: wrong", "[1]", "[2]", aspect=Aspect.VALUES, step=1)
FINDING = Finding("sum-of-one", "f1", WRONG, CASE, (None, None))
BROKEN = """
from fuzz.subjects.reductions.reference_server import ReferenceServer

class SumsOneMore(ReferenceServer):
    def reduce_sum(self, array):
        return super().reduce_sum(array) + array.dtype.type(1)
"""


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """pytest in a folder of its own, where no configuration of this repository holds."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ASFUZZ_", "PYTEST_", "CI"))}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--pyargs", *arguments],
        cwd=folder,
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )


@pytest.fixture(scope="module")
def broken_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("broken")
    (folder / "sums_one_more.py").write_text(BROKEN)
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PYTHONPATH", str(folder), prepend=os.pathsep)
            server = stack.enter_context(start_reference_server(["sums_one_more:SumsOneMore"]))
        yield server.url


@pytest.mark.slow
def test_every_property_is_a_test(tmp_path: Path) -> None:
    ran = run(tmp_path, "fuzz.suite", "--collect-only", "-q")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for one in PROPERTIES:
        assert f"::test_{one.name.replace('-', '_')}\n" in ran.stdout


@pytest.mark.parametrize(
    "passing", [("test_raw", "saved"), pytest.param(("test_reduction", "test_padding"), marks=pytest.mark.slow)]
)
def test_a_healthy_server_passes(passing: tuple[str, ...], tmp_path: Path) -> None:
    corpus.save(tmp_path / "findings", FINDING)
    ran = run(tmp_path, "fuzz.suite", "-v", "-k", " or ".join(passing))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for name in passing:
        wanted = "test_a_saved_finding_is_fixed[sum-of-one]" if name == "saved" else name
        assert f"::{wanted} PASSED" in ran.stdout


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory, broken_server: str) -> tuple[Path, str]:
    """A folder with findings, and what is said of two properties and of the findings that one cause makes fail."""
    folder = tmp_path_factory.mktemp("failed")
    corpus.save(folder / "findings", FINDING)
    (folder / "findings" / "cut").mkdir()
    only = "test_reduction or test_padding or saved"
    ran = run(folder, "fuzz.suite", "-k", only, "--asfuzz-target", broken_server, "--hypothesis-seed", "2")
    assert ran.returncode == 1, ran.stdout + ran.stderr
    return folder, ran.stdout


def test_failures_tell_of_the_server_and_are_kept(failed: tuple[Path, str]) -> None:
    folder, told = failed
    for piece in ("POST /v2/sum/", "expected   [1]", "STILL FAILING", "case.json cannot be read", "asfuzz replay"):
        assert piece in told
    for ours in ("Traceback", "laws.py", "site-packages"):
        assert ours not in told
    assert told.rstrip("= \n").split("= ")[-1].startswith("4 failed")
    saved = corpus.load_all(folder / "findings", lambda *_: None)
    assert {one.violation.requirement for one in saved} == {"sum-values"}


def test_one_cause_is_told_once(failed: tuple[Path, str]) -> None:
    told = dict(re.findall(r"^_{3,} (\w+)\S* _{3,}$(.*?)(?=^_{3,} |^={3,} |\Z)", failed[1], re.MULTILINE | re.DOTALL))
    assert "POST /v2/sum/" in told["test_reduction"]
    assert "POST /v2/sum/" not in told["test_padding"]
    assert "same as test_reduction: " in told["test_padding"]


DYING = """
import os, sys, threading
from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.server import serve

class DiesOfSums(ReferenceServer):
    def reduce_sum(self, array):
        os._exit(1)

with serve(DiesOfSums(), port=int(sys.argv[1])):
    threading.Event().wait()
"""


@pytest.mark.slow
def test_a_server_that_dies_is_told_of_with_the_case_that_ended_it(tmp_path: Path) -> None:
    (tmp_path / "dying.py").write_text(DYING)
    flags = ("--asfuzz-profile", "reference", "-k", "test_reduction")
    ran = run(tmp_path, "fuzz.suite", *flags, "--asfuzz-launch", f"{sys.executable} dying.py {{port}}")
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "the server ends" in ran.stdout
    assert "POST /v2/sum/" in ran.stdout


@pytest.mark.slow
def test_a_server_that_stays_dead_ends_the_run_with_the_last_case_kept(tmp_path: Path) -> None:
    (tmp_path / "dying.py").write_text(DYING)
    port = str(free_port())
    with subprocess.Popen([sys.executable, "dying.py", port], cwd=tmp_path) as server:
        wait_for(int(port))
        flags = ("--asfuzz-profile", "reference", "-k", "test_reduction")
        ran = run(tmp_path, "fuzz.suite", *flags, "--asfuzz-target", f"http://127.0.0.1:{port}")
        server.kill()
    assert ran.returncode == 3, ran.stdout + ran.stderr
    (finding,) = corpus.load_all(tmp_path / "findings")
    assert finding.violation.requirement == "survives"
    last = finding.case.steps[-1]
    assert isinstance(last, Send)
    assert last.operation == "sum"


def wait_for(port: int) -> None:
    """Return as soon as something listens on the port."""
    for _ in range(3000):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
            return
        select.select([], [], [], 0.01)
    pytest.fail(f"nothing listens on port {port}")


@pytest.mark.slow
def test_known_findings_fail_nothing(tmp_path: Path, broken_server: str) -> None:
    corpus.save(tmp_path / "findings", FINDING)
    (tmp_path / "findings" / "known.toml").write_text(
        "[[known]]\nid = 'sum-of-one'\nreason = 'not yet'\n[[known]]\nrequirement = 'sum-values'\nreason = 'nor this'\n"
        "[[known]]\nrequirement = 'sum-accuracy'\nreason = 'nor this'\n"
    )
    ran = run(tmp_path, "fuzz.suite", "-rx", "-k", "sum-of-one or test_reduction", "--asfuzz-target", broken_server)
    assert ran.returncode == 0, ran.stdout
    assert "known: not yet" in ran.stdout


@pytest.mark.parametrize(
    ("flags", "code", "message"),
    [
        (["--asfuzz-target", "http://127.0.0.1:9"], 3, "nothing answers at http://127.0.0.1:9"),
        pytest.param(["--asfuzz-profile", "refrence"], 4, "Did you mean 'reference'", marks=pytest.mark.slow),
    ],
)
def test_a_run_that_cannot_be_set_up_is_no_success(tmp_path: Path, flags: list[str], code: int, message: str) -> None:
    ran = run(tmp_path, "fuzz.suite", *flags)
    assert ran.returncode == code
    assert message in ran.stdout + ran.stderr


SHOW = """
from hypothesis import settings

def test_show():
    one = settings.default
    phases = [phase.name for phase in one.phases]
    print("SHOWN", one.derandomize, one.database is not None, one.max_examples, one.deadline, phases)
"""


REGISTERED = """
from pathlib import Path
from hypothesis import settings
from fuzz.suite.profiles import register

register(Path("here"))
for name in ("dev", "ci", "nightly", "replay"):
    one = settings.get_profile(name)
    phases = [phase.name for phase in one.phases]
    print(name, one.derandomize, one.database is not None, one.max_examples, one.deadline, phases)
"""
TRYING = "['explicit', 'reuse', 'generate', 'target', 'shrink']"


@pytest.mark.parametrize("ci", [{}, {"CI": "1"}])
def test_a_profile_says_the_same_on_ci_as_elsewhere(ci: dict[str, str]) -> None:
    inherited = {name: value for name, value in os.environ.items() if name != "CI"}
    command = [sys.executable, "-c", REGISTERED]
    shown = subprocess.run(command, env=inherited | ci, capture_output=True, text=True, timeout=SECONDS)
    assert shown.stdout.splitlines() == [
        f"dev False True 25 None {TRYING}",
        f"ci True False 150 None {TRYING}",
        f"nightly False True 5000 None {TRYING}",
        "replay False True 25 None ['explicit', 'reuse']",
    ], shown.stderr


@pytest.mark.slow
def test_the_profile_asked_for_is_the_one_that_holds(tmp_path: Path) -> None:
    (tmp_path / "test_show.py").write_text(SHOW)
    ran = run(tmp_path, "fuzz.suite", str(tmp_path), "-s", "-k", "test_show", "--hypothesis-profile=nightly", CI="1")
    assert f"SHOWN False True 5000 None {TRYING}" in ran.stdout, ran.stdout + ran.stderr


@pytest.mark.slow
def test_other_projects_profiles_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "from hypothesis import settings\nsettings.register_profile('nightly', max_examples=7)\n"
    )
    (tmp_path / "test_show.py").write_text(SHOW)
    ran = run(tmp_path, str(tmp_path), "-s", "--hypothesis-profile=nightly")
    assert " 7 " in ran.stdout.split("SHOWN")[1]


def test_the_plugin_imports_nothing_heavy() -> None:
    heavy = ("hypothesis", "numpy", "requests", "boto3", "cattrs", "fuzz", "specs")
    shown = subprocess.run(
        [sys.executable, "-c", f"import sys, asfuzz_pytest; print([m for m in {heavy} if m in sys.modules])"],
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert shown.stdout == "[]\n"


OWN_CONFTEST = """
def pytest_addoption(parser):
    for name in ("--target", "--launch", "--store", "--findings", "--advertise", "--plain-store"):
        parser.addoption(name, default="ours")
"""
OWN_TEST = """
import pytest
import fuzz.thing
import specs.thing

@pytest.fixture
def session():
    return "our session"

def test_own(pytestconfig, session):
    assert pytestconfig.getoption("--target") == "ours"
    assert (fuzz.thing.NAME, specs.thing.NAME, session) == ("fuzz", "specs", "our session")
"""


# -P leaves the folder out of sys.path, as the command pytest does.
@pytest.mark.parametrize(
    "words",
    [
        ("-m", "pytest"),
        pytest.param(("-P", "-m", "pytest"), marks=pytest.mark.slow),
        pytest.param(("-m", "pytest", "-n", "1"), marks=pytest.mark.slow),
    ],
)
def test_a_project_with_the_same_options_and_packages_runs_as_without_the_suite(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    for name in ("fuzz", "specs", "strategies"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("")
        (tmp_path / name / "thing.py").write_text(f"NAME = {name!r}\n")
    (tmp_path / "conftest.py").write_text(OWN_CONFTEST)
    (tmp_path / "test_own.py").write_text(OWN_TEST)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ASFUZZ_", "PYTEST_"))}
    told = []
    for without in ((), ("-p", "no:asfuzz")):
        command = [sys.executable, *words, "-p", "no:cacheprovider", "--target", "ours", *without]
        ran = subprocess.run(command, cwd=tmp_path, env=inherited, capture_output=True, text=True, timeout=SECONDS)
        assert (ran.returncode, "1 passed" in ran.stdout) == (0, True), ran.stdout + ran.stderr
        told.append([line for line in ran.stdout.splitlines() if " passed in " not in line and "plugins:" not in line])
    assert told[0] == told[1]


@pytest.mark.slow
def test_the_embedded_server_starts_beside_a_package_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "fuzz").mkdir()
    (tmp_path / "fuzz" / "__init__.py").write_text("raise ImportError('another package')\n")
    command = "from fuzz.cli import main; main(['run', '--only', 'reduction', '--examples', '1'])"
    ran = subprocess.run(
        [sys.executable, "-P", "-c", command], cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS
    )
    assert "checked requests" in ran.stdout, ran.stdout + ran.stderr

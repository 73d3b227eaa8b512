"""Offer the suite's options under pytest.

Every pytest run in this environment loads this file, under the name asfuzz_pytest. A project may have its own package
called fuzz, which then hides the suite's. So the suite is imported only if the user asked for it.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

PACKAGE = "fuzz.suite"
# Only the suite's own package called fuzz has this file.
MARK = Path("suite") / "opening.py"
DEFAULT_PROFILE = "dev"
OPTIONS = (
    ("subject", "NAME", "the API under test (default: reductions)"),
    ("load", "MODULE", "modules with subjects or extensions of one, separated by commas"),
    ("target", "URL", "server under test (default: the embedded reference server)"),
    ("launch", "COMMAND", "start the server: 'my-server --port {port}'"),
    ("store", "URL|memory|moto", "store that objects are put into (default: memory)"),
    ("plain-store", "URL", "a web server with the store's objects, for http and https"),
    ("advertise", "HOST", "this machine's name, for a target on another machine"),
    ("profile", "NAME|FILE", "what the server claims: a shipped profile, or a file"),
    ("findings", "DIR", "folder of the findings, new and replayed (default: findings)"),
    ("config", "FILE", "configuration file (default: asfuzz.toml)"),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("asfuzz", "fuzzing S3 active-storage servers (pytest --pyargs fuzz.suite)")
    for name, metavar, told in OPTIONS:
        group.addoption(f"--asfuzz-{name}", metavar=metavar, help=told)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register the Hypothesis profiles before Hypothesis' own plugin loads one, if the suite was asked for."""
    if not asks_for_suite(config):
        return
    from hypothesis import settings

    from fuzz.suite.profiles import register

    register(config.invocation_params.dir)
    if not config.getoption("--hypothesis-profile", None):
        settings.load_profile(DEFAULT_PROFILE)


def asks_for_suite(config: pytest.Config) -> bool:
    """Say whether a path or package on the command line is the suite, or in it."""
    folder = suite_folder()
    if folder is None:
        return False
    places = [argument.split("::")[0] for argument in config.args]
    if config.getoption("pyargs", False) and any(f"{one}.".startswith(f"{PACKAGE}.") for one in places):
        return True
    return any((config.invocation_params.dir / one).resolve().is_relative_to(folder) for one in places)


def suite_folder() -> Path | None:
    """Find the suite's folder without an import; None if another package has its name."""
    found = find_spec("fuzz")
    packages = [Path(one) for one in found.submodule_search_locations or ()] if found is not None else []
    return next(((one / MARK).parent for one in packages if (one / MARK).is_file()), None)

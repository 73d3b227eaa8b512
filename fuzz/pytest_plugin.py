"""The suite's options under pytest. Every pytest run in this environment loads this: it imports nothing heavy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fuzz.executor import Session
    from fuzz.suite.opening import Opening

PACKAGE = "fuzz.suite"
FOLDER = Path(__file__).parent / "suite"
DEFAULT_PROFILE = "dev"

_OPENING = pytest.StashKey["Opening"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("asfuzz", "fuzzing S3 active-storage servers (pytest --pyargs fuzz.suite)")
    group.addoption("--target", metavar="URL", help="server under test (default: the embedded reference server)")
    group.addoption("--launch", metavar="COMMAND", help="start the server: 'my-server --port {port}'")
    group.addoption("--store", metavar="URL|memory|moto", help="store that objects are put into (default: memory)")
    group.addoption("--plain-store", metavar="URL", help="a web server with the store's objects, for http and https")
    group.addoption("--advertise", metavar="HOST", help="this machine's name, for a target on another machine")
    group.addoption(
        "--asfuzz-profile", metavar="NAME|FILE", help="what the server claims: a shipped profile, or a file"
    )
    group.addoption("--asfuzz-config", metavar="FILE", help="configuration file (default: asfuzz.toml)")
    group.addoption("--findings", metavar="DIR", help="folder of the findings, new and replayed (default: findings)")


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
    """Whether a path or package on the command line is the suite, or in it."""
    places = [argument.split("::")[0] for argument in config.args]
    if config.getoption("pyargs", False) and any(f"{one}.".startswith(f"{PACKAGE}.") for one in places):
        return True
    return any((config.invocation_params.dir / one).resolve().is_relative_to(FOLDER) for one in places)


def opening_of(config: pytest.Config) -> Opening:
    """What this run is about; made when first asked for, closed with the run."""
    opening = config.stash.get(_OPENING, None)
    if opening is None:
        from fuzz.suite.opening import Opening

        opening = config.stash[_OPENING] = Opening(
            {
                "target": config.getoption("--target"),
                "launch": config.getoption("--launch"),
                "store": config.getoption("--store"),
                "plain_store": config.getoption("--plain-store"),
                "advertise": config.getoption("--advertise"),
                "profile": config.getoption("--asfuzz-profile"),
                "findings": config.getoption("--findings"),
            },
            config.getoption("--asfuzz-config"),
        )
    return opening


def pytest_unconfigure(config: pytest.Config) -> None:
    opening = config.stash.get(_OPENING, None)
    if opening is not None:
        opening.close()


@pytest.fixture(scope="session")
def session(request: pytest.FixtureRequest) -> Session:
    """A session with the server under test."""
    return opening_of(request.config).session()

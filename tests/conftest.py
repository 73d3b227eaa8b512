"""The whole suite runs in three processes, as tests wait for servers; a file or a test that is named runs in this one.

Properties draw the same few examples each time, so that what fails for one fails for all, and soon. CI's slow stage
draws more (`--hypothesis-profile=thorough`); fresh ones come by `--hypothesis-profile=fresh`.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, settings

# One more than the smallest machine has cores.
PROCESSES = 3

# How long an example takes hangs on what else the machine does, and must decide nothing.
WHATEVER_IT_TAKES = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("repeatable", WHATEVER_IT_TAKES, derandomize=True, database=None, max_examples=25)
settings.register_profile("thorough", WHATEVER_IT_TAKES, derandomize=True, database=None, max_examples=100)
settings.register_profile("fresh", WHATEVER_IT_TAKES)
settings.load_profile("repeatable")


def pytest_configure() -> None:
    """Let what tests start listen to Ctrl-C, as a shell in the background does not, and keep compiled modules.

    A command that compiles asfuzz anew takes half as long again to start, and tests start a hundred. The modules are
    kept where Python keeps them by itself, so that those of other packages, which are compiled already, stay in use.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _unhurried_disk() -> Iterator[None]:
    """Have this process wait for no disk: no test cuts the power, and nothing less tells what waiting was for."""
    with patch("os.fsync", lambda _: None):
        yield


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Ask xdist for processes, unless the command line says how many or what to run."""
    # A process of xdist's own is told to run the whole suite too, and must not start others.
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS and not hasattr(config, "workerinput")
    if whole and getattr(config.option, "numprocesses", 0) is None and not config.option.usepdb:
        config.option.numprocesses = PROCESSES
        # Tests of one file stay together as long as all processes have work, so that what they share is made once.
        config.option.dist = "worksteal"

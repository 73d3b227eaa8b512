"""The whole suite runs in two processes; a file or a test that is named runs in this one.

Properties draw the same examples each time, so that what fails for one fails for all; fresh ones come by
`--hypothesis-profile=default`.
"""

from __future__ import annotations

import pytest
from hypothesis import settings

PROCESSES = 2

settings.register_profile("repeatable", derandomize=True, database=None)
settings.load_profile("repeatable")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Ask xdist for processes, unless the command line says how many or what to run."""
    # A process of xdist's own is told to run the whole suite too, and must not start others.
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS and not hasattr(config, "workerinput")
    if whole and getattr(config.option, "numprocesses", 0) is None and not config.option.usepdb:
        config.option.numprocesses = PROCESSES

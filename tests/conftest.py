"""The whole suite runs in two processes; a file or a test that is named runs in this one."""

from __future__ import annotations

import pytest

PROCESSES = 2


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Ask xdist for processes, unless the command line says how many or what to run."""
    # A process of xdist's own is told to run the whole suite too, and must not start others.
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS and not hasattr(config, "workerinput")
    if whole and getattr(config.option, "numprocesses", 0) is None and not config.option.usepdb:
        config.option.numprocesses = PROCESSES

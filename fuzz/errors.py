"""Define the errors that end a command early, each with its exit code."""

from __future__ import annotations

# The exit code of a command that Ctrl-C or SIGTERM ended.
INTERRUPTED = 130


class UsageError(Exception):
    """The request makes no sense; the text says what to write instead."""

    exit_code = 2


class CannotRun(Exception):
    """The suite, the store or the target could not run; the text says what to check."""

    exit_code = 3

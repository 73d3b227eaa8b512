"""Write the commands that find, send again and accept a finding, as they are printed for users to paste."""

from __future__ import annotations

import shlex

from fuzz.config import modules_to_load


def replay_line(name: str) -> str:
    """Return the command that sends a finding again, with the modules that its subject may come from."""
    return " ".join(("asfuzz replay", shlex.quote(name), *loading()))


def accept_line(name: str) -> str:
    """Return the command that accepts a finding for now; the reason is left to the user."""
    return " ".join(("asfuzz known add", shlex.quote(name), *loading(), "--reason '...'"))


def loading() -> list[str]:
    """List the flags that name the modules that findings' subjects may come from."""
    return [f"--load {shlex.quote(one)}" for one in modules_to_load()]

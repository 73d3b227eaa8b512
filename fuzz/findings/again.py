"""Write the commands that send a saved finding again and accept it, as they are printed for users to paste."""

from __future__ import annotations

import shlex

from fuzz.config import modules_to_load


def replay_line(name: str) -> str:
    """Return the command that sends a finding again, with the modules that its subject may come from."""
    return " ".join(("asfuzz replay", shlex.quote(name), *_loading()))


def accept_line(name: str) -> str:
    """Return the command that accepts a finding for now; the reason is left to the user."""
    return " ".join(("asfuzz known add", shlex.quote(name), *_loading(), "--reason '...'"))


def _loading() -> list[str]:
    return [f"--load {shlex.quote(one)}" for one in modules_to_load()]

"""Write the command that sends a saved finding again, as it is printed for users to paste."""

from __future__ import annotations

import shlex

from fuzz.config import modules_to_load


def replay_line(name: str) -> str:
    """Return the command that sends a finding again, with the modules that its subject may come from."""
    modules = " ".join(f"--load {shlex.quote(one)}" for one in modules_to_load())
    return f"asfuzz replay {shlex.quote(name)} {modules}".rstrip()

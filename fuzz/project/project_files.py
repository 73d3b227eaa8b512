"""The files that `asfuzz init` writes into a project, as text."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fuzz.config import DEFAULT_SUBJECT, Settings
from fuzz.toml_text import toml_text

PROFILE: Final = Path("server.toml")
WORKFLOW: Final = Path(".github/workflows/asfuzz.yml")
IGNORED: Final = ("findings/*", "!findings/known.toml")
_SETTINGS: Final = """\
# Settings of asfuzz for the commands that are run in this folder. The names are those of the flags: asfuzz run --help.
# Flags win over this file, and so do environment variables such as ASFUZZ_SECONDS.

# The server under test: a command that asfuzz starts, and starts again when it dies, or the URL of one that runs.
{server}
{subject}
# What the server claims to do. A server may refuse what it does not claim, but must not answer it wrongly.
profile = "{profile}"

# How long a run takes (90s, 10m, 8h), and by how many processes.
seconds = "1m"
workers = 1

# The folder that remembers findings; findings/known.toml in it lists those that are accepted for now.
findings = "findings"

# The store that the server reads from. Without this line asfuzz serves one from its own memory. The keys of another
# store are read from ASFUZZ_ACCESS_KEY and ASFUZZ_SECRET_KEY.
{store}
# This machine's name, where the server is on another machine and reads from the store in memory.
{advertise}
# Try some properties only (asfuzz properties lists them), or stop early.
# only = ["reduction", "credentials"]
# max_findings = 20
"""
_WORKFLOW: Final = """\
# Written by asfuzz init: two minutes for each push, an hour each night. A run that finds something fails.
name: asfuzz
on:
  push:
  pull_request:
  schedule:
    - cron: "17 2 * * *"
jobs:
  asfuzz:
    runs-on: ubuntu-latest
    timeout-minutes: 90
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
{install}
{server}
      - run: >-
          asfuzz run --summary asfuzz-summary.json
          --seconds ${{{{ github.event_name == 'schedule' && '1h' || '2m' }}}}
      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: asfuzz
          path: |
            findings
            asfuzz-summary.json
"""


def settings_file(settings: Settings, subject: str, profile: str) -> str:
    """Return an asfuzz.toml for a server of a subject, with comments."""
    launch, target = settings.launch, settings.target
    server = f"launch = {toml_text(launch)}" if launch else f"target = {toml_text(target or '')}"
    store = settings.store
    return _SETTINGS.format(
        server=server,
        subject="" if subject == DEFAULT_SUBJECT else f"\n# The API under test.\nsubject = {toml_text(subject)}\n",
        profile=profile,
        store=f"store = {toml_text(store)}" if store != "memory" else '# store = "http://127.0.0.1:9000"',
        advertise=f"advertise = {toml_text(settings.advertise)}" if settings.advertise else '# advertise = "10.0.0.2"',
    )


def workflow(settings: Settings, source: str | None) -> str:
    """Return a workflow of GitHub Actions.

    `source` is what pip installs the suite from, None where nobody else has it.
    """
    if source is None:
        install = (
            "      # Say here where your copy of asfuzz is: it was installed from a folder of one machine.\n"
            "      - run: pip install 'git+https://YOUR-GIT-HOST/asfuzz.git'"
        )
    else:
        install = f"      - run: pip install '{source}'"
    if settings.launch:
        server = f"      # Build the server here, so that asfuzz can start it: {_in_comment(settings.launch)}"
    else:
        server = f"      # Start the server here: asfuzz.toml says that it answers at {settings.target}"
    return _WORKFLOW.format(install=install, server=server)


def with_ignored(text: str) -> str:
    """Return a .gitignore that keeps what runs leave out of git; unchanged if it does so already."""
    lines = text.splitlines()
    missing = [line for line in IGNORED if line not in lines]
    if not missing or "findings/" in lines:
        return text
    return "\n".join([*lines, *missing]) + "\n"


def _in_comment(text: str) -> str:
    return " ".join(text.split())

"""Find out what a server can do, and write a profile."""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from fuzz.errors import CannotRun, UsageError
from fuzz.flags import CREDENTIALS, EXIT_CODES, add_config_flag, add_target_flags, settings_of
from fuzz.reports.terminal import Terminal

if TYPE_CHECKING:
    from fuzz.config import Settings
    from fuzz.subject import Probed, Subject

DEFAULT_FILE = "probed.toml"
EXAMPLES = """\
examples:
  asfuzz probe --target http://127.0.0.1:8080
      what the server can do; the profile goes to probed.toml
  asfuzz probe --launch 'my-server --port {port}' --write my-server.toml
      the same for a server that is started for it
  asfuzz run --target http://127.0.0.1:8080 --profile my-server.toml
      hold the server to what it claims
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the flags: the server to ask, and the file for the profile."""
    add_target_flags(parser)
    parser.add_argument("--write", metavar="FILE", type=Path, help=f"the profile to write (default: {DEFAULT_FILE})")
    parser.add_argument("--overwrite", action="store_true", help="replace the file if it is there already")
    add_config_flag(parser)
    parser.epilog = f"{EXAMPLES}\n{EXIT_CODES}\n{CREDENTIALS}"


def main(arguments: Namespace) -> int:
    """Probe, print, write. That a server lacks something is no finding."""
    from fuzz.running.targets import subject_under_test

    path: Path = arguments.write or Path(DEFAULT_FILE)
    if path.exists() and not arguments.overwrite:
        raise UsageError(f"{path} is there already; name another file by --write FILE, or give --overwrite")
    settings = settings_of(arguments)
    terminal = Terminal(sys.stdout, color=settings.color)
    subject = subject_under_test(settings)
    probed = probe(settings, terminal)
    _write(path, probed.file(_name(path, subject)))
    terminal.line(f"\nprofile written to {path}; next: asfuzz run --profile {path} …")
    return 0


def probe(settings: Settings, terminal: Terminal, *, ask_first: bool = False) -> Probed:
    """Probe the server, and print what it can do; raises UsageError for a subject whose servers cannot be probed."""
    from fuzz.running.targets import open_target, subject_under_test

    subject = subject_under_test(settings)
    if subject.serving.probe is None:
        raise UsageError(f"servers of {subject.name!r} cannot be probed; its profiles: {_listed(subject)}")
    # Any profile that is merely loaded keeps the target from being probed twice.
    loaded = replace(settings, subject=subject.name, profile=subject.serving.own)
    with open_target(loaded, ask_first=ask_first) as target:
        terminal.line(f"probing {target.name}")
        revive = target.launcher.revive if target.launcher is not None else None
        probed = subject.serving.probe(lambda profile: replace(target, profile=profile).session(), target.store, revive)
    terminal.lines(list(probed.table))
    return probed


def _listed(subject: Subject) -> str:
    return ", ".join(subject.serving.shipped())


def _name(path: Path, subject: Subject) -> str:
    """Return the name of a profile by the name of its file, which is never that of a shipped profile."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", path.stem).strip("-") or "probed"
    return f"{name}-probed" if name in subject.serving.shipped() else name


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise CannotRun(f"--write {path}: {error.strerror}") from error

"""Find out what a server can do, and write a profile."""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from fuzz.errors import CannotRun, UsageError
from fuzz.flags import CREDENTIALS, EXIT_CODES, add_config_flag, add_target_flags, settings_of
from fuzz.reports.terminal import Terminal
from fuzz.subjects.reductions.probe import Finding, Probed, probe
from fuzz.subjects.reductions.profile_text import profile_text
from specs.reductions.profile import shipped

DEFAULT_FILE = "probed.toml"
MARKS = {"yes": "✓", "absent": "·", "refused": "–", "wrong": "✗", "failed": "!", "not asked": "?"}
LEGEND = "✓ answered rightly   · none, as it may be   – refused   ✗ answered wrongly   ! no answer or 5xx   ? not asked"
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
    """What to ask, and where the profile goes."""
    add_target_flags(parser)
    parser.add_argument("--write", metavar="FILE", type=Path, help=f"the profile to write (default: {DEFAULT_FILE})")
    parser.add_argument("--overwrite", action="store_true", help="replace the file if it is there already")
    add_config_flag(parser)
    parser.epilog = f"{EXAMPLES}\n{EXIT_CODES}\n{CREDENTIALS}"


def main(arguments: Namespace) -> int:
    """Probe, print, write. That a server lacks something is no finding."""
    from fuzz.running.targets import open_target

    path: Path = arguments.write or Path(DEFAULT_FILE)
    if path.exists() and not arguments.overwrite:
        raise UsageError(f"{path} is there already; name another file by --write FILE, or give --overwrite")
    settings = settings_of(arguments)
    # Probing is what this command is for: any profile that is merely loaded keeps it from happening twice.
    with open_target(replace(settings, profile="reference"), ask_first=False) as target:
        terminal = Terminal(sys.stdout, color=settings.color)
        terminal.line(f"probing {target.name}")
        revive = target.launcher.revive if target.launcher is not None else None
        probed = probe(lambda profile: replace(target, profile=profile).session(), target.store, revive)
    terminal.lines(list(matrix(probed)))
    _write(path, profile_text(probed, _name(path)))
    terminal.line(f"\nprofile written to {path}; next: asfuzz run --profile {path} …")
    return 0


def matrix(probed: Probed) -> Iterator[str]:
    """The capabilities, a line each; below them what the server said where it did not do well."""
    rows: dict[str, list[Finding]] = {}
    for one in probed.findings:
        rows.setdefault(one.capability, []).append(one)
    for capability, found in rows.items():
        values = "  ".join(f"{MARKS[one.reading]} {one.value}".rstrip() for one in found)
        yield f"{capability.replace('_', ' '):<18}{values}"
    yield f"\n{LEGEND}"
    poor = [one for one in probed.findings if one.reading in ("wrong", "failed", "refused") and one.detail]
    if poor:
        yield ""
    for one in poor:
        yield f"{MARKS[one.reading]} {one.capability.replace('_', ' ')} {one.value}".rstrip() + f": {one.detail}"


def _name(path: Path) -> str:
    """A profile's name by its file's; never that of a shipped one."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", path.stem).strip("-") or "probed"
    return f"{name}-probed" if name in shipped() else name


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise CannotRun(f"--write {path}: {error.strerror}") from error

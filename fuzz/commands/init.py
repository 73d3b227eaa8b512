"""Set up a project: probe the server, write its profile, asfuzz.toml, a line of .gitignore and a CI workflow."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from fuzz.commands.probe import probe
from fuzz.config import FILE_NAME
from fuzz.errors import CannotRun, UsageError
from fuzz.flags import CREDENTIALS, EXIT_CODES, add_config_flag, add_target_flags, settings_of
from fuzz.project.project_files import IGNORED, PROFILE, WORKFLOW, settings_file, with_ignored, workflow
from fuzz.reports.terminal import Terminal
from fuzz.versions import install_source

EXAMPLES = """\
examples:
  asfuzz init --launch 'my-server --port {port}'
      a server that asfuzz starts itself, here and in CI
  asfuzz init --target http://127.0.0.1:8080
      a server that is running
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the flags: the server that the files are made for."""
    add_target_flags(parser)
    parser.add_argument("--force", action="store_true", help="replace files that are there already")
    add_config_flag(parser)
    parser.epilog = f"{EXAMPLES}\n{EXIT_CODES}\n{CREDENTIALS}"


def main(arguments: Namespace) -> int:
    """Probe and write; a file that is there is kept unless --force is given."""
    from fuzz.running.targets import subject_under_test

    settings = settings_of(arguments)
    if settings.embedded:
        raise UsageError("which server? Give --launch 'my-server --port {port}', or --target http://127.0.0.1:8080")
    terminal = Terminal(sys.stdout, color=settings.color)
    subject = subject_under_test(settings)
    probes = subject.serving.probe is not None
    files = {
        Path(FILE_NAME): settings_file(settings, subject.name, str(PROFILE) if probes else subject.serving.own),
        WORKFLOW: workflow(settings, install_source()),
    }
    if not probes:
        terminal.line(f"profile  {subject.serving.own}: servers of {subject.name} are not probed")
    elif arguments.force or not PROFILE.exists():
        probed = probe(settings, terminal, ask_first=True)
        terminal.line("")
        files = {PROFILE: probed.file(PROFILE.stem), **files}
    else:
        terminal.line(f"kept     {PROFILE}: it is there already; --force writes it anew")
    for path, text in files.items():
        if path.exists() and not arguments.force:
            terminal.line(f"kept     {path}: it is there already; --force replaces it")
        else:
            _write(path, text)
            terminal.line(f"written  {path}")
    _ignore(Path(".gitignore"), terminal)
    terminal.line("\nnext: asfuzz run")
    return 0


def _ignore(path: Path, terminal: Terminal) -> None:
    """Keep what runs leave out of git, but for the list of known findings."""
    try:
        before = path.read_text("utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise CannotRun(f"{path} cannot be read: {error}") from error
    after = with_ignored(before)
    if after != before:
        _write(path, after)
        terminal.line(f"written  {path}: {' '.join(IGNORED)}")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise CannotRun(f"{path} cannot be written: {error.strerror}") from error

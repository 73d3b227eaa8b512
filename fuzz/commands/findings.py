"""List the saved findings."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from fuzz.errors import CannotRun, UsageError
from fuzz.findings import corpus, known
from fuzz.findings.elision import visible
from fuzz.findings.finding import Finding
from fuzz.flags import add_config_flag, add_load_flag, settings_of
from fuzz.reports.terminal import Terminal

EPILOG = """\
examples:
  asfuzz findings                                    what is in the folder findings
  asfuzz findings nightly/findings                   or in another one
  asfuzz show ID                                     one of them in full

exit codes:
  0  the list is printed, be it empty
  2  the command line, a configuration file or the environment makes no sense
  3  a finding cannot be read
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the argument: the folder."""
    parser.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="folder of the findings")
    parser.add_argument("--findings", metavar="DIR", help="the same as a flag (default: findings)")
    add_load_flag(parser)
    add_config_flag(parser)
    parser.epilog = EPILOG


def main(arguments: Namespace) -> int:
    """Print a line for each finding: its id, how often it was seen, its title, and why it is accepted."""
    settings = settings_of(arguments)
    folder: Path = arguments.folder or settings.findings
    if not folder.is_dir():
        if arguments.folder is not None or arguments.findings is not None:
            raise UsageError(f"{folder}: there is no such folder")
        print(f"no findings: there is no folder {folder} yet; asfuzz run makes it")
        return 0
    try:
        accepted = known.gather(folder)
    except known.UnusableKnown as error:
        raise UsageError(str(error)) from error
    unreadable: list[str] = []
    found = corpus.load_all(folder, lambda _, why: unreadable.append(why))
    terminal = Terminal(sys.stdout, color=settings.color)
    width = max((len(one.id) for one in found), default=0)
    for one in sorted(found, key=lambda one: -one.seen):
        terminal.line(_row(one, accepted, width))
    for why in unreadable:
        terminal.line(f"unreadable: {why}")
    terminal.line(_total(found, accepted))
    return CannotRun.exit_code if unreadable else 0


def _row(one: Finding, accepted: known.Known, width: int) -> str:
    entry = accepted.match(one)
    reason = f"  (known: {entry.reason})" if entry else ""
    return f"{one.id:<{width}}  {one.seen:>5,}×  {visible(one.violation.title)}{visible(reason)}"


def _total(found: list[Finding], accepted: known.Known) -> str:
    number = sum(accepted.match(one) is not None for one in found)
    return f"{len(found)} finding{'' if len(found) == 1 else 's'}{f', {number} known' if number else ''}"

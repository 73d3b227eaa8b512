"""Show one saved finding: what was sent, what was due, what came, and its files."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from fuzz.errors import UsageError
from fuzz.findings import corpus
from fuzz.findings.case_files import Unreadable
from fuzz.findings.elision import visible
from fuzz.findings.named import home_of
from fuzz.findings.portrait import portrait
from fuzz.flags import add_config_flag, add_load_flag, settings_of
from fuzz.reports.terminal import Terminal

FILES = {
    "finding.md": "all of this as a page, with the requests in full",
    "repro.py": "shows the bug without asfuzz",
    "curl.sh": "shows the bug by curl",
    "case.json": "what asfuzz replay reads",
}
EPILOG = """\
examples:
  asfuzz show stride-beyond-one-answer-shape-6d2ae5
  asfuzz show stride                                 the beginning of an id, where one id alone begins so
  asfuzz show nightly/findings/stride-beyond-one-answer-shape-6d2ae5

exit codes:
  0  it is shown
  2  there is no such finding, or it cannot be read
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the argument: the finding."""
    parser.add_argument("finding", metavar="ID", help="a finding's id, the beginning of one, or its folder")
    parser.add_argument("--findings", metavar="DIR", help="folder of the findings (default: findings)")
    add_load_flag(parser)
    add_config_flag(parser)
    parser.epilog = EPILOG


def main(arguments: Namespace) -> int:
    """Print a finding as a run does, and the files in its folder."""
    settings = settings_of(arguments)
    home = home_of(arguments.finding, settings.findings)
    try:
        finding = corpus.load(home)
    except Unreadable as error:
        raise UsageError(str(error)) from error
    terminal = Terminal(sys.stdout, color=settings.color)
    terminal.line(terminal.styled(visible(finding.violation.title), "bold"))
    terminal.lines([f"  {line}".rstrip() for line in portrait(finding, str(home), terminal.width - 2)])
    terminal.line()
    for name, what in FILES.items():
        if (home / name).exists():
            terminal.line(f"  {home / name}  {terminal.styled(what, 'dim')}")
    return 0

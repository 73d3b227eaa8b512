"""The command line chooses the command to run and the exit code."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from importlib.util import find_spec
from io import TextIOWrapper
from types import FrameType
from typing import Any, NoReturn, Protocol, cast

from fuzz.errors import INTERRUPTED, CannotRun, UsageError
from fuzz.flags import EXIT_CODES
from fuzz.suggestions import Parser

# A command is a module of fuzz.commands with this name; a command without a module is not offered.
COMMANDS = (
    ("run", "try things on a server, and tell what it got wrong"),
    ("init", "write asfuzz.toml, a profile and a CI workflow for a server"),
    ("findings", "list the saved findings"),
    ("show", "show a saved finding and its files"),
    ("replay", "send saved findings again: fixed, or still failing?"),
    ("known", "list, add, remove and prune the findings that are accepted for now"),
    ("properties", "list what is checked, and the requirements behind it"),
    ("clauses", "trace what the API's page says to what checks it, and show what is missing"),
    ("probe", "find out what a server can do, and write a profile"),
    ("report", "write what was found, or what a profile knows, as a page"),
    ("diff", "compare the findings of two runs: new, fixed, still there"),
    ("compare", "measure servers side by side, every answer checked"),
    ("load", "put a server under load: every answer checked, throughput and percentiles told"),
    ("serve", "run the embedded server and store on their own"),
    ("zoo", "list and try the servers that are broken on purpose"),
    ("bench", "measure the suite itself"),
    ("completion", "print a script by which a shell completes commands and flags"),
)
EXAMPLES = """\
examples:
  asfuzz run                                         try the embedded reference server for half a minute
  asfuzz run --target http://127.0.0.1:8080          try a server of yours
  asfuzz replay findings/NAME --target URL           did the fix help?
  asfuzz COMMAND --help                              what a command takes
"""
# This command needs to know the flags of all others.
COMPLETION = "completion"


class Command(Protocol):
    """A protocol for the modules of fuzz.commands. The first line of a module's docstring is the command's title."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's flags, and an epilog if there are examples."""

    def main(self, arguments: argparse.Namespace) -> int:
        """Run the command and return its exit code."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command, and print an error in one line."""
    begun = time.monotonic()
    words = list(sys.argv[1:] if argv is None else argv)
    parser = _parser(next((word for word in words if not word.startswith("-")), ""))
    arguments, unknown = parser.parse_known_args(words)
    if unknown:
        parser.chosen(arguments).refuse(unknown)
    arguments.begun = begun
    if arguments.command is None:
        parser.print_help()
        return UsageError.exit_code
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A letter that the terminal's encoding lacks is escaped, as the command must not end because of it.
            stream.reconfigure(errors="backslashreplace")
    signal.signal(signal.SIGTERM, _as_interrupt)
    try:
        return _command(arguments.command).main(arguments)
    except (UsageError, CannotRun) as error:
        print(f"asfuzz {arguments.command}: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(f"asfuzz {arguments.command}: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader, such as `head`, has closed the pipe; without this Python would print an error at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return INTERRUPTED
    except Exception:  # noqa: BLE001
        # Python's own exit code would be 1, which means that the server under test is at fault.
        traceback.print_exc()
        print(f"asfuzz {arguments.command}: the suite itself broke, as told above", file=sys.stderr)
        return CannotRun.exit_code


def _as_interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    # SIGTERM ends the suite as cleanly as Ctrl-C does.
    raise KeyboardInterrupt


def _parser(chosen: str) -> Parser:
    """Return the parser. Only the chosen command is imported, for quick help; completion imports all commands."""
    parser = Parser(
        prog="asfuzz",
        description="Property-based fuzzing of S3 active-storage servers.",
        epilog=f"{EXAMPLES}\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("-V", "--version", action=_Version, help="print the suite's version")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name, title in COMMANDS:
        if find_spec(f"fuzz.commands.{name}") is None:
            continue
        command = commands.add_parser(
            name,
            help=title,
            description=f"{title[0].upper()}{title[1:]}{'' if title.endswith('?') else '.'}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if chosen in (name, COMPLETION):
            _command(name).add_arguments(command)
    if chosen == COMPLETION:
        parser.set_defaults(parser=parser)
    return parser


def _command(name: str) -> Command:
    return cast(Command, importlib.import_module(f"fuzz.commands.{name}"))


class _Version(argparse.Action):
    """Prints the version, which is read from the distribution's metadata only when needed."""

    def __init__(self, option_strings: Sequence[str], dest: str, **rest: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, **rest)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from fuzz.versions import suite_version

        print(f"asfuzz {suite_version()}")
        parser.exit()


if __name__ == "__main__":
    sys.exit(main())

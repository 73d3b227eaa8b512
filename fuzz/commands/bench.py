"""Measure the suite itself."""

from __future__ import annotations

import importlib
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter

# Each is a module of fuzz.bench with the same two functions as a command.
MEASUREMENTS = (
    ("one", "whether a hunt makes exactly one finding of each animal of the zoo, alone in a server"),
    ("two", "whether a hunt makes exactly two findings of two animals in one server"),
    ("hunt", "how many of the bugs planted in one server are found, and told apart"),
    ("same", "whether a change of the suite changed what hunts send and find"),
    ("slowed", "whether a slow server gives the same findings with the same needs as a fast one"),
    ("kill", "whether anything is lost when a run is killed at any moment"),
    ("workers", "how many more requests two workers check than one"),
    ("rate", "how many requests are checked in a second, and how many a bare loop sends"),
    ("cost", "what a checked request costs the suite's processor, stage by stage"),
    ("memory", "whether a long hunt keeps its memory, descriptors and objects within bounds"),
    ("starting", "how long asfuzz takes to tell its first line"),
    ("trouble", "how much requests that panic, hang, eat memory or end the server slow a hunt"),
    ("refinding", "how long it takes to find everything again that is known about a server"),
    ("timing", "whether asfuzz compare times requests as curl does, and what timing itself costs"),
    ("slowdowns", "how often asfuzz compare tells that a server has become slower, and when it has not"),
    ("durability", "whether a store that is killed at random moments loses what it acknowledged"),
    ("races", "whether a lost write among requests at the same time is found, and no right history accused"),
    ("lazy", "whether bodies of any size are sent, stored and verified in little memory"),
    ("soundness", "whether anything at all is found in the healthy server"),
    ("malformed", "what the healthy server makes of malformed requests, kind by kind"),
)
EXAMPLES = """\
examples:
  asfuzz bench one --animals 40 --seconds 15
  asfuzz bench hunt --bugs 10 --verbose
  asfuzz bench rate --lanes 8
  asfuzz bench soundness --requests 100000
  asfuzz bench malformed --requests 50000
  asfuzz bench rate --help
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add a command for each measurement, with its own flags."""
    kinds = parser.add_subparsers(dest="what", metavar="WHAT", title="measurements", required=True)
    for name, title in MEASUREMENTS:
        kind = kinds.add_parser(
            name,
            help=title,
            description=f"{title[0].upper()}{title[1:]}.",
            formatter_class=RawDescriptionHelpFormatter,
        )
        importlib.import_module(f"fuzz.bench.{name}").add_arguments(kind)
    parser.epilog = EXAMPLES


def main(arguments: Namespace) -> int:
    """Measure, and print a table."""
    code: int = importlib.import_module(f"fuzz.bench.{arguments.what}").main(arguments)
    return code

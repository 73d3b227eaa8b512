"""List what is checked, and the requirements behind it."""

from __future__ import annotations

import shutil
import textwrap
from argparse import ArgumentParser, Namespace

from fuzz.flags import add_config_flag, add_subject_flags, settings_of
from fuzz.registry import registry
from fuzz.subject import Subject

EXAMPLES = """\
examples:
  asfuzz properties                      what is tried, and by which requirements it is judged
  asfuzz properties --requirements       what each requirement says, and where it is written
  asfuzz run --only NAME                 try one of them
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the flag that chooses one of the two lists."""
    parser.add_argument("--requirements", action="store_true", help="list the requirements instead")
    add_subject_flags(parser)
    add_config_flag(parser)
    parser.epilog = EXAMPLES


def main(arguments: Namespace) -> int:
    """Print the registry, or the catalogue."""
    width = min(shutil.get_terminal_size((100, 24)).columns, 120)
    # Reading the settings makes the modules known that --load names.
    settings = settings_of(arguments)
    subject = registry().subject(settings.subject)
    for name, sentence, small_print in _requirements(subject) if arguments.requirements else _properties(subject):
        print(name)
        print(textwrap.fill(sentence, width, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False))
        print(
            textwrap.fill(small_print, width, initial_indent="    ", subsequent_indent="      ", break_on_hyphens=False)
        )
    return 0


def _properties(subject: Subject) -> list[tuple[str, str, str]]:
    return [(one.name, one.sentence, f"requirements: {', '.join(one.requirements)}") for one in subject.properties]


def _requirements(subject: Subject) -> list[tuple[str, str, str]]:
    users = {
        name: [one.name for one in subject.properties if name in one.requirements] for name in subject.requirements
    }
    return [
        (
            f"{one.id}  ({one.level})",
            one.sentence,
            f"{one.source}; checked by: {', '.join(users[one.id]) or 'nothing yet'}",
        )
        for one in subject.requirements.values()
    ]

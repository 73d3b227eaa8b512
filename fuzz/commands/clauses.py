"""Trace what the API's page says to requirements, properties and broken servers, and show what is missing."""

from __future__ import annotations

import json
import shutil
import textwrap
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fuzz.errors import UsageError
from fuzz.flags import add_subject_flags, settings_of
from fuzz.registry import registry
from fuzz.suggestions import nearest

if TYPE_CHECKING:
    from fuzz.bench.clauses import Traced

MOST_PROPERTIES = 6
EXAMPLES = """\
examples:
  asfuzz clauses                         each clause, the requirements that hold it, and what shows that they do
  asfuzz clauses field-offset            one of them, in full
  asfuzz clauses --json                  for scripts

exit codes:
  0  every clause leads to a requirement, a property and an animal, or says why not
  1  there is a gap without a reason
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the flags: which clauses are listed, and in what form."""
    parser.add_argument("ids", metavar="ID", nargs="*", help="which clauses (default: all)")
    parser.add_argument("--json", action="store_true", help="write JSON")
    add_subject_flags(parser)
    parser.epilog = EXAMPLES


def main(arguments: Namespace) -> int:
    """Print the clauses and their gaps."""
    from fuzz.bench.clauses import gaps, traced

    # Reading the settings makes the modules known that --load names.
    settings = settings_of(arguments)
    subject = registry().plain(settings.subject)
    if subject.clauses is None:
        raise UsageError(f"subject {subject.name!r} lists no clauses of its API's page")
    every = traced(subject)
    missing = list(gaps(subject, every))
    chosen = _chosen(every, arguments.ids)
    if arguments.json:
        print(json.dumps({"clauses": [one.as_json() for one in chosen], "gaps": missing}, indent=1))
    else:
        for line in _lines(chosen, full=bool(arguments.ids)):
            print(line)
        if not arguments.ids:
            print(*_totals(every, missing), sep="\n")
    return 1 if missing else 0


def _chosen(every: list[Traced], ids: list[str]) -> list[Traced]:
    known = {one.clause.id: one for one in every}
    for name in ids:
        if name not in known:
            hint = nearest(name, known, "asfuzz clauses lists all of them")
            raise UsageError(f"clause {name!r} is unknown; {hint}")
    return [known[name] for name in ids] if ids else every


def _lines(chosen: list[Traced], *, full: bool) -> Iterator[str]:
    width = min(shutil.get_terminal_size((100, 24)).columns, 120)
    for one in chosen:
        yield f"{one.clause.id}  ({one.clause.where})"
        yield from _indented(one.clause.says, width)
        for word, text in _led_to(one, full=full):
            yield from _indented(f"{word:<12}{text}", width, more=" " * 12)


def _led_to(one: Traced, *, full: bool) -> Iterator[tuple[str, str]]:
    """Yield what a clause leads to, each with the word for it."""
    clause = one.clause
    if clause.held_by:
        yield "held by", ", ".join(clause.held_by)
    if one.properties:
        few = one.properties if full else one.properties[:MOST_PROPERTIES]
        more = len(one.properties) - len(few)
        yield "drawn by", ", ".join(few) + (f" and {more} more" if more else "")
    if clause.animals and not full:
        yield "broken by", ", ".join(clause.animals)
    for number, name in enumerate(clause.animals if full else ()):
        seen = one.seen.get(name)
        told = f", which {seen.property} saw as {seen.requirement}" if seen else ", not seen so far"
        yield "" if number else "broken by", name + told
    if clause.reason:
        yield "reason", clause.reason


def _indented(text: str, width: int, more: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent="    ",
        subsequent_indent=f"    {more}",
        break_on_hyphens=False,
        drop_whitespace=True,
    )


def _totals(every: list[Traced], missing: list[str]) -> list[str]:
    requirements = {name for one in every for name in one.clause.held_by}
    animals = {name for one in every for name in one.clause.animals}
    reasons = sum(bool(one.clause.reason) for one in every)
    properties = {name for one in every for name in one.properties}
    total = (
        f"{len(every)} clauses, held by {len(requirements)} requirements, drawn by {len(properties)} properties, "
        f"broken by {len(animals)} animals; {reasons} clauses with a reason; "
        f"{len(missing)} gap{'' if len(missing) == 1 else 's'} without one"
    )
    return ["", *(f"gap: {one}" for one in missing), total]

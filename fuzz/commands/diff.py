"""asfuzz diff: what is new, what is fixed and what is still there between two findings folders or summaries."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fuzz.errors import UsageError
from fuzz.findings import corpus, known
from fuzz.flags import add_load_flag, settings_of

NEW, FIXED, STILL = "NEW", "FIXED", "STILL THERE"
EPILOG = """\
A cause is the same where its fingerprint or its id is. What is fixed was not found any more: the newer run must have
been long enough to find it.

exit codes:
  0  nothing is new
  1  something is new that is not accepted for now
  2  a folder or a summary is not there, or cannot be read

examples:
  asfuzz diff findings-0.12 findings-0.13            two versions of a server, each hunted with a folder of its own
  asfuzz diff yesterday.json today.json              the summaries of two runs (asfuzz run --summary FILE)
"""


@dataclass(frozen=True, slots=True)
class FindingInBrief:
    """A finding, as far as two runs can be compared by it."""

    id: str
    fingerprint: str
    title: str
    known_reason: str = ""

    def is_one_of(self, others: Iterable[FindingInBrief]) -> bool:
        """Say whether one of the others has the same cause."""
        return any(self.fingerprint == one.fingerprint or self.id == one.id for one in others)


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments: the two sides to compare."""
    parser.add_argument("old", type=Path, metavar="OLD", help="findings folder or summary of the older run")
    parser.add_argument("new", type=Path, metavar="NEW", help="findings folder or summary of the newer run")
    add_load_flag(parser)
    parser.epilog = EPILOG


def main(arguments: Namespace) -> int:
    """Tell the differences; new findings that nobody has accepted decide the exit code."""
    settings_of(arguments)  # Findings of a subject are read by the modules that bring it.
    old, new = found_at(arguments.old), found_at(arguments.new)
    rows = compared(old, new)
    for change, one in rows:
        accepted = f" · known: {one.known_reason}" if one.known_reason else ""
        print(f"{change:<12}  {one.id:<28}  {one.title}{accepted}")
    counts = [(change, sum(kind == change for kind, _ in rows)) for change in (NEW, FIXED, STILL)]
    print(", ".join(f"{number} {change.lower()}" for change, number in counts))
    return 1 if any(change == NEW and not one.known_reason for change, one in rows) else 0


def compared(old: tuple[FindingInBrief, ...], new: tuple[FindingInBrief, ...]) -> list[tuple[str, FindingInBrief]]:
    """List the findings of both sides, each with what has become of it."""
    return [
        *((NEW, one) for one in new if not one.is_one_of(old)),
        *((FIXED, one) for one in old if not one.is_one_of(new)),
        *((STILL, one) for one in new if one.is_one_of(old)),
    ]


def found_at(place: Path) -> tuple[FindingInBrief, ...]:
    """Return the findings of a folder or a summary; raises UsageError."""
    if place.is_dir():
        return _of_folder(place)
    try:
        document = json.loads(place.read_text("utf-8"))
        return tuple(_of_table(one) for one in document["findings"])
    except OSError as error:
        raise UsageError(f"{place}: there is no findings folder and no summary of that name") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{place} is no summary that asfuzz run --summary wrote: {error!r:.80}") from error


def _of_folder(folder: Path) -> tuple[FindingInBrief, ...]:
    """Return the findings of a folder; one that cannot be read is an error, since it would be taken for a fixed one."""

    def refuse(path: Path, why: str) -> None:
        raise UsageError(f"{path} cannot be compared: {why}")

    try:
        accepted = known.gather(folder)
    except known.UnusableKnown as error:
        raise UsageError(str(error)) from error
    found = []
    for one in corpus.load_all(folder, refuse):
        entry = accepted.match(one)
        found.append(
            FindingInBrief(one.id, one.fingerprint, one.violation.title, entry.reason if entry is not None else "")
        )
    return tuple(found)


def _of_table(table: Mapping[str, Any]) -> FindingInBrief:
    return FindingInBrief(*(str(table[name]) for name in ("id", "fingerprint", "title", "known_reason")))

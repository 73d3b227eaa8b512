"""Collects what a report on one's own findings is made of: their folders, and the logs in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from fuzz.errors import UsageError
from fuzz.events import FindingFound
from fuzz.findings import corpus, known
from fuzz.reports.events_file import FILE_NAME
from fuzz.reports.history import gather
from fuzz.reports.overview import Card, Overview, overview

SCRIPTS = ("curl.sh", "repro.py")
# A script with the data of a large case in it is read in its folder.
MOST_SCRIPT_BYTES = 32 * 1024


def collect(places: Iterable[Path]) -> Overview:
    """Return the overview of some folders and logs together; raises UsageError."""
    folders, logs = _sorted_out(places)
    history = gather(logs)
    told = history.findings()
    cards: dict[str, Card] = {}
    unreadable: list[str] = []
    for folder in folders:
        accepted = _accepted(folder)
        for finding in corpus.load_all(folder, lambda path, why: unreadable.append(f"{path} is left out: {why}")):
            entry = accepted.match(finding)
            reason = entry.reason if entry is not None else _told_reason(told.get(finding.id))
            card = Card(finding, str(folder / finding.id), reason, tuple(_scripts(folder / finding.id)))
            cards[finding.id] = _plainer(cards.get(finding.id), card)
    # What a folder's log tells of and the folder has not any more was deleted there.
    of_logs_alone = {name for run in history.runs if run.log.parent not in folders for name in run.found}
    for name in of_logs_alone - set(cards):
        cards[name] = Card(told[name].finding, told[name].path, told[name].known_reason)
    return overview(history, tuple(cards.values()), tuple(unreadable))


def _sorted_out(places: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    """Split paths into folders of findings and logs; a folder's own log is one of them."""
    folders: list[Path] = []
    logs: list[Path] = []
    for place in places:
        if place.is_dir():
            folders.append(place)
            logs += [place / FILE_NAME] if (place / FILE_NAME).is_file() else []
        elif place.is_file():
            logs.append(place)
        else:
            raise UsageError(f"{place}: there is no folder of findings and no log of that name")
    return folders, logs


def _accepted(folder: Path) -> known.Known:
    try:
        return known.gather(folder)
    except known.UnusableKnown as error:
        raise UsageError(str(error)) from error


def _told_reason(event: FindingFound | None) -> str:
    """Say why a run took a finding for known: what its profile knows is not in the folder."""
    return event.known_reason if event is not None else ""


def _scripts(home: Path) -> Iterator[tuple[str, str]]:
    """Yield the texts of a finding's scripts that are not too long to be read."""
    for name in SCRIPTS:
        try:
            if (home / name).stat().st_size <= MOST_SCRIPT_BYTES:
                yield name, (home / name).read_text("utf-8", "replace")
        except OSError:
            continue


def _plainer(one: Card | None, other: Card) -> Card:
    """Return the plainer of two folders' cases of one finding, as seen in both."""
    if one is None:
        return other
    seen = one.finding.seen + other.finding.seen
    kept = min(one, other, key=lambda card: corpus.weight(card.finding))
    return replace(kept, finding=replace(kept.finding, seen=seen), known_reason=one.known_reason or other.known_reason)

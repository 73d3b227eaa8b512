"""The memory: findings as folders that can be read, copied and committed.

A folder holds `case.json`, the data files it names, texts for people, and one count per worker. There are no locks:
files are replaced by renaming, data files are named by their content, and each worker writes its own count only, so
any number of workers, on any number of machines, can share the folder.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from secrets import token_hex

from fuzz.findings import case_files
from fuzz.findings.case_files import CaseFile, Unreadable
from fuzz.findings.finding import Finding
from fuzz.whole_files import UNFINISHED, replace_file, sync_folder, write_through
from specs.violation import Violation

CASE, DATA, SEEN = "case.json", "data", "seen"
# What is younger may belong to a worker that is still writing.
STALE_SECONDS = 3600.0
MOST_WORDS_OF_A_NAME = 3
MOST_LETTERS_OF_A_NAME = 60
DIGITS_OF_A_NAME = 6
MOST_OF_A_NAME = 10**6
NOTHING = Violation("", "", "", "")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")

Report = Callable[[Path, str], None]


def save(folder: Path, finding: Finding, texts: Mapping[str, str] | None = None, *, worker: str | None = None) -> Path:
    """Store a finding under its id, at once and for good; a smaller case on disk is kept.

    `texts` are further files by name. With a `worker` its count becomes `finding.seen`, without one nothing is
    counted. What a kill leaves is the old finding or the new one.
    """
    home = folder / _name(finding.id)
    file = case_files.write(finding)
    created = not (home / CASE).exists() and _create(folder, home, file, texts or {})
    if not created and not _smaller_on_disk(home, finding):
        _update(home, file, texts or {})
    if worker is not None:
        tally(home, worker, finding.seen)
    return home


def _smaller_on_disk(home: Path, finding: Finding) -> bool:
    try:
        stored = load(home)
    except Unreadable:
        return False
    return stored.fingerprint == finding.fingerprint and weight(stored) < weight(finding)


def tally(home: Path, worker: str, seen: int) -> None:
    """Set how often one worker has seen a finding; a name is for one worker of one run."""
    counts = home / SEEN
    counts.mkdir(exist_ok=True)
    replace_file(counts / f"{_name(worker)}.json", json.dumps({"seen": seen}).encode() + b"\n")


def load(path: Path) -> Finding:
    """Read the finding of a folder, or of a case.json; raises Unreadable."""
    home = path.parent if path.name == CASE else path
    try:
        text = (home / CASE).read_text("utf-8")
    except OSError as error:
        raise Unreadable(f"{home / CASE} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Unreadable(f"{home / CASE} is not UTF-8 text: {error.reason}") from error
    try:
        finding = case_files.finding_from(text, lambda name: _read_data(home, name))
    except Unreadable as error:
        raise Unreadable(f"{home / CASE}: {error}") from error
    return replace(finding, seen=max(1, sum(_counts(home))))


def load_all(folder: Path, report: Report | None = None) -> list[Finding]:
    """Read every finding of a folder, by id; one that cannot be read is reported with the reason, and left out."""
    report = report or _warn
    found = []
    for home in _homes(folder):
        try:
            found.append(load(home))
        except Unreadable as error:
            report(home, str(error))
    return found


def _homes(folder: Path) -> list[Path]:
    try:
        return sorted(one for one in folder.iterdir() if one.is_dir() and not one.name.startswith("."))
    except FileNotFoundError:
        return []


def _warn(path: Path, why: str) -> None:
    warnings.warn(f"{path} is left out: {why}", stacklevel=3)


def _read_data(home: Path, name: str) -> bytes:
    try:
        return (home / DATA / name).read_bytes()
    except OSError as error:
        raise ValueError(f"{DATA}/{name} cannot be read: {error.strerror}") from error


def _counts(home: Path) -> Iterator[int]:
    """Yield the number that each worker has counted, without counts that cannot be read."""
    for path in (home / SEEN).glob("[!.]*.json"):
        try:
            count = json.loads(path.read_bytes())["seen"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if isinstance(count, int) and count > 0:
            yield count


def weight(finding: Finding) -> tuple[int, int]:
    """Return how much there is to read in a case: steps, then bytes."""
    file = case_files.write(replace(finding, outcomes=(), violation=NOTHING, needs=()))
    return len(finding.case.steps), len(file.text) + sum(len(data) for data in file.data.values())


def _create(folder: Path, home: Path, file: CaseFile, texts: Mapping[str, str]) -> bool:
    """Make the whole folder elsewhere, and rename it; false where another worker was first."""
    folder.mkdir(parents=True, exist_ok=True)
    _remove_stale(folder, UNFINISHED)
    unfinished = folder / f"{UNFINISHED}{os.getpid()}-{token_hex(4)}"
    try:
        (unfinished / DATA).mkdir(parents=True)
        for name, data in _files(file, texts):
            write_through(unfinished / name, data)
        sync_folder(unfinished / DATA)
        sync_folder(unfinished)
        try:
            unfinished.rename(home)
        except OSError:
            if not home.is_dir():
                raise
            return False
        sync_folder(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return True


def _files(file: CaseFile, texts: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """Yield all files in the order in which they may be read: the case after its data, the texts last."""
    for name, data in file.data.items():
        yield f"{DATA}/{name}", data
    yield CASE, file.text.encode()
    for name, text in texts.items():
        yield name, text.encode("utf-8", "backslashreplace")


def _update(home: Path, file: CaseFile, texts: Mapping[str, str]) -> None:
    """Replace file by file; each is whole at any moment, and the case never names data that is not there."""
    (home / DATA).mkdir(exist_ok=True)
    for name, data in _files(file, texts):
        path = home / name
        if _holds(path, data):
            os.utime(path)
        else:
            replace_file(path, data)
    _remove_stale(home / DATA, "", spare=frozenset(file.data))
    _remove_stale(home, UNFINISHED)
    if (home / SEEN).is_dir():
        _remove_stale(home / SEEN, UNFINISHED)


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False


def _remove_stale(folder: Path, prefix: str, spare: frozenset[str] = frozenset()) -> None:
    """Clear away what killed workers left, and data that no case has named for long."""
    oldest = time.time() - STALE_SECONDS
    for path in folder.iterdir():
        if not path.name.startswith(prefix) or path.name in spare:
            continue
        try:
            if path.stat().st_mtime < oldest:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        except OSError:
            # Another worker cleared it first, or will.
            continue


def _name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} cannot name a file: letters, digits, '.', '_' and '-' can, 128 at most")
    return name


def names_for(finding: Finding) -> Iterator[str]:
    """Yield names for a finding's folder, the shortest first: the next ones are for when these are taken."""
    for digits in range(DIGITS_OF_A_NAME, len(finding.fingerprint) + 1):
        yield name_of(finding, digits)
    for number in range(2, MOST_OF_A_NAME):
        yield f"{name_of(finding, len(finding.fingerprint))}-{number}"


def name_of(finding: Finding, digits: int = DIGITS_OF_A_NAME) -> str:
    """Return a folder name: the needs, the requirement that is broken, and the beginning of the fingerprint."""
    needs = (finding.needs or finding.unproved)[:MOST_WORDS_OF_A_NAME]
    words = [*needs, finding.violation.requirement]
    slug = re.sub(r"[^a-z0-9]+", "-", " ".join(words).lower()).strip("-")[:MOST_LETTERS_OF_A_NAME].strip("-")
    return f"{slug}-{finding.fingerprint[:digits]}"

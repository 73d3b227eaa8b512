"""asfuzz known: the findings that are accepted for now."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from fuzz.errors import CannotRun, UsageError
from fuzz.findings import corpus, known, named
from fuzz.findings.case_files import Unreadable
from fuzz.flags import add_animal_flag, add_config_flag, add_load_flag, add_target_flags, settings_of, told_by
from fuzz.whole_files import replace_file

EPILOG = """\
examples:
  asfuzz known add findings/select-stride --reason 'strides come in 0.14' --expires 2027-01-31
  asfuzz known list
  asfuzz known remove findings/select-stride
  asfuzz known prune                                 remove what has expired, or has no finding any more
  asfuzz known prune --target URL                    and what that server gets right by now

The list is known.toml in the findings folder; it can be edited by hand and committed.
A run that meets only known findings is clean, and lists them.
"""


def add_arguments(parser: ArgumentParser) -> None:
    parser.epilog = EPILOG
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add = actions.add_parser("add", help="accept a saved finding for now")
    add.add_argument("finding", metavar="FINDING", help="a finding's folder, its id, or the beginning of one")
    add.add_argument("--reason", required=True, help="why it is accepted")
    add.add_argument("--link", default="", help="where it is tracked")
    add.add_argument("--expires", type=_day, metavar="YYYY-MM-DD", help="the last day on which it is accepted")
    remove = actions.add_parser("remove", help="no longer accept a finding")
    remove.add_argument(
        "finding", metavar="FINDING", help="a finding's folder, its id or the beginning of one, or the entry's title"
    )
    show = actions.add_parser("list", help="show what is accepted, and until when")
    prune = actions.add_parser("prune", help="remove what has expired, and with --target what is fixed")
    add_target_flags(prune)
    add_animal_flag(prune)
    for one in (add, remove, show, prune):
        one.add_argument("--findings", metavar="DIR", help="folder of the findings (default: findings)")
        add_config_flag(one)
    for one in (add, remove, show):
        add_load_flag(one)


def main(arguments: Namespace) -> int:
    try:
        return {"add": _add, "remove": _remove, "list": _list, "prune": _prune}[arguments.action](arguments)
    except known.UnusableKnown as error:
        raise UsageError(str(error)) from error


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not a date such as 2027-01-31") from error


def _folder_of(home: Path) -> Path:
    """Return the folder of findings that a finding's own folder is in."""
    return home.resolve().parent if home.name in ("", "..") else home.parent


def _add(arguments: Namespace) -> int:
    settings = settings_of(arguments)
    home = named.home_of(arguments.finding, settings.findings)
    # A path says which folder of findings is meant.
    folder = _folder_of(home) if arguments.findings is None else settings.findings
    try:
        finding = corpus.load(home)
    except Unreadable as error:
        raise UsageError(f"{arguments.finding}: {error}") from error
    if not arguments.reason.strip():
        raise UsageError("--reason is empty: say why the finding is accepted")
    path = folder / known.FILE_NAME
    accepted = known.gather(folder)
    earlier = accepted.match(finding)
    if arguments.expires is not None and arguments.expires < accepted.today:
        raise UsageError(f"--expires {arguments.expires} is past: give a day to come, or leave it out")
    if earlier is not None:
        raise UsageError(f"{finding.id} is known already: {earlier.reason} ({earlier.where})")
    entry = known.entry_of(finding, arguments.reason, link=arguments.link, expires=arguments.expires)
    _rewrite(path, known.added(_text(path), entry))
    print(f"{path}: {finding.id} is accepted{_until(entry)}")
    return 0


def _remove(arguments: Namespace) -> int:
    folder = settings_of(arguments).findings
    home = named.exactly(arguments.finding, folder)
    if home is not None and arguments.findings is None:
        folder = _folder_of(home)
    path = folder / known.FILE_NAME
    entries = known.entries_of(path)
    meant = _about(arguments.finding, home, entries) or _begun(arguments.finding, folder, entries)
    if not meant:
        raise UsageError(f"{arguments.finding} is not accepted in {path}: asfuzz known list says what is")
    _rewrite(path, known.removed(_text(path), meant))
    for number in sorted(meant):
        print(f"{path}: {entries[number].name} is no longer accepted")
    return 0


def _about(name: str, home: Path | None, entries: Sequence[known.Entry]) -> set[int]:
    """Return the numbers of the entries that have a name, or that cover the finding of a folder."""
    finding = corpus.load(home) if home is not None and (home / corpus.CASE).exists() else None
    names = {name, Path(name).name, home.name if home is not None else ""} - {""}
    return {
        number
        for number, one in enumerate(entries)
        if (finding is not None and one.covers(finding)) or names & {one.id, one.title, one.fingerprint}
    }


def _begun(name: str, folder: Path, entries: Sequence[known.Entry]) -> set[int]:
    """Return the numbers of the entries about the finding whose id begins with a name, also if that finding is gone."""
    home = named.sought(name, folder)
    if home is not None:
        return _about(name, home, entries)
    whole = named.begun_by(name, sorted({one.id for one in entries}))
    return set() if whole is None else _about(whole, None, entries)


def _list(arguments: Namespace) -> int:
    accepted = known.gather(settings_of(arguments).findings)
    for entry in accepted.entries:
        late = "  EXPIRED" if entry.expired(accepted.today) else ""
        print(f"{entry.name}{_until(entry)}{late}")
        for line in (entry.title if entry.title != entry.name else "", entry.reason, entry.link):
            if line:
                print(f"    {line}")
    if not accepted.entries:
        print("no finding is accepted")
    return 0


def _until(entry: known.Entry) -> str:
    return f" until {entry.expires}" if entry.expires else ""


def _prune(arguments: Namespace) -> int:
    settings = settings_of(arguments)
    path = settings.findings / known.FILE_NAME
    accepted = known.gather(settings.findings)
    unreadable: list[Path] = []
    findings = corpus.load_all(settings.findings, lambda place, _: unreadable.append(place))
    gone: dict[int, str] = {}
    for number, entry in enumerate(accepted.entries):
        if entry.expired(accepted.today):
            gone[number] = f"expired on {entry.expires}"
        elif not unreadable and not any(entry.covers(finding) for finding in findings):
            gone[number] = "no saved finding is of this kind"
    rest = [(number, entry) for number, entry in enumerate(accepted.entries) if number not in gone]
    if (not settings.embedded or settings.animals) and rest:
        from fuzz.commands.replay import by_server, replay_all

        concerned = [one for one in findings if any(entry.covers(one) for _, entry in rest)]
        groups = by_server(concerned, settings, told_by(arguments))
        replayed = [one for where, group in groups.items() for one in replay_all(group, where)]
        for number, entry in rest:
            about = [one for one in replayed if entry.covers(one.finding)]
            if about and all(one.verdict == "FIXED" for one in about):
                gone[number] = "no longer reproduces"
    for number, why in gone.items():
        print(f"removed {accepted.entries[number].name}: {why}")
    for place in unreadable:
        print(f"{place} cannot be read: entries without a finding are kept")
    if gone:
        _rewrite(path, known.removed(_text(path), gone))
    print(f"{len(accepted.entries) - len(gone)} of {len(accepted.entries)} remain")
    return 0


def _text(path: Path) -> str:
    return path.read_text("utf-8") if path.exists() else ""


def _rewrite(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, text.encode())
    except OSError as error:
        raise CannotRun(f"{path} cannot be written, and is as it was: {error.strerror}") from error

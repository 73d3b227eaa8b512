"""asfuzz replay: saved findings, sent again."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fuzz.config import Settings
from fuzz.errors import CannotRun, UsageError
from fuzz.findings import corpus, known, named
from fuzz.findings.case_files import Unreadable
from fuzz.findings.finding import Finding
from fuzz.findings.origin import Origin
from fuzz.findings.remembered import SERVER, as_found, origin_of
from fuzz.findings.replay import Replayed, Try, judged, outcomes_unreachable, replay
from fuzz.findings.scrubbing import without_secrets
from fuzz.flags import CREDENTIALS, add_animal_flag, add_config_flag, add_target_flags, settings_of, told_by
from fuzz.reports.terminal import Terminal

if TYPE_CHECKING:
    from fuzz.running.launcher import Launcher
    from fuzz.running.session import Session
    from fuzz.running.targets import Target
    from specs.case import Case

EPILOG = """\
verdicts:
  FIXED          answered rightly, every time
  STILL FAILING  the same requirement is broken in the same way
  CHANGED        it fails in another way
  FLAKY          it fails now and then; of requests at the same time that is STILL FAILING
  ERROR          nobody can tell: the finding is unreadable, or the server or store cannot be reached

exit codes:
  0  everything is fixed
  1  something still fails
  2  the command line, a configuration file or the environment makes no sense
  3  at least one ERROR

Each finding is sent to the server that it came from: the launch line is started again, the animal again let loose.
Another server is judged only where --target, --launch or --animal names it.

examples:
  asfuzz replay                                      every finding of the findings folder
  asfuzz replay findings/NAME                        one of them; the beginning of its name will do
  asfuzz replay findings/NAME --target URL           on another server than the one it came from
"""

HEALTHY = "the healthy embedded server"
WORDS_INDENT = " " * 15


def add_arguments(parser: ArgumentParser) -> None:
    parser.epilog = f"{EPILOG}\n{CREDENTIALS}"
    parser.add_argument(
        "paths",
        nargs="*",
        type=Path,
        metavar="FINDING",
        help="a finding's folder, its id or the beginning of one, or a folder of findings",
    )
    parser.add_argument("--findings", metavar="DIR", help="folder of the findings (default: findings)")
    parser.add_argument(
        "--tries",
        type=int,
        metavar="N",
        help="how often each is sent (default: 3, flaky ones 10, requests at the same time 30)",
    )
    add_target_flags(parser)
    add_animal_flag(parser)
    add_config_flag(parser)


def main(arguments: Namespace) -> int:
    if arguments.tries is not None and arguments.tries < 1:
        raise UsageError(f"--tries {arguments.tries}: a finding is sent at least once")
    settings, told = settings_of(arguments), told_by(arguments)
    terminal = Terminal(sys.stdout, color=settings.color)
    unreadable: list[tuple[Path, str]] = []
    findings = dict(_findings(arguments.paths or [settings.findings], settings.findings, unreadable))
    for path, why in unreadable:
        terminal.line(_row("ERROR", path.name, why))
    if not findings:
        terminal.line("there are no findings to replay")
        return CannotRun.exit_code if unreadable else 0
    accepted = _accepted({home.parent for home in findings})

    def tell(one: Replayed, words: str) -> None:
        said = words or ("" if one.verdict == "FIXED" else one.finding.last_words)
        terminal.lines([_told(one, accepted), *(f"{WORDS_INDENT}{line}" for line in said.splitlines())])

    replayed = []
    for settings_now, group in by_server(findings.values(), settings, told).items():
        terminal.lines(list(_where(group, settings_now, told)))
        replayed += replay_all(group, settings_now, tries=arguments.tries, tell=tell)
    counts = Counter(one.verdict for one in replayed)
    counts["ERROR"] += len(unreadable)
    terminal.line(", ".join(f"{count} {verdict.lower()}" for verdict, count in counts.items() if count))
    if counts["ERROR"]:
        return CannotRun.exit_code
    return 0 if set(counts.elements()) <= {"FIXED"} else 1


def _findings(
    paths: Iterable[Path], folder: Path, unreadable: list[tuple[Path, str]]
) -> Iterator[tuple[Path, Finding]]:
    """Yield the findings that paths, ids and beginnings of ids name, each with its folder."""
    for path in paths:
        if path.is_dir() and named.exactly(path, folder) is None:
            for one in corpus.load_all(path, lambda place, why: unreadable.append((place, why))):
                yield (path / one.id).resolve(), one
            continue
        home = named.home_of(path, folder)
        try:
            yield home.resolve(), corpus.load(home)
        except Unreadable as error:
            unreadable.append((home, str(error)))


def _accepted(folders: Iterable[Path]) -> known.Known:
    """Return the known issues of all these folders."""
    try:
        gathered = [known.gather(folder) for folder in sorted(folders)]
    except known.UnusableKnown as error:
        raise UsageError(str(error)) from error
    return known.Known(tuple(entry for one in gathered for entry in one.entries), gathered[0].today)


def by_server(
    findings: Iterable[Finding], settings: Settings, told: Collection[str]
) -> dict[Settings, Sequence[Finding]]:
    """Group the findings by the settings to send them again under.

    These are the settings of the run that made them, but for what the command line gives.

    Raises UsageError where nobody says which server a finding is about.
    """
    groups: dict[Settings, list[Finding]] = {}
    for one in findings:
        if one.origin is not None:
            where = as_found(one.origin, settings, told)
        elif settings.embedded and not settings.animals:
            raise UsageError(
                f"{one.id} does not say which server it came from: name the server by --target, --launch or --animal"
            )
        else:
            where = settings
        groups.setdefault(where, []).append(one)
    return dict(groups)


def _where(group: Sequence[Finding], settings: Settings, told: Collection[str]) -> Iterator[str]:
    """Yield lines on the server that is judged, if no flag names it or if it is another than was found wrong."""
    servers = list(dict.fromkeys((one.origin or Origin()).server or HEALTHY for one in group if one.origin))
    if servers and not set(told) & set(SERVER):
        yield f"on the server that they came from: {servers[0]}"
    elif servers and servers != [origin_of(settings).server]:
        yield f"found on {', '.join(servers)}; judged on the server that the command line names"


def replay_all(
    findings: Iterable[Finding],
    settings: Settings,
    *,
    tries: int | None = None,
    tell: Callable[[Replayed, str], None] | None = None,
) -> list[Replayed]:
    """Open the target and replay one finding after the other; `tell` also gets the last words of a server that died."""
    from fuzz.running.targets import open_target

    replayed = []
    with open_target(settings) as target:
        session = target.session()
        try:
            for finding in findings:
                died = target.launcher.restarts if target.launcher else 0
                one = replay(
                    finding,
                    asking(session, target.launcher),
                    tries=tries,
                    api=target.profile.api,
                    revive=_reviver(target),
                )
                replayed.append(one)
                if tell is not None:
                    tell(one, _last_words(target, died))
        finally:
            session.close()
    return replayed


def asking(session: Session, launcher: Launcher | None = None) -> Callable[[Case], Try]:
    """Return a function that asks a session about a case.

    A server of the launcher that has ended is started again first.
    """

    def ask(case: Case) -> Try:
        judgement = judged(session, case, launcher.revive if launcher is not None else None)
        if judgement.unstorable:
            raise CannotRun(judgement.unstorable)
        return Try(judgement.failures, outcomes_unreachable(judgement.transcript.outcomes))

    return ask


def _reviver(target: Target) -> Callable[[], None]:
    """Return a function that starts a server again that the suite has started and that has died."""
    launcher = target.launcher

    def revive() -> None:
        if launcher is not None and not launcher.alive():
            launcher.restart()

    return revive


def _last_words(target: Target, restarts: int) -> str:
    """Return the server's last output before it died, if it was started again since that number of starts."""
    launcher = target.launcher
    if launcher is None or (launcher.restarts == restarts and launcher.alive()):
        return ""
    return without_secrets(launcher.last_words(), target.store.credentials.values())


def _told(one: Replayed, accepted: known.Known) -> str:
    entry = accepted.match(one.finding)
    remarks = [one.finding.violation.title, one.why, f"known: {entry.reason}" if entry else ""]
    return _row(one.verdict, one.finding.id, " · ".join(remark for remark in remarks if remark))


def _row(verdict: str, name: str, rest: str) -> str:
    return f"{verdict:<13}  {name:<28}  {rest}"

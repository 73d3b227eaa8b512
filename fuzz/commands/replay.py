"""asfuzz replay: saved findings, sent again."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from fuzz.config import Settings
from fuzz.errors import CannotRun, UsageError
from fuzz.findings import corpus, known
from fuzz.findings.case_files import Unreadable
from fuzz.findings.finding import Finding
from fuzz.findings.replay import Replayed, Try, outcomes_unreachable, replay
from fuzz.flags import CREDENTIALS, add_config_flag, add_target_flags, settings_of

if TYPE_CHECKING:
    from fuzz.executor import Session
    from fuzz.targets import Target
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

examples:
  asfuzz replay --target URL                         every finding of the findings folder
  asfuzz replay findings/NAME --target URL           one of them
"""


def add_arguments(parser: ArgumentParser) -> None:
    parser.epilog = f"{EPILOG}\n{CREDENTIALS}"
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="a finding's folder or case.json, or a folder of findings"
    )
    parser.add_argument("--findings", metavar="DIR", help="folder of the findings (default: findings)")
    parser.add_argument(
        "--tries",
        type=int,
        metavar="N",
        help="how often each is sent (default: 3, flaky ones 10, requests at the same time 30)",
    )
    add_target_flags(parser)
    add_config_flag(parser)


def main(arguments: Namespace) -> int:
    if arguments.tries is not None and arguments.tries < 1:
        raise UsageError(f"--tries {arguments.tries}: a finding is sent at least once")
    settings = settings_of(arguments)
    unreadable: list[tuple[Path, str]] = []
    findings = list(_findings(arguments.paths or [settings.findings], unreadable))
    for path, why in unreadable:
        print(_row("ERROR", path.name, why))
    if not findings:
        print("there are no findings to replay")
        return CannotRun.exit_code if unreadable else 0
    try:
        accepted = known.gather(settings.findings)
    except known.UnusableKnown as error:
        raise UsageError(str(error)) from error
    replayed = replay_all(findings, settings, tries=arguments.tries, tell=lambda one: print(_told(one, accepted)))
    counts = Counter(one.verdict for one in replayed)
    counts["ERROR"] += len(unreadable)
    print(", ".join(f"{count} {verdict.lower()}" for verdict, count in counts.items() if count))
    if counts["ERROR"]:
        return CannotRun.exit_code
    return 0 if set(counts.elements()) <= {"FIXED"} else 1


def _findings(paths: Iterable[Path], unreadable: list[tuple[Path, str]]) -> Iterator[Finding]:
    for path in paths:
        if (path / corpus.CASE).exists() or path.name == corpus.CASE:
            try:
                yield corpus.load(path)
            except Unreadable as error:
                unreadable.append((path, str(error)))
        elif path.is_dir():
            yield from corpus.load_all(path, lambda place, why: unreadable.append((place, why)))
        else:
            raise UsageError(f"{path}: there is no finding and no folder of findings of that name")


def replay_all(
    findings: Iterable[Finding],
    settings: Settings,
    *,
    tries: int | None = None,
    tell: Callable[[Replayed], None] | None = None,
) -> list[Replayed]:
    """Open the target and replay one finding after the other."""
    from fuzz.targets import open_target

    replayed = []
    with open_target(settings) as target:
        session = target.session()
        try:
            for finding in findings:
                one = replay(
                    finding,
                    asking(session),
                    tries=tries,
                    api=target.profile.api,
                    revive=_reviver(target),
                )
                replayed.append(one)
                if tell is not None:
                    tell(one)
        finally:
            session.close()
    return replayed


def asking(session: Session) -> Callable[[Case], Try]:
    """How a session is asked about a case."""

    def ask(case: Case) -> Try:
        judgement = session.judge(case)
        if judgement.unstorable:
            raise CannotRun(judgement.unstorable)
        return Try(judgement.failures, outcomes_unreachable(judgement.transcript.outcomes))

    return ask


def _reviver(target: Target) -> Callable[[], None]:
    """A server that the suite has started is started again when it has died."""
    launcher = target.launcher

    def revive() -> None:
        if launcher is not None and not launcher.alive():
            launcher.restart()

    return revive


def _told(one: Replayed, accepted: known.Known) -> str:
    entry = accepted.match(one.finding)
    remarks = [one.finding.violation.title, one.why, f"known: {entry.reason}" if entry else ""]
    return _row(one.verdict, one.finding.id, " · ".join(remark for remark in remarks if remark))


def _row(verdict: str, name: str, rest: str) -> str:
    return f"{verdict:<13}  {name:<28}  {rest}"

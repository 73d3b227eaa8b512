"""Write one's own findings, or a profile's known ones, as a page; or see which of those are still there."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from fuzz.errors import CannotRun, UsageError
from fuzz.findings.known import UnusableKnown
from fuzz.flags import CREDENTIALS, EXIT_CODES, add_config_flag, add_target_flags, settings_of
from specs.profile import UnusableProfile, did_you_mean

if TYPE_CHECKING:
    from fuzz.running.session import Session
    from fuzz.running.targets import Target
    from fuzz.subject import BugReport, Reporting

TRIES = 3
USUAL = "default"
EXAMPLES = """\
examples:
  asfuzz report findings --html report.html
      what was found, what was explored and what was not: one file, to open or to attach
  asfuzz report findings
      the same as Markdown, to paste into an issue
  asfuzz report findings /mnt/other-machine/findings --html report.html
      of several folders, and of logs (events.jsonl), together
  asfuzz report --profile reductionist --write findings.md
      the page: what is known to be wrong, with the smallest cases and how to see them by curl
  asfuzz report --profile reductionist --check --launch 'reductionist --host 127.0.0.1 --port {port}'
      which of them the server still has: exit code 0 if all, 1 if any is gone or shows otherwise
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the flags: whose findings are reported, and what is done with them."""
    parser.add_argument(
        "folders", nargs="*", type=Path, metavar="FOLDER", help="folders of findings, or logs, to report on"
    )
    add_target_flags(parser)
    parser.add_argument("--write", metavar="FILE", type=Path, help="the page to write (default: standard output)")
    parser.add_argument("--html", metavar="FILE", type=Path, help="the report on folders as one HTML file")
    parser.add_argument("--check", action="store_true", help="try the findings on --target or --launch instead")
    parser.add_argument("--only", metavar="ID", dest="ids", nargs="+", help="check these findings only, by their ids")
    parser.add_argument(
        "--configuration", default=USUAL, help=f"of the server that is checked, as the page has it (default: {USUAL!r})"
    )
    add_config_flag(parser)
    parser.epilog = f"{EXAMPLES}\n{EXIT_CODES}\n{CREDENTIALS}"


def main(arguments: Namespace) -> int:
    """Write the page, or check."""
    from fuzz.running.targets import open_target, subject_under_test

    settings = settings_of(arguments)
    if arguments.folders:
        return _own(arguments)
    if arguments.html is not None:
        raise UsageError(
            "--html is for one's own findings: name their folder, as in: asfuzz report findings --html FILE"
        )
    subject = subject_under_test(settings)
    if subject.reporting is None:
        raise UsageError(f"--profile: subject {subject.name!r} has no reports on known issues of its servers")
    try:
        profile = subject.serving.load(settings.profile)
        found = subject.reporting.reports(profile)
    except (UnusableProfile, UnusableKnown) as error:
        raise UsageError(f"--profile: {error}") from error
    if not found:
        raise UsageError(
            f"--profile {profile.name}: none of its known issues has a report. "
            "For what you have found yourself, name its folder: asfuzz report findings"
        )
    if not arguments.check:
        _write(arguments.write, "\n".join(subject.reporting.page(profile, found)) + "\n")
        return 0
    if settings.embedded:
        raise UsageError("--check needs a server: give --target or --launch")
    if arguments.ids:
        due = _named(found, arguments.ids)
    else:
        due = [one for one in found if one.configuration == arguments.configuration]
    if not due:
        known = ", ".join(sorted({one.configuration for one in found}))
        raise UsageError(f"--configuration {arguments.configuration!r} has no findings; there are: {known}")
    with open_target(settings) as target:
        return check(due, target, subject.reporting)


def _named(found: Sequence[BugReport], ids: Sequence[str]) -> list[BugReport]:
    """Return the findings of these ids."""
    there = [one.id for one in found]
    for name in ids:
        if name not in there:
            raise UsageError(f"--only: there is no finding {name!r}.{did_you_mean(name, there)}")
    return [one for one in found if one.id in ids]


def _own(arguments: Namespace) -> int:
    """Write the report on findings folders and logs."""
    from fuzz.project.own_findings import collect
    from fuzz.reports.markdown import markdown

    if arguments.check:
        raise UsageError("--check tries a profile's findings; for your own: asfuzz replay FOLDER")
    report = collect(arguments.folders)
    if arguments.html is not None:
        from fuzz.reports.html_page import html_page

        _write(arguments.html, html_page(report), "--html")
        print(f"{report.verdict}: {report.headline}. The report is in {arguments.html}")
    if arguments.html is None or arguments.write is not None:
        _write(arguments.write, markdown(report))
    return 0


def _write(path: Path | None, text: str, flag: str = "--write") -> None:
    if path is None:
        sys.stdout.write(text)
        return
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise CannotRun(f"{flag} {path}: {error.strerror}") from error


def check(due: Sequence[BugReport], target: Target, reporting: Reporting) -> int:
    """Try findings, and tell which of them are still there; how many are not decides the exit code."""
    left_out = [] if target.store.misserves else [one for one in due if reporting.takes_bad_store(one.case)]
    for one in left_out:
        print(f"{'not tried':<12}  {one.id:<32}it takes the store in memory, which serves badly where it is told to")
    due = [one for one in due if one not in left_out]
    gone = 0
    for one in due:
        with closing(target.session()) as session:
            verdict, detail = _verdict(one, session, reporting)
        gone += verdict != "still there"
        print(f"{verdict:<12}  {one.id:<32}{detail}".rstrip())
        if target.launcher is not None and not target.launcher.alive():
            target.launcher.restart()
    print(f"{len(due) - gone} of {len(due)} findings are still there")
    return 1 if gone else 0


def _verdict(one: BugReport, session: Session, reporting: Reporting) -> tuple[str, str]:
    """Try a finding several times, as some failures take their time to show; return the verdict and what was seen."""
    told: list[str] = []
    for _ in range(TRIES):
        judgement = session.judge(one.case)
        if judgement.unstorable:
            raise CannotRun(f"{one.id} cannot be tried: {judgement.unstorable}")
        if reporting.shown_by(one, judgement):
            return "still there", ""
        told += [f"{' '.join((each.requirement, *each.ids))}: {each.actual}" for each in judgement.failures]
    return ("changed", told[0]) if told else ("gone", "")

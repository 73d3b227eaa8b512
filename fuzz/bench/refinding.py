"""Measure how long it takes to find everything again that is known about a server."""

from __future__ import annotations

import math
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from fuzz.errors import UsageError
from fuzz.events import FindingFound
from fuzz.findings.known import Known, gather
from fuzz.findings.reported import USUAL, shown_by
from fuzz.flags import add_config_flag, add_target_flags, settings_of
from fuzz.subjects.reductions.reported import reports

if TYPE_CHECKING:
    from fuzz.config import Settings
    from fuzz.events import Event, RunEnded
    from fuzz.findings.finding import Finding
    from fuzz.running.targets import Target

TRIES = 3
EXAMPLES = """\
examples:
  asfuzz bench refinding --launch 'reductionist --host 127.0.0.1 --port {port}' --profile reductionist --seconds 10m

First each report of the profile is tried, to see which of them the server shows in this configuration; then the hunt
begins in an empty folder, and ends when all of these have come up, or the time is over. A finding is a report's where
`asfuzz run` would count it as known by an entry of the same title.
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the flags: how long, and against which server."""
    parser.add_argument("--seconds", default="600", metavar="N", help="at most (default: 600)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of the hunt (default: 1)")
    parser.add_argument("--workers", metavar="N", help="of the hunt (default: 1)")
    parser.add_argument("--to-the-end", action="store_true", help="hunt for all the time, for what is not known yet")
    parser.add_argument(
        "--configuration", nargs="+", default=[USUAL], help=f"of the server, as its page has it (default: {USUAL!r})"
    )
    add_target_flags(parser)
    add_config_flag(parser)
    parser.epilog = EXAMPLES


class Over(KeyboardInterrupt):
    """Ends a hunt, as a user would, when everything has been found again."""


class TitleWatch:
    """Notes when each title first came up, and what nobody knows."""

    def __init__(self, known: Known, due: Sequence[str], *, to_the_end: bool = False) -> None:
        self.seconds: dict[str, float] = {}
        self.new: dict[str, Finding] = {}
        self._known = known
        self._due = tuple(due)
        self._to_the_end = to_the_end
        self._begun = time.monotonic()

    def __call__(self, event: Event) -> None:
        if not isinstance(event, FindingFound):
            return
        entry = self._known.match(event.finding)
        if entry is None:
            self.new[event.finding.id] = event.finding
            return
        self.new.pop(event.finding.id, None)
        self.seconds.setdefault(entry.title, time.monotonic() - self._begun)
        if not self._to_the_end and all(title in self.seconds for title in self._due):
            raise Over

    def until(self, share: float) -> float | None:
        """Return the seconds until a share of what is due had come up; None if it did not."""
        times = sorted(self.seconds[title] for title in self._due if title in self.seconds)
        enough = math.ceil(share * len(self._due))
        return times[enough - 1] if len(times) >= enough else None

    def table(self) -> Iterator[str]:
        """Yield the time at which each finding came up.

        Findings that are due come first, then those that were not asked for, then new ones.
        """
        for title in sorted(self._due, key=lambda title: self.seconds.get(title, math.inf)):
            yield f"{_clock(self.seconds.get(title)):>8}  {title}"
        for title in sorted(set(self.seconds) - set(self._due)):
            yield f"{_clock(self.seconds[title]):>8}  {title} (not shown by its report's case)"
        for name, finding in self.new.items():
            yield f"     new  {name}: {finding.violation.title}"


def _clock(seconds: float | None) -> str:
    return "missed" if seconds is None else f"{seconds:.1f} s"


def main(arguments: Namespace) -> int:
    """Hunt with nothing known; print when each known finding came up."""
    from fuzz.running.targets import open_target

    settings = settings_of(arguments)
    if settings.embedded:
        raise UsageError("bench refinding needs a server with known findings: give --target or --launch")
    with open_target(settings) as target, tempfile.TemporaryDirectory() as folder:
        due = shown(target, tuple(arguments.configuration))
        if not due:
            raise UsageError(f"--profile {target.profile.name}: the server shows none of its known findings")
        print(f"{len(due)} known findings that the server shows, to be found again", flush=True)
        watch = TitleWatch(gather(Path(folder), target.profile), due, to_the_end=arguments.to_the_end)
        ended = _hunt(target, settings, Path(folder), watch)
    print("\n".join(watch.table()))
    found = sum(title in watch.seconds for title in due)
    print(f"half of them after {_clock(watch.until(0.5))}, all after {_clock(watch.until(1.0))}")
    print(
        f"{found} of {len(due)}, and {len(watch.new)} new; {ended.checked_requests:,} requests in {ended.seconds:.0f} s"
    )
    return 0


def _hunt(target: Target, settings: Settings, folder: Path, watch: TitleWatch) -> RunEnded:
    from fuzz.hunt.campaign import Plan, hunt

    unknowing = replace(target, profile=replace(target.profile, known=()))
    plan = Plan(
        unknowing.profile, settings.seed or 0, settings.seconds, None, settings.only, folder, None, settings.workers
    )
    return hunt(plan, unknowing, watch)


def shown(target: Target, configurations: tuple[str, ...]) -> list[str]:
    """Return the titles of the reports that the server shows when it is sent their cases."""
    titles: list[str] = []
    for one in reports(target.profile):
        if one.configuration in configurations:
            with closing(target.session()) as session:
                if any(shown_by(one, session.judge(one.case)) for _ in range(TRIES)):
                    titles.append(one.title)
            if target.launcher is not None and not target.launcher.alive():
                target.launcher.restart()
    return list(dict.fromkeys(titles))

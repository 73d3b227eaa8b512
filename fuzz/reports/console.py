"""A run for the person who watches it: progress, and at the end what was found."""

from __future__ import annotations

import shlex
import textwrap
import time
from collections.abc import Callable

from fuzz.events import EXPLAINING, Event, FindingFound, Progress, PropertyDone, PutToTest, RunEnded, RunStarted, Warned
from fuzz.findings.again import accept_line, replay_line
from fuzz.findings.elision import visible
from fuzz.findings.portrait import portrait
from fuzz.reports.tally import Tally
from fuzz.reports.terminal import Terminal
from fuzz.reports.wording import clock_time, counted

REDRAW_SECONDS = 0.2
PLAIN_SECONDS = 10.0
BAR_COLUMNS = 16
WIDEST = 110
MOST_SHOWN = 20
ORDINARY_END = "the budget"
NOT_REACHED = "not reached before the run ended"
INDENT = " " * 5
VERDICT_STYLES = {
    "PASS": "green",
    "FAIL": "red",
    "KNOWN": "yellow",
    "SKIP": "dim",
    "ERROR": "red",
    "INTERRUPTED": "yellow",
}


class Console:
    """Shows events on a terminal as they come, and the whole when the run has ended."""

    def __init__(
        self,
        terminal: Terminal,
        *,
        clock: Callable[[], float] = time.monotonic,
        verbose: bool = False,
        quiet: bool = False,
    ) -> None:
        """Take the terminal; with `quiet`, only findings and the end of the run are shown."""
        self._terminal = terminal
        self._quiet = quiet
        self._verbose = verbose
        self._clock = clock
        self._tally = Tally()
        self._last_drawn = float("-inf")
        self._drawn_state = ""

    @property
    def name(self) -> str:
        return "the terminal"

    def __call__(self, event: Event) -> None:
        is_new = isinstance(event, FindingFound) and event.finding.id not in self._tally.findings
        is_new_warning = isinstance(event, Warned) and event.text not in self._tally.warnings
        self._tally(event)
        if self._quiet and not isinstance(event, RunEnded):
            return
        match event:
            case RunStarted():
                self._terminal.lines(self._opening(event))
            case Progress():
                self._progress(event)
            case FindingFound() if is_new:
                self._announce(event)
            case Warned() if is_new_warning:
                self._terminal.line(f"{self._terminal.styled('warning', 'yellow')}  {visible(event.text)}")
            case RunEnded() if event.verdict == "ERROR" and self._tally.started is None:
                # Of a run that never started the command line says why, in a line.
                pass
            case RunEnded():
                self._terminal.clear()
                self._terminal.lines(self._closing(event))
            case _:
                pass

    def close(self) -> None:
        """Leave no half line behind."""
        self._terminal.clear()

    @property
    def _columns(self) -> int:
        return min(self._terminal.width, WIDEST)

    def _opening(self, run: RunStarted) -> list[str]:
        dim = self._terminal.styled
        budget = []
        if run.budget_seconds is not None:
            budget.append(clock_time(run.budget_seconds))
        if run.budget_examples is not None:
            budget.append(f"{run.budget_examples:,} examples of each property")
        rows = [
            ("target", visible(run.target)),
            ("store", visible(run.store)),
            ("profile", run.profile),
            ("budget", ", ".join(budget) or "none"),
            ("seed", str(run.seed) + (f"  ({run.workers} workers)" if run.workers > 1 else "")),
            ("findings", run.findings_folder),
            ("limits", ", ".join(f"{name} {value}" for name, value in run.limits)),
        ]
        return [f"{dim(f'{name:<9}', 'dim')} {text}" for name, text in rows if text]

    def _progress(self, progress: Progress) -> None:
        now = self._clock()
        interval = REDRAW_SECONDS if self._terminal.live else PLAIN_SECONDS
        if now - self._last_drawn < interval:
            return
        if self._terminal.live:
            self._terminal.redraw(self._live_line(progress))
        elif self._last_drawn > float("-inf"):
            self._terminal.line(" · ".join(self._parts(progress)))
        self._last_drawn = now

    def _parts(self, progress: Progress) -> list[str]:
        """List the parts of a run's state, the most telling first."""
        run = self._tally.started
        elapsed = clock_time(progress.elapsed_seconds)
        if run and run.budget_seconds is not None:
            elapsed = f"{elapsed} of {clock_time(run.budget_seconds)}"
        total = len(run.properties) if run else 0
        parts = [
            elapsed,
            f"{progress.checked_requests:,} checked requests",
            f"{counted(progress.findings, 'finding')}" + (f" ({progress.known} known)" if progress.known else ""),
        ]
        properties = f"properties {progress.properties_done}/{total}"
        if progress.doing.startswith(EXPLAINING):
            # Requests are not checked meanwhile: a rate would say nothing about the server.
            return [*parts, visible(progress.doing), properties]
        rate = _rate(progress.checked_requests, progress.elapsed_seconds, progress.lanes)
        return [*parts, rate, properties, *([visible(progress.doing)] if progress.doing else [])]

    def _live_line(self, progress: Progress) -> str:
        """Return as many parts as fit, in their order."""
        parts = self._parts(progress)
        room = self._terminal.width - 1
        while len(parts) > 1 and len(" · ".join(parts)) > room:
            parts.pop()
        text = " · ".join(parts)
        bar = self._bar(progress) if len(text) + BAR_COLUMNS + 2 <= room else ""
        if progress.findings and len(parts) > 2:
            text = text.replace(parts[2], self._terminal.styled(parts[2], "red"), 1)
        return f"{bar}{text}"

    def _bar(self, progress: Progress) -> str:
        run = self._tally.started
        if run is None or run.budget_seconds is None:
            return ""
        done = min(int(BAR_COLUMNS * progress.elapsed_seconds / run.budget_seconds), BAR_COLUMNS)
        rest = self._terminal.styled("─" * (BAR_COLUMNS - done), "dim")
        return f"{self._terminal.styled('━' * done, 'cyan')}{rest}  "

    def _announce(self, found: FindingFound) -> None:
        mark = "known" if found.known_reason else "✗"
        style = "yellow" if found.known_reason else "red"
        title = visible(found.finding.violation.title)
        self._terminal.line(
            f"{self._terminal.styled(mark, style)}  {title}  {self._terminal.styled(found.path, 'dim')}"
        )

    def _closing(self, end: RunEnded) -> list[str]:
        tally = self._tally
        lines = ["", *self._table()] if tally.properties and not self._quiet else []
        if self._verbose and tally.stakes:
            lines += ["", *self._stakes()]
        fresh = tally.fresh
        for number, found in enumerate(fresh[:MOST_SHOWN], 1):
            lines += ["", *self._finding(number, found)]
        if len(fresh) > MOST_SHOWN:
            folder = tally.started.findings_folder if tally.started else "the findings folder"
            lines += ["", f"{INDENT}… and {len(fresh) - MOST_SHOWN} more in {folder}"]
        if tally.known:
            lines += ["", *self._known()]
        if tally.fixed:
            lines += ["", *self._fixed()]
        repeated = {text: times for text, times in tally.warnings.items() if times > 1}
        if repeated:
            lines += ["", *(f"warning  {visible(text)}  ({times} times)" for text, times in repeated.items())]
        lines += ["", *self._verdict(end)]
        return lines[1:] if self._quiet else lines

    def _table(self) -> list[str]:
        """List the properties, with the number of requests of each."""
        done = list(self._tally.properties.values())
        width = max(len("property"), *(len(one.name) for one in done))
        heading = f"{'property':<{width}}  {'examples':>9}  {'requests':>9}  verdict"
        return [self._terminal.styled(heading, "dim"), *(self._table_row(one, width) for one in done)]

    def _table_row(self, one: PropertyDone, width: int) -> str:
        verdict = self._terminal.styled(one.verdict, VERDICT_STYLES[one.verdict])
        said = [counted(one.findings, "finding")] if one.findings else []
        why = one.why or (NOT_REACHED if one.verdict == "SKIP" else "")
        if why:
            said.append(visible(why, 200))
        return f"{one.name:<{width}}  {one.examples:>9,}  {one.checked_requests:>9,}  {'  '.join([verdict, *said])}"

    def _stakes(self) -> list[str]:
        """List, for each field, the share of answers that another value of it would have changed."""
        heading = self._terminal.styled("what answers hung on: of those looked into that had the field", "dim")
        return [heading, *(line for one in self._tally.stakes.values() for line in _hung_on(one, self._columns))]

    def _finding(self, number: int, found: FindingFound) -> list[str]:
        """Return the headline of a finding and its portrait."""
        styled, title = self._terminal.styled, visible(found.finding.violation.title)
        start = f"✗ {number}".ljust(len(INDENT))
        gap = self._columns - len(start) - len(title) - len(found.path)
        # The last line of the portrait names the folder as well.
        place = f"{' ' * gap}{styled(found.path, 'dim')}" if gap >= 2 else ""
        headline = f"{styled(start, 'red')}{styled(title, 'bold')}{place}"
        body = portrait(found.finding, found.path, self._columns - len(INDENT))
        return [headline, *(f"{INDENT}{line}".rstrip() for line in body)]

    def _known(self) -> list[str]:
        return [
            f"{self._terminal.styled('known', 'yellow')}  {visible(found.finding.violation.title)}: "
            f"{visible(found.known_reason)}  {self._terminal.styled(found.path, 'dim')}"
            for found in self._tally.known
        ]

    def _next_of(self, path: str) -> list[str]:
        """List what to do about the first finding that is saved."""
        if not path:
            seed = self._tally.started.seed if self._tally.started else 0
            return [f"next: nothing could be saved; make room, and run again by --seed {seed}"]
        return [
            f"next: read {shlex.quote(f'{path}/finding.md')}, mend the server, then: {replay_line(path)}",
            f"      or accept it for now: {accept_line(path)}",
        ]

    def _fixed(self) -> list[str]:
        return [
            f"{self._terminal.styled('fixed', 'green')}  {visible(one.finding.violation.title)}  "
            f"{self._terminal.styled(one.path, 'dim')}"
            for one in self._tally.fixed.values()
        ]

    def _extent(self) -> list[str]:
        """Say how much of what was meant was tried."""
        tally = self._tally
        if not tally.properties:
            return []
        said = f"tried {tally.tried} of {counted(len(tally.meant), 'property', 'properties')}"
        return [f"{said}, {tally.too_little} of them too little to tell" if tally.too_little else said]

    def _verdict(self, end: RunEnded) -> list[str]:
        """Return the run in one line, and what to do next."""
        rate = _rate(end.checked_requests, end.seconds, end.lanes)
        asked = f"{end.checked_requests:,} checked requests in {clock_time(end.seconds)}, {rate}"
        found = counted(end.findings, "finding") + (f", {end.known} known" if end.known else "")
        verdict = self._terminal.styled(end.verdict, VERDICT_STYLES[end.verdict], "bold")
        why = f"  ({visible(end.why, 2000)})" if end.why not in ("", ORDINARY_END) and end.verdict != "ERROR" else ""
        fixed = len(self._tally.fixed)
        mended = [f"{counted(fixed, 'saved finding')} {'is' if fixed == 1 else 'are'} fixed"] if fixed else []
        lines = [f"{verdict}  {' · '.join([found, asked, *self._extent(), *mended])}{why}"]
        told = self._tally.tried - self._tally.too_little
        if end.verdict == "PASS" and self._tally.properties and 2 * told < len(self._tally.meant):
            lines.append("This run was too short to mean much: most properties had too few requests, or none.")
        if end.verdict == "ERROR":
            lines += [visible(line, 2000) for line in (end.why or "no reason given").splitlines()]
        if self._tally.fresh:
            lines += self._next_of(next((one.path for one in self._tally.fresh if one.path), ""))
        elif end.verdict in ("PASS", "KNOWN") and self._tally.started and not self._quiet:
            lines.append(
                f"next: go on for longer by --seconds 10m; the same again by --seed {self._tally.started.seed}"
            )
        return lines


def _hung_on(stakes: PutToTest, columns: int) -> list[str]:
    shares = ", ".join(f"{name} {100 * mattered // given}% of {given}" for name, given, mattered in stakes.fields)
    if not shares:
        return []
    return textwrap.wrap(f"{stakes.property}: {shares}", columns, subsequent_indent=INDENT, break_on_hyphens=False)


def _rate(requests: int, seconds: float, lanes: int) -> str:
    """Tell how many requests were checked in a second, and in how many lanes if there were several."""
    return f"{requests / max(seconds, 0.001):,.0f} per second" + (f" in {lanes} lanes" if lanes > 1 else "")

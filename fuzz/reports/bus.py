"""The bus hands each event of a run to every report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fuzz.events import Event, RunEnded, RunStarted, Warned
from fuzz.reports.tally import Tally


class Report(Protocol):
    """A report takes events as they come."""

    def __call__(self, event: Event) -> None:
        """Take one."""

    def close(self) -> None:
        """No more will come."""


class Telling:
    """The bus also keeps the tally that says how a run cut short has ended."""

    def __init__(self, reports: Sequence[Report]) -> None:
        self._reports = reports
        self.tally = Tally()
        self.doubts: tuple[str, ...] = ()

    def __call__(self, event: Event) -> None:
        if isinstance(event, RunEnded) and self.tally.ended is not None:
            return
        self.tally(event)
        for report in self._reports:
            report(event)
        if isinstance(event, RunStarted):
            for doubt in self.doubts:
                self(Warned(doubt))

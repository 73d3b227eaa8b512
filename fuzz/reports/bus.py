"""The bus hands each event of a run to every report, free of secrets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Protocol

from fuzz.events import Event, FindingFixed, FindingFound, RunEnded, RunStarted, Warned
from fuzz.findings.scrubbing import scrubbed, without_secrets
from fuzz.reports.tally import Tally

if TYPE_CHECKING:
    from fuzz.running.store.protocol import Credentials


class Report(Protocol):
    """A report takes events as they come."""

    @property
    def name(self) -> str:
        """Return the name of the file or stream that the report writes to."""

    def __call__(self, event: Event) -> None:
        """Take one."""

    def close(self) -> None:
        """Finish the report: no more events will come."""


class Bus:
    """The bus also keeps the tally that says how a run cut short has ended."""

    def __init__(self, reports: Sequence[Report], secrets: Iterable[Credentials] = ()) -> None:
        self._reports = list(reports)
        self.tally = Tally()
        self.doubts: tuple[str, ...] = ()
        # What a server or a store says may stand in any event.
        self.secrets = tuple(secrets)

    def __call__(self, event: Event) -> None:
        if isinstance(event, RunEnded) and self.tally.ended is not None:
            return
        event = _harmless(event, self.secrets)
        self.tally(event)
        for report in list(self._reports):
            try:
                report(event)
            except BrokenPipeError:
                raise
            except OSError as error:
                # A full disk ends neither the run nor what is told of it.
                self._reports.remove(report)
                self(Warned(f"{report.name} cannot be written: {error.strerror}; the run goes on without it"))
        if isinstance(event, RunStarted):
            for doubt in self.doubts:
                self(Warned(doubt))


def _harmless(event: Event, secrets: Sequence[Credentials]) -> Event:
    """Return the event with every secret masked in its texts."""
    if not secrets:
        return event
    if isinstance(event, FindingFound | FindingFixed):
        event = replace(event, finding=scrubbed(event.finding, secrets))
    texts: dict[str, Any] = {
        one.name: without_secrets(value, secrets)
        for one in fields(event)
        if isinstance(value := getattr(event, one.name), str)
    }
    return replace(event, **texts)

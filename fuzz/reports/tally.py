"""A run so far, folded from its events."""

from __future__ import annotations

from dataclasses import dataclass, field

from fuzz.events import (
    Event,
    FindingFixed,
    FindingFound,
    Progress,
    PropertyDone,
    PutToTest,
    RunEnded,
    RunStarted,
    Verdict,
    Warned,
)

MOST_WARNINGS = 200


@dataclass(slots=True)
class Tally:
    """The latest of everything; a finding told of again replaces what was known of it."""

    started: RunStarted | None = None
    progress: Progress | None = None
    findings: dict[str, FindingFound] = field(default_factory=dict)
    fixed: dict[str, FindingFixed] = field(default_factory=dict)
    properties: dict[str, PropertyDone] = field(default_factory=dict)
    stakes: dict[str, PutToTest] = field(default_factory=dict)
    warnings: dict[str, int] = field(default_factory=dict)
    ended: RunEnded | None = None

    def __call__(self, event: Event) -> None:
        match event:
            case RunStarted():
                self.started = event
            case Progress():
                self.progress = event
            case FindingFound():
                self.findings[event.finding.id] = event
            case FindingFixed():
                self.fixed[event.finding.id] = event
            case PutToTest():
                self.stakes[event.property] = event
            case PropertyDone():
                self.properties[event.name] = event
            case Warned():
                if event.text in self.warnings or len(self.warnings) < MOST_WARNINGS:
                    self.warnings[event.text] = self.warnings.get(event.text, 0) + 1
            case RunEnded():
                self.ended = event

    @property
    def fresh(self) -> list[FindingFound]:
        """Return the findings that are not accepted for now."""
        return [one for one in self.findings.values() if not one.known_reason]

    @property
    def known(self) -> list[FindingFound]:
        return [one for one in self.findings.values() if one.known_reason]

    @property
    def meant(self) -> tuple[str, ...]:
        """Return the names of the properties that the run is about."""
        return self.started.properties if self.started else tuple(self.properties)

    @property
    def tried(self) -> int:
        """Count the properties that had an example at all."""
        return sum(one.examples > 0 for name, one in self.properties.items() if name in self.meant)

    @property
    def too_little(self) -> int:
        """Count the tried properties that had too few requests to tell anything."""
        done = [one for name, one in self.properties.items() if name in self.meant]
        return sum(one.examples > 0 and one.verdict == "SKIP" for one in done)

    def end_of_interrupted(self, why: str) -> RunEnded:
        """Return the end of a run that was stopped before it could tell its own; its findings stand."""
        progress = self.progress or Progress(0.0, 0, 0, 0, 0)
        if progress.checked_requests == 0 and not self.findings:
            why = f"{why}, before anything was checked"
        return self._end("INTERRUPTED", progress, why)

    def end_of_broken(self, why: str) -> RunEnded:
        """Return the end of a run that the suite, the store or the target could not finish."""
        return self._end("ERROR", self.progress or Progress(0.0, 0, 0, 0, 0), why)

    def _end(self, verdict: Verdict, progress: Progress, why: str) -> RunEnded:
        return RunEnded(
            verdict, progress.elapsed_seconds, progress.checked_requests, len(self.fresh), len(self.known), why
        )

"""Count the cases and requests of a hunt, and where its time went."""

from __future__ import annotations

from dataclasses import dataclass, field

from fuzz.hunt.vacuity import Stakes


@dataclass(slots=True)
class PropertyEffort:
    """The examples, requests and findings of one property; `new` counts the failures that led to a new finding.

    `drawn` counts the examples drawn, some of which are still on their way; `seconds` is the time of triage.
    """

    drawn: int = 0
    examples: int = 0
    requests: int = 0
    findings: set[str] = field(default_factory=set)
    new: int = 0
    seconds: float = 0.0
    stakes: Stakes | None = None


@dataclass(slots=True)
class Effort:
    """The requests and seconds spent on known causes, and on the shrinking of new ones."""

    known_requests: int = 0
    known_seconds: float = 0.0
    new_requests: int = 0
    new_seconds: float = 0.0

    def note(self, requests: int, seconds: float, *, new: bool) -> None:
        """Count what it took to look into a case, which led to a new finding or not."""
        if new:
            self.new_seconds += seconds
            self.new_requests += requests
        else:
            self.known_seconds += seconds
            self.known_requests += requests

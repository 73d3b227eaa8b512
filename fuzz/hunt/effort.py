"""What a hunt has tried, and where its time went."""

from __future__ import annotations

from dataclasses import dataclass, field

from fuzz.hunt.vacuity import Stakes


@dataclass(slots=True)
class Tally:
    """What one property has seen; `new` are the findings that it was the first to make."""

    examples: int = 0
    requests: int = 0
    findings: set[str] = field(default_factory=set)
    new: int = 0
    stakes: Stakes | None = None


@dataclass(slots=True)
class Effort:
    """Where requests and time went: re-finding known causes, and shrinking new ones."""

    known_requests: int = 0
    known_seconds: float = 0.0
    new_requests: int = 0
    new_seconds: float = 0.0

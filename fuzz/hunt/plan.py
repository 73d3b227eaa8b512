"""The plan of a run: its profile, seed, budget, properties and folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from specs.profile import Profile
from specs.store_facts import StoreFacts

# The part of a budget that is left for the hunt at least, however long starting takes.
LEAST_SHARE = 0.5
# The part of it, and the seconds at most, in which a hunt that is over waits for answers, tells the result and ends.
ENDING_SHARE = 0.05
MOST_ENDING_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Plan:
    profile: Profile
    seed: int
    seconds: float | None
    examples: int | None
    only: tuple[str, ...]
    findings: Path
    max_findings: int | None
    workers: int
    # None finds out how many serve.
    lanes: int | None = 1
    store: StoreFacts = field(default_factory=StoreFacts)
    # The seconds that the command has taken before the hunt begins, which are a part of its budget.
    starting_seconds: float = 0.0

    @property
    def left_seconds(self) -> float | None:
        """Return the seconds of the budget that are left for trying new cases, between starting and ending."""
        if self.seconds is None:
            return None
        ending = min(self.seconds * ENDING_SHARE, MOST_ENDING_SECONDS) if self.starting_seconds else 0.0
        return max(self.seconds - self.starting_seconds - ending, self.seconds * LEAST_SHARE)

"""The plan of a run: its profile, seed, budget, properties and folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from specs.profile import Profile
from specs.store_facts import StoreFacts


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

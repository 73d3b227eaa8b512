"""What a run was asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from specs.profile import Profile


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

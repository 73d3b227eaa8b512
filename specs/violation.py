"""A requirement broken: what was due, and what came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Violation:
    """`symptom` names the kind of difference in a few stable words, free of values, to tell causes apart by."""

    requirement: str
    title: str
    expected: str
    actual: str
    symptom: str = ""
    severity: Literal["failure", "warning"] = "failure"
    step: int = -1

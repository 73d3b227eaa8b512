"""What a trait is: something that a trial has and can do without."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fuzz.triage.trial import Trial

Simpler = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Trait:
    """`drop` gives the trial without the trait; None where the trial has it not, or cannot do without.

    `simpler` does the same to a scene, where that is all that the trait is about. A trait stands `within` a wider
    one that cannot be dropped without taking this one along. `value` tells which of several siblings a trial has,
    and `swap` exchanges it.
    """

    name: str
    drop: Callable[[Trial], Trial | None]
    simpler: Simpler | None = None
    within: str = ""
    value: Callable[[Trial], str] | None = None
    swap: Callable[[Trial, str], Trial | None] | None = None

"""Define traits: properties of a trial that it may be able to do without."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fuzz.triage.trial import Trial

Simpler = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Trait:
    """A property of trials that may be dropped, such as several requests.

    `drop` returns the trial without the trait; None if the trial does not have it, or cannot do without it. `simpler`
    does the same to a scene; `there` says whether a scene has the trait, where that costs less than to drop it. A trait
    stands `within` a wider one if dropping the wider one drops this trait too. `value` says which of several siblings a
    trial has, and `swap` exchanges the sibling.
    """

    name: str
    drop: Callable[[Trial], Trial | None]
    simpler: Simpler | None = None
    within: str = ""
    value: Callable[[Trial], str] | None = None
    swap: Callable[[Trial, str], Trial | None] | None = None
    there: Callable[[Any], bool] | None = None

    def of(self, scene: Any) -> bool:
        """Say whether a scene has the trait."""
        if self.there is not None:
            return self.there(scene)
        return self.simpler is not None and self.simpler(scene) is not None

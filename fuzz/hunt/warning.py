"""Tell each warning about a server once."""

from __future__ import annotations

from collections.abc import Callable

from fuzz.events import Warned
from fuzz.running.session import Judgement


class Warnings:
    """Emits the warnings in judgements, each requirement that is not kept once."""

    def __init__(self, emit: Callable[[Warned], None]) -> None:
        self._emit = emit
        self._told: set[tuple[str, ...]] = set()

    def tell(self, judgement: Judgement) -> None:
        """Emit those warnings in a judgement that were not told before."""
        for one in judgement.violations:
            if one.severity == "warning" and (one.requirement, *one.ids) not in self._told:
                self._told.add((one.requirement, *one.ids))
                self._emit(Warned(f"{one.requirement}: {one.title} (expected {one.expected}, got {one.actual})"))

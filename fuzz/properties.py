"""The registry: every property that a server is held to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hypothesis.strategies import SearchStrategy

from specs.case import Case
from specs.profile import Profile
from strategies import cases

ROBUST = ("answers", "no-server-error", "discloses-nothing", "error-form")
REFUSING = (*ROBUST, "error-status", "error-names-field", "refuses-invalid")
ANSWERING = (
    *ROBUST, "accepts-valid", "answer-form", "as-bytes", "answer-dtype", "answer-shape", "answer-length", "counts",
    "count-values", "min-values", "max-values", "sum-values", "sum-accuracy", "pairwise-sum", "select-values",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Property:
    """What is tried, which requirements it checks, and its share of a run's time."""

    name: str
    sentence: str
    cases: Callable[[Profile], SearchStrategy[Case]]
    requirements: tuple[str, ...]
    share: float = 1.0


PROPERTIES: tuple[Property, ...] = (
    Property(
        "reduction",
        "A reduction gives NumPy's answer, and says truly what it gives.",
        cases.reductions,
        ANSWERING,
        share=6.0,
    ),
)

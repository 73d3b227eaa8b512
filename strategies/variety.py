"""Draw fresh cases every time, in place of Hypothesis' variations of earlier cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from strategies.drawing import Choice

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Drawn = TypeVar("Drawn")


def fresh(choice: Choice[Drawn]) -> Choice[Drawn]:
    """Return the same choice, of which Hypothesis makes no variations."""
    return Choice(choice.by_chance, lambda: unvaried(choice.strategy))


def unvaried(strategy: SearchStrategy[Drawn]) -> SearchStrategy[Drawn]:
    """Return the same strategy, in whose examples Hypothesis copies nothing from one place to another.

    Of six examples Hypothesis makes five by copying a part of the sixth over another part like it, which is no gain
    for cases that repeat themselves on purpose. It leaves alone what a collection of unique elements holds.
    """
    from hypothesis import strategies as st

    return st.lists(strategy, min_size=1, max_size=1, unique_by=id).map(_only)


def _only(some: list[Drawn]) -> Drawn:
    return some[0]

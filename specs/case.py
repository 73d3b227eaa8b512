"""Cases: small programs of steps that are run against a server."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Protocol

MOST_TOGETHER = 16


class Step(Protocol):
    """A protocol for a subject's steps: frozen dataclasses of plain values with a few facts about each step."""

    # This says whether the step asks the server something; if not, it prepares the things that requests are about.
    asks: ClassVar[bool]
    # This says whether the step removes a thing that requests are about.
    removes: ClassVar[bool]

    @property
    def about(self) -> Hashable:
        """Return the thing that the step is about; a later step about the same thing may show this step's effects."""


@dataclass(frozen=True, slots=True)
class Case:
    """A property's name and the steps that try it, each a Step of one subject.

    With `together` the requests are sent at the same time, after all is prepared; no thing changes meanwhile. Steps of
    a subject may also have a `lane`: steps of different lanes that follow each other are taken beside each other.
    """

    property: str
    steps: tuple[Any, ...]
    notes: tuple[str, ...] = field(default=(), compare=False)
    together: bool = False

    def __post_init__(self) -> None:
        if self.together and (why := _apart(self.steps)):
            raise ValueError(f"steps at the same time: {why}")


def _apart(steps: tuple[Any, ...]) -> str:
    """Say why steps cannot be taken together; empty if they can."""
    prepared = [step for step in steps if not step.asks]
    if any(step.removes for step in prepared):
        return "an object is deleted"
    if len({step.about for step in prepared}) < len(prepared):
        return "an object is overwritten"
    if any(step.asks for step in steps[: len(prepared)]):
        return "an object is put after a request"
    if len(steps) - len(prepared) > MOST_TOGETHER:
        return f"more than {MOST_TOGETHER} requests"
    return ""


def at_once(case: Case) -> bool:
    """Say whether requests are sent at the same time: all of them, or those of steps in lanes of their own."""
    return case.together or any(map(lane_of, case.steps))


def lane_of(step: Any) -> int:
    """Return a step's lane; 0 if it is taken alone."""
    lane: int = getattr(step, "lane", 0)
    return lane


def requests(case: Case) -> int:
    """Count the steps of a case that ask the server something."""
    return sum(step.asks for step in case.steps)


def weight(case: Case) -> int:
    """Count the bytes that a case's steps prepare for its requests."""
    prepared = (step for step in case.steps if not step.asks)
    values = (getattr(step, one.name) for step in prepared for one in fields(step))
    return sum(len(value) for value in values if isinstance(value, bytes))

"""Cases: small programs of steps that are run against a store and a server."""

from __future__ import annotations

from dataclasses import dataclass, field

from specs.reductions.steps import Delete, Put, Send, SendRaw, Step

MOST_TOGETHER = 16


@dataclass(frozen=True, slots=True)
class Case:
    """A property's name and the steps that try it.

    With `together` the requests are sent at the same time, once every object is put: none changes under way.
    """

    property: str
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = field(default=(), compare=False)
    together: bool = False

    def __post_init__(self) -> None:
        if self.together and (why := _apart(self.steps)):
            raise ValueError(f"steps at the same time: {why}")


def _apart(steps: tuple[Step, ...]) -> str:
    """Why steps cannot be taken together; empty if they can."""
    puts = [(step.bucket, step.key) for step in steps if isinstance(step, Put)]
    if any(isinstance(step, Delete) for step in steps):
        return "an object is deleted"
    if len(set(puts)) < len(puts):
        return "an object is overwritten"
    if any(not isinstance(step, Put) for step in steps[: len(puts)]):
        return "an object is put after a request"
    if len(steps) - len(puts) > MOST_TOGETHER:
        return f"more than {MOST_TOGETHER} requests"
    return ""


def requests(case: Case) -> int:
    """How many of a case's steps ask the server something."""
    return sum(isinstance(step, Send | SendRaw) for step in case.steps)

"""Make the same history about other contents: as long as those in whose place they come, or a little longer."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from fuzz.triage.trial import Trial
from specs.case import at_once
from specs.objects.content import Content
from specs.objects.steps import DeleteObjects

MOST_VARIANTS = 12
MOST_LONGER_BYTES = 8
LETTERS = (string.ascii_letters + string.digits).encode()


def of_other_data(trial: Trial) -> Iterator[Trial]:
    """Yield a history with other contents; contents that are the same stay so.

    Of requests that meet it may be chance whether they fail, whatever their contents are.
    """
    if not at_once(trial.case):
        yield from _of_others(trial, [(number, 0) for number in range(MOST_VARIANTS)])


def of_its_lengths(trial: Trial) -> Iterator[Trial]:
    """Yield a history with other contents that are longer by a few bytes."""
    if not at_once(trial.case):
        yield from _of_others(trial, [(number, number) for number in range(1, MOST_LONGER_BYTES + 1)])


def _of_others(trial: Trial, several: Iterable[tuple[int, int]]) -> Iterator[Trial]:
    told = {trial.case.steps}
    for number, more in several:
        steps = tuple(_of_another(step, number, more) for step in trial.case.steps)
        steps = (*steps[:-1], _of_other_keys(steps[-1], trial.case.steps[:-1], number))
        if steps not in told:
            told.add(steps)
            yield trial.of_steps(*steps)


def _of_another(step: Any, number: int, more: int) -> Any:
    """Return a step with another content if it sends one; in the place of none it is a letter."""
    content = getattr(step, "content", None)
    if content is None:
        return step
    return replace(step, content=another(content, number, more if content.size else more + 1))


def _of_other_keys(last: Any, before: Sequence[Any], number: int) -> Any:
    """Return a batch with other names of plain keys that nothing is known of, as its keys are what it sends."""
    if not isinstance(last, DeleteObjects):
        return last
    used = {getattr(step, "key", "") for step in before}
    renamed = (replace(one, key=_renamed(one.key, number)) if one.key not in used else one for one in last.keys)
    return replace(last, keys=tuple(renamed))


def _renamed(key: str, number: int) -> str:
    """Return a key that differs in its letters and digits from one that has nothing else but hyphens."""
    if not (key.isascii() and key.replace("-", "").isalnum()):
        return key
    return another(Content(key.encode()), number).text.decode()


def another(content: Content, number: int, more: int = 0) -> Content:
    """Return another content of the same size or a larger one: letters in the place of its text, and another seed."""
    random = Random(f"{content.text!r} {number}")
    return Content(bytes(random.choices(LETTERS, k=len(content.text) + more)), content.fill, content.seed + number + 1)

"""Describe what else was under way when a case failed, and make cases of that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fuzz.triage.reading import Reading
from fuzz.triage.trial import isolated
from specs.case import MOST_TOGETHER, Case

# Cases of earlier requests get this property name: their requests stand in other places than the relations expect.
HISTORY = "history"
# Things of other cases are told apart by numbers beyond those that cases use themselves.
FIRST_NUMBER = 1000


@dataclass(frozen=True, slots=True)
class Company:
    """The other cases under way, and their steps in the order in which they were taken, each with its case's number."""

    cases: Sequence[Case] = ()
    steps: Sequence[tuple[int, Any]] = ()

    def before(self, case: Case, reading: Reading) -> Case | None:
        """Return the case after the steps of the others, as they were taken; None if there were no others."""
        if not self.steps:
            return None
        before = Case(HISTORY, tuple(reading.set_apart(step, number) for number, step in self.steps))
        return Case(HISTORY, (*without_burdens(before, reading).steps, *case.steps))

    def at_once(self, case: Case, reading: Reading) -> Case | None:
        """Return the last request of a case at the same time as requests of the others; None if there were none.

        There is none either where cases have a state of their own, which they would share.
        """
        if reading.stateful:
            return None
        prepared, asked = _parted(isolated(case, len(case.steps) - 1))
        number = FIRST_NUMBER
        for other in (without_burdens(one, reading) for one in self.cases):
            for place, step in enumerate(other.steps):
                if step.asks and len(asked) < MOST_TOGETHER:
                    number += 1
                    more = [reading.set_apart(one, number) for one in isolated(other, place).steps]
                    prepared += [one for one in more if not one.asks]
                    asked += [one for one in more if one.asks]
        return Case(HISTORY, (*prepared, *asked), together=True) if number > FIRST_NUMBER else None


ALONE = Company()


def without_burdens(case: Case, reading: Reading) -> Case:
    """Return what others asked, made to be no burden, as it is asked again and again."""
    return reading.lightened(case) or case


def _parted(case: Case) -> tuple[list[Any], list[Any]]:
    return [step for step in case.steps if not step.asks], [step for step in case.steps if step.asks]

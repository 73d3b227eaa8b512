"""Find out whether a property tested anything: requirements at stake, and fields on which answers depended."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable

from fuzz.events import PutToTest
from fuzz.hunt.exploration import Exploration
from fuzz.running.session import Judgement
from fuzz.subject import Accounting, Property
from specs.case import Case, weight
from specs.profile import Profile
from specs.store_facts import StoreFacts

MANY = 50
FREE_LOOKS = 12
COST_SHARE = 0.02
MOST_BYTES = 2**18
# Data of few bytes may promise many, so that each field takes long: the rest of them is left out.
MOST_SECONDS = 0.5


class Clock:
    """Rations the time spent on finding the fields that matter, over all properties."""

    def __init__(self) -> None:
        self._next = 0.0

    def due(self) -> bool:
        return time.monotonic() >= self._next

    def spent(self, seconds: float) -> None:
        self._next = time.monotonic() + seconds / COST_SHARE


class Stakes:
    """Counts of the requirements and fields that one property has put to the test so far."""

    def __init__(
        self,
        name: str,
        accounting: Accounting,
        profile: Profile,
        store: StoreFacts,
        clock: Clock,
        exploration: Exploration | None = None,
        own: tuple[str, ...] = (),
    ) -> None:
        # The requirements that the property's own checks are about.
        self._own = own
        self._name = name
        self._accounting = accounting
        self._profile = profile
        self._store = store
        self._clock = clock
        self._exploration = exploration or Exploration(accounting, profile)
        self._examples = 0
        self._requirements: Counter[str] = Counter()
        self._given: Counter[str] = Counter()
        self._mattered: Counter[str] = Counter()

    def look(self, case: Case, judgement: Judgement) -> None:
        """Count the requirements at stake; now and then, find the fields on which one of the answers depends."""
        self._examples += 1
        due, outcomes = judgement.expectations, judgement.transcript.outcomes
        self._exploration.note(case, judgement)
        self._count(list(self._accounting.at_stake(case, due, outcomes)))
        asked = [number for number, step in enumerate(case.steps) if step.asks and due[number] is not None]
        if asked:
            self._count(list(self._own))
        if asked and (self._examples <= FREE_LOOKS or self._clock.due()) and weight(case) <= MOST_BYTES:
            self._look_closer(case, judgement, asked[self._examples % len(asked)])

    def _count(self, requirements: list[str]) -> None:
        self._requirements.update(requirements)
        self._exploration.at_stake(self._name, requirements)

    def _look_closer(self, case: Case, judgement: Judgement, number: int) -> None:
        expected = judgement.expectations[number]
        begun = time.monotonic()
        if expected is not None:
            looked = self._accounting.fields_that_matter(case, number, expected, self._profile, self._store)
            for name, mattered in looked:
                self._given[name] += 1
                self._mattered[name] += mattered
                if time.monotonic() - begun > MOST_SECONDS:
                    break
        self._clock.spent(time.monotonic() - begun)

    def told(self) -> PutToTest:
        """Return the account so far."""
        fields = tuple((name, given, self._mattered[name]) for name, given in sorted(self._given.items()))
        return PutToTest(self._name, self._examples, tuple(sorted(self._requirements.items())), fields)


def together(several: Iterable[PutToTest]) -> PutToTest:
    """Add up the accounts of several workers."""
    accounts = list(several)
    requirements: Counter[str] = Counter()
    given: Counter[str] = Counter()
    mattered: Counter[str] = Counter()
    for one in accounts:
        requirements.update(dict(one.requirements))
        for name, times, hung in one.fields:
            given[name] += times
            mattered[name] += hung
    fields = tuple((name, times, mattered[name]) for name, times in sorted(given.items()))
    examples = sum(one.examples for one in accounts)
    return PutToTest(accounts[0].property, examples, tuple(sorted(requirements.items())), fields)


def never_at_stake(account: PutToTest, one: Property) -> tuple[str, ...]:
    """List those of a property's essential requirements that no answer could have broken."""
    seen = dict(account.requirements)
    return tuple(name for name in one.essentials if not seen.get(name))


def is_vacuous(account: PutToTest, one: Property) -> bool:
    """Say whether a property was tried although none of its essential requirements was at stake."""
    return account.examples > 0 and never_at_stake(account, one) == one.essentials


def doubts(account: PutToTest, one: Property) -> tuple[str, ...]:
    """List the requirements and fields that a property with many examples did not put to the test."""
    told = []
    if account.examples >= MANY and not is_vacuous(account, one):
        told += [f"{account.property}: {name} was never at stake" for name in never_at_stake(account, one)]
    if one.answers_hang_on_fields:
        told += [
            f"{account.property}: no answer of {given} looked into hung on {name}"
            for name, given, mattered in account.fields
            if given >= MANY and not mattered
        ]
    return tuple(told)

"""Give triage what it needs to know about cases of reductions."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, ClassVar

from fuzz.subjects.reductions import mended, plainer, races, saying, scene, witnesses
from fuzz.subjects.reductions.burdens import promises_much, promising_less
from fuzz.subjects.reductions.conversions import come_to_the_same
from fuzz.subjects.reductions.faults import at_fault, doubts_named, faults_named
from fuzz.subjects.reductions.other_data import cut_to_its_data, has_one_answer, of_its_lengths, of_other_data
from fuzz.subjects.reductions.reads_as import is_right_for, may_take_over, reads_as, shows
from fuzz.subjects.reductions.settling import PLAINEST, SETTLING
from fuzz.subjects.reductions.several import scenes_of
from fuzz.subjects.reductions.showing import of_showing_data, telling_apart
from fuzz.subjects.reductions.traits.requests import DATA, RAW, REQUESTS, UNUSUAL, headers
from fuzz.subjects.reductions.traits.scenes import (
    INCIDENTAL,
    MANY,
    MOST_ELEMENTS,
    OF_NUMBERS,
    SCENES,
    SIBLINGS,
    few_elements,
)
from fuzz.triage import reading
from fuzz.triage.company import HISTORY
from fuzz.triage.lab import Seen
from fuzz.triage.reading import Witness
from fuzz.triage.trait import Trait
from fuzz.triage.trial import Signature, Trial
from specs.case import Case
from specs.manners import MANNERS, WELL, a_store
from specs.outcome import Outcome
from specs.reductions.expectation import Expectation
from specs.reductions.profile import Profile
from specs.reductions.relations import RELATIONS
from specs.reductions.rules import Rule
from specs.reductions.steps import Put, Send
from specs.rules import Rule as AnyRule
from specs.store_facts import StoreFacts
from specs.violation import Aspect

# Very much data is cut down to so many elements.
SHORTENED = (MANY, 2**12, MOST_ELEMENTS)


@dataclass(frozen=True, slots=True)
class Reading(reading.Reading):
    """The answers to triage's questions about reductions.

    `lenient` are the rules about the amount of data: a server that ignores one of them may ignore all.
    """

    profile: Profile

    within: ClassVar[Mapping[str, str]] = MappingProxyType({one.name: one.within for one in (*RAW, *REQUESTS, *SCENES)})
    siblings: ClassVar[Mapping[str, tuple[str, ...]]] = SIBLINGS
    of_scenes: ClassVar[Mapping[str, Trait]] = MappingProxyType({one.name: one for one in SCENES})
    of_data: ClassVar[tuple[str, ...]] = (DATA,)
    of_others: ClassVar[frozenset[str]] = frozenset(map(a_store, MANNERS))
    incidental: ClassVar[frozenset[str]] = INCIDENTAL
    lenient: ClassVar[frozenset[str]] = witnesses.OF_LENGTH
    beginnings: ClassVar[tuple[str, ...]] = (*reading.Reading.beginnings, UNUSUAL)
    settling: ClassVar[Case | None] = SETTLING
    plainest: ClassVar[Case | None] = PLAINEST

    def incidental_to(self, wanted: Signature) -> frozenset[str]:
        return self.incidental | OF_NUMBERS | {"dtype"} if wanted.aspect == Aspect.INEXACT else self.incidental

    def scene_of(self, case: Case) -> scene.Scene | None:
        return scene.scene_of(case, self.profile)

    def case_of(self, parts: scene.Scene, name: str) -> Case:
        return scene.case_of(parts, name)

    def traits(self, trial: Trial) -> Iterable[Trait]:
        if trial.scene is not None or scenes_of(trial):
            return SCENES
        return (*RAW, *headers(trial), *REQUESTS)

    def plainer(self, trial: Trial) -> Iterator[Trial]:
        return plainer.plainer(trial)

    def shortened(self, trial: Trial) -> Iterator[Trial]:
        much = trial.scene is not None and trial.scene.elements.size > MOST_ELEMENTS
        for most in SHORTENED if much else ():
            few = few_elements(trial.scene, most=most)
            if few is not None:
                yield trial.of_scene(few)

    def come_to_the_same(self, trial: Trial) -> Iterator[Trial]:
        return come_to_the_same(trial)

    def mended(self, trial: Trial) -> Iterator[Trial]:
        return mended.mended(trial)

    def of_other_data(self, trial: Trial, facts: StoreFacts) -> Iterator[Trial]:
        return of_other_data(trial, facts)

    def has_one_answer(self, trial: Trial, facts: StoreFacts) -> bool:
        return has_one_answer(trial, facts)

    def of_its_lengths(self, trial: Trial, before: Trial) -> Iterator[Trial]:
        return of_its_lengths(trial, before)

    def cut_to_its_data(self, trial: Trial) -> Case | None:
        return cut_to_its_data(trial)

    def may_take_over(self, words: str, trial: Trial) -> bool:
        return may_take_over(words, trial)

    def shows(self, words: str, trial: Trial, facts: StoreFacts) -> bool:
        return shows(words, trial, facts)

    def is_right_for(self, words: str, trial: Trial, outcome: Outcome, facts: StoreFacts) -> bool:
        return is_right_for(words, trial, outcome, facts)

    def of_showing_data(self, words: str, trial: Trial, facts: StoreFacts) -> Iterator[Trial]:
        return of_showing_data(words, trial, facts)

    def telling_apart(self, words: str, others: str, trial: Trial, facts: StoreFacts) -> Iterator[Trial]:
        return telling_apart(words, others, trial, facts)

    def telling_rules(self, rules: frozenset[AnyRule]) -> frozenset[AnyRule]:
        telling = rules - {Rule.EMPTY_OBJECT}
        return telling - {Rule.HTTP_FRAMING} if len(telling) > 1 else telling

    def rules_of_refusal(self, due: Expectation | None) -> frozenset[AnyRule]:
        return frozenset() if due is None else due.refusable

    def may_be_answered(self, due: Expectation) -> bool:
        return bool(due.answers)

    def faults_named(self, rules: frozenset[AnyRule], trial: Trial) -> list[str]:
        return faults_named(rules, trial)

    def doubted(self, trial: Trial) -> list[str]:
        return doubts_named(trial)

    def at_fault(self, wanted: Signature) -> set[str]:
        return at_fault(wanted)

    def witnesses(self, name: str) -> Iterator[Witness]:
        return witnesses.witnesses(name, self)

    def widened(self, faults: frozenset[str]) -> frozenset[str]:
        return witnesses.widened(faults)

    def reads_as(
        self, trial: Trial, seen: Seen, facts: StoreFacts, among: Collection[str] | None = None
    ) -> frozenset[str]:
        return reads_as(trial, seen, facts, among)

    def plain_races(self, name: str) -> Iterator[Case]:
        return races.plain_races(name)

    def usual(self, step: Any) -> bool:
        return isinstance(step, Send)

    def unrelated(self, case: Case) -> Case:
        return replace(case, property=HISTORY) if case.property in RELATIONS else case

    def as_clients_ask(self, case: Case) -> Case:
        return saying.as_clients_ask(case, self.profile)

    def said(self, step: Any) -> Mapping[str, Any]:
        return saying.said(step)

    def settings(self, step: Any) -> Iterable[str]:
        return step.fields if isinstance(step, Send) else ()

    def like(self, step: Send, last: Send, names: tuple[str, ...]) -> Send:
        return saying.like(step, last, names)

    def refused(self, step: Send) -> Send | None:
        return replace(step, fields=saying.REFUSED)

    def sort_of(self, case: Case) -> Hashable:
        """Go by how the store serves the case's objects: clients try again for seconds where it serves them badly."""
        served = frozenset(step.served for step in case.steps if isinstance(step, Put) and step.served != WELL)
        return served or case.property

    def is_burden(self, case: Case) -> bool:
        return promises_much(case)

    def lightened(self, case: Case) -> Case | None:
        return promising_less(case)

    def set_apart(self, step: Any, number: int) -> Any:
        return replace(step, key=f"{step.key}{number}")

"""Tell triage about histories of requests to an object store: their traits, and plainer forms of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

from fuzz.subjects.objects import reads_as, witnesses
from fuzz.subjects.objects.conversions import come_to_the_same, own_headers
from fuzz.subjects.objects.need_words import said
from fuzz.subjects.objects.other_data import of_its_lengths, of_other_data
from fuzz.subjects.objects.traits.headers import WORDS as SORTS_OF_HEADERS
from fuzz.subjects.objects.traits.headers import header_traits
from fuzz.subjects.objects.traits.keys import NAME, WITHIN, key_traits
from fuzz.subjects.objects.traits.steps import ANSWER, EMPTY, FIELDS, PAGES, answer_trait, field_traits, step_traits
from fuzz.triage import reading
from fuzz.triage.lab import Seen
from fuzz.triage.reading import Witness
from fuzz.triage.trait import Trait
from fuzz.triage.trial import Trial, in_turn
from specs.case import Case
from specs.objects import steps
from specs.objects.content import Content
from specs.objects.profile import Profile
from specs.objects.steps import ListObjects
from specs.outcome import Outcome
from specs.rules import Rule

PLAIN_CONTENT = Content(b"x")


@dataclass(frozen=True, slots=True)
class Reading(reading.Reading):
    """The answers to triage's questions about object stores."""

    profile: Profile

    stateful: ClassVar[bool] = True
    plainest: ClassVar[Case | None] = Case("plainest", (ListObjects(),))
    beginnings: ClassVar[tuple[str, ...]] = ("another ", "header ", "query ", "step ", ANSWER)
    incidental: ClassVar[frozenset[str]] = frozenset({NAME})
    within: ClassVar[dict[str, str]] = {
        **dict.fromkeys((*(name for name, *_ in FIELDS), PAGES, EMPTY, *SORTS_OF_HEADERS), ""),
        **WITHIN,
    }

    def in_words(self, needs: Iterable[str], case: Case) -> tuple[str, ...]:
        """Return needs in words that say what in the case they are."""
        return said(needs, case)

    def traits(self, trial: Trial) -> Iterable[Trait]:
        """List the traits of a history: what fails, kinds of steps, headers, ways of sending, parameters, keys."""
        yield from answer_trait(trial)
        yield from step_traits(trial)
        yield from header_traits(trial)
        yield from field_traits()
        yield from key_traits(trial)

    def come_to_the_same(self, trial: Trial) -> Iterator[Trial]:
        """List forms of a history whose writes are made in plainer ways."""
        return come_to_the_same(trial)

    def mended(self, trial: Trial) -> Iterator[Trial]:
        """List valid forms of a request: signed without a fault, without a version's name, and the put of its key.

        A store may refuse a read for the key alone, and a copy for what it says of the object to come.
        """
        last = trial.case.steps[-1]
        if last.sent.fault:
            yield trial.of_steps(*trial.case.steps[:-1], replace(last, sent=replace(last.sent, fault="")))
        unnamed = tuple(pair for pair in last.query if pair[0] != "versionId")
        if unnamed != last.query:
            yield trial.of_steps(*trial.case.steps[:-1], replace(last, query=unnamed))
        if isinstance(last, steps.GetObject | steps.HeadObject) and not last.lane:
            yield trial.of_steps(
                steps.PutObject(bucket=last.bucket, key=last.key, content=PLAIN_CONTENT, sent=last.sent)
            )
        if isinstance(last, steps.CopyObject) and not last.lane:
            place: dict[str, Any] = {"bucket": last.bucket, "key": last.key}
            yield trial.of_steps(
                steps.PutObject(**place, content=PLAIN_CONTENT, headers=own_headers(last), sent=last.sent)
            )

    def of_other_data(self, trial: Trial, _facts: Any) -> Iterator[Trial]:
        """List the same history with other contents."""
        return of_other_data(trial)

    def of_its_lengths(self, trial: Trial, _before: Trial) -> Iterator[Trial]:
        """List the same history with other contents that are longer."""
        return of_its_lengths(trial)

    def reads_as(self, trial: Trial, seen: Seen, _facts: Any, among: Collection[str] | None = None) -> frozenset[str]:
        """Describe the altered histories for which a wrong answer would be right, or those of some words."""
        return reads_as.reads_as(trial, seen, among)

    def shows(self, words: str, trial: Trial, _facts: Any) -> bool:
        """Say whether the answer to a trial's last request differs from that after the altered history."""
        return reads_as.shows(words, trial)

    def is_right_for(self, words: str, trial: Trial, outcome: Outcome, _facts: Any) -> bool:
        """Say whether an answer to a trial's last request is right after the altered history."""
        return reads_as.is_right_for(words, trial, outcome)

    def telling_rules(self, rules: frozenset[Rule]) -> frozenset[Rule]:
        """Return the rules that a request breaks, without those about what is missing if there are others."""
        return witnesses.telling_rules(rules)

    def faults_named(self, rules: frozenset[Rule], trial: Trial) -> list[str]:
        """Name the codes of the rules that a trial's last request breaks, each with its operation."""
        return witnesses.faults_named(rules, trial)

    def witnesses(self, name: str) -> Iterator[Witness]:
        """List plain requests that are refused for one rule each."""
        return witnesses.witnesses(name, self, self.profile)

    def reads_after_writes(self, case: Case) -> Iterator[Case]:
        """List the plain reads of a case, each one after a put of its key."""
        puts = [one for one in case.steps if isinstance(one, steps.PutObject)]
        reads = [one for one in case.steps if isinstance(one, steps.GetObject | steps.HeadObject) and not one.headers]
        pairs = ((put, read) for put in puts for read in reads if put.about == read.about)
        for put, read in dict.fromkeys((replace(put, lane=0, headers=()), in_turn(read)) for put, read in pairs):
            yield replace(case, steps=(put, read), together=False)

    def plainer(self, trial: Trial) -> Iterator[Trial]:
        """List trials with a step less, shorter contents, or plainer values."""
        several = trial.case.steps
        for number in range(len(several) - 2, -1, -1):
            yield trial.of_steps(*several[:number], *several[number + 1 :])
        for number, step in enumerate(several[:-1]):
            # The traits of conditions are about all requests, of which the last one may need its own.
            plain = tuple(pair for pair in step.headers if not pair[0].lower().startswith("if-"))
            if plain != step.headers:
                yield trial.of_steps(*several[:number], replace(step, headers=plain), *several[number + 1 :])
        for number, step in enumerate(several):
            for plain in _plainer_steps(step):
                yield trial.of_steps(*several[:number], plain, *several[number + 1 :])


def _plainer_steps(step: Any) -> Iterator[Any]:
    content = getattr(step, "content", None)
    if content is not None and content != PLAIN_CONTENT:
        if content.fill:
            yield replace(step, content=replace(content, fill=0))
            yield replace(step, content=replace(content, fill=content.fill // 2))
        if content.size > 1:
            yield replace(step, content=PLAIN_CONTENT)
    names = {one.name for one in fields(step)}
    if "parts" in names and len(step.parts) > 1:
        yield from (replace(step, parts=(*step.parts[:at], *step.parts[at + 1 :])) for at in range(len(step.parts)))
    if "keys" in names and len(step.keys) > 1:
        yield from (replace(step, keys=(*step.keys[:at], *step.keys[at + 1 :])) for at in range(len(step.keys)))

"""A reading tells triage about a subject's cases: their steps, their plainer forms, and the rules that they break.

The methods here are the defaults, which say nothing; a subject overrides those that it can answer. With the defaults
triage knows the traits of circumstances alone: several requests, one after the other or at the same time.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from specs.case import Case
from specs.outcome import Outcome
from specs.profile import Profile
from specs.rules import Rule

if TYPE_CHECKING:
    from fuzz.triage.lab import Seen
    from fuzz.triage.trait import Trait
    from fuzz.triage.trial import Signature, Trial

NO_NAMES: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Witness:
    """A plain request that breaks one rule; faults of one `sort` often have the same cause."""

    fault: str
    sort: str
    trial: Trial


@dataclass(frozen=True, slots=True)
class Reading:
    """Tells triage about the cases that one profile allows.

    `within` maps a trait to the wider trait that contains it, and `siblings` maps a trait to the values that it may
    have. Plainer values may bring the `incidental` traits back. A server that overlooks one of the `lenient` rules may
    overlook all of them. The case `settling` clears what a server remembers; every server can answer `plainest`.
    """

    profile: Profile

    within: ClassVar[Mapping[str, str]] = NO_NAMES
    siblings: ClassVar[Mapping[str, tuple[str, ...]]] = NO_NAMES
    # The traits of trials that have a scene, by name.
    of_scenes: ClassVar[Mapping[str, Trait]] = NO_NAMES
    # The traits of the data itself.
    of_data: ClassVar[tuple[str, ...]] = ()
    # What others do besides the client and the server, such as a store that misbehaves.
    of_others: ClassVar[frozenset[str]] = frozenset()
    incidental: ClassVar[frozenset[str]] = frozenset()
    lenient: ClassVar[frozenset[str]] = frozenset()
    # How the names of those traits begin that are made for each field of a request.
    beginnings: ClassVar[tuple[str, ...]] = ("another ",)
    # This says that by the API's own rules answers depend on earlier requests, as they do on a store of objects.
    stateful: ClassVar[bool] = False
    settling: ClassVar[Case | None] = None
    plainest: ClassVar[Case | None] = None

    def scene_of(self, _case: Case) -> Any:
        """Take a case apart, so that each part can be made plain; None where that cannot be done."""
        return None

    def case_of(self, scene: Any, name: str) -> Case:
        """Return the case that a scene describes, under a property's name."""
        raise NotImplementedError

    def incidental_to(self, _wanted: Signature) -> frozenset[str]:
        """Return the traits that bring a failure to light, and do not tell it from another."""
        return self.incidental

    def in_words(self, needs: Iterable[str], _case: Case) -> tuple[str, ...]:
        """Return the needs of a finding in words for its title; by default the names of the traits."""
        return tuple(needs)

    def traits(self, _trial: Trial) -> Iterable[Trait]:
        """List the traits that a trial may have, wider ones before those within them."""
        return ()

    def plainer(self, _trial: Trial) -> Iterator[Trial]:
        """List variants of the trial with less data or plainer values."""
        return iter(())

    def shortened(self, _trial: Trial) -> Iterator[Trial]:
        """List the trial with much less of the same data, least first, where it has so much that a look takes long."""
        return iter(())

    def come_to_the_same(self, _trial: Trial) -> Iterator[Trial]:
        """List equivalent, plainer forms of a trial, plainer and plainer."""
        return iter(())

    def mended(self, _trial: Trial) -> Iterator[Trial]:
        """List valid trials that are otherwise like an invalid one."""
        return iter(())

    def of_other_data(self, _trial: Trial, _facts: Any) -> Iterator[Trial]:
        """List trials with the same traits that are about other data."""
        return iter(())

    def has_one_answer(self, _trial: Trial, _facts: Any) -> bool:
        """Say whether all data with the same traits has the same answer, so that no other data can be asked about."""
        return False

    def of_its_lengths(self, _trial: Trial, _before: Trial) -> Iterator[Trial]:
        """List trials from which a trait was dropped, with as much data as before, and with a little more or less."""
        return iter(())

    def cut_to_its_data(self, _trial: Trial) -> Case | None:
        """Return the case with only the data that its request names, left as it stands; None if that is unclear."""
        return None

    def may_take_over(self, _words: str, _trial: Trial) -> bool:
        """Say whether a trial's request may have been taken for the altered one that `reads_as` tells.

        What a server takes from an earlier request where a field is absent spoils no request that tells the field.
        """
        return True

    def shows(self, _words: str, _trial: Trial, _facts: Any) -> bool:
        """Say whether a trial's answer differs from that of its altered request, as `reads_as` describes it."""
        return True

    def is_right_for(self, _words: str, _trial: Trial, _outcome: Outcome, _facts: Any) -> bool:
        """Say whether an answer to a trial, be it a refusal, is right for the altered request that `reads_as` tells."""
        return False

    def of_showing_data(self, _words: str, _trial: Trial, _facts: Any) -> Iterator[Trial]:
        """List trials like this one with other data, whose answers differ from those of their altered requests."""
        return iter(())

    def telling_apart(self, _words: str, _others: str, _trial: Trial, _facts: Any) -> Iterator[Trial]:
        """List trials much like this one, to which the answers to two altered requests differ."""
        return iter(())

    def telling_rules(self, rules: frozenset[Rule]) -> frozenset[Rule]:
        """Return the rules that a request breaks, less those that tell nothing about a cause."""
        return rules

    def rules_of_refusal(self, _due: Any) -> frozenset[Rule]:
        """Return the rules for which an expectation allows a refusal."""
        return frozenset()

    def may_be_answered(self, _due: Any) -> bool:
        """Say whether an expectation that allows a refusal allows an answer too."""
        return False

    def faults_named(self, rules: frozenset[Rule], _trial: Trial) -> list[str]:
        """Name each rule that a trial's request breaks, with the field that breaks it if that can be told."""
        return sorted(str(rule) for rule in rules)

    def doubted(self, _trial: Trial) -> list[str]:
        """Name each rule for which a trial's request might be refused, with the field that it is about."""
        return []

    def at_fault(self, _wanted: Signature) -> set[str]:
        """Return the traits that a fault consists of: the field, the path or the data that breaks a rule."""
        return set()

    def witnesses(self, _name: str) -> Iterator[Witness]:
        """List plain requests, each wrong in one way."""
        return iter(())

    def widened(self, faults: frozenset[str]) -> frozenset[str]:
        """Return the faults that fail alike, and those that they stand for."""
        return faults

    def reads_as(
        self, _trial: Trial, _seen: Seen, _facts: Any, _among: Collection[str] | None = None
    ) -> frozenset[str]:
        """Describe in words the altered requests for which a wrong answer would be right, or those of some words."""
        return frozenset()

    def reads_after_writes(self, _case: Case) -> Iterator[Case]:
        """List the reads of a case of requests at the same time, each one after a write of what it reads."""
        return iter(())

    def plain_races(self, _name: str) -> Iterator[Case]:
        """List the plainest cases of requests at the same time."""
        return iter(())

    def usual(self, _step: Any) -> bool:
        """Say whether a request is sent in the way that clients send it."""
        return True

    def unrelated(self, case: Case) -> Case:
        """Return the case under a name for which its answers are judged one by one, where they are compared too."""
        return case

    def as_clients_ask(self, case: Case) -> Case:
        """Return the case with its requests sent in the way that clients send them, where they can be."""
        return case

    def said(self, _step: Any) -> Mapping[str, Any]:
        """Map the names of a request's fields to what the request says in them."""
        return NO_NAMES

    def settings(self, _step: Any) -> Iterable[str]:
        """List the fields of a request that a server might remember."""
        return ()

    def like(self, step: Any, _last: Any, _names: tuple[str, ...]) -> Any:
        """Return the request with the named fields taken from the last one."""
        return step

    def refused(self, _step: Any) -> Any:
        """Return a request about the same object that is refused in a plain way; None where there is none."""
        return None

    def sort_of(self, case: Case) -> Hashable:
        """Return what a case has in common with others that take a server about as long."""
        return case.property

    def is_burden(self, _case: Case) -> bool:
        """Say whether a case may keep a server busy for so long that all other requests wait for it."""
        return False

    def lightened(self, _case: Case) -> Case | None:
        """Return a case that is a burden, made to be none, though it may fail alike; None if it is no burden."""
        return None

    def set_apart(self, step: Any, _number: int) -> Any:
        """Return the step, made to be about an object of its own."""
        return step

"""How triage reads cases: what a subject says of its steps, of the ways in which a case can be plainer, and of rules.

The methods here are those of a subject that says nothing; a subject overrides what it can say. Triage then knows the
traits of circumstances alone: several requests, before each other or at the same time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from specs.case import Case
from specs.profile import Profile
from specs.rules import Rule

if TYPE_CHECKING:
    from fuzz.triage.lab import Seen
    from fuzz.triage.trait import Trait
    from fuzz.triage.trial import Signature, Trial

NO_NAMES: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Witness:
    """A plain request that breaks one rule; faults of one sort may well have one cause."""

    fault: str
    sort: str
    trial: Trial


@dataclass(frozen=True, slots=True)
class Reading:
    """What a subject says of the cases of one profile.

    `within` names of each trait the wider one that it stands in, and `siblings` of some traits the values that they may
    have. Plainer values may have the `incidental` traits again. Whoever overlooks one of the rules of `lenient` may
    overlook all of them. After the case `settling` a server remembers nothing special; `plainest` is answered by any.
    """

    profile: Profile

    within: ClassVar[Mapping[str, str]] = NO_NAMES
    siblings: ClassVar[Mapping[str, tuple[str, ...]]] = NO_NAMES
    # The traits of trials that have a scene, by name.
    of_scenes: ClassVar[Mapping[str, Trait]] = NO_NAMES
    # The traits of what the data is, where nothing else is told of it.
    of_data: ClassVar[tuple[str, ...]] = ()
    incidental: ClassVar[frozenset[str]] = frozenset()
    lenient: ClassVar[frozenset[str]] = frozenset()
    # Readings of a wrong answer that say themselves which values it takes.
    of_values: ClassVar[frozenset[str]] = frozenset()
    # How the names of traits begin that are made for what a request says.
    beginnings: ClassVar[tuple[str, ...]] = ("another ",)
    settling: ClassVar[Case | None] = None
    plainest: ClassVar[Case | None] = None

    def scene_of(self, _case: Case) -> Any:
        """A case taken apart, so that each part can be made plain; None where that cannot be done."""
        return None

    def case_of(self, scene: Any, name: str) -> Case:
        """The case that a scene describes, under a property's name."""
        raise NotImplementedError

    def traits(self, _trial: Trial) -> Iterable[Trait]:
        """The traits that a trial may have, the wider before those within them."""
        return ()

    def plainer(self, _trial: Trial) -> Iterator[Trial]:
        """The trial with less data, or with plainer values of what it says."""
        return iter(())

    def come_to_the_same(self, _trial: Trial) -> Iterator[Trial]:
        """What a trial is when it comes to the same in plainer ways, one after the other."""
        return iter(())

    def mended(self, _trial: Trial) -> Iterator[Trial]:
        """Valid trials like an invalid one."""
        return iter(())

    def of_other_data(self, _trial: Trial, _facts: Any) -> Iterator[Trial]:
        """Trials with the same traits that are about other data."""
        return iter(())

    def cut_to_its_data(self, _trial: Trial) -> Case | None:
        """The case about nothing but the data that its request names, as it stands; None where that cannot be told."""
        return None

    def is_of_values(self, _trait: str) -> bool:
        """Whether a trait says which values the data has."""
        return False

    def telling_rules(self, rules: frozenset[Rule]) -> frozenset[Rule]:
        """The rules that a request breaks, less those that tell nothing of a cause."""
        return rules

    def rules_of_refusal(self, _due: Any) -> frozenset[Rule]:
        """The rules for which an expectation allows a refusal."""
        return frozenset()

    def faults_named(self, rules: frozenset[Rule], _trial: Trial) -> list[str]:
        """Each rule that a trial's request breaks, with the field that breaks it where that can be told."""
        return sorted(str(rule) for rule in rules)

    def at_fault(self, _wanted: Signature) -> set[str]:
        """The traits that a fault is all about: the field, the path or the data that breaks a rule."""
        return set()

    def witnesses(self, _name: str) -> Iterator[Witness]:
        """Plain requests, each wrong in one way."""
        return iter(())

    def widened(self, faults: frozenset[str]) -> frozenset[str]:
        """The faults that fail alike, with those that they stand for."""
        return faults

    def reads_as(self, _trial: Trial, _seen: Seen, _facts: Any) -> frozenset[str]:
        """For which altered requests a wrong answer would be right, in words."""
        return frozenset()

    def plain_races(self, _name: str) -> Iterator[Case]:
        """The plainest requests at the same time that there are."""
        return iter(())

    def usual(self, _step: Any) -> bool:
        """Whether a request is sent as clients send it."""
        return True

    def as_clients_ask(self, case: Case) -> Case:
        """The case with its requests sent as clients send them, where they can be."""
        return case

    def said(self, _step: Any) -> Mapping[str, Any]:
        """What a request says, by name."""
        return NO_NAMES

    def settings(self, _step: Any) -> Iterable[str]:
        """The names of what a request says that a server might remember."""
        return ()

    def like(self, step: Any, _last: Any, _names: tuple[str, ...]) -> Any:
        """The request made like the last one in some of what it says."""
        return step

    def refused(self, _step: Any) -> Any:
        """A request about the same object that is refused in a plain way; None where there is none."""
        return None

    def set_apart(self, step: Any, _number: int) -> Any:
        """The step about an object of its own."""
        return step

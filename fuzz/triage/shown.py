"""A way in which a finding shows, and what comes of a failure that is compared with such ways."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from fuzz.triage.lab import Seen
from fuzz.triage.traits import has
from fuzz.triage.traits.circumstances import EARLIER_REFUSAL, EARLIER_REQUEST, VERY_DATA
from fuzz.triage.trial import REFUSAL, Signature, Trial, place_of, rule_of

# In the faults that a way covers, this stands for any field, any rule, or both.
ANY = "*"


@dataclass(frozen=True, slots=True)
class OwnForm:
    """A failed trial with the least of its own traits, of which some give way to plainer ones in its smallest case."""

    trial: Trial
    signature: Signature
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """One way in which a finding shows: how its trial fails, what that needs, and which other faults fail alike.

    It is `reduced` if that was looked for to the end, so that the needs are all that there are. `own` is the form in
    which it came, where that has other traits than its smallest case.
    """

    finding: str
    trial: Trial
    signature: Signature
    needs: tuple[str, ...]
    covers: frozenset[str] = frozenset()
    reads_as: frozenset[str] = frozenset()
    reduced: bool = True
    own: OwnForm | None = None

    def forms(self) -> Iterator[Shown]:
        """Yield the way by its smallest case, and by the form in which it came."""
        yield replace(self, own=None)
        own = self.own
        if own is not None:
            words = frozenset[str]()
            yield Shown(self.finding, own.trial, own.signature, own.needs, self.covers, words, self.reduced)

    @property
    def of_history(self) -> bool:
        return self.trial.several and not self.trial.case.together

    @property
    def is_of_traits(self) -> bool:
        """Say whether a trial can be seen to have the needs of the finding without a request to the server."""
        return VERY_DATA not in self.needs

    def concerns(self, trial: Trial, wanted: Signature) -> bool:
        """Say whether a trial has the traits that this way needs, and fails in the same family."""
        # The traits that take longest to see come first in the order of all.
        needs = (name for name in reversed(self.needs) if name not in PUT_BEFORE)
        return (
            self.signature.family == wanted.family
            and bool(self.signature.faults) == bool(wanted.faults)
            and all(covers(self.covers, fault) for fault in wanted.faults)
            and (trial.several == self.trial.several and trial.case.together == self.trial.case.together)
            and all(has(trial, name) for name in needs)
        )


# These needs are tested by other requests before a trial's last, or by other data in place of its data.
PUT_BEFORE = (EARLIER_REFUSAL, EARLIER_REQUEST, VERY_DATA)


@dataclass(frozen=True, slots=True)
class Explained:
    """The finding that explains a trial."""

    finding: str


@dataclass(frozen=True, slots=True)
class Rest:
    """A plainer trial that still fails without one of the needs of a known finding."""

    trial: Trial
    seen: Seen


def covers(faults: frozenset[str], fault: str) -> bool:
    """Say whether a fault is one of those that fail alike; an error that may be about anything is about any of them."""
    place, rule = place_of(fault), rule_of(fault)
    return fault == REFUSAL or bool(faults & {fault, ANY, f"{place}:{ANY}", f"{ANY}:{rule}"})

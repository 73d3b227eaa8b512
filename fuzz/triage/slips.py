"""Find out whether a reduction slipped from one cause to another, and reduce the failure anew if it did.

Of two bugs that show alike, such as sums and selections that both take missing values for data, a failure of the one
may be reduced to a case of the other. That case then passes with the operation or dtype that the failure had.
"""

from __future__ import annotations

from fuzz.triage.lab import Lab, Seen
from fuzz.triage.minimal import Smallest, minimal
from fuzz.triage.traits import closure, values_apart, with_siblings_of
from fuzz.triage.trial import Trial


def of_its_own(smallest: Smallest, trial: Trial, seen: Seen, lab: Lab) -> Smallest | None:
    """Return the failed trial reduced with its own operation, dtype and the like, if it had slipped without them."""
    words = trial.reading.reads_as(smallest.trial, smallest.seen, lab.session.facts)
    # A mistake that is not known may not show with every operation.
    apart = values_apart(smallest.trial, trial, trial.reading.siblings) if words else ()
    needed = closure(smallest.needs, trial.reading)
    kept = frozenset(one for one in apart if one not in needed and _passes_with(smallest, trial, one, words, lab))
    return minimal(trial, seen, lab, kept) if kept else None


def _passes_with(smallest: Smallest, trial: Trial, name: str, words: frozenset[str], lab: Lab) -> bool:
    """Say whether the smallest case passes with a sibling that the failed trial has, where its mistake would show."""
    other = with_siblings_of(smallest.trial, trial, [name])
    if other is None or lab.fails(other, smallest.seen.signature) is not None:
        return False
    return all(trial.reading.shows(one, other, lab.session.facts) for one in words)
